"""Imports point downwards, and the light floors stay light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import labelct

PACKAGE = Path(labelct.__file__).parent
FLOORS = {
    "errors": 0, "volume": 0, "targets": 0, "threads": 0, "progress": 0, "rotation": 0,
    "labels": 1,
    "parallel": 1, "store": 1, "io": 1, "synthesis": 1, "scanner": 1, "evaluation": 1,
    "cohort": 2, "dataset": 2,
    "trainer": 3, "translation": 3, "tracking": 3,
    "config": 4, "stages": 4, "pipeline": 4,
    "commands": 5, "run": 5, "__main__": 5,
}  # fmt: skip
HEAVY = {"torch", "lightning", "monai", "nnunetv2", "wandb", "odl", "astra", "hydra", "omegaconf", "numba"}
KNOWS = {0: set(), 1: {"torch", "monai", "odl", "numba"}, 2: set()}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def imported(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def floor_of(name: str) -> int:
    return FLOORS[name.split(".")[1]]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path):
    own = FLOORS[path.relative_to(PACKAGE).parts[0].removesuffix(".py")]
    for name in imported(path):
        if name.startswith("labelct.") and name.split(".")[1] != "__version__":
            assert floor_of(name) <= own, f"{name} lies above"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_low_floors_know_no_framework(path):
    own = FLOORS[path.relative_to(PACKAGE).parts[0].removesuffix(".py")]
    if own < 3:
        assert {name.split(".")[0] for name in imported(path)} & HEAVY <= KNOWS[own]


def test_configuration_loads_without_heavy_packages():
    heavy = "{'torch', 'lightning', 'monai', 'wandb', 'numba', 'scipy', 'matplotlib'}"
    code = f"import sys, labelct.commands.run; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
