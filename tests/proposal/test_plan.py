import pytest

from labelct.accelerator import GIB
from labelct.proposal.layout import Layout
from labelct.proposal.machine import Machine
from labelct.proposal.plan import grid, propose
from labelct.proposal.survey import Look

SMALL = Machine(2, 24 * GIB)
TABLE = {1: "Leber", 2: "left kidney", 3: "right kidney", 9: "mass"}


def look(tmp_path, values=(1, 2, 3), shape=(512, 512, 100), spacing=(0.8, 0.8, 3.0)):
    return Look(tmp_path / "a.nii.gz", shape, spacing, dict.fromkeys(values, 1000), "")


def plan(tmp_path, looks, table, machine=SMALL):
    return propose(Layout("folder", tmp_path, [seen.path for seen in looks], cases=len(looks)), looks, table, machine)


def test_labels_get_the_names_of_the_table_and_those_without_one_their_value(tmp_path):
    found = plan(tmp_path, [look(tmp_path, (1, 2, 3, 9)), look(tmp_path, (1, 7))], TABLE)
    named = [(one.value, one.given, one.name, one.cases) for one in found.structures]
    assert named == [
        (1, "Leber", "liver", 2),
        (2, "left kidney", "kidney_left", 1),
        (3, "right kidney", "kidney_right", 1),
        (7, None, "label_7", 1),
        (9, "mass", "mass", 1),
    ]
    assert found.targets == found.called
    assert found.near == {"mass": [], "label_7": []}
    assert (found.recipe, found.train, found.val) == ("synth3", 1, 1)


@pytest.mark.parametrize(
    ("cases", "train", "val", "replicates"), [(1, 1, 0, 32), (3, 2, 1, 32), (30, 24, 6, 5), (200, 192, 8, 4)]
)
def test_few_maps_make_more_volumes_each(tmp_path, cases, train, val, replicates):
    found = plan(tmp_path, [look(tmp_path)] * cases, TABLE)
    assert (found.train, found.val, found.replicates) == (train, val, replicates)


@pytest.mark.parametrize(
    ("width", "own", "machine", "spacing"),
    [
        (400, 0.8, SMALL, 4.0),
        (180, 0.5, SMALL, 2.0),
        (400, 0.8, Machine(16, 128 * GIB, 78 * GIB), 2.0),
        (400, 3.0, Machine(16, 128 * GIB, 78 * GIB), 3.0),
        (30, 0.1, SMALL, 0.3),
        (900, 1.0, SMALL, 5.0),
        (400, 0.8, Machine(64, GIB), 6.5),
    ],
)
def test_the_grid_suits_field_of_view_maps_and_machine(tmp_path, width, own, machine, spacing):
    seen = look(tmp_path, shape=(round(width / own),) * 2 + (100,), spacing=(own, own, max(own, width / 200)))
    assert grid([seen], machine, machine.gpu_memory > 0) == spacing


def test_the_machine_says_what_trains(tmp_path):
    of = {gpu: plan(tmp_path, [look(tmp_path)], TABLE, Machine(8, 64 * GIB, gpu * GIB)) for gpu in (0, 6, 40)}
    assert {gpu: (found.trainer, found.device) for gpu, found in of.items()} == {
        0: ("unet_coarse", "cpu"),
        6: ("unet_coarse", "gpu"),
        40: ("unet_gpu", "gpu"),
    }


def test_one_structure_is_a_target_in_a_body_and_a_small_field_of_view_no_trunk(tmp_path):
    found = plan(tmp_path, [look(tmp_path, (1,), spacing=(0.3, 0.3, 1.0))], TABLE)
    assert (found.recipe, found.is_trunk, found.has_chest) == ("synth1", False, False)
    assert plan(tmp_path, [look(tmp_path, (1,))], {1: "lungs"}).has_chest


def test_of_many_structures_the_organs_are_learnt(tmp_path):
    table = {1: "liver", 2: "kidney_left"} | {value: f"vertebrae_T{value - 10}" for value in range(11, 23)}
    table |= {value: f"rib_left_{value - 30}" for value in range(31, 43)}
    assert plan(tmp_path, [look(tmp_path, tuple(table))], table).targets == ["liver", "kidney_left"]


def test_what_nnunet_ignores_is_no_structure(tmp_path):
    assert plan(tmp_path, [look(tmp_path, (1, 2))], {1: "liver", 2: "ignore"}).called == ["liver"]
