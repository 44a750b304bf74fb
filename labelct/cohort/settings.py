"""Settings of the cohorts: where label maps, and a CT or MR where there is one, come from."""

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

from labelct.errors import SettingError, check_choice, check_range
from labelct.io.modality import MODALITIES
from labelct.settings import Checked, choice, expanded, path, ranged

SPLITS = ("train", "val", "test")
ZONES = ("prostate_peripheral_zone", "prostate_central_gland")


@dataclass
class OwnSettings(Checked):
    """As a test group: the cohort's own test split.

    Attributes:
        kind: `own`.
    """

    kind: str = choice("own", ("own",))


@dataclass
class SyntheticSettings(Checked):
    """As a test group: volumes of the cohort's held-out cases, made as the training's are, with every label in them.

    Attributes:
        kind: `synthetic`.
        seed: Seed of these volumes, in place of `data.seed`.
    """

    kind: str = choice("synthetic", ("synthetic",))
    seed: int = ranged(1, 0)


@dataclass
class NoTestSettings(Checked):
    """In place of test groups: nothing is scored, and the trained model is the result.

    Attributes:
        kind: `none`.
    """

    kind: str = choice("none", ("none",))


@dataclass
class FilesSettings(Checked):
    """What every cohort of files has.

    Attributes:
        kind: Which cohort reader this belongs to.
        root: The cohort's folder.
        cases: The cases to use; none given: all that are there.
        merge: `{name: name it becomes}`, for example `{liver_tumor: liver}`; null: every structure stays itself.
        splits: Number of cases of `train`, `val` and `test`, drawn within the folder's own split where it has one;
            null: all of that, or a share of what is left.
        splits_file: JSON file `{"train": [cases], "val": [...], "test": [...]}`, or the name of a split that ships.
        seed: Which cases the numbers fall on.
        split: What is scored where this is a test group: `test`, or `all` cases with an image.
        not_hu: Take images whose values cannot be HU, or cannot be MR intensities, as they are.
        modality: What the images are: `ct`, or `mr`, whose intensities are never taken for HU: recipes that paint label
            maps use the label maps alone.
        source: Where its data come from, for the card of an exported model.
        licence: Their licence, for the same.
    """

    kind: str = ""
    root: str = path("???")
    cases: list[str] = field(default_factory=list)
    merge: Any = None
    splits: dict[str, int | None] = field(default_factory=lambda: dict.fromkeys(SPLITS))
    splits_file: str | None = path(None)
    seed: int = ranged(0, 0)
    split: str = choice("test", ("test", "all"))
    not_hu: bool = False
    modality: str = choice("ct", MODALITIES)
    source: str | None = None
    licence: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        parts = self.merge if self.merge is not None else {}
        if not isinstance(parts, dict) or not all(isinstance(name, str) for pair in parts.items() for name in pair):
            raise SettingError(
                "merge", self.merge, "{name: name it becomes} or null", "for example {liver_tumor: liver}"
            )
        for name, number in self.splits.items():
            check_choice("splits", name, SPLITS)
            check_range(f"splits.{name}", number, 0)
        if self.splits_file and any(number is not None for number in self.splits.values()):
            raise SettingError(
                "splits_file", self.splits_file, "a file or numbers in splits", "set splits_file=null or no numbers"
            )


@dataclass
class TotalSegmentatorSettings(FilesSettings):
    """The layout of the TotalSegmentator data set, v1 or v2, with or without `ct.nii.gz` (its MR: `mri.nii.gz`).

    Attributes:
        structures: The masks to read; none given: every one with a known name.
    """

    kind: str = choice("totalsegmentator", ("totalsegmentator",))
    structures: list[str] = field(default_factory=list)


