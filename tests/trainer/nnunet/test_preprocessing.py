"""Preprocessing: an arm's arrays are clipped as the clinical ones, and a finished case is left alone."""

import blosc2
import pytest

from labelct.dataset import TrainingSet
from labelct.errors import InputError
from labelct.parallel import ParallelSettings
from labelct.trainer.nnunet.compat import DATASET
from labelct.trainer.nnunet.preprocessing import preprocess
from labelct.writing import write_json
from tests.trainer.nnunet.conftest import plans_of

pytestmark = pytest.mark.ci


def test_the_arrays_of_a_synthetic_arm_are_clipped_where_the_clinical_ones_are(arms):
    intensity_properties = plans_of(arms("clinical")[2].folder)["foreground_intensity_properties_per_channel"]["0"]
    bounds = [
        (intensity_properties[name] - intensity_properties["mean"]) / intensity_properties["std"]
        for name in ("percentile_00_5", "percentile_99_5")
    ]
    for arm in ("synth1", "synth3"):
        folder = arms(arm)[2].folder / "preprocessed" / DATASET / "nnUNetPlans_3d_fullres"
        for path in (path for path in folder.glob("*.b2nd") if not path.stem.endswith("_seg")):
            array = blosc2.open(str(path), mode="r")[:]
            assert array.min() == pytest.approx(bounds[0], abs=1e-3)
            assert array.max() <= bounds[1] + 1e-3


def test_a_finished_case_is_not_preprocessed_again(arms, tmp_path):
    training_set, plans, preprocessed = arms("synth2")
    made = []
    for _ in range(2):
        preprocess(TrainingSet(training_set.folder), plans.folder, "3d_fullres", ParallelSettings(workers=1), tmp_path)
        files = sorted((tmp_path / "preprocessed" / DATASET / "nnUNetPlans_3d_fullres").iterdir())
        made.append([(path.name, path.stat().st_mtime_ns) for path in files])
    assert made[0] == made[1]
    there = preprocessed.folder / "preprocessed" / DATASET / "nnUNetPlans_3d_fullres"
    assert [name for name, _ in made[0]] == sorted(path.name for path in there.iterdir())


def test_no_validation_case_is_said(arms, tmp_path):
    training_set, plans, _ = arms("synth2")
    splits = [{"train": [case.name for case in TrainingSet(training_set.folder).train], "val": []}]
    for name in ("imagesTr", "labelsTr", "dataset.json"):
        (tmp_path / name).symlink_to(training_set.folder / name)
    write_json(tmp_path / "splits_final.json", splits)
    with pytest.raises(InputError, match="no validation case"):
        preprocess(TrainingSet(tmp_path), plans.folder, "3d_fullres", ParallelSettings(workers=1), tmp_path / "out")
