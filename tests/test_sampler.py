"""One rule for stored, drawn and replayed volumes: what is read of a case, what seeds a draw, what a scan adds."""

import json
from dataclasses import replace
from zlib import crc32

import numpy as np
import pytest
import torch

from labelct.cohort.base import Subject
from labelct.errors import InputError, SettingError
from labelct.sampler import DRAWN, SCAN, SYNTHESIS, Sampler, digest, entropy
from labelct.scanner.scan import Acquisition
from labelct.scanner.settings import DoseSettings, NoiseOnlySettings, ScannerSettings
from labelct.stages import synthesis
from labelct.streaming import SyntheticVolumes
from labelct.synthesis import background, subclasses
from labelct.volume import LabelMap, Volume
from tests.synthesis.cases import recipe, trunk

CASE = trunk()
AFFINE = np.diag([*CASE.spacing, 1.0])
HU = np.random.default_rng(0).normal(60, 40, CASE.label_map.shape).astype(np.float32)


def sampler(kind="synth1", scanner="none", **chosen):
    return Sampler(
        recipe(kind, clips="white", **chosen), Acquisition(ScannerSettings(kind=scanner), DoseSettings(mas=100))
    )


def subject(with_ct=True, read=None):
    def load_ct():
        if read is not None:
            read.append("ct")
        return Volume(HU, AFFINE)

    return Subject("s1", lambda: LabelMap(CASE.label_map, AFFINE, CASE.names), load_ct if with_ct else None, ())


def cut_low(depth=14):
    """Return a subject whose labels end below the upper end of the map."""
    array = CASE.label_map.copy()
    array[:, :, depth:] = 0
    return replace(subject(with_ct=False), load_label_map=lambda: LabelMap(array, AFFINE, CASE.names))


@pytest.mark.parametrize(
    ("kind", "chosen", "looks"),
    [
        ("clinical", {}, True),
        ("synth1", {}, False),
        ("synth1", {"subclasses": subclasses.Settings(count=3)}, True),
        ("synth1", {"subclasses": subclasses.Settings(count=3, source="blobs")}, False),
        ("synth2", {}, True),
        ("synth2", {"background": background.Settings(source="kmeans")}, True),
        ("synth2", {"background": background.Settings(source="geometric")}, False),
        (
            "synth3",
            {
                "background": background.Settings(source="geometric"),
                "subclasses": subclasses.Settings(count=3, source="ct"),
            },
            True,
        ),
    ],
)
def test_a_ct_is_read_only_where_it_makes_a_difference(kind, chosen, looks):
    read = []
    loaded = sampler(kind, **chosen).load(subject(read=read))
    assert read == ["ct"] * looks
    assert (loaded.case.ct is not None) is looks
    assert loaded.source == {"label_map": digest(CASE.label_map), "ct": digest(HU) if looks else None}


def test_a_subject_without_a_ct_is_read_all_the_same():
    loaded = sampler("synth2").load(subject(with_ct=False))
    assert loaded.case.ct is None
    assert loaded.source["ct"] is None
    assert np.array_equal(loaded.case.label_map, CASE.label_map)
    assert (loaded.case.spacing, loaded.case.names) == (CASE.spacing, CASE.names)


def test_a_case_is_read_onto_the_grid_that_is_asked_for():
    loaded = sampler("synth2", spacing=8.0).load(subject())
    assert loaded.case.spacing == (8.0, 8.0, 8.0)
    assert loaded.case.label_map.shape == loaded.case.ct.shape == (20, 18, 15)
    assert np.linalg.norm(loaded.affine[:3, :3], axis=0) == pytest.approx(8.0)
    assert loaded.source == sampler("synth2").load(subject()).source


def test_shapes_of_label_maps_are_interpolated_where_that_is_asked_for():
    nearest, shaped = (
        sampler("synth2", spacing=2.0, interpolation=kind).load(subject()).case for kind in ("nearest", "shape")
    )
    assert nearest.label_map.shape == shaped.label_map.shape
    liver = [case.label_map == 5 for case in (nearest, shaped)]
    assert 0.05 < (liver[0] != liver[1]).sum() / liver[0].sum() < 0.3


def test_superior_padding_is_for_subjects_without_a_ct_even_where_the_ct_is_not_looked_at():
    higher = sampler("synth1", superior_padding_mm=100.0)
    low = cut_low()
    assert higher.load(low).case.label_map.shape[2] == 14 + 20
    assert higher.load(replace(low, load_ct=subject().load_ct)).case.label_map.shape[2] == 24


def test_what_seeds_a_draw_tells_seed_stream_case_and_number_apart():
    assert entropy(7, SCAN, "s1", 2) == [7, 2, crc32(b"s1"), 2]
    drawn = {
        tuple(entropy(seed, stream, case, number))
        for seed in (0, 1)
        for stream in (SYNTHESIS, SCAN, DRAWN)
        for case in ("s1", "s2")
        for number in (0, 1)
    }
    assert len(drawn) == 24


