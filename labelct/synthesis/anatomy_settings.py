"""Settings of what a label map is painted as: its body, other patients made of it, lesions and sub-classes."""

from __future__ import annotations

from dataclasses import dataclass, field

from labelct.errors import SettingError, check_choice, check_range

SUBCLASS_SOURCES = ("auto", "ct", "blobs")

CHANCES = ("lungs", "spine", "ribs", "couch", "arms")


def check_interval(name: str, value: list[float], low: float | None = None, high: float | None = None) -> None:
    """Raise `SettingError` unless `value` is `[smallest, largest]` within `low` to `high`."""
    if len(value) != 2 or value[0] > value[1]:
        raise SettingError(name, value, "two numbers, the smaller first")
    for bound in value:
        check_range(name, bound, low, high)


@dataclass
class CylinderSettings:
    """The body of `synth1`.

    Attributes:
        radius: Interval of the radius as a fraction of the smaller in-plane field of view.
        margin_mm: Least distance between the target and the surface of the cylinder.
        flattening: Largest relative shortening of the front-to-back axis; 0 keeps the section a circle.
        trunk: Chance that a trunk stands in for the cylinder: a wall of muscle and fat (`data.body`) that follows the
            target, around the same texture.
        histogram: `builtin`, or a CSV file with the columns `probability` and `hu` (a quantile function).
    """

    radius: list[float] = field(default_factory=lambda: [0.30, 0.48])
    margin_mm: float = 10.0
    flattening: float = 0.0
    trunk: float = 0.0
    histogram: str = "builtin"

    def __post_init__(self) -> None:
        check_interval("cylinder.radius", self.radius, 0.05, 1.0)
        check_range("cylinder.margin_mm", self.margin_mm, 0.0)
        check_range("cylinder.flattening", self.flattening, 0.0, 0.7)
        check_range("cylinder.trunk", self.trunk, 0.0, 1.0)


@dataclass
class BodySettings:
    """How unlabelled voxels become air, fat or soft tissue.

    Attributes:
        air_hu: Below this a voxel of the CT is air.
        clip: The CT is clipped to this interval before k-means.
        seeds: First cluster centres, fat and soft tissue.
        half_width_mm: Interval of the trunk's left-to-right half axis where the labels do not outline it.
        half_depth_mm: The same from back to front.
        narrowing: Interval of how much a trunk that the labels do not outline narrows above and below them, mm for each
            mm along z.
        wall_mm: Interval of the muscle layer around the hull of the labels.
        fat_mm: Interval of the fat shell around that.
        visceral_fat: Interval of the fraction of fat among what is unlabelled inside the hull.
        visceral_grain_mm: Distance over which the inner fat changes.
    """

    air_hu: float = -300.0
    clip: list[float] = field(default_factory=lambda: [-200.0, 150.0])
    seeds: list[float] = field(default_factory=lambda: [-100.0, 50.0])
    half_width_mm: list[float] = field(default_factory=lambda: [130.0, 165.0])
    half_depth_mm: list[float] = field(default_factory=lambda: [85.0, 115.0])
    narrowing: list[float] = field(default_factory=lambda: [0.1, 0.4])
    wall_mm: list[float] = field(default_factory=lambda: [4.0, 12.0])
    fat_mm: list[float] = field(default_factory=lambda: [8.0, 30.0])
    visceral_fat: list[float] = field(default_factory=lambda: [0.2, 0.6])
    visceral_grain_mm: float = 16.0

    def __post_init__(self) -> None:
        check_range("body.air_hu", self.air_hu, -1000.0, -150.0)
        check_interval("body.clip", self.clip)
        check_interval("body.seeds", self.seeds, *self.clip)
        for name in ("half_width_mm", "half_depth_mm", "wall_mm", "fat_mm"):
            check_interval(f"body.{name}", getattr(self, name), 0.0, 400.0)
        check_interval("body.narrowing", self.narrowing, 0.0, 10.0)
        check_interval("body.visceral_fat", self.visceral_fat, 0.0, 1.0)
        check_range("body.visceral_grain_mm", self.visceral_grain_mm, 1.0)


