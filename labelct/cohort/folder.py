"""Label maps of one's own, one file a case, with a CT (NIfTI or DICOM) where there is one."""

import glob
import os
import re
from functools import partial
from pathlib import Path

from labelct.cohort import names
from labelct.cohort.base import Found, Subject, load_ct, load_label_map
from labelct.cohort.settings import FolderSettings
from labelct.cohort.splits import read_split
from labelct.errors import InputError
from labelct.io.volumes import ct_files


def find(settings: FolderSettings, root: Path) -> Found:
    """Find every label file that fits `settings.labels`, and its CT.

    Args:
        settings: Patterns and names.
        root: The cohort's folder; its `splits.json`, where there is one, is the cohort's own split.

    Raises:
        InputError: No file fits, or the names cannot be read.
    """
    table = names.resolve(settings.names, root)
    subjects = tuple(_subject(case, path, table, settings, root) for case, path in _labels(settings.labels, root))
    own = root / "splits.json"
    return Found(subjects, names.structures(table, settings.merge), read_split(own) if own.is_file() else None)


def _labels(pattern: str, root: Path) -> list[tuple[str, Path]]:
    """Return the sorted `(case, label file)` that fit a pattern, each `*` in it the case's name."""
    shape = re.compile(re.escape(pattern).replace(r"\*", "(?P<case>[^/]+)", 1).replace(r"\*", "(?P=case)"))
    found = []
    for path in map(Path, sorted(glob.glob(glob.escape(f"{root}/") + pattern))):
        fit = shape.fullmatch(path.relative_to(root).as_posix())
        if fit and not path.is_dir():
            found.append((fit["case"], path))
    if not found:
        raise InputError(root, f"no label file fits labels={pattern}", "set labels= to a pattern such as *.nii.gz")
    return found


def _subject(case: str, path: Path, table: dict[int, str], settings: FolderSettings, root: Path) -> Subject:
    ct = root / settings.ct.replace("*", case) if settings.ct else None
    load = partial(load_label_map, path, table, settings.merge)
    if ct is None or not os.path.lexists(ct):
        return Subject(case, load, None, (path,))
    files = ct_files(ct) if ct.exists() else (ct,)  # a link to nothing, which is named if the case is used
    return Subject(case, load, partial(load_ct, ct, path, settings.not_hu), (path, *files))
