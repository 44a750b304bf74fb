"""What can be set whatever the trainer: the device, and which intensities a network sees."""

from collections.abc import Sequence
from dataclasses import dataclass

from labelct.errors import SettingError, check_range
from labelct.settings import Checked, choice, ranged

WINDOWS = ("liver", "soft_tissue", "wide")


@dataclass
class NormalisationSettings(Checked, section="normalisation"):
    """Which intensities the network sees: HU are clipped to `[low, high]`, then `(hu - mean) / sd`.

    Attributes:
        source: `builtin` (the published intensity properties of `window`), `training` (measured in the targets of the
            training set) or `clinical` (the four numbers below, from the fingerprint of clinical CT).
        window: The built-in intensity properties: `liver`, `soft_tissue` or `wide`.
        low: Lower clip of `clinical`, HU.
        high: Upper clip of `clinical`, HU.
        mean: Mean of `clinical`, HU.
        sd: Standard deviation of `clinical`, HU.
    """

    source: str = choice("builtin", ("builtin", "training", "clinical"))
    window: str = choice("liver", WINDOWS)
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    sd: float | None = ranged(None, 1e-3)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise SettingError("normalisation.low", self.low, f"less than normalisation.high={self.high}")


@dataclass
class DeviceSettings(Checked):
    """Where the training runs; never part of what is trained.

    Attributes:
        kind: `auto` (one GPU where there is one that can be used, else the CPU), `cpu`, `gpu` (one) or `ddp` (one
            process on each of `devices`, on one machine).
        devices: Devices of `ddp`; 0 takes every GPU.
        accelerator: What `ddp` runs on: `gpu` or `cpu`.
        precision: `auto` (bfloat16 where the GPU has it, else 16-bit with loss scaling; 32 on the CPU), `32`, `bf16`
            (only where the device has the instructions) or `16`.
        threads: Threads of torch on the CPU; 0 takes every core.
        workers: Processes that cut patches; 0 cuts them in the training process.
        compile: Let torch compile the network: `auto` (on a GPU, where a training is long enough for the minute or two
            it takes), `true` or `false`.
        sampling: Where patches are cut and changed, and with `data.mode=online` volumes are drawn: by the `workers`, on
            the CPU, or on the `device`, beside the training step; `auto` takes a GPU where the training set fits into
            a third of its memory, and where drawn volumes are scanned on it.
    """

    kind: str = choice("cpu", ("auto", "cpu", "gpu", "ddp"))
    devices: int = ranged(1, 0)
    accelerator: str = choice("gpu", ("gpu", "cpu"))
    precision: str = choice("auto", ("auto", "32", "bf16", "16"))
    threads: int = ranged(0, 0)
    workers: int = ranged(0, 0)
    compile: str = choice("auto", ("auto", "true", "false"))
    sampling: str = choice("auto", ("auto", "workers", "device"))

    def __post_init__(self) -> None:
        self.compile = str(self.compile).lower()  # YAML and Hydra read true and false as truth values
        super().__post_init__()


def check_xyz(name: str, values: Sequence[float] | None, low: float, high: float) -> None:
    """Raise `SettingError` unless `values` are None, or three within `[low, high]`."""
    if values is not None and len(values) != 3:
        raise SettingError(name, list(values), "3 values, or null")
    for value in values or ():
        check_range(name, value, low, high)