@dataclass
class DeformSettings:
    """How label maps are deformed before anything is painted; all zeros leave them as they are.

    Attributes:
        rotation_deg: Largest turn about each axis.
        scale: Largest relative stretch along each axis.
        shear: Largest shear.
        shift_mm: Largest shift along each axis.
        elastic_mm: Standard deviation of the elastic displacement along each axis.
        grain_mm: Distance of the elastic control points.
        flip: Chance of a mirror image, with left and right names swapped.
    """

    rotation_deg: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift_mm: float = 0.0
    elastic_mm: float = 0.0
    grain_mm: float = 60.0
    flip: float = 0.0

    def __post_init__(self) -> None:
        check_range("deform.rotation_deg", self.rotation_deg, 0.0, 180.0)
        check_range("deform.scale", self.scale, 0.0, 1.0)
        check_range("deform.shear", self.shear, 0.0, 0.5)
        check_range("deform.shift_mm", self.shift_mm, 0.0, 500.0)
        check_range("deform.grain_mm", self.grain_mm, 5.0, 1000.0)
        check_range("deform.flip", self.flip, 0.0, 1.0)
        if not 0.0 <= self.elastic_mm <= self.grain_mm / 4:
            allowed = f"0 to a quarter of deform.grain_mm={self.grain_mm}"
            raise SettingError("deform.elastic_mm", self.elastic_mm, allowed, "larger displacements would fold organs")

    def is_active(self) -> bool:
        """Return whether anything but a flip can happen."""
        return any((self.rotation_deg, self.scale, self.shear, self.shift_mm, self.elastic_mm))


@dataclass
class LesionSettings:
    """Synthetic focal lesions, a label of their own: `<host>_lesion`.

    Attributes:
        host: The organ they grow in; None: there are none.
        count: Interval of their number in a volume.
        radius_mm: Interval of the mean radius.
        contrast_hu: Interval of their HU minus the host's, one draw a volume.
    """

    host: str | None = None
    count: list[int] = field(default_factory=lambda: [0, 4])
    radius_mm: list[float] = field(default_factory=lambda: [4.0, 15.0])
    contrast_hu: list[float] = field(default_factory=lambda: [-70.0, -25.0])

    def __post_init__(self) -> None:
        check_interval("lesions.count", [float(number) for number in self.count], 0, 200)
        check_interval("lesions.radius_mm", self.radius_mm, 0.5, 100.0)
        check_interval("lesions.contrast_hu", self.contrast_hu, -1000.0, 1000.0)

    @property
    def name(self) -> str | None:
        """Name of the lesions' label."""
        return None if self.host is None else f"{self.host}_lesion"


@dataclass
class SubclassSettings:
    """Labels split into parts of their own mean and texture before they are painted; training labels stay whole.

    Attributes:
        count: Sub-classes of each label; 0 leaves labels whole.
        source: `ct` (clusters of the HU inside each label), `blobs` (regions of a smooth random field), or `auto`: `ct`
            where the case has one.
        grain_mm: Distance over which blobs change.
        between: Share of an organ's texture variance that lies between its sub-classes; the rest stays within them.
            Under `uniform` and `mixture` each sub-class is drawn like a label of its own instead.
    """

    count: int = 0
    source: str = "auto"
    grain_mm: float = 25.0
    between: float = 0.5

    def __post_init__(self) -> None:
        check_choice("subclasses.source", self.source, SUBCLASS_SOURCES)
        check_range("subclasses.grain_mm", self.grain_mm, 4.0, 1000.0)
        check_range("subclasses.between", self.between, 0.0, 1.0)
        if self.count != 0 and not 2 <= self.count <= 16:
            raise SettingError("subclasses.count", self.count, "0 (labels stay whole) or 2 to 16")


@dataclass
class SurroundingsSettings:
    """Bodies placed where no label says what a voxel is; all zeros place none.

    Maps of a few organs know nothing of what lies beside them: 0 means unknown. These bodies keep a network from
    learning that everything unknown is fat or soft tissue. They never cover a label and are no label themselves, and
    lungs, spine and ribs stay away where the map has them.

    Attributes:
        lungs: Chance of lungs above the labels, with heart and mediastinum between them.
        spine: Chance of a vertebral column and its muscles at the back.
        ribs: Chance of ribs in the wall.
        couch: Chance of a couch below the body.
        arms: Chance of arms beside the body.
        bodies: Interval of the number of further bodies of any density, anywhere in the box of trunk or cylinder.
        near: Share of the bodies that lie against a label, about as dense as it is.
        radius_mm: Interval of the bodies' mean radius.
    """

    lungs: float = 0.0
    spine: float = 0.0
    ribs: float = 0.0
    couch: float = 0.0
    arms: float = 0.0
    bodies: list[int] = field(default_factory=lambda: [0, 0])
    near: float = 0.0
    radius_mm: list[float] = field(default_factory=lambda: [8.0, 50.0])

    def __post_init__(self) -> None:
        for name in (*CHANCES, "near"):
            check_range(f"surroundings.{name}", getattr(self, name), 0.0, 1.0)
        check_interval("surroundings.bodies", [float(number) for number in self.bodies], 0, 100)
        check_interval("surroundings.radius_mm", self.radius_mm, 1.0, 150.0)

    def is_active(self) -> bool:
        """Return whether anything can be placed."""
        return any(getattr(self, name) for name in CHANCES) or self.bodies[1] > 0
