import pytest

from labelct.io import nifti
from tests.stages.chain import SMALL, build_all
from tests.stages.whole_anatomies import AFFINE, TINY, organs


@pytest.fixture(scope="session")
def made(configured, tmp_path_factory):
    """Return the folder of all stages, and the cohort with its stage, the clean volumes and the training set."""
    root = tmp_path_factory.mktemp("stages")
    return root, build_all(configured(*SMALL), root)


@pytest.fixture
def folders(tmp_path):
    for number in range(3):
        nifti.write(tmp_path / "maps" / f"c{number}.nii.gz", organs(number), AFFINE)
    nifti.write(tmp_path / "whole" / "w1.nii.gz", organs(0, 52, 20, 7), AFFINE)
    nifti.write(tmp_path / "whole" / "w2.nii.gz", organs(-4, 52, 63), AFFINE)
    return tmp_path


@pytest.fixture
def tiny(configured, folders):
    def make(*overrides):
        where = [f"cohort.root={folders}/maps", f"data.atlas.roots=[{folders}/whole]", f"paths.outputs={folders}/out"]
        return configured(*TINY, *where, *overrides)

    return make
