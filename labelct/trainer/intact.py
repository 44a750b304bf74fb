"""Whether the folder of a model, or of a translation, still holds what decides: no reader misses every loss."""

from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from labelct import inventory
from labelct.errors import InputError
from labelct.texts import read_json

# In the folder and in nnU-Net's below it.
DECIDING = (
    "model.json",
    "image.json",
    "cascade.json",
    "targets.json",
    "components.json",
    "plans.json",
    "dataset.json",
    "*.ckpt",
    "*.pth",
    "generators.pt",
)
REMEDY = "copy the whole folder again, or export the model again"


def check_intact(folder: Path) -> None:
    """Raise `InputError` where a folder lacks a file that its training or its export left, or one was changed.

    Without `components.json` every speck stays in a mask, without `cascade.json` half a cascade is a network, and the
    weights of another training of the same settings have the same size and fit.
    """
    path = folder / inventory.FILE
    if not path.is_file():
        return
    listed = read_json(path, REMEDY)
    try:
        deciding = {name: entry for name, entry in listed.items() if decides(name)}
        found = inventory.differences(folder, deciding, contents=True)
        wrong = {name: what for name, what in found.items() if name in deciding}
    except (AttributeError, KeyError, TypeError):
        raise InputError(path, "lists no files", REMEDY) from None
    if wrong:
        raise InputError(folder, inventory.sentence(wrong), REMEDY)


def decides(name: str) -> bool:
    """Return whether a file of a model's folder, as `fold_0/checkpoint_final.pth`, decides over its masks."""
    return any(fnmatchcase(PurePath(name).name, pattern) for pattern in DECIDING)
