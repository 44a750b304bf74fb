"""What a cohort is: subjects with label maps, some with a CT or MR, shared between training, validation and test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.cohort.names import merged
from labelct.cohort.settings import SPLITS, FilesSettings
from labelct.errors import InputError
from labelct.io.modality import check_shown
from labelct.io.volumes import ct_files, grid_of, read_ct, read_labels, read_mr
from labelct.volume import IGNORE, LabelMap, Volume

# At the corners. Headers are rounded: masks of one TotalSegmentator subject lie up to 0.013 mm apart, a mask made of a
# DICOM series, whose slice positions are rounded to a tenth of a millimetre, lies 0.056 mm off it.
SAME_GRID_MM = 0.1


@dataclass(frozen=True)
class Subject:
    """One case; its loaders are picklable and check the files that they read.

    Attributes:
        case: Its name, unique in the cohort.
        load_label_map: Reads the label map, RAS+; None for an image without one.
        load_ct: Reads the CT on the grid of the label map, RAS+, HU; None where there is no CT.
        files: Every file it is read from.
        load_structures: Reads a label map of some structures alone, where they are files of their own; None: they are
            in the label map only.
        load_mr: Reads the MR on the grid of the label map, RAS+, in its own unit; None where there is no MR.
        whole: Reads the atlases that its volumes may be made of, by name, on the grid that volumes have.
        completed: Reads its label map with what atlases have around its labels, likewise.
        stages: The keys of the stages that both are kept in, by what they are called in a record.
    """

    case: str
    load_label_map: Callable[[], LabelMap] | None
    load_ct: Callable[[], Volume] | None
    files: tuple[Path, ...]
    load_structures: Callable[[frozenset[str]], LabelMap | None] | None = None
    load_mr: Callable[[], Volume] | None = None
    whole: Mapping[str, Callable[[], LabelMap]] = field(default_factory=dict)
    completed: Mapping[str, Callable[[], LabelMap]] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_image(self) -> bool:
        """Whether there is a CT or an MR."""
        return self.load_ct is not None or self.load_mr is not None

    def shows(self, modality: str) -> bool:
        """Return whether there is a CT (`ct`) or an MR (`mr`)."""
        return (self.load_mr if modality == "mr" else self.load_ct) is not None

    def label_map(self) -> LabelMap:
        """Read the label map.

        Raises:
            InputError: There is none, or it cannot be read.
        """
        if self.load_label_map is None:
            raise InputError(self.files[0], "has no label map", "use cohort=folder, or give it to data=cyclegan")
        return self.load_label_map()


@dataclass(frozen=True)
class Found:
    """What a reader finds in a folder, before it is shared out.

    Attributes:
        subjects: Every case.
        names: `{value: name}` of the cohort's label maps.
        own_split: The cases of each split, where the folder itself says so.
    """

    subjects: tuple[Subject, ...]
    names: Mapping[int, str]
    own_split: Mapping[str, list[str]] | None = None


@dataclass(frozen=True)
class Cohort:
    """Subjects by split.

    Attributes:
        name: What tables call it.
        train: Subjects to learn from.
        val: Subjects that choose the checkpoint.
        test: Subjects to score on; each has an image.
        root: The folder that file names in the fingerprint are relative to.
        label_names: `{value: name}` of its label maps.
        declared: Whether a file, numbers or the folder itself said which case is in which split.
        spare: Subjects of no split by the split that they may stand in for, in the order of the draw.
        modality: What its images are, `ct` or `mr`.
        blind: Test cases without an image: what is made from their label maps can be scored on, nothing else.
        folds: Every fold of a cross-validation, in order, where the cohort is one of them; else empty.
    """

    name: str
    train: tuple[Subject, ...]
    val: tuple[Subject, ...]
    test: tuple[Subject, ...]
    root: Path = Path()
    label_names: Mapping[int, str] = field(default_factory=dict)
    declared: bool = True
    spare: Mapping[str, tuple[Subject, ...]] = field(default_factory=dict)
    modality: str = "ct"
    blind: tuple[Subject, ...] = ()
    folds: tuple[Cohort, ...] = ()

    @property
    def everyone(self) -> tuple[Subject, ...]:
        """Every subject, of whatever split."""
        return (*self.train, *self.val, *self.test, *self.blind)

    @property
    def held_out(self) -> tuple[Subject, ...]:
        """The subjects that no training and no validation sees, with or without an image."""
        return (*self.test, *self.blind)

    def pooled(self, split: str) -> tuple[Subject, ...]:
        """Return the subjects that are in a split in any of the folds, each once, sorted by case.

        Args:
            split: `train`, `val` or `held_out`; without a cross-validation, the cohort's own.
        """
        found = {subject.case: subject for fold in self.folds or (self,) for subject in getattr(fold, split)}
        return tuple(found[case] for case in sorted(found))

    def names(self) -> tuple[str, ...]:
        """Return the names of all classes that its label maps may hold."""
        return tuple(self.label_names.values())

    def scored(self, split: str = "test") -> tuple[Subject, ...]:
        """Return the subjects to score on when the cohort is a test group.

        Args:
            split: `test`, which is every subject with an image where nothing declared a split; or `all` of them.

        Raises:
            InputError: None is left.
        """
        chosen = self.test if split == "test" and self.declared else self.everyone
        with_image = tuple(subject for subject in chosen if subject.has_image)
        if not with_image:
            image = self.modality.upper()
            problem = f"no subject with {'a CT' if image == 'CT' else 'an MR'} is left to score"
            raise InputError(self.root, problem, f"check the {image} files, cases and splits")
        return with_image

    def with_image(self, modality: str) -> Cohort:
        """Return the cohort with those of its subjects that have a CT (`ct`) or an MR (`mr`), in every fold."""
        splits: dict[str, Any] = {
            split: tuple(subject for subject in getattr(self, split) if subject.shows(modality)) for split in SPLITS
        }
        folds = tuple(fold.with_image(modality) for fold in self.folds)
        return replace(self, **splits, blind=(), folds=folds)

    def files(self) -> Iterator[tuple[str, str, Path]]:
        """Yield split, case and path of every file, as the rows of `fingerprint` have them."""
        for split in (*SPLITS, "blind"):
            for subject in getattr(self, split):
                yield from ((split, subject.case, path) for path in subject.files)

    def fingerprint(self) -> list[list[str | int]]:
        """Return `[split, case, file, size in bytes]` of every file and one row of the names: no absolute paths."""
        rows: list[list[str | int]] = [
            [split, case, _relative(path, self.root), path.stat().st_size] for split, case, path in self.files()
        ]
        table = " ".join(f"{value}={name}" for value, name in sorted(self.label_names.items()))
        return [*rows, ["names", "", table, len(self.label_names)]]


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def load_label_map(path: Path, names: Mapping[int, str], merge: Mapping[str, str] | None) -> LabelMap:
    """Read a label map, check its values against `names`, merge, and take out what is called `ignore`."""
    return without_ignored(merge_labels(read_labels(path, names), merge))


def merge_labels(label_map: LabelMap, merge: Mapping[str, str] | None) -> LabelMap:
    """Return the label map with `merge` (`{name: name it becomes}`) applied to values and names."""
    names, moved = merged(label_map.names, merge)
    if not moved:
        return LabelMap(label_map.array, label_map.affine, names)
    wide = np.promote_types(label_map.array.dtype, np.min_scalar_type(max(moved.values())))
    array = label_map.array.astype(wide, order="C")
    for old, new in moved.items():
        array[label_map.array == old] = new
    return LabelMap(array, label_map.affine, names)


def without_ignored(label_map: LabelMap) -> LabelMap:
    """Return the label map with nnU-Net's label `ignore` as no structure: its voxels are those that `ignored` says."""
    value = label_map.value_of(IGNORE)
    if value is None:
        return label_map
    where = label_map.array == value
    array = np.where(where, 0, label_map.array).astype(label_map.array.dtype)
    names = {known: name for known, name in label_map.names.items() if known != value}
    return replace(label_map, array=array, names=names, ignored=where)


