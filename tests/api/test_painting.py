"""What `synthesize` paints is what the pipeline stores, bit for bit, and what was drawn makes it again."""

import json

import numpy as np
import pytest

import labelct
from labelct.errors import InputError, LabelctError
from labelct.io import nifti
from tests.api.cases import NAMES, QUICK, SPACING, ct, label_map


def synthesize(given=None, spacing=SPACING, names=NAMES, **arguments):
    return labelct.synthesize(label_map() if given is None else given, spacing, names, **{**QUICK, **arguments})


def test_a_volume_has_the_grid_of_the_map_and_a_target_for_every_name():
    made = synthesize()
    assert made.volume.shape == made.target.shape == made.labels.shape == label_map().shape
    assert (made.volume.dtype, made.target.dtype) == (np.float32, np.uint8)
    assert made.target_names == {1: "liver", 2: "spleen"}
    assert {made.names[value] for value in np.unique(made.labels) if value} == {"liver", "spleen"}
    for value, name in made.target_names.items():
        there = {other for other, known in made.names.items() if known == name}
        assert np.array_equal(made.target == value, np.isin(made.labels, list(there)))
    assert made.spacing == SPACING
    assert 20 < np.median(made.volume[made.target == 1]) < 180


def test_the_seed_alone_decides_what_is_drawn():
    made, again = synthesize(seed=3), synthesize(np.asfortranarray(label_map()).astype(">i4"), seed=[3])
    assert np.array_equal(made.volume, again.volume)
    assert made.drawn == again.drawn
    assert not np.array_equal(made.volume, synthesize(seed=4).volume)


def test_a_map_on_other_axes_gives_the_same_patient_on_these_axes():
    affine = np.diag([-5.0, -5.0, 6.0, 1.0])
    made = synthesize(label_map()[::-1, ::-1], affine)
    straight = synthesize()
    assert np.array_equal(made.volume[::-1, ::-1], straight.volume)
    assert np.array_equal(made.target[::-1, ::-1], straight.target)
    assert np.array_equal(made.affine, affine)


def test_a_grid_of_its_own_has_an_affine_of_its_own():
    affine = np.array([[0, 0, 6.0, -30], [-5, 0, 0, 10], [0, 5, 0, 7], [0, 0, 0, 1]])
    made = synthesize(label_map(), affine, **{"data.spacing": 3.0})
    assert made.spacing == pytest.approx((3, 3, 3))
    assert made.volume.shape == pytest.approx(np.array(label_map().shape) * np.array(SPACING) / 3, abs=1)
    middle = (np.array(label_map().shape) - 1) / 2, (np.array(made.volume.shape) - 1) / 2
    assert np.allclose(made.affine @ [*middle[1], 1], affine @ [*middle[0], 1], atol=3)


def test_what_was_drawn_makes_the_volume_again_after_a_trip_through_json():
    made = synthesize(seed=5, targets=["spleen", "liver"], data={"phase": "native"}, fill="voxels", drop="half")
    drawn = json.loads(json.dumps(made.drawn, sort_keys=True))
    again = labelct.replay(drawn, label_map(), SPACING, NAMES)
    for name in ("volume", "target", "labels"):
        assert np.array_equal(getattr(again, name), getattr(made, name)), name
    assert again.target_names == made.target_names == {1: "spleen", 2: "liver"}
    assert drawn["settings"]["data"]["phase"] == "native"
    assert drawn["settings"]["fill"]["kind"] == "voxels"


def test_a_replay_of_another_map_or_of_nothing_is_refused():
    drawn = synthesize().drawn
    with pytest.raises(InputError, match="label_map: is not the one that `drawn` was drawn for"):
        labelct.replay(drawn, label_map()[::-1], SPACING, NAMES)
    damaged = [{}, None, 3, {**drawn, "recipe": {}}, {**drawn, "settings": {**drawn["settings"], "data": {"phase": 3}}}]
    for wrong in damaged:
        with pytest.raises(LabelctError) as error:
            labelct.replay(wrong, label_map(), SPACING, NAMES)
        assert "\n" not in str(error.value)


