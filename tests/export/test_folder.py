"""An exported folder is whole or not there, and takes the place of nothing but a model that was exported before."""

import errno
import json
import os
import shutil
from dataclasses import replace

import pytest
import yaml

from labelct.errors import InputError
from labelct.export import folder
from labelct.export.folder import Wanted, check_output, export
from labelct.export.provenance import Statement

NAMED = Statement("two_organs")


def test_the_folder_holds_all_of_the_model_and_points_nowhere(run, model, tmp_path):
    out = tmp_path / "two_organs"
    export(model, run, out, Wanted(("labelct", "monai")), NAMED)
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {
        *("MODEL_CARD.md", "best.ckpt", "components.json", "config.yaml", "labels.json", "log.csv", "model.json"),
        *("provenance.json", "targets.json", "monai/configs/inference.json", "monai/configs/metadata.json"),
        *("monai/docs/README.md", "monai/models/model.pt", "files.json"),
    }
    for name in files:
        content = (out / name).read_bytes()
        assert b"/somewhere" not in content
        assert str(tmp_path).encode() not in content
    assert json.loads((out / "labels.json").read_text(encoding="utf-8"))["kidneys"] == {"value": 2, "colour": "#ffb000"}
    assert yaml.safe_load((out / "config.yaml").read_text(encoding="utf-8"))["cohort"]["root"] == "???"
    assert "| training | Some masks | CC BY 4.0 |" in (out / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert (out / "monai" / "docs" / "README.md").read_text(encoding="utf-8") == (out / "MODEL_CARD.md").read_text(
        encoding="utf-8"
    )


def test_what_was_exported_is_exported_again_from_where_it_lies(run, model, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    export(model, run, first, Wanted(), NAMED)
    shutil.rmtree(run.parents[2])
    export(first, None, second, Wanted(half=True), NAMED)
    for name in ("config.yaml", "MODEL_CARD.md", "labels.json", "model.json"):
        assert (first / name).read_text(encoding="utf-8") == (second / name).read_text(encoding="utf-8")
    assert (second / "best.ckpt").stat().st_size < 0.7 * (first / "best.ckpt").stat().st_size


def test_a_format_that_the_trainer_does_not_give_is_told_with_those_it_gives(run, model, tmp_path):
    with pytest.raises(InputError, match="gives no --format nnunet; it gives labelct, monai, onnx"):
        export(model, run, tmp_path / "out", Wanted(("labelct", "nnunet")), NAMED)
    assert not (tmp_path / "out").exists()


def test_a_package_that_is_missing_is_asked_for_before_anything_is_written(run, model, tmp_path, monkeypatch):
    monkeypatch.setattr("labelct.errors.find_spec", lambda module: None if module == "onnxscript" else True)
    with pytest.raises(InputError, match=r"onnxscript: is not installed; pip install 'labelct\[export\]'"):
        export(model, run, tmp_path / "out", Wanted(("labelct", "onnx")), NAMED)
    assert not (tmp_path / "out").exists()


def test_what_is_there_stays_unless_it_is_an_exported_model_to_be_overwritten(run, model, tmp_path, monkeypatch):
    out = tmp_path / "two_organs"
    export(model, run, out, Wanted(), NAMED)
    (out / "own").touch()
    with pytest.raises(InputError, match="two_organs: is there already; give another -o, or --overwrite"):
        export(model, run, out, Wanted(), NAMED)
    export(model, run, out, Wanted(overwrite=True), replace(NAMED, licence="MIT"))
    assert "license: mit" in (out / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert not (out / "own").exists()
    for path in (model, run):
        with pytest.raises(InputError, match="holds no exported model"):
            check_output(path, True)
    with pytest.raises(InputError, match="is there, and is no folder"):
        check_output(model / "model.json", True)
    monkeypatch.chdir(out)
    with pytest.raises(InputError, match="is the folder that this command was called in"):
        check_output(tmp_path, True)
    (tmp_path / "empty").mkdir()
    check_output(tmp_path / "empty", False)


def test_a_full_disk_leaves_nothing_and_what_was_there(run, model, tmp_path, monkeypatch):
    out = tmp_path / "two_organs"
    export(model, run, out, Wanted(), NAMED)
    before = {path: path.read_bytes() for path in out.iterdir()}
    whole, files = os.fsync, []

    def full(descriptor):
        files.append(descriptor)
        if len(files) > 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"two_organs/.*: the disk is full"):
        export(model, run, out, Wanted(overwrite=True), NAMED)
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    files.clear()
    with pytest.raises(InputError, match="the disk is full"):
        export(model, run, tmp_path / "new" / "other", Wanted(), NAMED)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outputs", "two_organs"]


def test_every_format_is_of_a_trainer_and_every_trainer_gives_labelcts_own():
    from labelct.commands.export import FORMATS
    from labelct.trainer.table import TRAINERS

    assert {form for trainer in TRAINERS.values() for form in trainer.FORMATS} == set(FORMATS)
    assert all(folder.OWN in trainer.FORMATS for trainer in TRAINERS.values())
    assert set(folder.NEEDS) | set(folder.DOCUMENTED) <= set(FORMATS)
