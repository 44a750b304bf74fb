"""`labelct.score` gives the numbers of the pipeline, a row for each name."""

import numpy as np
import pytest

import labelct
from labelct.errors import LabelctError
from labelct.evaluation import metrics
from labelct.evaluation.settings import EvaluationSettings
from tests.api.cases import NAMES, SPACING, label_map


def shifted():
    return np.roll(label_map(), 1, axis=0)


def test_the_numbers_are_those_of_the_pipeline():
    found = labelct.score(shifted(), label_map(), SPACING, NAMES)
    values = {name: value for value, name in NAMES.items()}
    rows = metrics.score(shifted(), label_map(), SPACING, values, EvaluationSettings())
    assert list(found.index) == ["liver", "spleen"]
    for row in rows:
        assert found.loc[row["label"]].to_dict() == {name: value for name, value in row.items() if name != "label"}
    assert found.loc["liver", "dice"] == pytest.approx(6 / 7)
    assert found.loc["liver", "truth_ml"] == 7 * 8 * 9 * 0.15


def test_a_grid_is_a_voxel_size_or_an_affine_and_an_array_any_array():
    plain = labelct.score(shifted(), label_map(), SPACING, NAMES)
    swapped = np.array([[0, 0, 6.0, 3], [-5, 0, 0, 2], [0, 5, 0, 1], [0, 0, 0, 1]])
    for prediction, spacing in ((np.asfortranarray(shifted()).astype(">f4"), swapped), (shifted().tolist(), SPACING)):
        assert labelct.score(prediction, label_map(), spacing, NAMES).equals(plain)


def test_tolerance_and_percentile_change_what_they_are_for():
    strict, loose = (labelct.score(shifted(), label_map(), SPACING, NAMES, mm) for mm in (1.0, 5.0))
    assert strict.loc["liver", "surface_dice"] < loose.loc["liver", "surface_dice"] == 1
    assert labelct.score(shifted(), label_map(), SPACING, NAMES, percentile=50).loc["liver", "hd95"] < 5


def test_what_the_truth_ignores_counts_nowhere():
    truth = np.where(np.indices(label_map().shape)[0] > 12, 9, label_map())
    found = labelct.score(label_map(), truth, SPACING, {**NAMES, 9: "ignore"})
    assert list(found.index) == ["liver", "spleen"]
    assert found.loc["spleen", "absent"] == "both"
    assert found.loc["liver", "dice"] == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"prediction": label_map()[1:]}, r"prediction: its shape is \(19, 18, 16\), that of truth"),
        ({"prediction": label_map().T}, r"give array\.T"),
        ({"prediction": label_map() + 0.5}, "prediction: its values are no whole numbers"),
        ({"truth": -label_map().astype(int)}, "truth: it holds the negative value"),
        ({"names": {}}, "names={}: allowed is one structure or more"),
        ({"names": {"liver": 1}}, "allowed is {whole number: name}"),
        ({"spacing": 0}, "spacing=0"),
        ({"tolerance_mm": "2"}, "tolerance_mm='2': allowed is a number"),
        ({"percentile": 20}, r"percentile=20\.0: allowed is 50 to 100"),
    ],
)
def test_ordinary_misuse_is_told_in_one_line(arguments, told):
    given = {"prediction": label_map(), "truth": label_map(), "spacing": SPACING, "names": NAMES}
    with pytest.raises(LabelctError, match=told) as error:
        labelct.score(**{**given, **arguments})
    assert "\n" not in str(error.value)
