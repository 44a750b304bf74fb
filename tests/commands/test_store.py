"""`labelct store verify` finds what is wrong with any stage and says what to do."""

import pytest

from labelct.commands import store
from labelct.errors import InputError
from labelct.store import build, recipe_of, write_text


@pytest.fixture
def outputs(tmp_path):
    """Return a folder with three finished stages and one that was broken off."""
    for name in ("cohort", "synthesis", "dataset"):
        build(tmp_path / "stages", recipe_of(name, 1, {}), lambda folder: write_text(folder / "case", "content"))
    (tmp_path / "stages" / "training" / "ab.1-2.partial").mkdir(parents=True)
    return tmp_path


def test_a_store_that_is_whole(outputs, capsys):
    assert store.main(["verify", str(outputs)]) == 0
    told = capsys.readouterr().out
    assert f"3 stages, 0 damaged, 1 not finished: {outputs}" in told
    assert "ab.1-2.partial: not finished" in told


def test_a_damaged_stage_is_named_with_what_to_delete(outputs, capsys):
    (case,) = outputs.glob("stages/synthesis/*/case")
    case.write_text("changed")
    assert store.main(["verify", str(outputs / "stages")]) == 1
    told = capsys.readouterr()
    assert told.err.startswith(f"{case.parent}: case has another content; rm -r {case.parent} ")
    assert told.err.count("\n") == 1
    assert "3 stages, 1 damaged" in told.out


def test_no_stages_is_one_line(tmp_path):
    with pytest.raises(InputError, match="there are no stages below it"):
        store.main(["verify", str(tmp_path)])