@dataclass
class FolderSettings(FilesSettings):
    """Label maps of one's own.

    Attributes:
        labels: Label files below `root`; `*` stands for the case's name, `.nii*` at the end for `.nii` and `.nii.gz`.
        ct: The CT of a case below `root`, a NIfTI file or a folder with a DICOM series, with `*` as in `labels`;
            null: none has one.
        mr: The same of the MR, which is read in place of the CT with `modality=mr`.
        names: `{value: name}`, a JSON file of that, or `totalsegmentator_v1`, `totalsegmentator_v2`, `prostate`,
            `prostate_zones`.
    """

    kind: str = choice("folder", ("folder", "dicom"))
    labels: str = "labels/*.nii.gz"
    ct: str | None = path("ct/*.nii.gz")
    mr: str | None = path("mr/*.nii.gz")
    names: Any = "names.json"
    read_with: ClassVar = {"ct": ("modality", ("ct",)), "mr": ("modality", ("mr",))}

    def __post_init__(self) -> None:
        super().__post_init__()
        self.names = _checked_names(self.names)
        for name, pattern in {"labels": self.labels, "ct": self.ct, "mr": self.mr}.items():
            _check_pattern(name, pattern)


@dataclass
class DicomSettings(FolderSettings):
    """One folder a case: a DICOM series, CT or MR, and a label map on its grid."""

    kind: str = "dicom"
    labels: str = "*/labels.nii.gz"
    ct: str | None = path("*/series")
    mr: str | None = path("*/series")
    names: Any = "totalsegmentator_v2"


@dataclass
class NnunetRawSettings(FilesSettings):
    """A data set in nnU-Net's raw layout, one channel."""

    kind: str = choice("nnunet_raw", ("nnunet_raw",))


@dataclass
class ProstatexSettings(FilesSettings):
    """PROSTATEx as TCIA lays it out: a folder a patient, in it DICOM series, of which the axial T2 is taken.

    Attributes:
        patients: The patients' folders, at any depth below `root`.
        series: Regular expression that the description of the series holds, upper or lower case.
        masks: The mask of a patient below `root`, `*` stands for the patient's name; null: images without label maps.
        names: As of `folder`.
    """

    kind: str = choice("prostatex", ("prostatex",))
    modality: str = choice("mr", ("mr",))
    patients: str = "ProstateX-*"
    series: str = "t2"
    masks: str | None = path("masks/*.nii.gz")
    names: Any = "prostate"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.names = _checked_names(self.names)
        _check_pattern("masks", self.masks)
        _check_expression("series", self.series)


@dataclass
class IsbiSettings(ProstatexSettings):
    """NCI-ISBI 2013: NRRD masks of two zones, and the MR of each as DICOM series or NIfTI file.

    Attributes:
        patients: Not read: the masks say which patients there are.
        masks: Not read: every `.nrrd` file below `root` is one.
    """

    kind: str = choice("isbi", ("isbi",))
    merge: Any = field(default_factory=lambda: dict.fromkeys(ZONES, "prostate"))
    names: Any = "prostate_zones"
    read_with: ClassVar = dict.fromkeys(("patients", "masks"), ("kind", ()))


@dataclass
class ImagesSettings(FilesSettings):
    """Images without labels, one side of a translation.

    Attributes:
        images: The image of a case below `root`, a NIfTI file or a folder with a DICOM series; `*` stands for the
            case's name.
    """

    kind: str = choice("images", ("images",))
    images: str = path("*.nii.gz")

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_pattern("images", self.images)


def _check_pattern(name: str, pattern: str | None) -> None:
    if pattern is not None and "*" not in pattern:
        raise SettingError(name, pattern, "a path with * for the case's name", "for example ct/*.nii.gz")


def _check_expression(name: str, expression: str) -> None:
    try:
        re.compile(expression)
    except re.error as error:
        raise SettingError(name, expression, f"a regular expression ({error})", "for example t2") from None


def _checked_names(names: Any) -> str | dict[Any, Any]:
    """Return `names` with what stands for a path in it expanded."""
    if not isinstance(names, (str, dict)):
        raise SettingError("names", names, "{value: name}, a JSON file or totalsegmentator_v2")
    return expanded(names, "names") if isinstance(names, str) else names
