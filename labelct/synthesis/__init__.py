"""Label maps into HU: a `Recipe` draws and paints a `Case`; each ingredient of a recipe is one module of this room."""

import lazy_loader

# What is public is named in __init__.pyi and imported when it is first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
