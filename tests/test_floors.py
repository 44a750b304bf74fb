"""Imports point downwards, from room to room as the table says, and the light floors stay light."""

import ast
import importlib
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import labelct

PACKAGE = Path(labelct.__file__).parent

# A room is a folder of the package or a module beside them. What it may import of the others, floor by floor.
FLOORS: tuple[dict[str, set[str]], ...] = (
    {
        "errors": set(),
        "volume": set(),
        "body": set(),
        "rotation": set(),
        "events": set(),
        "progress": {"events", "signals"},
        "option_files": set(),
        "caches": set(),
        "memory": set(),
        "processes": set(),
        "signals": set(),
        "streams": set(),
        "inventory": set(),
        "shared_memory": {"processes"},
        "settings": {"errors"},
        "texts": {"errors"},
        "filenames": {"errors"},
        "folders": {"errors"},
        "writing": {"errors", "folders"},
        "sides": set(),
        "versions": set(),
        "mr": {"errors", "settings", "volume"},
    },
    {
        "accelerator": {"errors"},
        "threads": set(),
        "labels": {"errors"},
        "targets": {"errors", "labels", "sides", "volume"},
        "parallel": {"errors", "processes", "progress", "settings", "shared_memory", "signals", "threads"},
        "store": {"errors", "events", "folders", "inventory", "signals", "texts", "writing"},
        "job_status": {"errors", "processes", "writing", "texts"},
        "journal": {"errors", "events", "writing", "texts"},
        "jobs": {"errors", "filenames", "folders", "job_status", "journal", "texts"},
        "upkeep": {"errors", "folders", "inventory", "jobs", "store", "texts"},
        "io": {"errors", "folders", "writing", "volume"},
        "priors": {"body", "errors", "io", "labels", "settings", "texts", "threads"},
        "synthesis": {
            "body", "errors", "io", "labels", "mr", "priors", "rotation", "settings", "sides", "targets",
            "texts", "threads",
        },
        "scanner": {"accelerator", "errors", "progress", "rotation", "settings", "threads"},
        "evaluation": {"body", "errors", "labels", "settings", "writing", "targets"},
    },
    {
        "cohort": {
            "errors", "evaluation", "folders", "io", "labels", "priors", "settings", "synthesis", "texts", "volume",
        },
        "phantom": {"errors", "io", "rotation", "settings", "writing"},
        "atlas": {"evaluation", "priors", "synthesis"},
        "dataset": {"errors", "filenames", "io", "writing", "targets", "texts", "volume"},
    },
    {
        "tracking": {"errors", "evaluation", "settings"},
        "sampler": {
            "accelerator", "cohort", "dataset", "errors", "io", "labels", "mr", "parallel", "priors", "scanner",
            "synthesis", "targets", "threads", "volume",
        },
        "streaming": {"cohort", "errors", "parallel", "sampler", "scanner", "synthesis"},
        "trainer": {
            "accelerator", "body", "cohort", "dataset", "errors", "evaluation", "inventory", "io", "labels",
            "memory", "mr", "parallel", "priors", "processes", "progress", "rotation", "sampler", "scanner",
            "settings", "store", "streaming", "streams", "synthesis", "targets", "texts", "threads", "tracking",
            "volume", "writing",
        },
        "translation": {
            "accelerator", "cohort", "dataset", "errors", "io", "mr", "parallel", "processes", "progress", "rotation",
            "settings", "writing", "targets", "texts", "threads", "tracking", "trainer", "volume",
        },
    },
    {
        "complaints": {"errors", "option_files", "settings"},
        "caps": {"complaints"},
        "job_settings": {"settings"},
        "resolvers": {"settings", "synthesis"},
        "kinds": {"cohort", "phantom", "trainer"},
        "config": {
            "caps", "complaints", "errors", "evaluation", "job_settings", "kinds", "option_files", "parallel",
            "resolvers", "scanner", "synthesis", "targets", "tracking", "trainer", "translation",
        },
        "report": {
            "config", "errors", "evaluation", "filenames", "folders", "job_status", "jobs", "settings", "synthesis",
            "writing", "texts", "tracking",
        },
        "models": {"errors", "filenames", "folders", "job_status", "report", "texts"},
        "export": {
            "config", "errors", "evaluation", "folders", "inventory", "job_status", "kinds", "phantom", "report",
            "writing", "texts", "trainer", "versions",
        },
        "stages": {
            "atlas", "cohort", "complaints", "config", "dataset", "errors", "evaluation", "events", "filenames",
            "folders", "inventory", "io", "job_settings", "job_status", "kinds", "labels", "memory", "mr", "parallel",
            "phantom", "priors", "progress", "report", "sampler", "scanner", "settings", "store", "streaming",
            "streams", "synthesis", "targets", "texts", "threads", "tracking", "trainer", "translation", "upkeep",
            "versions", "volume", "writing",
        },
        "proposal": {
            "accelerator", "cohort", "config", "errors", "io", "memory", "parallel", "priors", "settings", "sides",
            "texts", "volume",
        },
        "pipeline": {
            "cohort", "config", "errors", "job_status", "journal", "parallel", "stages", "store", "targets", "tracking",
            "trainer", "upkeep", "versions", "writing",
        },
    },
    {
        "api": {
            "caches", "cohort", "complaints", "config", "errors", "evaluation", "io", "models", "mr", "phantom",
            "priors", "progress", "sampler", "scanner", "settings", "stages", "streaming", "synthesis", "targets",
            "trainer", "volume",
        },
        "commands": {
            "caps", "cohort", "complaints", "config", "dataset", "errors", "evaluation", "export", "filenames",
            "folders", "inventory", "io", "job_status", "jobs", "journal", "kinds", "models", "option_files",
            "parallel", "phantom", "pipeline", "priors", "processes", "progress", "proposal", "report", "sampler",
            "scanner", "settings", "signals", "stages", "store", "streams", "synthesis", "targets", "texts", "threads",
            "tracking", "trainer", "translation", "upkeep", "volume", "writing",
        },
        "__main__": {"caches", "commands", "errors", "folders", "parallel", "signals", "streams", "threads"},
        "run": {"__main__", "signals"},
    },
)  # fmt: skip
MAY_IMPORT = {room: others for floor in FLOORS for room, others in floor.items()}
FLOOR = {room: number for number, floor in enumerate(FLOORS) for room in floor}

