"""Which case trains, validates or tests: from a file, from numbers, or as the folder itself says."""

import logging
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from labelct.cohort.base import Subject
from labelct.cohort.settings import SPLITS, FilesSettings
from labelct.errors import InputError
from labelct.evaluation.folds import shuffled
from labelct.settings import expanded
from labelct.texts import read_json

log = logging.getLogger(__name__)

PAPER = {"train": 64, "val": 17, "test": 44}  # Tsanda et al., Appendix A: the proportions where nothing else is asked
SHIPPED = ("appendix_a",)
FORM = 'write {"train": ["s0001"], "val": [], "test": []}'


class Division(NamedTuple):
    """How subjects are shared out.

    Attributes:
        split: The subjects of each split, those of `test` all with an image and the others, if any, in `blind`.
        spare: Subjects of no split that a number of `split` could as well have fallen on, in the order of the draw.
        declared: Whether a file, numbers or the folder itself declared the split.
    """

    split: dict[str, tuple[Subject, ...]]
    spare: dict[str, tuple[Subject, ...]]
    declared: bool


def divide(
    subjects: Mapping[str, Subject], settings: FilesSettings, own: Mapping[str, list[str]] | None, root: Path
) -> Division:
    """Share subjects out: by a split file, else by the folder's own split, else by a draw.

    Numbers draw within the folder's own split, so that they never move its test cases into training.

    Args:
        subjects: `{case: subject}`.
        settings: Its `splits`, `splits_file` and `seed`.
        own: The split that the folder itself declares, if any.
        root: Where a relative split file is looked for as well.

    Raises:
        InputError: The split file cannot be used or none of a split's cases is there; more cases are asked than there
            are.
    """
    with_image = {case: subject.has_image for case, subject in subjects.items()}
    numbers = {split: number for split, number in settings.splits.items() if number is not None}
    if settings.splits_file:
        path = _find(settings.splits_file, root)
        chosen = _present(path, read_split(path), set(subjects), root)
    elif own is None:
        chosen = draw(with_image, settings.splits, settings.seed, root)
    else:
        present = {split: [case for case in own.get(split, []) if case in subjects] for split in SPLITS}
        chosen = {split: _some(present[split], split, numbers.get(split), settings.seed, root) for split in SPLITS}
    if blind := [case for case in chosen["test"] if not with_image[case]]:
        modality = settings.modality.upper()
        log.warning("%s: left out of the test split, for they have no %s: %s", root, modality, ", ".join(blind))
        chosen["blind"] = blind
    chosen["test"] = [case for case in chosen["test"] if with_image[case]]
    spare = _spare(list(with_image), chosen, settings, own)
    spare["test"] = [case for case in spare["test"] if with_image[case]]
    split, left = ({name: tuple(subjects[case] for case in part[name]) for name in part} for part in (chosen, spare))
    return Division(split, left, bool(settings.splits_file or numbers or own is not None))


def _spare(
    cases: list[str], chosen: Mapping[str, list[str]], settings: FilesSettings, own: Mapping[str, list[str]] | None
) -> dict[str, list[str]]:
    """Return the cases that may stand in for one of a split: those that the draw has passed over."""
    if settings.splits_file:
        return {split: [] for split in SPLITS}
    used = {case for split in SPLITS for case in chosen[split]}
    pools = dict.fromkeys(SPLITS, cases) if own is None else {split: own.get(split, []) for split in SPLITS}
    known = set(cases)
    return {split: shuffled({*pool} & known - used, settings.seed) for split, pool in pools.items()}


def _some(cases: list[str], split: str, number: int | None, seed: int, root: Path) -> list[str]:
    if number is None:
        return cases
    if number > len(cases):
        problem = f"its own {split} split holds {len(cases)} cases, {number} are asked for"
        raise InputError(root, problem, f"lower splits.{split} or give a splits_file")
    return shuffled(cases, seed)[:number]


