"""Whatever the array and its grid, the rooms below get RAS+ arrays of their own; the rest is told in one line."""

import nibabel
import numpy as np
import pytest
import SimpleITK
import torch

from labelct.api.arguments import (
    affine_as_given,
    affine_of,
    array_of,
    as_given,
    check_same_shape,
    generator,
    image_of,
    label_map_of,
    names_of,
    number_of,
    whole_of,
)
from labelct.errors import InputError, LabelctError, SettingError
from labelct.volume import Volume
from tests.api.cases import NAMES, SPACING, ct, label_map

LPS = np.array([[0, -5.0, 0, 40], [-5, 0, 0, 30], [0, 0, 6, -7], [0, 0, 0, 1]])  # axes swapped, both the other way


def frozen(array):
    array.setflags(write=False)
    return array


FORMS = {
    "as it is": lambda array: array,
    "memory order F": np.asfortranarray,
    "negative strides": lambda array: np.ascontiguousarray(array[::-1, :, ::-1])[::-1, :, ::-1],
    "big-endian": lambda array: array.astype(array.dtype.newbyteorder(">")),
    "read-only": lambda array: frozen(array.copy()),
    "lists": lambda array: array.tolist(),
    "a tensor": torch.as_tensor,
    "a tensor with gradients": lambda array: torch.as_tensor(array, dtype=torch.float32).requires_grad_(),
    "doubles": lambda array: array.astype(np.float64),
    "half": lambda array: array.astype(np.float16),
    "long": lambda array: array.astype(np.int64),
}


@pytest.mark.parametrize("form", FORMS)
def test_any_form_of_an_array_is_the_same_and_stays_as_it_is(form):
    labels, hu = FORMS[form](label_map()), FORMS[form](ct())
    kept = np.array(array_of("labels", labels)), np.array(array_of("hu", hu))
    found, image = label_map_of(labels, SPACING, NAMES), image_of("hu", hu, SPACING)
    assert np.array_equal(found.array, label_map())
    assert np.array_equal(image.array, ct())
    assert (found.array.dtype, image.array.dtype) == (np.uint8, np.float32)
    for array, given in ((found.array, labels), (image.array, hu)):
        assert array.flags.c_contiguous
        assert array.dtype.isnative
        assert isinstance(given, list) or not np.shares_memory(array, array_of("", given))
    assert np.array_equal(array_of("labels", labels), kept[0])
    assert np.array_equal(array_of("hu", hu), kept[1])


def test_an_array_with_an_affine_is_turned_to_ras_and_back():
    given = ct()
    image = image_of("hu", given, LPS)
    assert image.array.shape == (18, 20, 16)
    assert np.array_equal(image.array, given.transpose(1, 0, 2)[::-1, ::-1])
    assert image.spacing == SPACING
    assert np.array_equal(as_given(image.array, image), given)
    assert as_given(image.array, image).flags.c_contiguous
    assert np.allclose(affine_as_given(image, image), LPS)


def test_the_affine_of_another_grid_is_turned_back_with_it():
    image = image_of("hu", ct(), LPS)
    coarse = Volume(image.array[::2, ::2], image.affine @ np.diag([2.0, 2, 1, 1]))
    there = affine_as_given(coarse, image) @ np.array([0, 0, 0, 1.0])
    last = np.array([*(n - 1 for n in coarse.array.shape[:2]), 0, 1.0])
    assert np.allclose(there, coarse.affine @ last)  # x and y run the other way: their last voxel comes first


def test_padding_of_a_ct_is_air_and_values_are_taken_as_they_are_where_that_is_asked_for():
    padded = np.where(np.indices(ct().shape)[0] < 2, -3024, ct())
    assert image_of("hu", padded, 5.0).array.min() == -1024
    with pytest.raises(InputError, match=r"^hu: .* \(scaled to 0\.\.1, or attenuation .*\); .* in Python not_hu=True$"):
        image_of("hu", (ct() + 1100) / 2000, 5.0)
    assert image_of("hu", np.full((4, 4, 4), 0.5), 5.0, None).array.max() == 0.5
    with pytest.raises(InputError, match="where MR is expected"):
        image_of("hu", ct(), 5.0, "mr")