HEAVY = {"torch", "lightning", "monai", "nnunetv2", "wandb", "odl", "astra", "hydra", "omegaconf", "numba", "pandas",
         "statsmodels"}  # fmt: skip
KNOWS = {0: set(), 1: {"torch", "monai", "odl", "numba"}, 2: set()}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imported(path: Path) -> list[tuple[int, str]]:
    """Return line and full name of everything that a module imports, at its top, inside functions, or for types."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def rooms_imported(path: Path) -> list[tuple[int, str]]:
    own = room_of(path)
    names = [(line, name.split(".")) for line, name in imported(path)]
    found = [(line, parts[1]) for line, parts in names if parts[0] == "labelct" and parts[1] != "__version__"]
    return [(line, room) for line, room in found if room != own]


def test_every_room_stands_in_the_table():
    assert {room_of(path) for path in MODULES} <= set(MAY_IMPORT)
    assert set().union(*MAY_IMPORT.values()) <= set(MAY_IMPORT)


def test_no_arrow_of_the_table_points_up_and_none_comes_back():
    up = [(room, other) for room, others in MAY_IMPORT.items() for other in others if FLOOR[other] > FLOOR[room]]
    assert up == []
    TopologicalSorter(MAY_IMPORT).prepare()  # raises CycleError with the rooms of the cycle


def test_a_module_imports_what_its_room_may():
    wrong = {
        f"{path.relative_to(PACKAGE)}:{line}": other
        for path in MODULES
        for line, other in rooms_imported(path)
        if other not in MAY_IMPORT[room_of(path)]
    }
    assert wrong == {}, "what a room may import stands in FLOORS"


def test_low_floors_know_no_framework():
    wrong = {
        f"{path.relative_to(PACKAGE)}:{line}": name
        for path in MODULES
        for line, name in imported(path)
        if name.split(".")[0] in HEAVY - KNOWS.get(FLOOR[room_of(path)], HEAVY)
    }
    assert wrong == {}, "which floor knows which package stands in KNOWS"


def test_every_verb_answers_without_heavy_packages():
    heavy = {"torch", "lightning", "monai", "wandb", "numba", "scipy", "matplotlib", "pandas", "statsmodels"}
    verbs = sorted(path.stem for path in (PACKAGE / "commands").glob("[!_]*.py"))
    code = (
        "import importlib, sys\n"
        f"for verb in {verbs}:\n"
        "    importlib.import_module(f'labelct.commands.{verb}')\n"
        f"    assert not {heavy} & set(sys.modules), (verb, {heavy} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_exports_what_it_says_and_nothing_else(room):
    module = importlib.import_module(f"labelct.{room}")
    assert [name for name in getattr(module, "__all__", []) if not hasattr(module, name)] == []
    assert not hasattr(module, "no_such_name")


@pytest.mark.ci
@pytest.mark.parametrize("room", ROOMS)
def test_any_room_can_be_the_first_that_is_imported(room):
    code = f"import labelct.{room} as room; [getattr(room, name) for name in getattr(room, '__all__', [])]"
    subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
