"""The page on Python does what it says, snippet by snippet, in an empty folder with one run in it."""

import doctest
import json
import re

import pytest

from labelct.config import configuration_folder
from tests.edges import models

PAGE = configuration_folder().parent / "docs" / "python.md"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Leave a run, whose network has weights of chance, where the page has one."""
    folder = tmp_path / "outputs/runs/2026-01-31/12-00-00-000000"
    folder.mkdir(parents=True)
    (folder / "scores.json").write_text(json.dumps({"keys": [["training", "abc"]]}), encoding="utf-8")
    models.change(models.unet(tmp_path / "outputs/stages/training/abc", {"liver": 1}), spacing=[16.0] * 3)
    monkeypatch.chdir(tmp_path)


@pytest.mark.ci
def test_the_snippets_do_what_they_say(run):
    text = PAGE.read_text(encoding="utf-8")
    snippets = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(snippets, {}, PAGE.name, str(PAGE), 0)
    assert len(test.examples) > 20
    told: list[str] = []
    doctest.DocTestRunner().run(test, out=told.append)
    assert not told, "".join(told)
