"""What `import labelct` offers: light until it is used, listed, documented and typed."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import labelct

STUB = Path(labelct.__file__).with_name("__init__.pyi")
NAMES = [
    alias.asname
    for node in ast.walk(ast.parse(STUB.read_text(encoding="utf-8")))
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
]
VERBS = [name for name in NAMES if name.islower()]


def test_the_import_takes_nothing_heavy_along():
    heavy = "{'torch', 'numpy', 'hydra', 'omegaconf', 'numba', 'scipy', 'nibabel', 'pandas', 'rich'}"
    code = f"import sys, labelct; dir(labelct); labelct.SettingError; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_painting_and_scoring_take_no_torch_and_no_trainer_along():
    code = "import sys, labelct; labelct.synthesize, labelct.scan; print({'torch', 'lightning'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_what_is_public_is_listed():
    assert sorted(NAMES) == dir(labelct)
    assert {"synthesize", "scan", "load_model", "SyntheticDataset", "score"} <= set(NAMES)
    assert labelct.__version__.count(".") == 2


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_says_what_it_takes_and_gives(name):
    verb = getattr(labelct, name)
    text = inspect.getdoc(verb)
    for parameter in inspect.signature(verb).parameters:
        assert f"    {parameter}: " in text or f"    **{parameter}: " in text, parameter
    assert "Returns:" in text
    assert "Raises:" in text
    assert inspect.signature(verb).return_annotation is not inspect.Signature.empty


def test_type_checkers_are_told_of_the_types():
    assert (Path(labelct.__file__).parent / "py.typed").is_file()


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="synthesise"):
        _ = labelct.synthesise
