"""The tests mirror the package: a module's properties are stated in the test file of its name."""

from pathlib import Path

import labelct

PACKAGE = Path(labelct.__file__).parent
TESTS = Path(__file__).parent

# Started as processes of their own by tests/test_pipeline.py and tests/commands/test_launchers.py, or read by Hydra and
# all tests through the fixture `configured`.
ELSEWHERE = {"__main__.py", "run.py", "config.py"}
MODULES = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}


def test_a_module_has_the_test_file_of_its_name():
    wanted = [TESTS / Path(module).with_name(f"test_{Path(module).name}") for module in sorted(MODULES - ELSEWHERE)]
    lacking = [path for path in wanted if not path.is_file() or "def test_" not in path.read_text(encoding="utf-8")]
    assert lacking == [], "write these"
