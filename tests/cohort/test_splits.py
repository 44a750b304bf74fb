from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from pathlib import Path

import pytest

import labelct
from labelct.cohort.base import Subject
from labelct.cohort.settings import FolderSettings
from labelct.cohort.splits import PAPER, divide, draw, read_split
from labelct.errors import InputError, SettingError

CASES = [f"s{number:04d}" for number in range(125)]


def _subjects(with_ct: int = 0, cases: list[str] = CASES) -> dict[str, Subject]:
    load = tuple  # never called
    return {case: Subject(case, load, load if i < with_ct else None, ()) for i, case in enumerate(cases)}


def _cases(split) -> dict[str, list[str]]:
    return {name: [subject.case for subject in subjects] for name, subjects in split.items()}


def test_numbers_are_met_and_no_case_is_in_two_splits(tmp_path):
    settings = FolderSettings(root=".", splits={"train": 60, "val": 15, "test": 40})
    split, _, declared = divide(_subjects(125), settings, None, tmp_path)
    assert {name: len(cases) for name, cases in split.items()} == {"train": 60, "val": 15, "test": 40}
    assert len({case for cases in _cases(split).values() for case in cases}) == 115
    assert declared


def test_the_paper_proportions_hold_where_nothing_is_asked(tmp_path):
    split, _, declared = divide(_subjects(125), FolderSettings(root="."), None, tmp_path)
    assert {name: len(cases) for name, cases in split.items()} == {"train": 64, "val": 17, "test": 44}
    assert not declared
    split, *_ = divide(_subjects(0), FolderSettings(root="."), None, tmp_path)
    assert (len(split["train"]), len(split["val"]), len(split["test"])) == (99, 26, 0)


@pytest.mark.parametrize(("cases", "expected"), [(1, (1, 0, 0)), (2, (1, 1, 0)), (3, (1, 1, 1)), (8, (4, 1, 3))])
def test_few_cases_train_first(tmp_path, cases, expected):
    split, *_ = divide(_subjects(cases, CASES[:cases]), FolderSettings(root="."), None, tmp_path)
    assert tuple(len(split[name]) for name in ("train", "val", "test")) == expected


def test_a_draw_depends_on_names_and_seed_alone(tmp_path):
    with_ct = dict.fromkeys(CASES, True)
    backwards = dict.fromkeys(reversed(CASES), True)
    assert draw(with_ct, {}, 0, tmp_path) == draw(backwards, {}, 0, tmp_path)
    assert draw(with_ct, {}, 0, tmp_path) != draw(with_ct, {}, 1, tmp_path)


def test_the_number_of_training_cases_leaves_the_others_alone(tmp_path):
    with_ct = dict.fromkeys(CASES, True)
    few, many = (draw(with_ct, {"train": n, "val": 10, "test": 20}, 0, tmp_path) for n in (5, 50))
    assert (few["val"], few["test"]) == (many["val"], many["test"])
    assert few["train"] == many["train"][:5]


def test_test_cases_have_a_ct(tmp_path, caplog):
    split, *_ = divide(_subjects(10), FolderSettings(root=".", splits={"test": 10}), None, tmp_path)
    assert sorted(_cases(split)["test"]) == CASES[:10]
    own = {"train": CASES[:5], "val": [], "test": CASES[8:12]}
    with caplog.at_level(logging.WARNING):
        split, *_ = divide(_subjects(10), FolderSettings(root="."), own, tmp_path)
    assert _cases(split)["test"] == CASES[8:10]
    assert "no CT: s0010, s0011" in caplog.text


def test_more_cases_than_there_are_is_an_error(tmp_path):
    with pytest.raises(InputError, match="holds 125 cases, 130 are asked for"):
        draw(dict.fromkeys(CASES, True), {"train": 100, "val": 30}, 0, tmp_path)
    with pytest.raises(InputError, match="holds 0 cases with a CT or MR, 3 are asked for"):
        draw(dict.fromkeys(CASES, False), {"test": 3}, 0, tmp_path)


def test_a_file_goes_before_the_own_split_and_keeps_its_order(tmp_path):
    (tmp_path / "mine.json").write_text(json.dumps({"train": ["s0002", "s0001"], "val": ["s0003"]}))
    own = {"train": CASES, "val": [], "test": []}
    split, _, declared = divide(_subjects(5), FolderSettings(root=".", splits_file="mine.json"), own, tmp_path)
    assert _cases(split) == {"train": ["s0002", "s0001"], "val": ["s0003"], "test": []}
    assert declared


