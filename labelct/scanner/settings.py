"""What a CT scanner is, how much dose it gives, and how it reconstructs."""

from dataclasses import dataclass, field
from typing import ClassVar

from labelct.errors import SettingError
from labelct.settings import GIVEN, Checked, choice, ranged

KERNELS = ("ram-lak", "shepp-logan", "cosine", "hann", "soft")
ROUNDING = 1e-6  # of a collimation that is a product, against one that was typed
BOWTIES = ("none", "small", "medium", "large")


@dataclass
class ReconSettings(Checked, section="recon"):
    """How projections become an image.

    Attributes:
        kernel: Window of the ramp filter; `ram-lak` is sharpest, `soft` like a body soft-tissue kernel.
        aperture: Share Q of the detector's rows that counts fully; the rest is faded out (0 to 0.99).
        slice_thickness: Thickness in mm that each slice averages over, from the width of a detector row to the
            collimation `rows * row_width`; null: the distance of the slices, as far as it lies between the two.
        field_of_view: Diameter in mm of the reconstructed circle, air outside; null: the scanner's own.
    """

    kernel: str = choice("soft", KERNELS)
    aperture: float = ranged(0.6, 0.0, 0.99)
    slice_thickness: float | None = ranged(None, 0.05, 100.0)
    field_of_view: float | None = ranged(None, 10.0, 2000.0)


@dataclass
class NoiseOnlySettings(Checked, section="noise_only"):
    """The coarse forward projection that `mode=noise_only` takes the noise's variance from.

    Attributes:
        voxel: Voxel size in mm.
        views: Views per turn.
        channels: Detector channels.
        rows: Detector rows.
    """

    voxel: float = ranged(6.0, 0.5, 20.0)
    views: int = ranged(60, 16)
    channels: int = ranged(128, 32)
    rows: int = ranged(8, 2)


