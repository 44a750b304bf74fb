"""What the trainer class is told arrives through the environment, and decides mirrors, seeds and the log."""

import csv
import os
import random

import numpy as np
import pytest
import torch

from labelct.streaming import shared
from labelct.trainer.nnunet.instructions import COLUMNS, LOG, VARIABLE, Instructions
from labelct.trainer.nnunet.settings import NnunetPredictionSettings, NnunetSettings


def test_what_is_given_is_what_is_read(tmp_path):
    settings = NnunetSettings(epochs=7, patch=[16, 16, 16], prediction=NnunetPredictionSettings(mirror=False))
    told = Instructions(tmp_path, settings, 3, True)
    with told.given():
        assert Instructions.read() == told
    assert VARIABLE not in os.environ


def test_drawn_volumes_are_found_and_read_ahead(volumes, tmp_path):
    with shared(volumes, tmp_path) as name:
        found = Instructions(tmp_path, NnunetSettings(), 0, False, name).volumes()
        assert len(found._cases) == 3
        np.testing.assert_array_equal(found.volume(1).hu, volumes.volume(1).hu)
    assert Instructions(tmp_path, NnunetSettings(), 0, False, None).volumes() is None


def test_the_share_of_the_minutes_is_that_of_the_epochs(tmp_path):
    begun, ended = [100.0, 500.0], [130.0, 545.0]
    assert Instructions(tmp_path, NnunetSettings(minutes=5.0), 0, False).share(begun, ended) == 0.25
    assert Instructions(tmp_path, NnunetSettings(), 0, False).share(begun, ended) == 0


@pytest.mark.parametrize(
    ("mirror", "lateral", "forward", "allowed"),
    [
        ("auto", False, (0, 1, 2), (0, 1, 2)),
        ("auto", True, (0, 1, 2), (0, 1)),
        ("auto", True, (2, 0, 1), (1, 2)),
        ("all", True, (0, 1, 2), (0, 1, 2)),
        ("none", False, (0, 1, 2), ()),
        ("not_x", False, (0, 1, 2), (0, 1)),
    ],
)
def test_sides_are_never_mirrored_into_each_other(mirror, lateral, forward, allowed, tmp_path):
    told = Instructions(tmp_path, NnunetSettings(mirror=mirror), 0, lateral)
    assert told.mirrored((0, 1, 2), forward) == allowed


def streams():
    return random.random(), np.random.random(), float(torch.rand(1))  # noqa: NPY002


def test_each_epoch_and_process_has_random_numbers_of_its_own(tmp_path):
    told, drawn = Instructions(tmp_path, NnunetSettings(), 5, False), {}
    for stage, rank in ((0, 0), (1, 0), (0, 1)):
        told.seed_all(stage, rank)
        drawn[stage, rank] = streams()
    assert len(set(drawn.values())) == 3
    told.seed_all(1, 0)
    assert streams() == drawn[1, 0]


def test_the_log_counts_epochs_from_one_and_begins_anew(tmp_path):
    told = Instructions(tmp_path, NnunetSettings(), 0, False)
    for _ in range(2):
        told.log([[0.5, 0.25, 1, 1, 0.01, 2]])
    rows = list(csv.DictReader((tmp_path / LOG).read_text(encoding="utf-8").splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["epoch"], row["loss"], row["seconds"]) for row in rows] == [("1", "0.5", "2")]
