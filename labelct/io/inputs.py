"""The images that a user means by files and folders: one each, or all that lie below."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from labelct.errors import InputError
from labelct.io import itk
from labelct.io.tags import frames_of, is_dicom

NIFTI = (".nii", ".nii.gz")
ENDINGS = (*NIFTI, *itk.FORMATS)


def find_images(given: Sequence[Path], left_out: Path) -> list[Path]:
    """Return files, and folders of one DICOM series, in the order given; what a folder holds is sorted by its path.

    Args:
        given: Files, which are taken as they are, and folders.
        left_out: A folder whose files are none of them: the masks' own, which may lie below one that is given.

    Raises:
        InputError: A folder holds no image.
    """
    found: list[Path] = []
    for path in given:
        below = list(_below(path, left_out.resolve(), set())) if path.is_dir() else [path]
        if not below:
            looked = f"{', '.join(ENDINGS)} and DICOM"
            raise InputError(path, f"holds no image (looked for {looked})", "give files, or a folder that holds some")
        found += below
    return found


def is_image(path: Path) -> bool:
    """Return whether a file's name is that of an image in one file: NIfTI, NRRD or MetaImage."""
    return path.name.lower().endswith(ENDINGS)


def without_ending(name: str) -> str:
    """Return the name of an image's file without `.nii.gz`, `.nrrd`, ...; of another file, or a folder, as it is."""
    endings = sorted((*ENDINGS, ".dcm"), key=len, reverse=True)
    ending = next((ending for ending in endings if name.lower().endswith(ending) and len(name) > len(ending)), "")
    return name.removesuffix(name[len(name) - len(ending) :]) if ending else name


def _below(folder: Path, left_out: Path, seen: set[Path]) -> Iterator[Path]:
    """Yield the images of a folder and of those below it, each once though links lead there twice."""
    if (resolved := folder.resolve()) in seen:
        return
    seen.add(resolved)
    parts = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    yield from _dicom(folder, parts)
    yield from (path for path in parts if path.is_file() and is_image(path))
    for path in parts:
        if path.is_dir() and path.resolve() != left_out:
            yield from _below(path, left_out, seen)


def _dicom(folder: Path, parts: Sequence[Path]) -> Iterator[Path]:
    """Yield a folder that holds a DICOM series, or, where they are multi-frame files, each of them."""
    files = [path for path in parts if not is_image(path) and path.name != "DICOMDIR" and is_dicom(path)]
    if next((frames for path in files if (frames := frames_of(path))), 1) > 1:
        yield from filter(frames_of, files)
    elif files:
        yield folder
