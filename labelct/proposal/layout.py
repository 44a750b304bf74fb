"""Which files of a folder are its label maps, one a case, and how a cohort is told to find them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelct.cohort.folder import matches
from labelct.cohort.names import totalsegmentator
from labelct.errors import InputError
from labelct.proposal import survey
from labelct.texts import read_json

ENDINGS = (".nii.gz", ".nii", ".nrrd", ".mha")
# Folders that hold a kind of file, and not a case.
KINDS = re.compile(
    r"(label|image|img|mask|seg|segmentation|ct|cts|mr|scan|gt|annotation|map|groundtruth|truth)s?(tr|ts)?|raw|data",
    re.IGNORECASE,
)
DIGITS = re.compile(r"\d+(?:.*\d)?")
FOUND_ELSEWHERE = {
    "*.dcm": "DICOM files; write the label maps as NIfTI (.nii.gz)",
    "*.npy": "NumPy files; write them as NIfTI (.nii.gz), with their voxel size",
    "*.png": "pictures; label maps are volumes, as NIfTI (.nii.gz)",
}


@dataclass(frozen=True)
class Layout:
    """Where the label maps are.

    Attributes:
        kind: The cohort that reads them: `folder`, `nnunet_raw` or `totalsegmentator`.
        root: The cohort's folder.
        labels: The label maps, one a case; of `totalsegmentator` the masks of a few cases.
        settings: What the cohort has to be told besides its root.
        structures: Names of the masks, where each structure is a file of its own.
        unknown: Names of masks that are passed over, for TotalSegmentator has none of them.
        cases: How many cases there are.
        divided: Whether the folder itself says who trains and who validates.
    """

    kind: str
    root: Path
    labels: Sequence[Path]
    settings: Mapping[str, Any] = field(default_factory=dict)
    structures: Sequence[str] = ()
    cases: int = 0
    divided: bool = False
    unknown: Sequence[str] = ()


def find(root: Path, pattern: str | None = None) -> Layout:
    """Return the layout of a folder.

    Args:
        root: As it was given.
        pattern: Which files are the label maps, as `cohort.labels`; None: found out.

    Raises:
        InputError: There is no label map, or several files of a case could be it.
    """
    if not root.exists():
        raise InputError(root, "no such folder", "give the folder of your label maps")
    if not root.is_dir():
        raise InputError(root, "is a file", f"give the folder that it lies in: {root.parent}")
    if pattern is None and (root / "dataset.json").is_file() and (root / "labelsTr").is_dir():
        return _nnunet(root)
    if pattern is None and (folders := sorted(path for path in root.glob("*/segmentations") if path.is_dir())):
        return _masks(root, folders)
    return _files(root) if pattern is None else _chosen(root, pattern)


def _chosen(root: Path, pattern: str) -> Layout:
    files = [path for _, path in matches(pattern, root)] if "*" in pattern else []
    if not files:
        raise InputError(root, f"no file fits --labels={pattern}", "write * for the case's name: 'labels/*.nii.gz'")
    return Layout("folder", root, files, {"labels": pattern, "ct": None}, cases=len(files))


def _nnunet(root: Path) -> Layout:
    files = [path for path in sorted((root / "labelsTr").iterdir()) if _is_volume(path)]
    if not files:
        raise InputError(root / "labelsTr", "holds no label map", "point to a DatasetXXX_Name folder of nnUNet_raw")
    if {_ending(path) for path in files} != {_said_ending(root)}:  # which the cohort of such data sets refuses
        return of_files(root, files)
    return Layout("nnunet_raw", root, files, cases=len(files), divided=(root / "splits_final.json").is_file())


def of_files(root: Path, files: Sequence[Path]) -> Layout:
    """Return the layout of the label maps of a data set of nnU-Net as files of a folder.

    Raises:
        InputError: They are of several formats.
    """
    pattern, *others = _joined(files)
    if others:
        raise InputError(files[0].parent, f"its label maps are {pattern}, {', '.join(others)}", "write all as .nii.gz")
    return Layout("folder", root, files, {"labels": f"labelsTr/{pattern}", "ct": None}, cases=len(files))


def _said_ending(root: Path) -> str:
    index = read_json(root / "dataset.json", "correct it")
    said = str(index.get("file_ending", ".nii.gz")) if isinstance(index, dict) else ""
    return said if said in (".nii.gz", ".nii") else ""


def _masks(root: Path, folders: Sequence[Path]) -> Layout:
    names = {path.name.removesuffix(".nii.gz") for folder in folders for path in folder.glob("*.nii.gz")}
    known = [name for name in totalsegmentator().values() if name in names]
    if not known:
        raise InputError(folders[0], "holds no mask with a name of TotalSegmentator", "see docs/cohorts.md for them")
    first = [path for folder in folders[:2] for name in known if (path := folder / f"{name}.nii.gz").is_file()]
    divided = (root / "meta.csv").is_file()
    unknown = sorted(names.difference(known))
    return Layout("totalsegmentator", root, first, {}, known, len(folders), divided, unknown)


def _files(root: Path) -> Layout:
    """Return the layout of a folder of files, or of folders of files, of which images may be some."""
    groups = _groups(root)
    if not groups:
        raise InputError(root, "holds no label map (.nii.gz, .nii, .nrrd or .mha)", _elsewhere(root))
    looks = {pattern: survey.look(files[0]) for pattern, files in groups.items()}
    maps = [pattern for pattern, seen in looks.items() if not seen.image]
    images = [pattern for pattern in looks if pattern not in maps]
    if not maps:
        survey.check(looks[images[0]])
    if len(maps) > 1 and all("/" in pattern and looks[pattern].is_binary for pattern in maps):
        problem = f"its cases have a mask a structure ({', '.join(map(_name, maps[:4]))} …)"
        remedy = "put them into CASE/segmentations/ under TotalSegmentator's names, or one label map a case"
        raise InputError(root, problem, remedy)
    if len(maps) > 1:
        shown = ", ".join(maps[:4])
        raise InputError(root, f"several files a case are label maps: {shown}", f"choose with --labels='{maps[0]}'")
    files = groups[maps[0]]
    ct = images[0] if len(images) == 1 and "as HU do" in looks[images[0]].image else None
    return Layout("folder", root, files, {"labels": maps[0], "ct": ct}, cases=len(files))


def _groups(root: Path) -> dict[str, list[Path]]:
    """Return the files by the pattern that they share, in which `*` stands for the case's name."""
    direct = [path for path in sorted(root.iterdir()) if _is_volume(path)]
    if direct:
        by_pattern = _by(direct, lambda path: _shape(path.name))
        mixed = len(by_pattern) > 1 and any(survey.look(files[0]).image for files in by_pattern.values())
        return by_pattern if mixed else _joined(direct)
    found: dict[str, list[Path]] = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")):
        inside = [path for path in sorted(folder.iterdir()) if _is_volume(path)]
        if KINDS.fullmatch(folder.name) and inside:
            found |= {f"{folder.name}/{pattern}": files for pattern, files in _joined(inside).items()}
        else:
            for path in inside:
                found.setdefault(f"*/{path.name.replace(folder.name, '*')}", []).append(path)
    return found


