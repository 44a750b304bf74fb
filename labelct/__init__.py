"""Train CT segmentation networks from label maps alone."""

__version__ = "0.1.0"
