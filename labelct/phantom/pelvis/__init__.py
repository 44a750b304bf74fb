"""A pelvis with a prostate, in an MR look and a CT look, so that a translation runs without a download."""
