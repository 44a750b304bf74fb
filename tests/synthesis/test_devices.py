"""Volumes made of tensors are those made of arrays: labels bit for bit, HU up to float rounding, from the same draws.

torch's CPU runs the lines that a GPU runs, so most is tried there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from labelct.accelerator import why_not
from labelct.labels import compact
from labelct.priors import QUANTILE_LEVELS, Priors, load_priors
from labelct.synthesis import (
    background,
    blur,
    contents,
    cylinder,
    deformation,
    gas,
    intensity,
    lesions,
    perfusion,
    subclasses,
    texture,
    vessels,
)
from labelct.synthesis.bank import load_bank
from labelct.synthesis.case import Case
from labelct.synthesis.kernels.tensors import voxels
from labelct.synthesis.recipe import Synthetic
from labelct.synthesis.recipes import RECIPES
from tests.synthesis.cases import PAINTED, ball, recipe, trunk
from tests.synthesis.distractors.torso import EVERYTHING

ROUNDING = 2e-3  # HU: a few of the last bits of a float32 of 3000 HU, 2.4e-4 each
BEND = deformation.Settings(10.0, 0.1, 0.05, 5.0, 5.0, 60.0, 0.5)
ALL: dict[str, Any] = {
    "deformation": BEND,
    "lesions": lesions.Settings(host="liver", count=[2, 3]),
    "distractors": replace(EVERYTHING, adjacent_fraction=0.5),
    "subclasses": subclasses.Settings(count=3),
    "blur": blur.Settings(6.0, 7.0, 20.0),
    "phase": "any",
    "gas": gas.Settings("wide", empty=0.0),
    "contents": contents.Settings(0.3, 0.3, 0.3),
    "perfusion": perfusion.Settings(1.0),
    "vessels": vessels.Settings(host="liver"),
}
BODIES = {source: {"background": background.Settings(source)} for source in ("geometric", "labels", "none", "kmeans")}


@pytest.fixture(autouse=True)
def small_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voxels, "SLAB", 20000)


def with_ct(case: Case) -> Case:
    """Return the case with a CT: a body of fat and soft tissue in air, organs at 60 HU, noise."""
    rng, body = np.random.default_rng(0), np.zeros(case.label_map.shape, bool)
    body[3:-3, 3:-3] = True
    tissue = np.where(case.label_map > 0, 60, np.where(rng.random(body.shape) < 0.5, -90, 40))
    return replace(case, ct=(np.where(body, tissue, -1000) + rng.normal(0, 15, body.shape)).astype(np.float32))


def assert_alike(ours: Synthetic, theirs: Synthetic) -> None:
    assert theirs.params == ours.params
    volume, target, anatomy = (voxels.host(each) for each in (theirs.volume, theirs.target, theirs.anatomy.label_map))
    assert volume.dtype == np.float32
    assert np.abs(volume - ours.volume).max() <= ROUNDING
    assert target.dtype == np.uint8
    assert np.array_equal(target, ours.target)
    assert np.array_equal(anatomy, ours.anatomy.label_map)
    assert theirs.anatomy.names == ours.anatomy.names


def drawn(case: Case, kind: str, seed: int = 1, **chosen: Any) -> Synthetic:
    return recipe(kind, dropped=0.3, **chosen).draw(case, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", [*PAINTED, "clinical"])
@pytest.mark.parametrize("scanned", [False, True])
def test_every_ingredient_of_every_recipe_runs_on_a_device(
    case: Case, kind: str, scanned: bool, device: str, only_through_kernels: list[int]
) -> None:
    if kind == "clinical" and not scanned:
        pytest.skip("clinical needs a CT")
    given = with_ct(case) if scanned else case
    made, there = recipe(kind, dropped=0.3, **ALL), given.on(device)
    ours = made.draw(given, np.random.default_rng(1))
    assert set(ours.params) == set(RECIPES[kind].ingredients)
    assert_alike(ours, made.draw(there, np.random.default_rng(1)))
    assert_alike(ours, made.apply(there, ours.params))


@pytest.mark.parametrize("source", BODIES)
@pytest.mark.parametrize("kind", ["synth2", "synth3"])
def test_every_background_is_the_same(
    case: Case, kind: str, source: str, device: str, only_through_kernels: list[int]
) -> None:
    given = with_ct(case)
    assert_alike(drawn(given, kind, **BODIES[source]), drawn(given.on(device), kind, **BODIES[source]))


def test_an_envelope_around_the_target_is_the_same(case: Case, device: str) -> None:
    chosen = {"cylinder": cylinder.Settings(envelope_probability=1.0), "distractors": EVERYTHING}
    assert_alike(drawn(case, "synth1", **chosen), drawn(case.on(device), "synth1", **chosen))


@pytest.mark.parametrize("kind", intensity.FILLS)
def test_every_fill_is_the_same(case: Case, kind: str, device: str) -> None:
    table = load_priors().table
    shape = tuple(np.sinh(np.array(QUANTILE_LEVELS)) * 9)
    priors = Priors({name: replace(prior, quantiles=shape) for name, prior in table.items()}, "mine")
    chosen: dict[str, Any] = {"fill": intensity.Settings(kind), "priors": priors}
    assert_alike(drawn(case, "synth3", **chosen), drawn(case.on(device), "synth3", **chosen))


@pytest.mark.parametrize("kind", ["stills", "noise", "leaves", "white", "none"])
def test_every_texture_is_the_same(case: Case, kind: str, device: str) -> None:
    bank = load_bank(texture.Settings(kind=kind, size=24, frames=6, clips=2))
    chosen: dict[str, Any] = {"clips": kind, "bank": bank, "background_texture": True}
    assert_alike(drawn(case, "synth3", **chosen), drawn(case.on(device), "synth3", **chosen))


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.uint32])
def test_labels_of_any_width_are_the_same(case: Case, dtype: type, device: str) -> None:
    larger = 90000 if dtype != np.uint16 else 40000
    label_map = np.where(case.label_map == 5, larger, case.label_map.astype(np.int64)).astype(dtype)
    names = {larger if value == 5 else value: name for value, name in case.names.items()}
    given = Case(label_map, case.spacing, names)
    assert compact(label_map, names)[0].max() < 65536
    assert_alike(drawn(given, "synth2", **ALL), drawn(given.on(device), "synth2", **ALL))


@pytest.mark.gpu
@pytest.mark.parametrize("scanned", [False, True])
@pytest.mark.parametrize("kind", PAINTED)
def test_a_large_volume_of_a_gpu_is_that_of_the_cpu(kind: str, scanned: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if reason := why_not():
        pytest.skip(reason)
    monkeypatch.setattr(voxels, "SLAB", 1 << 21)
    small = trunk()
    label_map = small.label_map.repeat(5, 0).repeat(5, 1).repeat(6, 2)
    case = Case(label_map, (0.8, 0.8, 0.83), small.names)
    given = with_ct(case) if scanned else case
    for seed in (1, 2):
        assert_alike(drawn(given, kind, seed, **ALL), drawn(given.on("cuda"), kind, seed, **ALL))


def test_one_seed_gives_the_same_bits_again(device: str) -> None:
    case = trunk().on(device)
    once, other, again = (drawn(case, "synth3", seed, **ALL).volume for seed in (1, 2, 1))
    assert torch.equal(once, again)
    assert not torch.equal(once, other)


@pytest.fixture
def only_through_kernels(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Refuse to turn tensors into arrays in silence; list the bytes that are asked for."""
    numpy, read = torch.Tensor.numpy, []

    def counted(tensor: torch.Tensor) -> NDArray[Any]:
        read.append(tensor.nbytes)
        return numpy(tensor)

    def refused(tensor: torch.Tensor, dtype: Any = None) -> None:
        raise AssertionError("a tensor becomes an array behind the kernels' back")

    with monkeypatch.context() as patch:
        patch.setattr(torch.Tensor, "numpy", counted)
        patch.setattr(torch.Tensor, "__array__", refused)
        yield read


@pytest.mark.parametrize("source", ["geometric", "kmeans"])
def test_little_comes_to_the_host(
    source: str, only_through_kernels: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voxels, "SLAB", 1 << 24)
    label_map = np.zeros((80, 72, 60), np.uint8)
    for value, centre in ((5, (56, 40, 30)), (1, (18, 30, 30)), (20, (36, 52, 20))):
        label_map[ball(label_map.shape, centre, (9, 9, 9))] = value
    case = with_ct(Case(label_map, (1.5, 1.5, 1.5), {1: "spleen", 5: "liver", 20: "colon"}))
    drawn(case.on("cpu"), "synth3", **ALL, **BODIES[source])
    assert len(only_through_kernels) <= 40
    assert sum(only_through_kernels) <= 3 * label_map.nbytes
