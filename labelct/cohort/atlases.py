"""Whole anatomies: label maps of all that a trunk holds, to be used beside those of a few organs."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from labelct.cohort import names
from labelct.cohort.base import Subject, load_label_map
from labelct.cohort.folder import find as find_files
from labelct.cohort.folder import matches
from labelct.cohort.settings import FolderSettings, TotalSegmentatorSettings
from labelct.cohort.totalsegmentator import find as find_masks
from labelct.errors import InputError, did_you_mean
from labelct.folders import matching, why_no_folder
from labelct.synthesis.atlas import PartialSettings

PATTERN = "*.nii.gz"


def find(roots: Sequence[str], cases: Sequence[str]) -> tuple[Subject, ...]:
    """Find the atlases of some folders, sorted by name; no voxel is read yet.

    Args:
        roots: Folders of label maps (`NAME.nii.gz`, TotalSegmentator v2 values, or those that `NAME.names.json` beside
            it names), or of TotalSegmentator's `NAME/segmentations`.
        cases: The names of those to use; none: all that are there.

    Raises:
        InputError: A folder is missing or holds none, a name is not there or twice there.
    """
    found = by_name(subject for root in roots for subject in _in_folder(Path(root)))
    return select(found, cases, ", ".join(roots))


def by_name(subjects: Iterable[Subject]) -> dict[str, Subject]:
    """Return atlases by name; `InputError` where two have one, for one would take the other's place."""
    found: dict[str, Subject] = {}
    for subject in subjects:
        if subject.case in found:
            first, second = found[subject.case].files[0], subject.files[0]
            problem = f"atlas {subject.case} is twice there, {first} and {second}"
            raise InputError(first.parent, problem, "rename one of them, or choose with data.atlas.cases=")
        found[subject.case] = subject
    return found


def find_partial(settings: PartialSettings) -> tuple[Subject, ...]:
    """Find label maps that name some organs alone, sorted by name; no voxel is read yet.

    Args:
        settings: Where they lie, and what their values are.

    Raises:
        InputError: The folder is missing, or no file fits.
    """
    root = Path(settings.root)
    if not root.is_dir():
        raise InputError(root, why_no_folder(root), "set root of data.atlas.partial to a folder of label maps")
    told = {"labels": settings.labels, "names": settings.names, "merge": settings.merge}
    return find_files(FolderSettings(root=settings.root, ct=None, **told), root).subjects


def select(found: Mapping[str, Subject], cases: Sequence[str], where: str) -> tuple[Subject, ...]:
    """Return the atlases of some names, all for none, sorted by name.

    Args:
        found: All there are, by name.
        cases: Names.
        where: What an error names.

    Raises:
        InputError: A name is not there.
    """
    for name in cases:
        if name not in found:
            remedy = did_you_mean(name, found) or f"there are {', '.join(sorted(found))}"
            raise InputError(where, f"there is no atlas {name!r}", f"check data.atlas.cases: {remedy}")
    return tuple(found[name] for name in sorted(cases or found))


def _in_folder(root: Path) -> list[Subject]:
    if not root.is_dir():
        raise InputError(root, why_no_folder(root), "set data.atlas.roots to folders of whole anatomies")
    if matching(root, "*/segmentations"):
        return list(find_masks(TotalSegmentatorSettings(root=str(root)), root).subjects)
    files = matches(PATTERN, root)
    if not files:
        raise InputError(root, f"holds no atlas {PATTERN} and no CASE/segmentations", "check data.atlas.roots")
    return [_of_file(case, path) for case, path in files]


def _of_file(case: str, path: Path) -> Subject:
    beside = path.with_name(f"{case}.names.json")
    table = names.resolve(beside.name, beside.parent) if beside.is_file() else names.preset("totalsegmentator_v2")
    files = (path, beside) if beside.is_file() else (path,)
    return Subject(case, partial(load_label_map, path, table, None), None, files)
