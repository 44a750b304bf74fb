"""`labelct scan`: a CT volume passed through the simulated scanner."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from labelct.config import configuration_folder
from labelct.errors import SettingError, did_you_mean
from labelct.io import nifti
from labelct.io.volumes import read_ct
from labelct.progress import ProgressBar
from labelct.scanner.settings import DoseSettings, ScannerSettings

SCHEMAS = {"scanner": ScannerSettings, "dose": DoseSettings}


def _options(group: str) -> list[str]:
    return sorted(path.stem for path in (configuration_folder() / group).glob("*.yaml"))


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = argparse.ArgumentParser(
        prog="labelct scan",
        description="Pass a CT volume through the simulated scanner.",
        epilog="Single values follow as GROUP.FIELD=VALUE, for example scanner.recon.kernel=hann dose.mas=40.",
    )
    command.add_argument("ct", type=Path, help="a NIfTI file in HU, or a folder with one DICOM series")
    command.add_argument("values", nargs="*", metavar="GROUP.FIELD=VALUE", help="settings of scanner or dose")
    command.add_argument("-o", "--output", type=Path, required=True, help="the NIfTI file to write")
    command.add_argument("--scanner", default="sensation64", metavar="NAME", help=", ".join(_options("scanner")))
    command.add_argument("--dose", default="full", metavar="NAME", help=", ".join(_options("dose")))
    command.add_argument("--seed", type=int, default=0, help="of the noise")
    return command


def settings(group: str, name: str, values: Sequence[str]) -> Any:
    """Return the settings of a preset with single values laid over them.

    Args:
        group: `scanner` or `dose`.
        name: Of the preset.
        values: `FIELD=VALUE`, nested fields with dots.

    Raises:
        SettingError: The preset or a field is unknown, or a value out of its range.
    """
    known = _options(group)
    if name not in known:
        raise SettingError(group, name, "one of " + ", ".join(known), did_you_mean(name, known))
    preset: Any = OmegaConf.load(configuration_folder() / group / f"{name}.yaml")
    preset.pop("defaults", None)
    try:
        tree = OmegaConf.merge(OmegaConf.structured(SCHEMAS[group]), preset, OmegaConf.from_dotlist(list(values)))
        return OmegaConf.to_object(tree)
    except OmegaConfBaseException as error:
        message = (error.msg or str(error)).splitlines()[0]
        raise SettingError(group, " ".join(values), f"its own fields and their types ({message})") from None


def main(argv: Sequence[str]) -> int:
    """Scan the CT of the command line.

    Args:
        argv: What stands behind `labelct scan`.

    Returns:
        The exit code, 0.

    Raises:
        LabelctError: The CT cannot be read, or the settings do not fit it.
    """
    given = parser().parse_intermixed_args(list(argv))
    groups: dict[str, list[str]] = {group: [] for group in SCHEMAS}
    for value in given.values:
        group, dot, rest = value.partition(".")
        if group not in groups or not dot or "=" not in rest:
            raise SettingError("value", value, "scanner.FIELD=VALUE or dose.FIELD=VALUE")
        groups[group].append(rest)
    scanner = settings("scanner", given.scanner, groups["scanner"])
    dose = settings("dose", given.dose, groups["dose"])
    volume = read_ct(given.ct)
    from labelct.scanner.scan import Acquisition, sample_scan, scan

    params = sample_scan(np.random.default_rng(given.seed))
    array = np.ascontiguousarray(volume.array, dtype=np.float32)
    with ProgressBar(f"scan {given.scanner} {given.dose}") as bar:
        scanned = scan(array, volume.spacing, Acquisition(scanner, dose), params, progress=bar.update)
    nifti.write(given.output, scanned, volume.affine)
    print(f"{given.output}")
    return 0
