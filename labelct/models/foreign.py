"""What a path is that was given for a model and is none of labelct's own folders: files and folders of other tools."""

from pathlib import Path

from labelct.job_status import SCORES

FILES = {
    ".onnx": "is an ONNX file",
    ".zip": "is a zip, as nnU-Net installs one",
    ".pt": "is a file of torch, as a MONAI bundle holds one",
    ".ts": "is a TorchScript, as a MONAI bundle holds one",
    ".pth": "is a checkpoint, as nnU-Net writes one",
    ".ckpt": "is a checkpoint, and a part of a model",
}
# In a folder, the first that fits.
MARKS = {
    "configs/metadata.json": "is a MONAI bundle",
    "plans.json": "is a folder of results of nnU-Net",
    "*.onnx": "holds an ONNX file",
    "*/plans.json": "holds folders of results of nnU-Net",
    "*.zip": "holds a zip, as nnU-Net installs one",
    "*.pt": "holds a file of torch, as a MONAI bundle does",
}


def foreign(path: Path) -> str:
    """Return what is wrong with a path as a model; empty for a folder that may be a run's or hold runs."""
    if not path.is_dir():
        return FILES.get(path.suffix.lower(), "is a file, and no folder of a model")
    if (path / SCORES).exists():
        return ""
    return next((told for mark, told in MARKS.items() if any(path.glob(mark))), "")
