"""Label maps of one's own, one file a case, with a CT (NIfTI or DICOM) where there is one."""

from __future__ import annotations

import glob
import re
from functools import partial
from pathlib import Path

from labelct.cohort import names
from labelct.cohort.base import Found, Subject, load_ct, load_label_map
from labelct.cohort.settings import FolderSettings
from labelct.cohort.splits import read_split
from labelct.errors import InputError


def find(settings: FolderSettings, root: Path) -> Found:
    """Find every label file that fits `settings.labels`, and its CT.

    Args:
        settings: Patterns and names.
        root: The cohort's folder; its `splits.json`, where there is one, is the cohort's own split.

    Raises:
        InputError: No file fits, two files have one case name, or the names cannot be read.
    """
    table = names.resolve(settings.names, root)
    subjects = tuple(_subject(case, path, table, settings, root) for case, path in _labels(settings.labels, root))
    own = root / "splits.json"
    return Found(subjects, names.merged(table, settings.merge)[0], read_split(own) if own.is_file() else None)


def _labels(pattern: str, root: Path) -> list[tuple[str, Path]]:
    """Return the sorted `(case, label file)` that fit a pattern; without `{case}` in it the stem is the case."""
    paths = sorted(glob.glob(glob.escape(f"{root}/") + pattern.replace("{case}", "*"), recursive=True))
    shape = re.escape(pattern).replace(r"\{case\}", "(?P<case>[^/]+)", 1).replace(r"\{case\}", "(?P=case)")
    shape = shape.replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
    cases: dict[str, Path] = {}
    for path in map(Path, paths):
        fit = re.fullmatch(shape, path.relative_to(root).as_posix())
        if fit is None or not path.is_file():
            continue
        case = fit["case"] if "{case}" in pattern else re.sub(r"\.nii(\.gz)?$", "", path.name)
        if case in cases:
            raise InputError(path, f"is case {case}, and so is {cases[case]}", "put {case} where the names differ")
        cases[case] = path
    if not cases:
        raise InputError(
            root, f"no label file fits labels={pattern}", "set labels= to a pattern such as '{case}.nii.gz'"
        )
    return list(cases.items())


def _subject(case: str, path: Path, table: dict[int, str], settings: FolderSettings, root: Path) -> Subject:
    ct = root / settings.ct.replace("{case}", case) if settings.ct else None
    if ct is None or not ct.exists():
        return Subject(case, partial(load_label_map, path, table, settings.merge), None, (path,))
    parts = tuple(sorted(part for part in ct.iterdir() if part.is_file())) if ct.is_dir() else (ct,)
    return Subject(
        case, partial(load_label_map, path, table, settings.merge), partial(load_ct, ct, path), (path, *parts)
    )
