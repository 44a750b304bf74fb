"""Where nnU-Net finds the trainer class: `nnUNet_extTrainer` imports every file of this folder, so there is but one."""

from labelct.trainer.nnunet.compat import LabelctTrainer

__all__ = ["LabelctTrainer"]