@dataclass
class ScannerSettings(Checked):
    """A scanner: none, noise drawn in the image, or a helical scan with a focus-centred curved detector.

    Lengths in mm, angles in rad unless said otherwise.

    Attributes:
        kind: `none` (the volume as it is), `image` (correlated noise added to the image) or `helical`.
        backend: Who computes a helical scan: `numba` (the CPU), `cuda` (a graphics card) or `auto` (the card of a run
            on `device=gpu`, else the CPU); the image is the same up to rounding.
        mode: `full` (project, add noise, reconstruct) or `noise_only` (reconstruct the noise alone and add it).
        source_isocentre: Distance R from the focus to the axis.
        source_detector: Distance D from the focus to the detector.
        channels: Detector channels in the fan.
        channel_pitch: Angle between neighbouring channels.
        channel_offset: Shift of the detector in channels (0.25: quarter-channel offset).
        rows: Detector rows.
        row_width: Row width at the isocentre.
        views: Views per turn, an even number.
        pitch: Table feed per turn over the collimation `rows * row_width`.
        rays_per_cell: Rays per detector cell and axis whose intensities are averaged (1: one ray through its centre).
        efficiency: Share of the photons that are counted; a coarse detector below 1 keeps a fine one's image noise.
        focal_spot: Width of the focal spot, sampled at as many places as a cell has rays; 0: a point.
        outside: What lies outside the field of view: `refuse` it, or take it for `air`.
        memory: GiB that the projections of one scan may take.
        cache: Keep the noise-free projections of `mode=full` on disk, so that the doses of a sweep share them.
        recon: The reconstruction.
        noise_only: The coarse projection of `mode=noise_only`.
    """

    kind: str = choice("none", ("none", "image", "helical"))
    backend: str = choice("auto", ("auto", "numba", "cuda"))
    mode: str = choice("full", ("full", "noise_only"))
    source_isocentre: float = ranged(570.0, 100.0, 5000.0)
    source_detector: float = ranged(1040.0, 100.0, 10000.0)
    channels: int = ranged(672, 32, 8192)
    channel_pitch: float = ranged(0.00135, 1e-5, 0.05)
    channel_offset: float = ranged(0.25, -4.0, 4.0)
    rows: int = ranged(32, 4, 1024)
    row_width: float = ranged(0.6, 0.05, 20.0)
    views: int = ranged(1160, 32, 20000)
    pitch: float = ranged(1.0, 0.05, 2.0)
    rays_per_cell: int = ranged(1, 1, 8)
    focal_spot: float = ranged(0.0, 0.0, 10.0)
    efficiency: float = ranged(1.0, 1e-6, 1.0)
    outside: str = choice("refuse", ("refuse", "air"))
    memory: float = ranged(8.0, 0.1)
    cache: bool = True
    recon: ReconSettings = field(default_factory=ReconSettings)
    noise_only: NoiseOnlySettings = field(default_factory=NoiseOnlySettings)
    read_with: ClassVar = {
        "*": ("kind", ("helical",)),
        **dict.fromkeys(("cache", "rays_per_cell", "focal_spot"), ("mode", ("full",))),
        "noise_only": ("mode", ("noise_only",)),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.views % 2:
            raise SettingError("views", self.views, "an even number", "opposite views share one reconstruction angle")
        if self.source_detector <= self.source_isocentre:
            problem = f"more than source_isocentre ({self.source_isocentre:g} mm)"
            raise SettingError("source_detector", self.source_detector, problem, "the detector lies behind the axis")
        if self.channels * self.channel_pitch > 2.4:
            allowed = f"{2.4 / self.channels:.2g} or less with {self.channels} channels (a fan of 137 degrees)"
            raise SettingError("channel_pitch", self.channel_pitch, allowed)
        if self.focal_spot > 0 and self.rays_per_cell == 1:
            raise SettingError("focal_spot", self.focal_spot, "0 with one ray per cell", "set rays_per_cell=2 or more")
        self._check_thickness()

    def _check_thickness(self) -> None:
        """Raise where slices are to be thinner than a row or thicker than the beam: rows cannot mix to that."""
        thickness, beam = self.recon.slice_thickness, self.rows * self.row_width
        if self.kind != "helical" or thickness is None:
            return
        if not self.row_width * (1 - ROUNDING) <= thickness <= beam * (1 + ROUNDING):
            allowed = f"{self.row_width:g} to {beam:g} mm: a detector row to the collimation of {self.rows} rows"
            raise SettingError("recon.slice_thickness", thickness, allowed, "or change scanner.rows or row_width")

    @property
    def keeps_projections(self) -> bool:
        """Whether the noise-free projections of a scan are kept on disk."""
        return self.kind == "helical" and self.mode == "full" and self.cache


@dataclass
class DoseSettings(Checked):
    """How many photons a scan uses: `mas` or `photons`, never both; neither means no noise at all.

    Attributes:
        mas: Tube current times rotation time in mAs, at 120 kVp; 165 gives 2e5 photons in a cell of 0.6 x 0.6 mm
            at the isocentre and 1000 views per turn.
        photons: Photons per detector cell and view without an object, behind the middle of the bowtie filter.
        electronic_noise: Standard deviation of the electronics in photons.
        bowtie: Filter that takes photons from the edge of the fan: none, small, medium or large (body size).
    """

    mas: float | None = ranged(165.0, 0.001, 1e5)
    photons: float | None = ranged(None, 1.0, 1e12)
    electronic_noise: float = ranged(3.3, 0.0, 1e4)
    bowtie: str = choice("large", BOWTIES)
    read_with: ClassVar = dict.fromkeys(("electronic_noise", "bowtie"), (("mas", "photons"), GIVEN))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mas is not None and self.photons is not None:
            allowed = f"null while mas is {self.mas:g}"
            raise SettingError("photons", self.photons, allowed, "set one of the two and the other to null")

    @property
    def noiseless(self) -> bool:
        """Whether the scan has no noise at all."""
        return self.mas is None and self.photons is None
