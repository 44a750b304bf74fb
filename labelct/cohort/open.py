"""Opens a cohort by the kind of its settings."""

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from labelct.cohort import folder, nnunet_raw, prostate, totalsegmentator
from labelct.cohort.base import Cohort, Found, Subject
from labelct.cohort.settings import FilesSettings
from labelct.cohort.splits import divide
from labelct.errors import InputError, did_you_mean
from labelct.folders import why_no_folder
from labelct.io.content import as_text, check_file
from labelct.settings import expanded

log = logging.getLogger(__name__)

# What finds the subjects of each kind of cohort below its root.
FINDERS: dict[str, Callable[[Any, Path], Found]] = {
    "folder": folder.find,
    "dicom": folder.find,
    "totalsegmentator": totalsegmentator.find,
    "nnunet_raw": nnunet_raw.find,
    "images": folder.find_images,
    "prostatex": prostate.find_prostatex,
    "isbi": prostate.find_isbi,
}


def open_cohort(settings: FilesSettings) -> Cohort:
    """Find the subjects of a cohort and share them out; no voxel is read yet.

    Args:
        settings: A cohort of files (a phantom cohort is made first, as a folder).

    Returns:
        The cohort.

    Raises:
        InputError: The folder is missing or holds no case, a case is twice there, a file is a link to nothing.
        SettingError: A structure, name or merge that the cohort does not know.
    """
    root = Path(expanded(settings.root, "root"))
    if not root.is_dir():
        raise InputError(root, why_no_folder(root), "set root to the folder of the cohort")
    found = FINDERS[settings.kind](settings, root)
    subjects = _chosen(root, _by_case(root, found.subjects), settings.cases)
    for subject in subjects.values():
        for path in subject.files:
            check_file(path)
    split, spare, declared = divide(subjects, settings, found.own_split, root)
    return Cohort(
        settings.kind,
        split["train"],
        split["val"],
        split["test"],
        root=root,
        label_names=found.names,
        declared=declared,
        spare=spare,
        modality=settings.modality,
        blind=split.get("blind", ()),
    )


def _by_case(root: Path, found: Iterable[Subject]) -> dict[str, Subject]:
    """Return subjects by case; two files of one case are refused, for one would take the other's place."""
    subjects: dict[str, Subject] = {}
    for subject in found:
        as_text(root / subject.case)  # tables and seeds hold the names
        if before := subjects.get(subject.case):
            problem = f"case {subject.case} is twice there, {before.files[0]} and {subject.files[0]}"
            raise InputError(root, problem, "rename one of them")
        subjects[subject.case] = subject
    return subjects


def _chosen(root: Path, subjects: dict[str, Subject], cases: Sequence[str]) -> dict[str, Subject]:
    """Return the subjects of some cases, in their order; all of them where none is named."""
    missing = [case for case in cases if case not in subjects]
    if cases and len(missing) == len(cases):
        remedy = did_you_mean(missing[0], subjects) or "check root and the case names"
        raise InputError(root, f"holds none of the cases {', '.join(missing)}", remedy)
    if missing:
        log.warning("%s: holds no case %s", root, ", ".join(missing))
    return {case: subjects[case] for case in cases or subjects if case in subjects}
