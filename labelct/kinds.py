"""What can be chosen as cohort, test and trainer: the schema of each kind, by the name it is chosen by."""

from typing import Any

from labelct.cohort.settings import (
    DicomSettings,
    FilesSettings,
    FolderSettings,
    ImagesSettings,
    IsbiSettings,
    NnunetRawSettings,
    NoTestSettings,
    OwnSettings,
    ProstatexSettings,
    SyntheticSettings,
    TotalSegmentatorSettings,
)
from labelct.phantom.settings import EmbeddedSettings, PelvisSettings, PhantomSettings
from labelct.trainer.table import TRAINERS

CohortSettings = EmbeddedSettings | FilesSettings
TestSettings = CohortSettings | OwnSettings | SyntheticSettings

COHORTS: dict[str, type[CohortSettings]] = {
    "phantom": PhantomSettings,
    "pelvis": PelvisSettings,
    "folder": FolderSettings,
    "totalsegmentator": TotalSegmentatorSettings,
    "nnunet_raw": NnunetRawSettings,
    "dicom": DicomSettings,
    "images": ImagesSettings,
    "prostatex": ProstatexSettings,
    "isbi": IsbiSettings,
}
NO_TEST = "none"
TESTS: dict[str, Any] = {NO_TEST: NoTestSettings, "own": OwnSettings, "synthetic": SyntheticSettings, **COHORTS}
# The cohorts that a translation learns from.
SIDES: dict[str, dict[str, Any]] = {"mr": {"own": OwnSettings, **COHORTS}, "ct": {**COHORTS}}
TRAINER_SCHEMAS: dict[str, Any] = {kind: trainer.Settings for kind, trainer in TRAINERS.items()}
# The groups whose options have keys of their own, kind by kind.
KINDS: dict[str, dict[str, Any]] = {"cohort": {**COHORTS}, "test": TESTS, "trainer": TRAINER_SCHEMAS}
KINDS |= {f"translation.{side}": kinds for side, kinds in SIDES.items()}