def draw(
    with_image: Mapping[str, bool], numbers: Mapping[str, int | None], seed: int, root: Path
) -> dict[str, list[str]]:
    """Draw cases for each split by the hash of seed and name, so that the order of files does not matter.

    Test cases are drawn first, then validation: more or fewer training cases leave the others as they are.

    Args:
        with_image: `{case: whether it has an image}`; only those that have one can be test cases.
        numbers: How many of each split; None or absent: a share of what is left, in the paper's proportions.
        seed: The seed of the draw.
        root: What an error names.

    Raises:
        InputError: More cases are asked for than there are.
    """
    drawn = shuffled(with_image, seed)
    count = _numbers(len(drawn), sum(with_image.values()), numbers, root)
    test = [case for case in drawn if with_image[case]][: count["test"]]
    rest = [case for case in drawn if case not in set(test)]
    return {"test": test, "val": rest[: count["val"]], "train": rest[count["val"] :][: count["train"]]}


def _numbers(cases: int, with_image: int, asked: Mapping[str, int | None], root: Path) -> dict[str, int]:
    numbers = {split: number for split, number in asked.items() if number is not None}
    left = cases - sum(numbers.values())
    if left < 0:
        raise InputError(root, f"holds {cases} cases, {cases - left} are asked for", "lower the numbers in splits")
    if numbers.get("test", 0) > with_image:
        asked_for = f"{numbers['test']} are asked for as test cases"
        raise InputError(root, f"holds {with_image} cases with a CT or MR, {asked_for}", "lower splits.test")
    if not with_image:
        numbers["test"] = 0
    waiting = [split for split in ("test", "val", "train") if split not in numbers]
    while waiting:
        split = waiting.pop(0)
        share = round(left * PAPER[split] / (PAPER[split] + sum(PAPER[other] for other in waiting)))
        numbers[split] = max(0, min(max(share, 1), left - len(waiting), with_image if split == "test" else left))
        left -= numbers[split]
    return numbers


def read_split(path: Path) -> dict[str, list[str]]:
    """Read `{"train": [cases], "val": [...], "test": [...]}`, or the first fold of nnU-Net's `splits_final.json`.

    Raises:
        InputError: The file is missing, has another form, or a case is in two splits.
    """
    content = read_json(path, FORM)
    content = content[0] if isinstance(content, list) and content else content
    if not isinstance(content, dict) or not any(split in content for split in SPLITS):
        raise InputError(path, "names no split", FORM)
    split = {name: content.get(name, []) for name in SPLITS}
    if not all(isinstance(cases, list) and all(isinstance(case, str) for case in cases) for cases in split.values()):
        raise InputError(path, "a split is no list of case names", FORM)
    every = [case for cases in split.values() for case in cases]
    twice = sorted({case for case in every if every.count(case) > 1})
    if twice:
        raise InputError(path, f"cases named twice: {', '.join(twice)}", "keep each case in one split")
    if not every:
        raise InputError(path, "names no case", FORM)
    return split


def own_split(root: Path) -> dict[str, list[str]] | None:
    """Return the split that `splits.json` in a cohort's folder declares, None where there is no such file."""
    path = root / "splits.json"
    return read_split(path) if path.is_file() else None


def unlabelled_split(subjects: Iterable[Subject], settings: FilesSettings) -> dict[str, list[str]] | None:
    """Return every subject as one to train on, for none can be scored without labels; None where numbers are asked."""
    asked = any(number is not None for number in settings.splits.values())
    return None if asked else {"train": [subject.case for subject in subjects]}


def _find(name: str, root: Path) -> Path:
    if name in SHIPPED:
        return Path(str(files("labelct.cohort").joinpath(f"{name}.json")))
    path = Path(expanded(name, "splits_file"))
    return path if path.is_absolute() or path.is_file() else root / name


def _present(path: Path, split: Mapping[str, list[str]], known: set[str], root: Path) -> dict[str, list[str]]:
    """Return what is there of each split; what a copy of the data lacks is told, and fatal where nothing is left.

    Raises:
        InputError: None of the cases of some split is there.
    """
    present = {name: [case for case in cases if case in known] for name, cases in split.items()}
    for name in (name for name in SPLITS if split[name] and not present[name]):
        problem = f"none of the {len(split[name])} cases of its {name} split is in {root}"
        raise InputError(path, problem, "check root and the case names, or draw a split with splits_file=null")
    every = [case for cases in split.values() for case in cases]
    missing = [case for case in every if case not in known]
    if missing:
        told = (path, len(missing), len(every), root, ", ".join(missing))
        log.warning("%s: %d of its %d cases are not in %s and are left out: %s", *told)
    return present
