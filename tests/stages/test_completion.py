"""Cases completed by atlases: those that fit, once for each pair, and what is said of those that do not."""

import numpy as np
import pytest

from labelct.commands import replay
from labelct.complaints import ConfigError
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


def test_maps_that_name_some_targets_alone_are_atlases_with_the_others_of_one(tiny, folders):
    for number, extra in enumerate(([], [52])):
        nifti.write(folders / "some" / f"p{number}.nii.gz", organs(number + 1, *extra), AFFINE)
    told = f"root: {folders}/some, names: {{5: liver, 52: vessel}}, merge: {{vessel: aorta}}"
    given = ("targets=[liver,aorta]", "data.atlas.whole=1", "data.replicates=6")
    config, root = tiny(*given, f"++data.atlas.partial={{few: {{{told}}}}}"), folders / "out/stages"
    cohort, made = volumes(config, root)
    assert cohort.train[0].whole.keys() == {"few_p0", "few_p1", "w1", "w2"}
    maps = {name: load() for name, load in cohort.train[0].whole.items()}
    for number in range(2):
        joined = maps[f"few_p{number}"]
        own = organs(number + 1) == 5
        assert (joined.array == joined.value_of("liver")).sum() * 10**3 == pytest.approx(own.sum() * 8**3, rel=0.2)
        assert (joined.array == joined.value_of("aorta")).any()
    assert {"colon", "inferior_vena_cava"} & {*maps["few_p0"].names.values()}
    lines = lines_of(made)
    line = next(line for line in lines if (line["recipe"]["atlas"] or {}).get("atlas", "").startswith("few_"))
    assert replay.main([str(made.folder), line["name"], "-o", str(folders / "again")]) == 0
    assert not any("few_" in str(line["recipe"]["atlas"]) for line in lines if line["split"] == "val")


def test_a_partial_map_that_stays_without_a_target_is_left_out(tiny, folders, caplog):
    nifti.write(folders / "some" / "fits.nii.gz", organs(1), AFFINE)
    nifti.write(folders / "some" / "other.nii.gz", np.where(organs(0, 7) == 5, 0, organs(0, 7)), AFFINE)
    given = f"++data.atlas.partial={{few: {{root: {folders}/some}}}}"
    config, root = tiny("targets=[liver,aorta]", "data.atlas.cases=[w2]", given), folders / "out/stages"
    cohort, _ = atlases.applied(config, cohorts.prepare(config, config.cohort, root), root)
    assert cohort.train[0].whole.keys() == {"few_fits", "w2"}
    assert "few_other: w2 does not fit (no organ in common): left out" in caplog.text
    (folders / "some" / "fits.nii.gz").unlink()
    with pytest.raises(InputError, match=r"data\.atlas\.partial: no atlas completes any of 1 label maps"):
        atlases.applied(config, cohorts.prepare(config, config.cohort, root), root)


def test_a_partial_map_is_no_case_to_validate_on(tiny, folders):
    given = f"++data.atlas.partial={{few: {{root: {folders}/maps}}}}"
    config, root = tiny(given), folders / "out/stages"
    with pytest.raises(InputError, match="is an atlas that is trained on"):
        atlases.check(config, cohorts.prepare(config, config.cohort, root)[0])


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{}", r"data\.atlas\.partial='no root'"),
        ("{root: /no/such}", "/no/such: no such folder; set root of data.atlas"),
    ],
)
def test_a_partial_folder_is_looked_for_before_anything_is_made(tiny, entry, told):
    with pytest.raises((ConfigError, InputError), match=told):
        atlases.check(tiny(f"++data.atlas.partial={{few: {entry}}}"), None)


def test_two_partial_maps_of_one_name_are_refused_before_one_takes_the_others_place(tiny, folders):
    for name in ("one/b_c", "two/c"):
        nifti.write(folders / f"{name}.nii.gz", organs(1), AFFINE)
    given = f"++data.atlas.partial={{a: {{root: {folders}/one}}, a_b: {{root: {folders}/two}}}}"
    with pytest.raises(InputError, match="atlas a_b_c is twice there"):
        atlases.check(tiny(given), None)
