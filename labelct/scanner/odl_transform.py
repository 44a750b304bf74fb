"""Our projector as ODL's: a helical `ConeBeamGeometry` and an implementation of its `RayTransform`.

    geometry = cone_beam(helix)
    space = image_space(grid)
    transform = odl.applications.tomo.RayTransform(space, geometry, impl=HelicalJoseph)

ODL's solvers then run on it. `transform.adjoint` is the exact adjoint in ODL's weighted inner products.
"""

import math
from typing import Any

import numpy as np
from odl import uniform_discr, uniform_partition  # type: ignore[attr-defined]
from odl.applications.tomo import ConeBeamGeometry  # type: ignore[attr-defined]

from labelct.scanner.backends import backend
from labelct.scanner.geometry import Array, Grid, Helix

QUARTER_TURN = math.pi / 2  # ODL's source starts at -y, ours at +x


def _uniform(first: float, step: float, count: int) -> Any:
    return uniform_partition(first - step / 2, first + (count - 0.5) * step, count)


def cone_beam(helix: Helix) -> ConeBeamGeometry:
    """Return the scan as ODL knows it.

    The first detector coordinate is ODL's angle on the detector, which grows clockwise: our channels reversed. The
    second is the height. ODL calls the table feed in mm per turn `pitch`.

    Args:
        helix: The scan.
    """
    first = helix.first_angle + QUARTER_TURN
    angles = _uniform(first, helix.view_pitch, helix.views)
    clockwise = _uniform(-helix.gamma[-1], helix.channel_pitch, helix.channels)
    detector = clockwise.append(_uniform(helix.v[0], helix.row_pitch, helix.rows))
    return ConeBeamGeometry(
        angles,
        detector,
        src_radius=helix.source_isocentre,
        det_radius=helix.source_detector - helix.source_isocentre,
        det_curvature_radius=(helix.source_detector, None),
        pitch=helix.table_feed,
        offset_along_axis=helix.first_height - helix.table_feed * first / (2 * math.pi),
    )


def helix_of(geometry: ConeBeamGeometry) -> Helix:
    """Return the scan that an ODL geometry describes.

    Args:
        geometry: With a focus-centred cylindrical detector and uniform angles.

    Raises:
        ValueError: if the detector is another one.
    """
    source_detector = geometry.src_radius + geometry.det_radius
    radius = getattr(geometry.detector, "radius", None)
    if not isinstance(radius, float) or not math.isclose(radius, source_detector):
        raise ValueError(f"det_curvature_radius={radius}: allowed is ({source_detector:g}, None), focus-centred")
    angles, detector = geometry.motion_partition, geometry.det_partition
    channel_pitch, row_pitch = detector.cell_sides
    channels, rows = detector.shape
    middle = -(detector.min_pt[0] + detector.max_pt[0]) / 2
    first = float(angles.coord_vectors[0][0])
    return Helix(
        float(geometry.src_radius),
        float(source_detector),
        channels,
        float(channel_pitch),
        float(-middle / channel_pitch),
        rows,
        float(row_pitch),
        round(2 * math.pi / float(angles.cell_sides[0])),
        float(geometry.pitch),
        len(angles),
        first - QUARTER_TURN,
        float(geometry.offset_along_axis + geometry.pitch * first / (2 * math.pi)),
    )


def image_space(grid: Grid, dtype: str = "float32") -> Any:
    """Return the ODL space of images on a grid.

    Args:
        grid: The voxels.
        dtype: Of the elements.
    """
    low = [origin - step / 2 for origin, step in zip(grid.origin, grid.spacing, strict=True)]
    high = [edge + count * step for edge, count, step in zip(low, grid.shape, grid.spacing, strict=True)]
    return uniform_discr(low, high, grid.shape, dtype=dtype)


class HelicalJoseph:
    """A backend's projector and its matched adjoint, for `RayTransform(..., impl=HelicalJoseph)`.

    Attributes:
        backend: A name in `backends.BACKENDS`; a subclass takes another.
    """

    backend = "numba"

    def __init__(self, geometry: ConeBeamGeometry, vol_space: Any, proj_space: Any) -> None:
        self.helix, self.vol_space, self.proj_space = helix_of(geometry), vol_space, proj_space
        x, y, z = vol_space.partition.coord_vectors
        dx, dy, dz = vol_space.cell_sides
        self.grid = Grid(vol_space.shape, (float(dx), float(dy), float(dz)), (float(x[0]), float(y[0]), float(z[0])))

    def call_forward(self, x: Any, out: Any = None, **_: Any) -> Any:
        """Return the projections of a volume, an element of the projection space."""
        volume = np.ascontiguousarray(x.asarray(), dtype=np.float32)
        projections = backend(self.backend).forward(volume, self.grid, self.helix, extend=False)
        return _into(self.proj_space, out, projections[:, ::-1])

    def call_backward(self, x: Any, out: Any = None, **_: Any) -> Any:
        """Return the adjoint of projections, an element of the image space."""
        values = np.ascontiguousarray(x.asarray()[:, ::-1], dtype=np.float32)
        image = backend(self.backend).adjoint(values, self.grid, self.helix, extend=False)
        image *= np.float32(_weight(self.proj_space) / _weight(self.vol_space))
        return _into(self.vol_space, out, image)


def _weight(space: Any) -> float:
    """Return the constant of a space's inner product."""
    return float(getattr(space.weighting, "const", 1.0))


def _into(space: Any, out: Any, values: Array) -> Any:
    if out is None:
        return space.element(np.ascontiguousarray(values))
    out[:] = np.ascontiguousarray(values)
    return out