REFUSED = {
    "two axes": (label_map()[0], r"its shape is \(18, 16\); give one volume"),
    "four axes": (label_map()[None], r"its shape is \(1, 20, 18, 16\); .* array\[0\] is one"),
    "no voxel": (label_map()[:0], r"its shape is \(0, 18, 16\)"),
    "a path": ("labels.nii.gz", "is the path 'labels.nii.gz'; read the file"),
    "nibabel": (nibabel.Nifti1Image(label_map(), np.eye(4)), "a nibabel image; give .*dataobj"),
    "SimpleITK": (SimpleITK.GetImageFromArray(label_map()), "a SimpleITK image; give .*GetArrayFromImage"),
    "masked": (np.ma.array(label_map()), "a masked array"),
    "objects": (label_map().astype(object), "its type is object"),
    "texts": (label_map().astype(str), "its type is <U"),
    "complex": (label_map().astype(complex), "its type is complex"),
    "nothing": (None, "its type is object"),
    "ragged": ([[1], [1, 2]], "is no array"),
    "bfloat16": (torch.as_tensor(label_map()).bfloat16(), "is no array"),
    "fractions": (label_map() + 0.5, "no whole numbers"),
    "negative": (-label_map().astype(int), "negative value -5"),
    "NaN": (np.where(label_map() > 0, np.nan, 0), "are NaN or infinite"),
    "enormous": (label_map().astype(np.int64) * 10**9, "it holds the value 5000000000"),
    "empty": (0 * label_map(), "all its voxels are 0"),
    "unnamed": (label_map() + np.uint8(1), "label values without a name: 2, 6"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_label_map_is_told_in_one_line(what):
    given, told = REFUSED[what]
    with pytest.raises(InputError, match=told) as error:
        label_map_of(given, SPACING, NAMES)
    assert str(error.value).startswith("label_map: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "given",
    [0, -5, float("nan"), None, "5", True, (5, 5), (5, 5, -5), np.eye(3), np.diag([5.0, 5, 5, 2]), np.zeros((3, 4)),
     1e9, {"x": 1}, [[1], [1, 2]], label_map(), label_map().astype(str)],
    ids=str,
)  # fmt: skip
def test_what_is_no_grid_is_told_in_one_line(given):
    with pytest.raises(SettingError, match=r"^spacing=") as error:
        affine_of("spacing", given)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


def test_affines_that_no_scanner_makes_are_refused():
    for affine in (np.diag([0, 5, 5, 1.0]), np.diag([900, 5, 5, 1.0]), np.diag([5, 5, 5, 1.0]) + np.eye(4, k=1)):
        with pytest.raises(LabelctError):
            image_of("hu", ct(), affine)


def test_a_voxel_size_is_an_affine_of_ras_axes():
    assert np.array_equal(affine_of("spacing", 2), np.diag([2.0, 2, 2, 1]))
    assert np.array_equal(affine_of("spacing", torch.tensor(SPACING)), np.diag([*SPACING, 1.0]))
    assert affine_of("affine", LPS) is not LPS


def test_what_is_called_ignore_is_no_structure():
    found = label_map_of(label_map(), SPACING, {1: "liver", 5: "ignore"})
    assert found.names == {1: "liver"}
    assert found.array.max() == 1
    assert np.array_equal(found.ignored, label_map() == 5)


def test_names_are_a_table_or_a_preset():
    assert names_of({np.int64(1): "liver", "5": "spleen", 0: "background"}) == NAMES
    assert names_of("totalsegmentator_v2")[5] == "liver"
    for given in (["liver"], None, {"liver": 1}, {1: ""}, {1: "a", 2: "a"}, "totalsegmentator"):
        with pytest.raises(LabelctError) as error:
            names_of(given)
        assert "\n" not in str(error.value)


def test_a_seed_is_numpys():
    for seed in (3, np.int64(3), [3], (3, 1)):
        assert generator(seed).integers(2**53) == np.random.default_rng(seed).integers(2**53)
    for seed in (None, -1, 1.5, "3", [], [1, -1], [1.5]):
        with pytest.raises(SettingError, match=r"^seed="):
            generator(seed)


def test_numbers_are_numbers():
    assert number_of("x", np.float32(2)) == 2.0
    assert whole_of("x", np.int64(2)) == 2
    for given in (None, "2", True, [2]):
        with pytest.raises(SettingError, match="allowed is a number"):
            number_of("x", given)
    for given in (None, "2", True, 2.0, -1, 2**63):
        with pytest.raises(SettingError, match="allowed is a whole number"):
            whole_of("x", given)


def test_swapped_axes_are_seen_by_their_lengths():
    check_same_shape("a", (1, 2, 3), "b", (1, 2, 3))
    with pytest.raises(InputError, match=r"^a: .*give array\.T$"):
        check_same_shape("a", (3, 2, 1), "b", (1, 2, 3))
    with pytest.raises(InputError, match=r"one grid$"):
        check_same_shape("a", (1, 2, 4), "b", (1, 2, 3))
