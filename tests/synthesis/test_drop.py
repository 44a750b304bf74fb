from __future__ import annotations

import numpy as np

from labelct.synthesis.drop import of_structures, sample_drop
from labelct.synthesis.settings import DropSettings

LABELS = [f"organ_{n}" for n in range(40)]


def test_chances_zero_and_one() -> None:
    rng = np.random.default_rng(0)
    assert sample_drop(LABELS, DropSettings(0.0), rng) == []
    assert sample_drop(LABELS, DropSettings(1.0), rng) == LABELS


def test_half_of_the_labels_drop_independently() -> None:
    rng = np.random.default_rng(0)
    kept = np.array([[name in sample_drop(LABELS, DropSettings(0.5), rng) for name in LABELS] for _ in range(200)])
    assert abs(kept.mean() - 0.5) < 0.02
    assert np.abs(np.corrcoef(kept.T) - np.eye(len(LABELS))).max() < 0.35


def test_completion_classes_stay() -> None:
    assert sample_drop(["_fat", "liver"], DropSettings(1.0), np.random.default_rng(0)) == ["liver"]


def test_the_chance_of_one_label_leaves_the_others_as_they_were() -> None:
    plain = sample_drop(LABELS, DropSettings(0.5), np.random.default_rng(3))
    single = sample_drop(LABELS, DropSettings(0.5, {"organ_7": 1.0}), np.random.default_rng(3))
    assert set(plain) | {"organ_7"} == set(single)


def test_a_targets_chance_is_that_of_its_parts_unless_they_have_their_own() -> None:
    settings = DropSettings(0.5, {"kidneys": 0.1, "kidney_left": 0.9, "spleen": 0.2})
    targets = {"kidneys": ["kidney_left", "kidney_right"], "liver": ["liver"]}
    assert of_structures(settings, targets).labels == {"kidney_left": 0.9, "kidney_right": 0.1, "spleen": 0.2}
