"""`labelct scan`: a CT volume passed through the simulated scanner."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labelct.commands import compose
from labelct.commands.arguments import Parser, check_output, natural
from labelct.commands.groups import options
from labelct.errors import InputError, SettingError
from labelct.io import nifti
from labelct.io.volumes import read_ct
from labelct.progress import ProgressBar


def parser() -> Parser:
    """Return the parser of the command line."""
    command = Parser(
        prog="labelct scan",
        description="Pass a CT volume through the simulated scanner.",
        epilog="Single values follow as GROUP.FIELD=VALUE, for example scanner.recon.kernel=hann dose.mas=40.",
    )
    command.add_argument("ct", type=Path, help="a NIfTI file in HU, or a folder with one DICOM series")
    command.add_argument("values", nargs="*", metavar="GROUP.FIELD=VALUE", help="settings of scanner or dose")
    command.add_argument("-o", "--output", type=Path, required=True, help="the NIfTI file to write")
    command.add_argument("--scanner", default="sensation64", metavar="NAME", help=", ".join(options("scanner")))
    command.add_argument("--dose", default="full", metavar="NAME", help=", ".join(options("dose")))
    command.add_argument("--not-hu", action="store_true", help="take the values as they are, though they cannot be HU")
    command.add_argument("--seed", type=natural, default=0, help="of the noise")
    return command


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
    for value in given.values:
        if not value.startswith(("scanner.", "dose.")) or "=" not in value:
            name, _, option = value.partition("=")
            remedy = f"write --{name} {option}" if name in ("scanner", "dose", "seed") and option else ""
            raise SettingError("value", value, "scanner.FIELD=VALUE or dose.FIELD=VALUE", remedy)
    config = compose.configuration([f"scanner={given.scanner}", f"dose={given.dose}", *given.values])
    _check_output(given.output, given.ct)
    from labelct.scanner.scan import Acquisition, sample_scan, scan

    acquisition, params = Acquisition(config.scanner, config.dose), sample_scan(np.random.default_rng(given.seed))
    if config.scanner.kind == "helical":
        _ = acquisition.worker  # refused before the CT is read, where the machine lacks its device
    volume = read_ct(given.ct, given.not_hu)
    with ProgressBar(f"scan {given.scanner} {given.dose}") as bar:
        scanned = scan(np.asarray(volume.array, np.float32), volume.spacing, acquisition, params, progress=bar.update)
    nifti.write_like(given.output, scanned, volume)
    print(f"{given.output}")
    return 0


def _check_output(output: Path, ct: Path) -> None:
    """Raise `InputError` where the scan cannot be written, before it is made."""
    if not output.name.endswith((".nii", ".nii.gz")) or output.is_dir():
        raise InputError(output, "is no name of a NIfTI file", "give one that ends in .nii.gz")
    if os.path.realpath(output) == os.path.realpath(ct):
        raise InputError(output, "is the CT that is scanned", "give another name")
    check_output(output)
