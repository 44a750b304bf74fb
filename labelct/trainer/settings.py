"""What can be set whatever the trainer: the device, and which intensities a network sees."""

from dataclasses import dataclass

from labelct.errors import SettingError, check_choice, check_range

WINDOWS = ("liver", "soft_tissue", "wide")


@dataclass
class NormalisationSettings:
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

    source: str = "builtin"
    window: str = "liver"
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    sd: float | None = None

    def __post_init__(self) -> None:
        check_choice("normalisation.source", self.source, ("builtin", "training", "clinical"))
        check_choice("normalisation.window", self.window, WINDOWS)
        check_range("normalisation.sd", self.sd, 1e-3)
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise SettingError("normalisation.low", self.low, f"less than normalisation.high={self.high}")


@dataclass
class DeviceSettings:
    """Where the training runs; never part of what is trained.

    Attributes:
        kind: `cpu`, `gpu` (one) or `ddp` (one process on each of `devices`, on one machine).
        devices: Devices of `ddp`; 0 takes every GPU.
        accelerator: What `ddp` runs on: `gpu` or `cpu`.
        precision: `auto` (bfloat16 where the GPU has it, else 16-bit with loss scaling; 32 on the CPU), `32`, `bf16`
            (on a CPU only where it has the instructions) or `16`.
        threads: Threads of torch on the CPU; 0 takes every core.
        workers: Processes that cut patches; 0 cuts them in the training process.
    """

    kind: str = "cpu"
    devices: int = 1
    accelerator: str = "gpu"
    precision: str = "auto"
    threads: int = 0
    workers: int = 0

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, ("cpu", "gpu", "ddp"))
        check_choice("accelerator", self.accelerator, ("gpu", "cpu"))
        check_choice("precision", self.precision, ("auto", "32", "bf16", "16"))
        for name in ("devices", "threads", "workers"):
            check_range(name, getattr(self, name), 0)
