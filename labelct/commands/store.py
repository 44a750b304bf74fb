"""`labelct store VERB`: the stages on disk, listed, checked, and cleaned up."""

import argparse
import re
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from labelct import upkeep
from labelct.commands.arguments import Parser
from labelct.errors import InputError, LabelctError
from labelct.jobs import Job, jobs
from labelct.journal import duration
from labelct.progress import track
from labelct.upkeep import Entry, size

# What tells one stage from others of its name: dotted settings of its recipe, those first that differ most.
TELLING: Mapping[str, tuple[str, ...]] = {
    "cohort": ("kind", "train", "val", "test", "seed"),
    "checked": ("cases",),
    "selection": ("structures", "wanted"),
    "priors": ("cases",),
    "body": ("case",),
    "translation": ("translation.iterations", "translation.minutes", "cases"),
    "synthesis": ("data.kind", "fill.kind", "texture.kind", "drop.probability", "cases", "replicates.train"),
    "projections": ("scanner.kind", "scanner.rows", "scanner.channels", "scanner.views"),
    "dataset": ("scanner.kind", "scanner.mode", "dose.mas", "dose.photons", "fold", "seed"),
    "training": ("trainer.kind", "trainer.steps", "trainer.epochs", "trainer.minutes", "seed"),
    "segmentation": ("cases", "prediction.overlap"),
    "scores": ("test", "targets"),
}
COMMON = ("kind", "cases", "seed")
NAMES = {"drop.probability": "drop", "replicates.train": "replicates"}
UNITS = {"": 86400.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
FIRST = {upkeep.PROJECTIONS: 0}  # what is made again at no loss is offered first


def parser() -> Parser:
    """Return the parser of the command line."""
    command = Parser(prog="labelct store", description="Look after the stages on disk.")
    verbs = command.add_subparsers(required=True, metavar="VERB")
    listed = verbs.add_parser("ls", help="list the stages: key, size, age, what made them and which jobs refer to them")
    verify = verbs.add_parser("verify", help="check every stage against its recipe and the digests of its files")
    clean = verbs.add_parser("clean", help="delete stages that no job refers to, or projections; asks first")
    for verb, run in ((listed, list_all), (verify, verify_all), (clean, clean_up)):
        verb.add_argument("outputs", nargs="?", type=Path, default=Path("outputs"), help="holds stages/ (outputs)")
        verb.set_defaults(run=run)
    for verb in (listed, clean):
        verb.add_argument(
            "--jobs", type=Path, action="append", default=[], metavar="FOLDER", help="holds more jobs, an archive"
        )
    add = clean.add_argument
    add("--unused", action="store_true", help="stages that no job refers to (what is done without --projections)")
    add("--projections", action="store_true", help="noise-free projections, which only further doses need again")
    add("--older-than", type=seconds, default=0.0, metavar="7d", help="only what was neither made nor used since")
    add("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")
    add("--yes", action="store_true", help="delete without asking")
    return command


def main(arguments: Sequence[str]) -> int:
    """Run one verb on the stages of a folder.

    Args:
        arguments: What stands behind `labelct store`.

    Returns:
        The exit code of the verb.

    Raises:
        InputError: There are no stages.
    """
    given = parser().parse_args(arguments)
    code: int = given.run(given)
    return code


def seconds(text: str) -> float:
    """Return the seconds that an age stands for: `7d`, `12h`, `2w`, `90m`; a number alone is days."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([mhdw]?)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r}: allowed is a number and m, h, d or w, as in 7d")
    return float(found[1]) * UNITS[found[2]]


def list_all(given: argparse.Namespace) -> int:
    """Print a line for every stage, the space that each kind takes, and what no job refers to.

    Returns:
        0.
    """
    found = _entries(given)
    print(table(found))
    kinds: dict[str, list[Entry]] = {}
    for entry in found:
        kinds.setdefault(entry.stage, []).append(entry)
    sizes = sorted(((upkeep.freed(members), name) for name, members in kinds.items()), reverse=True)
    print(f"\n{_count(found)}, {size(upkeep.freed(found))}: " + ", ".join(f"{name} {size(n)}" for n, name in sizes))
    if unused := [entry for entry in found if not entry.jobs]:
        print(f"{_count(unused)} that no job refers to: labelct store clean {given.outputs} deletes them")
    return 0


def verify_all(given: argparse.Namespace) -> int:
    """Check every finished stage, print what is wrong and what to do, and name the unfinished ones.

    Returns:
        1 where a stage is not what it was when it was made, else 0.
    """
    folders, unfinished = upkeep.folders(upkeep.root_of(given.outputs))
    damaged = 0
    for folder in track(folders, "stages", len(folders)):
        if problem := upkeep.damage(folder):
            damaged += 1
            print(f"{folder}: {problem}; rm -r {folder} lets the command that made it make it again", file=sys.stderr)
    for folder in unfinished:
        print(f"{folder}: not finished; the command that began it goes on with it")
    print(f"{len(folders)} stages, {damaged} damaged, {len(unfinished)} not finished: {given.outputs}")
    return 1 if damaged else 0


def clean_up(given: argparse.Namespace) -> int:
    """Delete what is asked for, unless a job needs it; say first what that is and what it frees.

    Returns:
        0; 1 where a stage could not be deleted.

    Raises:
        InputError: Nobody can be asked, and --yes is not given.
    """
    found = [entry for entry in _entries(given) if _asked_for(entry, given)]
    if not found:
        print(f"nothing to delete: {given.outputs}")
        return 0
    print(table(found))
    told = f"{_count(found)}, {size(upkeep.freed(found))}"
    if given.dry_run:
        print(f"\nwould delete {told}; nothing was deleted")
        return 0
    if not given.yes and not _agreed(f"\ndelete {told}? [y/N] "):
        print("nothing was deleted")
        return 0
    return _delete(found, given)


def _asked_for(entry: Entry, given: argparse.Namespace) -> bool:
    """Return whether a stage is among those that shall be deleted; what a running job uses never is."""
    if time.time() - entry.used < given.older_than or any(job.running for job in entry.jobs):
        return False
    if entry.finished and not entry.recipe:
        return False  # none of labelct's, or one that `verify` names
    if entry.stage == upkeep.PROJECTIONS and given.projections:
        return True
    return not entry.jobs and (given.unused or not given.projections)


def _delete(found: Sequence[Entry], given: argparse.Namespace) -> int:
    root, gone, failed = upkeep.root_of(given.outputs), [], 0
    for entry in found:
        try:
            reason = upkeep.remove(entry, root, given.jobs)
        except LabelctError as error:
            failed += 1
            print(f"labelct store: {error}", file=sys.stderr)
            continue
        if reason:
            print(f"{entry.folder}: kept, {reason}")
        else:
            gone.append(entry)
    print(f"deleted {_count(gone)}, {size(upkeep.freed(gone))}: {given.outputs}")
    return 1 if failed else 0


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise InputError("--yes", "is not given, and nobody can be asked", "add --yes, or --dry-run to see what goes")
    return input(question).strip().lower() in ("y", "yes")


def _entries(given: argparse.Namespace) -> list[Entry]:
    root = upkeep.root_of(given.outputs)
    found = upkeep.entries(root, jobs(root, given.jobs))
    return sorted(found, key=lambda entry: (FIRST.get(entry.stage, 1), entry.stage, entry.made))


def table(found: Iterable[Entry]) -> str:
    """Return stages as lines of text: name, key, size, age, recipe in short, jobs."""
    head = ("stage", "key", "size", "age", "recipe", "used by")
    rows = [head, *(_row(entry) for entry in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head) - 1)]
    return "\n".join(
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    )


def _row(entry: Entry) -> tuple[str, ...]:
    age = duration(max(0.0, time.time() - entry.made))
    told = short(entry) if entry.finished else f"unfinished; {short(entry)}"
    return entry.stage, entry.key, size(entry.size), age, told, _users(entry.jobs)


def _users(jobs: Sequence[Job]) -> str:
    if not jobs:
        return "no job"
    last = max(jobs, key=lambda job: job.used)
    name = "/".join(last.folder.absolute().parts[-3:] if last.folder.name.isdigit() else last.folder.parts[-2:])
    return name + (" (running)" if last.running else "") + (f" and {len(jobs) - 1} more" if len(jobs) > 1 else "")


def short(entry: Entry) -> str:
    """Return what tells a stage from others of its name, in a few words."""
    if not entry.recipe:
        return "no recipe of this stage"
    settings, parts = entry.recipe.get("settings", {}), []
    for name in TELLING.get(entry.stage, COMMON):
        value: Any = settings
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            called = name.rpartition(".")[2]
            parts.append(value if isinstance(value, str) else f"{NAMES.get(name, called)} {_shown(value)}")
    return ", ".join(parts) or f"version {entry.recipe.get('version', '?')}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "+".join(_shown(item) for item in value.values())
    return str(len(value)) if isinstance(value, list) else f"{value}"


def _count(found: Sequence[Entry]) -> str:
    return f"{len(found)} stage{'' if len(found) == 1 else 's'}"
