"""A graphics card's backend: Triton kernels on torch tensors, from the volume to the image without the host."""

import lazy_loader

# Imported when first asked for: `check` says what is missing before torch and Triton are needed.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
