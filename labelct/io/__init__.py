"""Files that come from elsewhere: NIfTI, DICOM, video."""

from labelct.io.nifti import digest, read_grid, read_label_map, read_volume, write
from labelct.io.volumes import read_ct

__all__ = ["digest", "read_ct", "read_grid", "read_label_map", "read_volume", "write"]
