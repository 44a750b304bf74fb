"""Settings of the cohorts: where label maps, and CT where there is one, come from."""

from dataclasses import dataclass, field
from typing import Any

from labelct.errors import SettingError, check_choice, check_range
from labelct.settings import Checked, choice, expanded, path, ranged

SPLITS = ("train", "val", "test")


@dataclass
class OwnSettings(Checked):
    """As a test group: the cohort's own test split.

    Attributes:
        kind: `own`.
    """

    kind: str = choice("own", ("own",))


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
        split: What is scored where this is a test group: `test`, or `all` cases with a CT.
        not_hu: Take images whose values cannot be HU as they are.
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
    """The layout of the TotalSegmentator data set, v1 or v2, with or without `ct.nii.gz`.

    Attributes:
        structures: The masks to read; none given: every one with a known name.
    """

    kind: str = choice("totalsegmentator", ("totalsegmentator",))
    structures: list[str] = field(default_factory=list)


@dataclass
class FolderSettings(FilesSettings):
    """Label maps of one's own.

    Attributes:
        labels: Label files below `root`; `*` stands for the case's name.
        ct: The CT of a case below `root`, a NIfTI file or a folder with a DICOM series, with `*` as in `labels`;
            null: none has one.
        names: `{value: name}`, a JSON file of that, or `totalsegmentator_v1`, `totalsegmentator_v2`.
    """

    kind: str = choice("folder", ("folder", "dicom"))
    labels: str = "labels/*.nii.gz"
    ct: str | None = path("ct/*.nii.gz")
    names: Any = "names.json"

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.names, str):
            self.names = expanded(self.names)
        if not isinstance(self.names, (str, dict)):
            raise SettingError("names", self.names, "{value: name}, a JSON file or totalsegmentator_v2")
        for name, pattern in {"labels": self.labels, "ct": self.ct}.items():
            if pattern is not None and "*" not in pattern:
                raise SettingError(name, pattern, "a path with * for the case's name", "for example ct/*.nii.gz")


@dataclass
class DicomSettings(FolderSettings):
    """One folder a case: a DICOM series and a label map on its grid."""

    kind: str = "dicom"
    labels: str = "*/labels.nii.gz"
    ct: str | None = path("*/series")
    names: Any = "totalsegmentator_v2"


@dataclass
class NnunetRawSettings(FilesSettings):
    """A data set in nnU-Net's raw layout, one channel."""

    kind: str = choice("nnunet_raw", ("nnunet_raw",))
