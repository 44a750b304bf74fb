"""A model that lost a file is refused: without it the masks would be others, and nothing would say so."""

import json

import pytest

from labelct import inventory
from labelct.errors import InputError
from labelct.trainer.intact import check_intact, decides
from labelct.trainer.model import read_model

NAMES = ("model.json", "components.json", "cascade.json", "fold_0/checkpoint_final.pth", "log.csv", "MODEL_CARD.md")


@pytest.fixture
def folder(tmp_path):
    for name in NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps({"settings": {}, "labels": {"liver": 1}}))
    (tmp_path / inventory.FILE).write_text(json.dumps(inventory.take(tmp_path)))
    return tmp_path


@pytest.mark.parametrize("name", [name for name in NAMES if decides(name)])
def test_what_is_missing_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"{name} is missing; copy the whole folder again"):
        read_model(folder)


def test_what_was_changed_is_named_and_what_decides_nothing_may_be_gone(folder):
    (folder / "log.csv").unlink()
    (folder / "MODEL_CARD.md").write_text("mine")
    assert read_model(folder)["labels"] == {"liver": 1}
    for name in ("components.json", "fold_0/checkpoint_final.pth"):  # the weights of another training have one size
        before = (folder / name).read_text()
        (folder / name).write_text(before.replace("1", "2"))
        with pytest.raises(InputError, match=rf"{name} has another content"):
            read_model(folder)
        (folder / name).write_text(before)


@pytest.mark.parametrize("listed", ["[]", '{"model.json": 7}', "{", "7"])
def test_a_list_that_says_nothing_is_refused(folder, listed):
    (folder / inventory.FILE).write_text(listed)
    with pytest.raises(InputError, match=r"files\.json"):
        check_intact(folder)


def test_a_folder_without_a_list_is_taken_as_it_is(folder):
    for name in (inventory.FILE, "cascade.json"):
        (folder / name).unlink()
    check_intact(folder)
