"""Volumes drawn while the network trains: one seed, one stream, no volume twice, whatever the workers."""

from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from labelct.errors import SettingError
from labelct.scanner.scan import Acquisition
from labelct.scanner.settings import DoseSettings, NoiseOnlySettings, ReconSettings, ScannerSettings
from labelct.streaming import SyntheticVolumes, VolumeStream, check, read_shared, shared
from labelct.synthesis.settings import DataSettings

NO_SCANNER = Acquisition(ScannerSettings(kind="none"))


def changed(volumes, **changes):
    """Return the volumes of another sampler, nothing read yet."""
    return SyntheticVolumes(volumes.subjects, partial(replace, volumes.sampler, **changes))


def stream(volumes, workers, length=8, start=0):
    loader = DataLoader(VolumeStream(volumes, start), batch_size=None, num_workers=workers)
    return [(image.clone(), labels.clone()) for image, labels in islice(loader, length)]


def test_one_seed_is_one_stream_with_any_number_of_workers(volumes):
    alone, shared = stream(volumes, 0), stream(volumes, 2)
    assert all(torch.equal(a, b) and torch.equal(s, t) for (a, s), (b, t) in zip(alone, shared, strict=True))
    assert torch.equal(stream(volumes, 0, 1, start=5)[0][0], alone[5][0])
    recipe = volumes.sampler.recipe
    other = changed(volumes, recipe=replace(recipe, data=replace(recipe.data, seed=1)))
    assert not torch.equal(stream(other, 0, 1)[0][0], alone[0][0])


def test_a_pass_draws_of_each_subject_the_volume_that_the_stream_has_of_it(volumes):
    for number in range(6):
        drawn = volumes.volume(number)
        index = [subject.case for subject in volumes.subjects].index(drawn.case)
        again = volumes.of_subject(index, number // 3)
        assert np.array_equal(again.hu, drawn.hu)
        assert np.array_equal(again.target, drawn.target)
        assert not np.array_equal(volumes.of_subject(index, number // 3 + 1).hu, drawn.hu)


def test_a_device_yields_the_same_stream_as_tensors_of_its_own(volumes, device):
    there = f"{device}:0"  # "cpu" alone are NumPy arrays
    ours, theirs = stream(volumes, 0, 3), list(islice(VolumeStream(volumes, device=there), 3))
    for (image, labels), (same, values) in zip(ours, theirs, strict=True):
        assert same.device.type == values.device.type == device
        assert torch.allclose(same.cpu(), image, rtol=0, atol=5e-3)
        assert torch.equal(values.cpu(), labels)
    later = volumes.on(there).volume(2)
    assert torch.equal(later.hu[None], theirs[2][0])


def test_workers_are_not_asked_for_volumes_on_a_device(volumes):
    loader = DataLoader(VolumeStream(volumes, device="cpu:0"), batch_size=None, num_workers=2)
    with pytest.raises(RuntimeError, match="num_workers=2: allowed is 0 with device=cpu:0"):
        next(iter(loader))


def test_volumes_on_a_device_are_shared_and_read_ahead(volumes, tmp_path):
    with shared(volumes.on("cpu:0"), tmp_path) as name:
        found = read_shared(tmp_path, name)
        found.load()
        assert torch.equal(found.volume(3).hu, volumes.on("cpu:0").volume(3).hu)


def test_no_volume_comes_twice_and_every_case_has_its_turn(volumes):
    drawn = [volumes.volume(number) for number in range(12)]
    assert len({one.hu.tobytes() for one in drawn}) == 12
    for turn in range(4):
        assert {one.case for one in drawn[3 * turn : 3 * turn + 3]} == {"s2", "s4", "s6"}
    assert len({tuple(one.case for one in drawn[3 * turn : 3 * turn + 3]) for turn in range(4)}) > 1


def test_the_noise_is_that_of_the_image(volumes):
    noisy = volumes.volume(0)
    clean = changed(volumes, acquisition=NO_SCANNER).volume(0)
    assert np.array_equal(noisy.target, clean.target)
    assert 3 < (noisy.hu - clean.hu)[clean.hu > -500].std() < 30


def test_the_noise_of_a_helical_scan_alone_is_drawn_for_each_volume(volumes):
    recon, coarse = ReconSettings(), NoiseOnlySettings(voxel=10.0, views=60, channels=64, rows=8)
    fan = {"channels": 96, "channel_pitch": 0.35 / 96, "rows": 16, "row_width": 3.0, "views": 120}
    scanner = ScannerSettings(kind="helical", mode="noise_only", recon=recon, noise_only=coarse, **fan)
    noisy = changed(volumes, acquisition=Acquisition(scanner, DoseSettings(mas=None, photons=2e4)))
    clean = changed(volumes, acquisition=NO_SCANNER)
    noise = [noisy.volume(number).hu - clean.volume(number).hu for number in range(2)]
    assert all(1 < each.std() < 100 for each in noise)
    assert not np.allclose(*noise, atol=1)
    np.testing.assert_array_equal(changed(noisy).volume(1).hu - clean.volume(1).hu, noise[1])


def test_another_process_finds_what_is_drawn_from(volumes, tmp_path):
    with shared(volumes, tmp_path) as name:
        found = read_shared(tmp_path, name)
        assert found is not None
        found.load()
        np.testing.assert_array_equal(found.volume(3).hu, volumes.volume(3).hu)
    assert not list(tmp_path.iterdir())
    with shared(None, tmp_path) as name:
        assert read_shared(tmp_path, name) is None


def test_what_cannot_be_drawn_in_time_is_refused():
    with pytest.raises(SettingError, match="noise_only"):
        check(DataSettings(mode="online"), ScannerSettings(kind="helical"))
    with pytest.raises(SettingError, match="data=clinical"):
        check(DataSettings(kind="clinical", mode="online"), ScannerSettings(kind="none"))


def test_label_maps_are_read_once_and_ahead_where_they_shall_be(volumes):
    read = []

    def counting(subject):
        return replace(subject, load_label_map=lambda: read.append(subject.case) or subject.load_label_map())

    counted = SyntheticVolumes(tuple(map(counting, volumes.subjects)), volumes.make)
    counted.load()
    assert sorted(read) == ["s2", "s4", "s6"]
    for number in range(6):
        counted.volume(number)
    assert len(read) == 3


def test_a_volume_tells_how_many_patches_it_gives(volumes):
    assert volumes.patches == 4
