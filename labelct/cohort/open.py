"""Opens a cohort by the kind of its settings."""

import logging
from pathlib import Path

from labelct.cohort import folder, nnunet_raw, prostate, totalsegmentator
from labelct.cohort.base import Cohort, Found
from labelct.cohort.settings import (
    FilesSettings,
    FolderSettings,
    ImagesSettings,
    IsbiSettings,
    NnunetRawSettings,
    ProstatexSettings,
    TotalSegmentatorSettings,
)
from labelct.cohort.splits import divide
from labelct.errors import InputError, did_you_mean
from labelct.folders import why_no_folder
from labelct.io.content import as_text, check_file
from labelct.settings import expanded

log = logging.getLogger(__name__)


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
    found = _find(settings, root)
    subjects = {subject.case: subject for subject in found.subjects}
    _check_unique(root, found)
    if settings.cases:
        missing = [case for case in settings.cases if case not in subjects]
        subjects = {case: subjects[case] for case in settings.cases if case in subjects}
        if not subjects:
            remedy = did_you_mean(missing[0], [s.case for s in found.subjects]) or "check root and the case names"
            raise InputError(root, f"holds none of the cases {', '.join(missing)}", remedy)
        if missing:
            log.warning("%s: holds no case %s", root, ", ".join(missing))
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


def _check_unique(root: Path, found: Found) -> None:
    """Raise where two files are of one case: the last would take the others' place; or a name is no text."""
    files: dict[str, Path] = {}
    for subject in found.subjects:
        as_text(root / subject.case)  # tables and seeds hold the names
        if subject.case in files:
            problem = f"case {subject.case} is twice there, {files[subject.case]} and {subject.files[0]}"
            raise InputError(root, problem, "rename one of them")
        files[subject.case] = subject.files[0]


def _find(settings: FilesSettings, root: Path) -> Found:
    match settings:
        case TotalSegmentatorSettings():
            return totalsegmentator.find(settings, root)
        case NnunetRawSettings():
            return nnunet_raw.find(settings, root)
        case FolderSettings():
            return folder.find(settings, root)
        case IsbiSettings():
            return prostate.find_isbi(settings, root)
        case ProstatexSettings():
            return prostate.find_prostatex(settings, root)
        case ImagesSettings():
            return folder.find_images(settings, root)
    raise TypeError(f"{settings.kind} is no cohort of files")
