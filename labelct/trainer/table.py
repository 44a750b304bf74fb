"""The table of trainers: another one is a package beside these, a line here, and a YAML file in `conf/trainer/`."""

from collections.abc import Mapping

from labelct.trainer import nnunet, unet
from labelct.trainer.face import Trainer

TRAINERS: Mapping[str, Trainer] = {
    "unet": unet,
    "nnunet": nnunet,
}
