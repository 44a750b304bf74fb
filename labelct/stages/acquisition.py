"""Who computes a run's scans: the CPU's backend or a graphics card's, and how cases are then shared out."""

import dataclasses

from labelct.config import Config
from labelct.errors import SettingError
from labelct.parallel import ParallelSettings
from labelct.scanner.backends import backend
from labelct.scanner.settings import ScannerSettings


def resolved(config: Config) -> ScannerSettings:
    """Return the scanner with the backend that `auto` stands for: the card's where the run has one.

    Args:
        config: The experiment; read are scanner, device, and where volumes are drawn during a training.
    """
    scanner = config.scanner
    if scanner.kind != "helical" or scanner.backend != "auto":
        return scanner
    from labelct.trainer.device import runs_on_gpu

    on_card = not _drawn_by_workers(config) and runs_on_gpu(config.device)
    return dataclasses.replace(scanner, backend="cuda" if on_card else "numba")


def check(config: Config) -> None:
    """Raise where scans cannot be computed as the run asks, before any work.

    Raises:
        SettingError: The machine lacks what the backend runs on, or volumes are drawn where it cannot run.
    """
    scanner = resolved(config)
    if scanner.kind != "helical" or not config.data.is_scanned():
        return
    if scanner.backend == "cuda" and _drawn_by_workers(config):
        reason = "volumes are drawn by workers, which cannot share a card"
        raise SettingError("scanner.backend", "cuda", "auto or numba with data.mode=online here", reason)
    backend(scanner.backend)


def shared_out(parallel: ParallelSettings, scanner: ScannerSettings) -> ParallelSettings:
    """Return how scans spread over processes: one on a card, whose memory and context processes cannot share."""
    if scanner.kind != "helical" or scanner.backend != "cuda":
        return parallel
    return parallel.one_by_one()


def _drawn_by_workers(config: Config) -> bool:
    if config.data.mode != "online":
        return False
    return not config.trainer.draws_on_device or config.device.sampling == "workers"
