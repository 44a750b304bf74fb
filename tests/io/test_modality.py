from pathlib import Path

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io.modality import check_mr, check_shown, check_values

CT = np.linspace(-1000, 800, 64).reshape(4, 4, 4)
MR = np.linspace(0, 800, 64).reshape(4, 4, 4)


def test_each_passes_as_what_it_is():
    check_values(Path("a"), CT, "ct")
    check_values(Path("a"), MR, "mr")
    check_mr(Path("a"), MR - 30)  # interpolation and bias fields leave values a little below 0


def test_each_is_refused_as_the_other_with_the_range_seen():
    with pytest.raises(InputError, match="a: its voxels run from -1000 to 800, as those of a CT in HU"):
        check_values(Path("a"), CT, "mr")
    with pytest.raises(InputError, match=r"from 0 to 800, none below -500: no HU \(an MR\?\)"):
        check_values(Path("a"), MR, "ct")


def test_an_image_that_shows_nothing_is_refused():
    with pytest.raises(InputError, match="all its voxels are 7"):
        check_shown(Path("a"), np.full((4, 4, 4), 7.0))
    with pytest.raises(InputError, match="one slice"):
        check_shown(Path("a"), MR[:, :, :1])