def test_numbers_draw_within_the_own_split(tmp_path):
    own = {"train": CASES[:10], "val": CASES[10:15], "test": CASES[15:25]}
    settings = FolderSettings(root=".", splits={"train": 4, "val": None, "test": 6})
    split, *_ = divide(_subjects(125), settings, own, tmp_path)
    assert {name: len(cases) for name, cases in split.items()} == {"train": 4, "val": 5, "test": 6}
    assert all(set(cases) <= set(own[name]) for name, cases in _cases(split).items())
    with pytest.raises(InputError, match="its own val split holds 5 cases, 9 are asked for"):
        divide(_subjects(125), FolderSettings(root=".", splits={"val": 9}), own, tmp_path)


def test_missing_cases_are_one_warning_and_fatal_when_a_split_is_left_empty(tmp_path, caplog):
    (tmp_path / "mine.json").write_text(json.dumps({"train": ["s0002", "x1"], "val": ["x2", "s0003"]}))
    settings = FolderSettings(root=".", splits_file="mine.json")
    with caplog.at_level(logging.WARNING):
        divide(_subjects(5), settings, None, tmp_path)
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        f"2 of its 4 cases are not in {tmp_path} and are left out: x1, x2"
    ]
    with pytest.raises(InputError, match=r"none of the 2 cases of its val split is in .*splits_file=null"):
        divide(_subjects(5, ["s0002"]), settings, None, tmp_path)
    with pytest.raises(InputError, match="none of the 2 cases of its train split"):
        divide(_subjects(5, ["other"]), settings, None, tmp_path)


def test_the_split_of_the_papers_appendix_ships(tmp_path):
    path = Path(labelct.__file__).parent / "cohort" / "appendix_a.json"
    shipped = read_split(path)  # which refuses a case that is in two splits
    assert {name: len(cases) for name, cases in shipped.items()} == PAPER == {"train": 64, "val": 17, "test": 44}
    every = [case for cases in shipped.values() for case in cases]
    assert len(set(every)) == 125
    assert all(re.fullmatch(r"s\d{4}", case) for case in every)
    ends = {name: (cases[0], cases[-1]) for name, cases in shipped.items()}
    assert ends == {"train": ("s0472", "s0903"), "val": ("s0961", "s0983"), "test": ("s0013", "s1377")}
    settings = FolderSettings(root=".", splits_file="appendix_a")
    split, spare, declared = divide(_subjects(125, every), settings, None, tmp_path)
    assert (_cases(split), declared) == (shipped, True)
    assert not any(spare.values())


def test_what_a_draw_passes_over_may_stand_in_for_what_it_took(tmp_path):
    settings = FolderSettings(root=".", splits={"train": 3, "val": 2, "test": 2})
    split, spare, _ = divide(_subjects(6, CASES[:10]), settings, None, tmp_path)
    taken = {case for cases in _cases(split).values() for case in cases}
    assert set(_cases(spare)["train"]) == set(_cases(spare)["val"]) == set(CASES[:10]) - taken
    assert set(_cases(spare)["test"]) == set(CASES[:6]) - taken, "a test case has a CT"
    more, *_ = divide(
        _subjects(6, CASES[:10]), replace(settings, splits={"train": 4, "val": 2, "test": 2}), None, tmp_path
    )
    assert _cases(more)["train"] == [*_cases(split)["train"], _cases(spare)["train"][0]], "in the order of the draw"
    own = {"train": CASES[:5], "val": CASES[5:6], "test": []}
    _, spare, _ = divide(_subjects(0, CASES[:10]), FolderSettings(root=".", splits={"train": 3}), own, tmp_path)
    assert len(_cases(spare)["train"]) == 2
    assert set(_cases(spare)["train"]) < set(CASES[:5])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read as JSON"),
        ('{"training": []}', "names no split"),
        ('{"train": "s0001"}', "no list of case names"),
        ('{"train": ["a"], "test": ["a"]}', "named twice: a"),
        ('{"train": []}', "names no case"),
    ],
)
def test_a_split_file_of_another_form_is_named(tmp_path, content, message):
    (tmp_path / "mine.json").write_text(content)
    with pytest.raises(InputError, match=rf"mine\.json: .*{message}"):
        read_split(tmp_path / "mine.json")


def test_the_first_fold_of_nnunet_is_understood(tmp_path):
    (tmp_path / "splits_final.json").write_text(json.dumps([{"train": ["a"], "val": ["b"]}, {"train": ["b"]}]))
    assert read_split(tmp_path / "splits_final.json") == {"train": ["a"], "val": ["b"], "test": []}


def test_a_file_and_numbers_at_once_are_refused():
    with pytest.raises(SettingError, match="a file or numbers"):
        FolderSettings(root=".", splits_file="mine.json", splits={"train": 3})
    with pytest.raises(SettingError, match="one of train, val, test"):
        FolderSettings(root=".", splits={"trian": 3})
