"""Files in and out: NIfTI, DICOM, video."""
