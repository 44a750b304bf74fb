"""A cascade as a folder that needs no other one; formats of one network cannot hold it."""

from pathlib import Path

from labelct.errors import InputError
from labelct.tracking.curves import FINE
from labelct.trainer.export import networks
from labelct.trainer.unet.family import UNET

OWN = "labelct"


def export(folder: Path, output: Path, form: str, half: bool) -> None:
    """Write both networks to `output` as labelct reads them; arguments as of `networks.export`.

    Raises:
        InputError: Another format is asked for, the model is not whole, or the disk is full.
    """
    if form != OWN:
        problem = f"is a cascade of two networks, and a file of --format {form} holds one"
        raise InputError(folder, problem, f"take --format {OWN}, or export {folder / FINE} or a training without it")
    networks.export(UNET, folder, output, form, half)
    (output / FINE).mkdir()
    networks.export(UNET, folder / FINE, output / FINE, form, half)
