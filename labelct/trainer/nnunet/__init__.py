"""The trainer `nnunet`: nnU-Net v2 itself, planned once for all arms; its face (see `labelct.trainer.face`)."""

import lazy_loader

# The face is named in __init__.pyi and imported when it is first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