def with_image(subject: Subject, path: Path, label_file: Path | None, settings: FilesSettings) -> Subject:
    """Return a subject with its image, a CT or an MR as the cohort's `modality` says.

    Args:
        subject: Without an image.
        path: A NIfTI file or DICOM folder; a link to nothing is named when the subject is used.
        label_file: The label map, or one of its masks, whose grid the image has to be on; None: there is none.
        settings: The cohort's.
    """
    files = ct_files(path) if path.exists() else (path,)
    load = partial(load_image, path, label_file, settings.modality, settings.not_hu)
    loaders: dict[str, Any] = {f"load_{settings.modality}": load}
    return replace(subject, files=(*subject.files, *files), **loaders)


def load_image(path: Path, label_file: Path | None, modality: str = "ct", not_hu: bool = False) -> Volume:
    """Read an image and check that it lies on the grid of `label_file`.

    Args:
        path: A NIfTI file or DICOM folder.
        label_file: The label map, or one of its masks; None for an image without one, which must show something.
        modality: `ct` or `mr`.
        not_hu: Do not check that its values are those of the modality.
    """
    image = read_mr(path, not_hu) if modality == "mr" else read_ct(path, not_hu)
    if label_file is None:
        check_shown(path, image.array)
    else:
        check_same_grid(path, (image.array.shape, image.affine), label_file, grid_of(label_file))
    return image


Grid = tuple[tuple[int, ...], NDArray[np.float64]]


def check_same_grid(path: Path, grid: Grid, other: Path, other_grid: Grid) -> None:
    """Raise `InputError` unless two files have one shape and their corners lie within `SAME_GRID_MM`.

    Args:
        path: The file that is named first.
        grid: Its shape and affine.
        other: The file it should agree with.
        other_grid: Its shape and affine.
    """
    (shape, affine), (other_shape, other_affine) = grid, other_grid
    remedy = "resample one of them to the grid of the other"
    if tuple(shape) != tuple(other_shape):
        raise InputError(path, f"its shape is {tuple(shape)}, but {tuple(other_shape)} in {other}", remedy)
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape], [1])).reshape(4, -1)
    apart = np.linalg.norm(((affine - other_affine) @ corners)[:3], axis=0).max()
    if apart > SAME_GRID_MM:
        problem = f"its grid {_text(affine)} lies {apart:.3g} mm off {_text(other_affine)} of {other}"
        raise InputError(path, problem, remedy)


def _text(affine: NDArray[np.float64]) -> str:
    spacing = " x ".join(f"{length:.4g}" for length in np.linalg.norm(affine[:3, :3], axis=0))
    return f"({spacing} mm from {', '.join(f'{number:.4g}' for number in affine[:3, 3])})"
