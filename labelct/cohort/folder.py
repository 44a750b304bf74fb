"""Label maps of one's own, one file a case, with a CT or MR (NIfTI or DICOM) where there is one; or images alone."""

import os
import re
from functools import partial
from pathlib import Path

from labelct.cohort import names
from labelct.cohort.base import Found, Subject, load_label_map, with_image
from labelct.cohort.settings import FolderSettings, ImagesSettings
from labelct.cohort.splits import own_split, unlabelled_split
from labelct.errors import InputError
from labelct.folders import matching

EITHER_NIFTI = ".nii*"


def find(settings: FolderSettings, root: Path) -> Found:
    """Find every label file that fits `settings.labels`, and its image.

    Args:
        settings: Patterns and names.
        root: The cohort's folder; its `splits.json`, where there is one, is the cohort's own split.

    Raises:
        InputError: No file fits, or the names cannot be read.
    """
    table = names.resolve(settings.names, root)
    labels = [(case, path) for case, path in matches(settings.labels, root) if not path.is_dir()]
    if not labels:
        remedy = "set labels= to a pattern such as *.nii.gz"
        raise InputError(root, f"no label file fits labels={settings.labels}", remedy)
    subjects = tuple(_subject(case, path, table, settings, root) for case, path in labels)
    return Found(subjects, names.structures(table, settings.merge), own_split(root))


def find_images(settings: ImagesSettings, root: Path) -> Found:
    """Find every image that fits `settings.images`.

    Args:
        settings: The pattern and the modality.
        root: The cohort's folder; its `splits.json`, where there is one, is the cohort's own split. Without that and
            without numbers in `splits` every image is one to train on.

    Raises:
        InputError: No image fits.
    """
    found = matches(settings.images, root)
    if not found:
        remedy = "set images= to a pattern such as *.nii.gz, or */series for DICOM"
        raise InputError(root, f"no image fits images={settings.images}", remedy)
    subjects = tuple(with_image(Subject(case, None, None, ()), path, None, settings) for case, path in found)
    return Found(subjects, {}, own_split(root) or unlabelled_split(subjects, settings))


def matches(pattern: str, root: Path) -> list[tuple[str, Path]]:
    """Return the sorted `(case, file or folder)` that fit a pattern, each `*` in it the case's name.

    `.nii*` at its end stands for `.nii` and `.nii.gz`.
    """
    named = pattern.removesuffix("*") if pattern.endswith(EITHER_NIFTI) else pattern
    expression = re.escape(named).replace(r"\*", "(?P<case>[^/]+?)", 1).replace(r"\*", "(?P=case)")
    shape = re.compile(expression + (r"(\.gz)?" if named != pattern else ""))
    found = []
    for path in matching(root, pattern.lstrip("/")):
        fit = shape.fullmatch(path.relative_to(root).as_posix())
        if fit:
            found.append((fit["case"], path))
    return found


def _subject(case: str, path: Path, table: dict[int, str], settings: FolderSettings, root: Path) -> Subject:
    pattern = settings.mr if settings.modality == "mr" else settings.ct
    subject = Subject(case, partial(load_label_map, path, table, settings.merge), None, (path,))
    image = root / pattern.replace("*", case) if pattern else None
    return with_image(subject, image, path, settings) if image and os.path.lexists(image) else subject
