"""Cases completed by atlases: those that fit, once for each pair, and what is said of those that do not."""

import numpy as np
import pytest

from labelct.commands import replay
from labelct.errors import InputError
from labelct.io import nifti
from labelct.stages import atlases, cohorts
from tests.stages.whole_anatomies import AFFINE, lines_of, organs, volumes


def test_cases_are_completed_by_atlases_and_replayed(tiny, folders):
    config, root = tiny("data.atlas.whole=0", "data.atlas.completed=0.8"), folders / "out/stages"
    cohort, made = volumes(config, root)
    assert all(subject.completed.keys() == {"w1", "w2"} for subject in (*cohort.train, *cohort.val))
    lines = lines_of(made)
    drawn = [line for line in lines if line["recipe"]["atlas"]]
    assert {line["recipe"]["atlas"]["kind"] for line in drawn} == {"completed"}
    assert len(drawn) > len(lines) / 3
    assert {"aorta", "liver"} <= set(drawn[0]["recipe"]["intensity"]["classes"])
    assert replay.main([str(made.folder), drawn[0]["name"], "-o", str(folders / "again")]) == 0
    own = next(subject for subject in (*cohort.train, *cohort.val) if subject.case == drawn[0]["case"])
    given, completed = own.label_map(), own.completed["w1"]()
    assert given.value_of("liver") == completed.value_of("liver") == 5
    assert (completed.array == 5).sum() * 10**3 == pytest.approx((given.array == 5).sum() * 8**3, rel=0.2)


def test_a_pair_is_registered_once_whoever_else_is_there(tiny, folders):
    root, chosen = folders / "out/stages", ("data.atlas.whole=0", "data.atlas.completed=1", "data.atlas.per_case=1")
    first = tiny(*chosen, "data.atlas.cases=[w1]")
    atlases.applied(first, cohorts.prepare(first, first.cohort, root), root)
    before = {path.name for path in (root / "completion").iterdir() if path.is_dir()}
    more = tiny("data.atlas.whole=0", "data.atlas.completed=1")
    atlases.applied(more, cohorts.prepare(more, more.cohort, root), root)
    after = {path.name for path in (root / "completion").iterdir() if path.is_dir()}
    assert (len(before), len(after)) == (3, 6)
    assert before < after


def test_an_atlas_that_does_not_fit_ends_the_job_or_is_said(tiny, folders, caplog):
    nifti.write(folders / "whole" / "w3.nii.gz", np.where(organs(0, 52) == 5, 0, organs(0, 52)), AFFINE)
    root, chosen = folders / "out/stages", ("data.atlas.whole=0", "data.atlas.completed=1", "data.atlas.cases=[w3]")
    config = tiny(*chosen)
    own = cohorts.prepare(config, config.cohort, root)
    with pytest.raises(InputError, match=r"no atlas fits 3 of 3 cases: c.: w3 does not fit \(no organ in common\)"):
        atlases.applied(config, own, root)
    allowed = tiny(*chosen, "data.atlas.geometric=true")
    cohort, _ = atlases.applied(allowed, own, root)
    assert "w3 does not fit (no organ in common): a geometric body" in caplog.text
    assert not any(subject.completed for subject in cohort.train)


def test_another_atlas_takes_the_place_of_one_that_does_not_fit(tiny, folders, caplog):
    nifti.write(folders / "whole" / "w3.nii.gz", np.where(organs(0, 52) == 5, 0, organs(0, 52)), AFFINE)
    chosen = ("data.atlas.whole=0", "data.atlas.completed=1", "data.atlas.cases=[w1,w2,w3]")
    for wanted, found in ((1, 1), (2, 2), (3, 2)):
        config, root = tiny(*chosen, f"data.atlas.per_case={wanted}"), folders / "out/stages"
        cohort, _ = atlases.applied(config, cohorts.prepare(config, config.cohort, root), root)
        assert all(len(subject.completed) == found for subject in (*cohort.train, *cohort.val))
        assert not any("w3" in subject.completed for subject in cohort.train)
    assert "w3 does not fit (no organ in common)" in caplog.text
    assert "geometric" not in caplog.text