def test_a_ct_shows_where_fat_is_and_lies_on_the_grid_of_the_map():
    shown, drawn = synthesize(recipe="synth2", ct=ct()), synthesize(recipe="synth2")
    assert not np.array_equal(shown.volume, drawn.volume)
    assert np.array_equal(labelct.replay(shown.drawn, label_map(), SPACING, NAMES, ct()).volume, shown.volume)
    clinical = synthesize(recipe="clinical", ct=ct())
    assert np.array_equal(clinical.volume, ct())
    with pytest.raises(InputError, match=r"ct: its shape is \(16, 18, 20\), .* give array\.T"):
        synthesize(ct=ct().T)
    with pytest.raises(InputError, match="the case has no CT"):
        synthesize(recipe="clinical")


def test_what_is_given_stays_as_it_is():
    labels, hu = label_map(), ct()
    made = synthesize(labels, ct=hu, recipe="clinical")
    made.volume[:], made.labels[:] = 0, 0
    assert np.array_equal(labels, label_map())
    assert np.array_equal(hu, ct())


@pytest.fixture(scope="module")
def stored(configured, tmp_path_factory):
    """Return the folder of label maps and CT, and of the training set that the pipeline makes of them."""
    from tests.stages.chain import build_all

    root, outputs = tmp_path_factory.mktemp("cohort"), tmp_path_factory.mktemp("stages")
    for number, case in enumerate(("a", "b")):
        affine = np.diag([-SPACING[0], SPACING[1], SPACING[2], 1.0])
        nifti.write(root / "labels" / f"{case}.nii.gz", np.roll(label_map(), number, 0), affine)
        nifti.write(root / "ct" / f"{case}.nii.gz", np.roll(ct(), number, 0), affine)
    (root / "names.json").write_text(json.dumps(NAMES), encoding="utf-8")
    where = ["cohort=folder", f"cohort.root={root}", "cohort.splits={train: 1, val: 1, test: 0}", "test=phantom"]
    how = ["data=synth3", "data.replicates=2", "texture=white", "targets=[spleen,liver]", "data.priors=builtin"]
    config = configured(*where, *how, "scanner=image", "dose=low", "parallel.workers=1")
    return root, build_all(config, outputs)[-1].folder


def test_the_training_set_of_the_pipeline_comes_out_of_its_own_manifest(stored):
    root, folder = stored
    lines = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    assert len(lines) == 3
    for line in lines:
        labels, image = (nifti.read_array(root / kind / f"{line['case']}.nii.gz") for kind in ("labels", "ct"))
        chosen = {"targets": ["spleen", "liver"], **QUICK}
        made = labelct.synthesize(*labels, NAMES, "synth3", line["entropy"], image[0], **chosen)
        assert made.drawn["recipe"] == line["recipe"]
        assert made.drawn["source"] == line["source"]
        name = line["name"]
        assert np.array_equal(made.target, nifti.read_array(folder / "labelsTr" / f"{name}.nii.gz")[0])
        clean = np.rint(made.volume)  # files hold whole HU
        scanned = labelct.scan(clean, made.affine, "image", "low", line["scan"]["entropy"])
        assert np.array_equal(np.rint(scanned), nifti.read_array(folder / "imagesTr" / f"{name}_0000.nii.gz")[0])


def test_a_structure_without_a_prior_is_told_once_and_painted_as_uniform_does(caplog):
    for seed in (0, 1):
        made = synthesize(names={1: "livr", 5: "spleen"}, seed=seed)
        assert made.target.max() == 2
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert told[0].startswith("no prior for livr (near: liver")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"recipe": "synth4"}, "recipe='synth4': allowed is one of clinical, synth1.*did you mean 'synth3'"),
        ({"recipe": "cyclegan"}, "recipe='cyclegan': allowed is one of"),
        ({"reciepe": "synth3"}, "reciepe='synth3': .* did you mean 'recipe'"),
        ({"names": {1: "liver"}}, "label values without a name: 5"),
        ({"targets": ["livr"]}, "there is no structure 'livr'; did you mean 'liver'"),
        ({"drop.labels": {"livr": 1.0}}, "there is no structure 'livr'"),
        ({"data.seed": 3}, r"data\.seed=3: allowed is left out here; give seed=NUMBER"),
        ({"data": {"replicates": 3}}, r"data\.replicates=3: allowed is left out here"),
        ({"data.priors": "train"}, "no training case has a CT"),
        ({"spacing": -2.0}, r"spacing=-2\.0: allowed is 0\.02 to 50 mm"),
    ],
)
def test_ordinary_misuse_is_told_in_one_line(arguments, told):
    with pytest.raises(LabelctError, match=told) as error:
        synthesize(**arguments)
    assert "\n" not in str(error.value)