def _joined(files: Sequence[Path]) -> dict[str, list[Path]]:
    """Return files of one folder under one pattern; both endings of NIfTI are `.nii*`."""
    endings = {_ending(path) for path in files}
    if len(endings) > 1 and not endings <= {".nii", ".nii.gz"}:
        return _by(files, lambda path: f"*{_ending(path)}")
    return {f"*{'.nii*' if len(endings) > 1 else next(iter(endings))}": list(files)}


def _shape(name: str) -> str:
    """Return a file's name with what tells cases apart as `*`: its digits, or what stands before its last part."""
    ending = next(ending for ending in ENDINGS if name.endswith(ending))
    stem = name.removesuffix(ending)
    if DIGITS.search(stem):
        return DIGITS.sub("*", stem, count=1) + ending
    return (f"*_{stem.rpartition('_')[2]}" if "_" in stem else "*") + ending


def _by(files: Sequence[Path], key: Any) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in files:
        found.setdefault(key(path), []).append(path)
    return found


def _is_volume(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and path.name.endswith(ENDINGS)


def _ending(path: Path) -> str:
    return next(ending for ending in ENDINGS if path.name.endswith(ending))


def _name(pattern: str) -> str:
    return pattern.rpartition("/")[2].partition(".")[0]


def _elsewhere(root: Path) -> str:
    """Return what to do about a folder without label maps: what else lies in it, or deeper."""
    for pattern, told in FOUND_ELSEWHERE.items():
        if next(root.rglob(pattern), None):
            return f"it holds {told}"
    deep = next((path for path in sorted(root.rglob("*")) if _is_volume(path)), None)
    return f"give {deep.parent}" if deep else "give the folder of your label maps"
