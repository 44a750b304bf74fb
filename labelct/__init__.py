"""Train CT segmentation networks from label maps alone.

The command line is `labelct`; what Python offers is named below and imported when it is first asked for:
`synthesize` and `replay` paint label maps, `scan` scans them, `SyntheticDataset` feeds a training loop, `load_model`
opens what segments, `score` measures, `example` draws a case to try them on.
"""

import lazy_loader

__version__ = "0.1.0"

# What is public is named in __init__.pyi, for editors and type checkers as well.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
