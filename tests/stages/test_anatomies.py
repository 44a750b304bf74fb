"""What the stage of a whole anatomy holds."""

import numpy as np

from labelct.stages import anatomies
from tests.stages.whole_anatomies import AFFINE, organs


def test_a_stage_holds_the_map_and_the_names_of_the_values_that_it_has(tmp_path):
    anatomies.write(tmp_path, organs(0, 52), AFFINE, {5: "liver", 52: "aorta", 7: "pancreas"})
    assert anatomies.names_in(tmp_path) == {5: "liver", 52: "aorta"}
    found = anatomies.read(tmp_path)
    assert found.names == {5: "liver", 52: "aorta"}
    np.testing.assert_array_equal(found.array, organs(0, 52))


def test_one_copy_of_an_atlas_serves_all_and_cannot_be_changed(tmp_path):
    for stage, shared in (("atlas", True), ("completion", False)):
        folder = tmp_path / stage / "key"
        folder.mkdir(parents=True)
        anatomies.write(folder, organs(0), AFFINE, {5: "liver"})
        first, again = anatomies.read(folder), anatomies.read(folder)
        assert (first is again, first.array.flags.writeable) == (shared, not shared)
