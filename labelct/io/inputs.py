"""The images that a user means by files and folders: one each, or all that lie below."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from labelct.errors import InputError, unreadable
from labelct.io import itk
from labelct.io.tags import frames_of, is_dicom, other_objects

NIFTI = (".nii", ".nii.gz")
ENDINGS = (*NIFTI, *itk.FORMATS)


def find_images(given: Sequence[Path], left_out: Path) -> tuple[list[Path], dict[Path, str]]:
    """Return files, and folders of one DICOM series, in the order given; what a folder holds is sorted by its path.

    Args:
        given: Files, which are taken as they are, and folders.
        left_out: A folder whose files are none of them: the masks' own, which may lie below one that is given.

    Returns:
        The images, and why there is none in other folders that were given.

    Raises:
        InputError: No folder holds an image, and no file is given.
    """
    found: list[Path] = []
    failed: dict[Path, InputError] = {}
    for path in given:
        try:
            found += _images_below(path, os.path.realpath(left_out)) if path.is_dir() else [path]
        except InputError as error:
            failed[path] = error
    if not found:
        raise next(iter(failed.values()))
    return found, {path: str(error) for path, error in failed.items()}


def _images_below(folder: Path, left_out: str) -> list[Path]:
    try:
        below = list(_below(folder, left_out, set()))
    except OSError as error:
        raise unreadable(error, error.filename) from None
    if not below:
        others = other_objects(path for path in sorted(folder.iterdir()) if is_dicom(path))
        looked = f"{', '.join(ENDINGS)} and DICOM"
        problem = f"holds no image{others} (looked for {looked})"
        raise InputError(folder, problem, "give files, or a folder that holds some")
    return below


def is_image(path: Path) -> bool:
    """Return whether a file's name is that of an image in one file: NIfTI, NRRD or MetaImage."""
    return path.name.lower().endswith(ENDINGS)


def without_ending(name: str) -> str:
    """Return the name of an image's file without `.nii.gz`, `.nrrd`, ...; of another file, or a folder, as it is."""
    endings = sorted((*ENDINGS, ".dcm"), key=len, reverse=True)
    ending = next((ending for ending in endings if name.lower().endswith(ending) and len(name) > len(ending)), "")
    return name.removesuffix(name[len(name) - len(ending) :]) if ending else name


def _below(folder: Path, left_out: str, seen: set[str]) -> Iterator[Path]:
    """Yield the images of a folder and of those below it, each once though links lead there twice."""
    if (resolved := os.path.realpath(folder)) in seen:
        return
    seen.add(resolved)
    parts = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    yield from _dicom(folder, parts)
    yield from (path for path in parts if path.is_file() and is_image(path))
    for path in parts:
        if path.is_dir() and os.path.realpath(path) != left_out:
            yield from _below(path, left_out, seen)


def _dicom(folder: Path, parts: Sequence[Path]) -> Iterator[Path]:
    """Yield a folder that holds a DICOM series, or, where they are multi-frame files, each of them."""
    files = [path for path in parts if not is_image(path) and path.name != "DICOMDIR" and is_dicom(path)]
    frames = next((frames for path in files if (frames := frames_of(path))), 0)
    if frames > 1:
        yield from filter(frames_of, files)
    elif frames:  # not where all of them are segmentations, doses or reports
        yield folder
