import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import labelct.scanner
from labelct.errors import SettingError
from labelct.scanner.backends import BACKENDS, Backend, backend

ROOM = Path(labelct.scanner.__file__).parent
FACE = [name for name, member in vars(Backend).items() if inspect.isfunction(member) and not name.startswith("_")]


def test_unknown_backends_are_refused_with_those_that_exist():
    with pytest.raises(SettingError, match=r"backend='numa': allowed is one of .*numba.*; did you mean 'numba'\?"):
        backend("numa")


@pytest.mark.parametrize("function", FACE)
def test_every_backend_has_the_face_with_its_arguments_and_defaults(worker, function):
    asked = list(inspect.signature(getattr(Backend, function)).parameters.values())[1:]
    found = inspect.signature(getattr(worker, function)).parameters.values()
    assert [(each.name, each.default) for each in found] == [(each.name, each.default) for each in asked]


def test_a_backend_is_loaded_when_asked_for_and_not_before():
    heavy = {*BACKENDS.values(), "numba", "scipy", "torch"}
    code = f"import sys, labelct.scanner.scan; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_a_scan_is_knows_no_backend():
    devices = re.compile(r"^\s*(?:from|import) (?:labelct\.scanner\.backends\.\S+|numba|llvmlite|torch)", re.M)
    both = {"image.py"}  # noise in the image is no scan; it works on arrays and on tensors
    for path in (*(path for path in ROOM.glob("*.py") if path.name not in both), ROOM / "backends" / "__init__.py"):
        assert not devices.search(path.read_text(encoding="utf-8")), path