@pytest.mark.parametrize("source", ["auto", "ct"])
@pytest.mark.parametrize("kind", ["synth1", "synth3"])
def test_stored_and_drawn_volumes_split_labels_by_the_same_rule(kind, source, tmp_path):
    made = sampler(
        kind, background=background.Settings(source="geometric"), subclasses=subclasses.Settings(count=3, source=source)
    )
    (tmp_path / "records").mkdir()
    synthesis.synthesise(synthesis.SynthesisWork(subject(), "train", 1, made, 0, tmp_path, {}))
    record = json.loads((tmp_path / "records" / "s1_r0.json").read_text())
    rng = np.random.default_rng(entropy(0, DRAWN, "s1", 0))
    drawn = made.recipe.draw(made.load(subject()).case, rng)
    assert np.array_equal(SyntheticVolumes((subject(),), lambda: made).volume(0).hu, drawn.volume)
    for params in (record["recipe"], drawn.params):
        assert params["subclasses"]["source"] == "ct"
    assert record["recipe"]["subclasses"]["organs"] == drawn.params["subclasses"]["organs"]


def test_without_a_ct_labels_are_split_by_blobs_or_not_at_all():
    blobs = sampler(subclasses=subclasses.Settings(count=3))
    params = blobs.recipe.draw(blobs.load(subject(with_ct=False)).case, np.random.default_rng(0)).params
    assert params["subclasses"]["source"] == "blobs"
    asking = sampler(subclasses=subclasses.Settings(count=3, source="ct"))
    volumes = SyntheticVolumes((subject(with_ct=False),), lambda: asking)
    with pytest.raises(InputError, match="the case has no CT"):
        volumes.volume(0)


def test_a_volume_is_a_drawn_one_with_the_noise_of_the_scanner():
    noisy, clean = sampler(scanner="image"), sampler()
    (once, target), (again, _) = (noisy.volume(CASE, np.random.default_rng(0)) for _ in range(2))
    assert np.array_equal(once, again)
    without, same = clean.volume(CASE, np.random.default_rng(0))
    assert np.array_equal(target, same)
    assert (once - without).std() > 1
    assert np.array_equal(without, clean.recipe.draw(CASE, np.random.default_rng(0)).volume)


def test_without_drop_every_label_is_pasted():
    whole = sampler("synth2", dropped=1.0)
    for made, pasted in ((whole, 0), (whole.without_drop(), 4)):
        drawn = made.recipe.draw(made.load(subject()).case, np.random.default_rng(0))
        assert len(drawn.params["drop"]["pasted"]) == pasted


def test_a_digest_tells_contents_apart_whatever_their_order_in_memory():
    assert digest(HU) == digest(np.asfortranarray(HU)) != digest(HU + 1)
    assert len(digest(HU)) == 16


@pytest.mark.parametrize("scanner", ["none", "image", "helical"])
def test_a_device_makes_the_volumes_that_the_cpu_makes(scanner, device):
    there = f"{device}:0"  # "cpu" alone are NumPy arrays
    coarse = NoiseOnlySettings(voxel=10.0, views=60, channels=64, rows=8)
    fan = {"channels": 96, "channel_pitch": 0.35 / 96, "rows": 16, "row_width": 3.0, "views": 120}
    settings = ScannerSettings(kind=scanner, mode="noise_only", noise_only=coarse, outside="air", **fan)
    ours = Sampler(recipe("synth3", clips="white"), Acquisition(settings, DoseSettings(mas=100)))
    theirs = ours.on(there)
    loaded = theirs.load(subject(with_ct=False))
    assert loaded.case.label_map.device.type == device
    volume, target = theirs.volume(loaded.case, np.random.default_rng(0))
    expected, values = ours.volume(CASE, np.random.default_rng(0))
    assert volume.device.type == target.device.type == device
    assert np.abs(volume.cpu().numpy() - expected).max() <= 5e-3
    assert np.array_equal(target.cpu().numpy(), values)
    assert loaded.source == ours.load(subject(with_ct=False)).source


def test_a_full_device_is_told_in_one_line(monkeypatch):
    def refuse(self, case, rng):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("labelct.synthesis.recipe.Recipe.draw", refuse)
    monkeypatch.setattr("labelct.accelerator.free_memory", lambda: 2**20)
    with pytest.raises(
        InputError, match=r"^a volume of 40 x 36 x 24 on cpu:0: the card's memory is full .* data.spacing"
    ):
        sampler().on("cpu:0").volume(CASE, np.random.default_rng(0))


@pytest.mark.parametrize("name", ["gpu", "cuda:99"])
def test_a_device_that_is_not_there_is_told_before_anything_is_read(name):
    with pytest.raises(SettingError, match=f"device='{name}'"):
        sampler().on(name)
    assert sampler().on("cpu") == sampler()
