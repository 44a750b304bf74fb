"""Files that come from elsewhere: NIfTI, DICOM, video."""

from labelct.io.content import digest
from labelct.io.nifti import read_grid, read_label_map, read_volume, write, write_like
from labelct.io.volumes import read_ct, read_mr

__all__ = ["digest", "read_ct", "read_grid", "read_label_map", "read_mr", "read_volume", "write", "write_like"]
