"""CT through the simulated scanner."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelct.api.arguments import Grid, Seed, as_given, generator, image_of
from labelct.api.settings import Chosen
from labelct.progress import ProgressBar, is_watched
from labelct.scanner.scan import Acquisition, sample_scan
from labelct.scanner.scan import scan as scanned_by


def scan(
    hu: ArrayLike,
    spacing: Grid,
    scanner: str = "sensation64",
    dose: str = "low",
    seed: Seed = 0,
    not_hu: bool = False,
    **settings: Any,
) -> NDArray[np.float32]:
    """Return a CT as a scanner would show it at a dose: projected, with photon noise, reconstructed.

    A helical scan of a whole trunk takes minutes on a CPU, and shows how far it is; `scanner="image"` draws correlated
    noise into the image and takes a second. The same arguments give the same bits, those of `labelct scan`.

    Args:
        hu: `(x, y, z)` HU, an array, a tensor or lists. It is not changed.
        spacing: Voxel size in mm, one number or `(x, y, z)`, of a volume whose axes are RAS+ (z, along the table, grows
            to the head); or the `(4, 4)` affine to RAS+ mm of a volume with any other axes.
        scanner: A preset: `sensation64`, `force`, `compact`, `image`, and others that the error for a wrong one names.
        dose: A preset: `full`, `half`, `quarter`, `low`, `ultralow`, or `none`, which is without noise.
        seed: Of the noise, as `numpy.random.default_rng` takes it; the `entropy` of the scan in a line of a training
            set's `manifest.jsonl` draws the noise of that line. All doses of a seed share their draws.
        not_hu: Take the values as they are, though they cannot be HU.
        **settings: As on the command line: keys of scanner or dose, as `dose={"mas": 40}` or `**{"dose.mas": 40,
            "scanner.recon.kernel": "hann"}`.

    Returns:
        `(x, y, z)` HU, -1024 or more, on the same grid.

    Raises:
        InputError: `hu` is no volume, or cannot be in HU.
        SettingError: A preset or key does not exist, or the body is beyond the scanner.
        ConfigError: A setting does not allow its value.
    """
    config = Chosen.of({"scanner": scanner, "dose": dose}, settings, ("scanner", "dose")).config
    params = sample_scan(generator(seed))
    volume = image_of("hu", hu, spacing, None if not_hu else "ct")
    acquisition = Acquisition(config.scanner, config.dose)
    values = np.asarray(volume.array, np.float32)
    with ProgressBar(f"scan {scanner} {dose}") as bar:
        told = bar.update if is_watched() else None
        result = scanned_by(values, volume.spacing, acquisition, params, progress=told)
    return as_given(result, volume)
