import numpy as np
import pytest
from matplotlib.image import imread

from labelct.evaluation.contact_sheet import Segmented, draw, levels_of
from labelct.evaluation.figures import Scan
from labelct.evaluation.palette import colours, rgb
from labelct.evaluation.volumetry import measure

LABELS = {"liver": 1, "$spleen$": 3, "gallbladder": 5}


def case(depth):
    hu = np.full((60, 40, depth), -1000, np.float32)
    hu[5:55, 4:36] = 40
    found = np.zeros(hu.shape, np.uint8)
    found[30:50, 14:30, depth // 4 : depth // 2] = 1
    found[10:20, 10:20, depth // 2 : depth - 2] = 3
    return Segmented(Scan(hu, (4.0, 4.0, 4.0)), found, LABELS, measure(found, LABELS, (4.0, 4.0, 4.0), hu), -300.0)


@pytest.mark.parametrize("depth", [6, 70, 300])
def test_every_structure_found_is_drawn_in_its_colour_whatever_the_shape(tmp_path, depth):
    draw(case(depth), tmp_path / "a.png", "case", "model")
    pixels = np.rint(255 * imread(tmp_path / "a.png")[..., :3])
    counts = {
        value: int((np.abs(pixels - rgb(colour)).max(axis=-1) < 25).sum()) for value, colour in colours(LABELS).items()
    }
    assert min(counts[1], counts[3]) > 3 * counts[5] > 0  # what was not found has its square in the legend alone
    assert 0.3 < pixels.shape[0] / pixels.shape[1] < 1.2


def test_an_empty_mask_is_shown_as_well(tmp_path):
    one = case(20)
    empty = np.zeros_like(one.label_array)
    measured = measure(empty, LABELS, one.scan.spacing, one.scan.hu)
    draw(Segmented(one.scan, empty, LABELS, measured), tmp_path / "a.png", "case")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_small_structures_have_slices_of_their_own():
    found = np.zeros((50, 50, 100), np.uint8)
    found[5:45, 5:45, 10:50] = 1
    found[3, 3, 80:84] = 3
    levels = levels_of(found, [1, 3], 4)
    assert levels == sorted(levels, reverse=True)
    assert [level >= 80 for level in levels] == [True, True, False, False]
    assert levels_of(np.zeros_like(found), [1, 3], 4) == [87, 62, 37, 12]
