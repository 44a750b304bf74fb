"""`labelct export`: a run in, a folder out that `labelct segment` opens when the run is gone."""

import shutil

import numpy as np
import pytest

from labelct.__main__ import run_verb
from labelct.commands import export, segment
from labelct.io import nifti
from tests.edges import models
from tests.export.runs import finished
from tests.trainer.export.test_networks import volume


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (models.unet, "run"),
        (models.unet, "latest"),
        (models.unet, "stage"),
        (models.resunet25d, "run"),
        (models.nnunet, "run"),
    ],
)
def test_a_model_is_moved_and_segments_without_what_it_came_from(here, make, named, capsys):
    run = finished(here / "outputs", make)
    ct = volume()
    ct.array[:, :4] = -1000
    nifti.write(here / "ct.nii.gz", np.rint(ct.array), ct.affine)
    words = {"run": str(run), "latest": "latest", "stage": str(next((here / "outputs/stages/training").iterdir()))}
    assert segment.main(["ct.nii.gz", "-o", "before", "--model", words[named]]) == 0
    assert export.main([words[named], "-o", "exported"]) == 0
    assert "labelct of " in capsys.readouterr().out
    shutil.rmtree(here / "outputs")
    (here / "other").mkdir()
    shutil.move(here / "exported", here / "other" / "moved")
    assert segment.main(["ct.nii.gz", "-o", "after", "--model", "other/moved"]) == 0
    before, after = (nifti.read_label_map(here / name / "ct.nii.gz").array for name in ("before", "after"))
    assert set(np.unique(before)) > {0}
    np.testing.assert_array_equal(after, before)
    assert "| training | Some masks | CC BY 4.0 |" in (here / "other/moved/MODEL_CARD.md").read_text(encoding="utf-8")


def test_what_is_stated_stands_in_the_card(here):
    finished(here / "outputs")
    (here / "notes.md").write_text("## Limits\n\nThe dome of the liver.")
    stated = ["--licence", "CC-BY-SA-4.0", "--data-source", "MSD", "--data-licence", "CC BY-SA 4.0"]
    assert export.main(["latest", "-o", "out/liver", "--notes", "notes.md", *stated]) == 0
    card = (here / "out" / "liver" / "MODEL_CARD.md").read_text(encoding="utf-8")
    for text in ("model_name: liver", "license: cc-by-sa-4.0", "| MSD | CC BY-SA 4.0 |", "The dome of the liver."):
        assert text in card


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere", "-o", "out"], "nowhere: no such model"),
        (["latest", "-o", "out"], "outputs: holds no finished run"),
        (["empty", "-o", "out"], "scores.json: no such file"),
        (["done", "-o", "out", "--format", "nnunet"], "gives no --format nnunet; it gives labelct, monai, onnx"),
        (["done", "-o", "empty/../file"], "is there, and is no folder"),
        (["done", "-o", "full"], "holds no exported model"),
        (["done", "-o", "out", "--notes", "nowhere.md"], "nowhere.md: no such file"),
        (["unfinished", "-o", "out"], "best.ckpt: no such checkpoint"),
        (["done", "-o", "file/out"], "file is a file and no folder"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(here, words, told, capsys):
    models.unet(here / "done", {"liver": 1})
    (models.unet(here / "unfinished", {"liver": 1}) / "best.ckpt").unlink()
    (here / "empty").mkdir()
    (here / "full").mkdir()
    (here / "full" / "own").touch()
    (here / "file").touch()
    before = sorted(here.rglob("*"))
    assert run_verb("export", words) == 1
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert sorted(here.rglob("*")) == before


def test_an_unknown_format_is_told_with_those_there_are(capsys):
    with pytest.raises(SystemExit):
        export.main(["latest", "-o", "out", "--format", "tensorflow"])
    assert "choose from" in (told := capsys.readouterr().err)
    assert "nnunet" in told
