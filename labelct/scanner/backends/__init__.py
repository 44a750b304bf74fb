"""Who does a scan's work: the face that every backend has, and the table of backends.

A backend is a module or a folder with the functions of `Backend`, and a line in `BACKENDS`. What a scan *is* stands
outside and knows no backend: geometry, dose, which views make which slices, how much of them is held at once.

Volumes, images and whole projections pass through the face once a scan, as NumPy arrays or as torch tensors: what is
given as an array comes back as one, what is given as a tensor comes back as a tensor where that lies. A backend that
does not reach tensors says so by `within_reach`, where callers pass them first. The views in between pass block by
block as arrays of the backend's own kind, so that they stay on its device from the projection to the image; callers
only subtract them. Blocks that a caller has kept are arrays or tensors as the volume was: a backend takes them all.
"""

import importlib
from typing import Any, Protocol, cast

from labelct.errors import check_choice
from labelct.scanner.chunked_reconstruction import Reconstruction, Views
from labelct.scanner.geometry import Array, Grid, Helix
from labelct.scanner.operations import Values

BACKENDS = {"numba": "labelct.scanner.backends.numba", "cuda": "labelct.scanner.backends.cuda"}


class Backend(Protocol):
    """The functions of a backend; all arrays and tensors are float32."""

    def check(self) -> None:
        """Raise `SettingError` where this machine lacks what the backend runs on."""

    def within_reach(self, values: Values) -> Values:
        """Return values as the other functions take them: themselves, or a NumPy array where tensors are not taken.

        A backend of the CPU brings tensors to the host here, and nowhere else.
        """

    def forward(self, attenuation: Values, grid: Grid, helix: Helix, extend: bool = True) -> Values:
        """Return the line integrals of a scan with one ray through the middle of each cell, linear in the volume.

        Args:
            attenuation: `(x, y, z)` in 1/mm.
            grid: Its grid.
            helix: The scan.
            extend: Continue the end slices for ever (a patient goes on beyond the scan) instead of air.

        Returns:
            `(view, channel, row)` without unit, an array or a tensor as the volume is.
        """

    def adjoint(self, projections: Values, grid: Grid, helix: Helix, extend: bool = True) -> Values:
        """Return the matched adjoint of `forward`: `<A x, y> = <x, A' y>` up to rounding.

        Args:
            projections: `(view, channel, row)`.
            grid: Of the volume.
            helix: The scan.
            extend: As for `forward`.

        Returns:
            `(x, y, z)`, an array or a tensor as the projections are.
        """

    def project(
        self, attenuation: Values, grid: Grid, helix: Helix, rays_per_cell: int = 1, focal_spot: float = 0.0
    ) -> Views:
        """Return the noise-free views of a scan; the end slices go on for ever.

        With several rays per cell their intensities are averaged, as a detector does, not their line integrals.

        Args:
            attenuation: `(x, y, z)` in 1/mm.
            grid: Its grid.
            helix: The scan.
            rays_per_cell: Rays per cell along channels and along rows.
            focal_spot: Width of the focal spot in mm, seen from `rays_per_cell` places; 0: a point.
        """

    def refine(self, coarse: Values, coarse_helix: Helix, helix: Helix) -> Views:
        """Return the views of a scan interpolated linearly from coarse ones; the ends hold on.

        Args:
            coarse: Line integrals of `coarse_helix`, `(view, channel, row)`.
            coarse_helix: From `noise_only.coarse_helix`.
            helix: The scan.
        """

    def measure(self, clean: Any, first: int, photons: Array, electronic_noise: float, seed: int) -> Any:
        """Return a block of views as the detector measures them, `-ln(max(N, 1) / photons)`.

        `N` is Poisson with mean `photons exp(-clean)` plus the electronics' normal noise, drawn for each cell as
        `scanner.noise` says, so that blocks can be measured in any order and by any backend.

        Args:
            clean: Noise-free line integrals `(view, channel, row)`.
            first: Number of the block's first view in the scan.
            photons: That each channel counts without an object, `(channel,)`.
            electronic_noise: Standard deviation in photons.
            seed: Of the scan.
        """

    def reconstruct(self, views: Views, what: Reconstruction, image: Values = None) -> Values:
        """Return the image of a scan.

        Args:
            views: The scan's line integrals; asked for once each, from first to last.
            what: The image and how it is made.
            image: Zeros `(x, y, z)` to write it into, an array or a tensor; None: a new array.

        Returns:
            `image`: attenuation in 1/mm, zero outside the circle that is reconstructed.
        """

    def host(self, block: Any) -> Array:
        """Return a block of views as a NumPy array."""


def backend(name: str) -> Backend:
    """Return a backend by its name.

    Raises:
        SettingError: The name is unknown, or the machine lacks what the backend runs on.
    """
    check_choice("backend", name, tuple(BACKENDS))
    found = cast(Backend, importlib.import_module(BACKENDS[name]))
    found.check()
    return found
