"""Models of both trainers as a training leaves them, with weights of chance: small, and made in a moment."""

import json
from dataclasses import asdict
from pathlib import Path

import torch

from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.unet.network import build
from labelct.trainer.unet.settings import PredictionSettings, UNetSettings

TOUCH = "touched"


class Command:
    """What makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def unet(folder: Path, labels: dict[str, int], seed: int = 0) -> Path:
    """Leave a model of the U-Net in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = UNetSettings(channels=[4, 8, 8], patch=[16, 16, 16], prediction=PredictionSettings(body_crop=False))
    properties = asdict(BUILTIN["soft_tissue"])
    model = {"settings": asdict(settings), "labels": labels, "seed": seed, "spacing": [4.0] * 3}
    (folder / "model.json").write_text(json.dumps({**model, "intensity": properties}), encoding="utf-8")
    torch.manual_seed(seed)
    network = build(settings, len(labels) + 1)
    weights = {f"network.{name}": value for name, value in network.state_dict().items()}
    torch.save({"state_dict": weights, "global_step": 1}, folder / "best.ckpt")
    return folder


def change(folder: Path, **values) -> None:
    """Change what `model.json` says; a value of None takes the key away."""
    path = folder / "model.json"
    model = {**json.loads(path.read_text(encoding="utf-8")), **values}
    path.write_text(json.dumps({name: value for name, value in model.items() if value is not None}), encoding="utf-8")
