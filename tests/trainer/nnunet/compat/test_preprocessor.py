"""The contract with nnU-Net's preprocessing: its class and the files of a case."""

import pytest
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor

from labelct.dataset import TrainingSet
from labelct.trainer.nnunet import compat

pytestmark = pytest.mark.ci


def test_plans_name_the_preprocessor(raw):
    preprocessor = compat.Preprocessor.of(raw[1], "3d_fullres", raw[2])
    assert issubclass(preprocessor.configuration.preprocessor_class, DefaultPreprocessor)


def test_a_preprocessed_case_is_these_files(arms):
    folder = arms("synth1")[2].folder / "preprocessed" / compat.DATASET / "nnUNetPlans_3d_fullres"
    names = {case.name for case in TrainingSet(arms("synth1")[0].folder).train}
    for name in names:
        assert {path.name for path in folder.glob(f"{name}*")} == {f"{name}{ending}" for ending in compat.CASE_FILES}
