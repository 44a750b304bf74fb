"""The simulated CT scanner; arrays only. The function `scan` has its module's name: import it from `scanner.scan`."""

import lazy_loader

# What is public is named in __init__.pyi and imported when it is first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
