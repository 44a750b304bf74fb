"""nnU-Net finds the trainer class by its name in the folder that the environment names."""

from nnunetv2.utilities.find_objects import recursive_find_trainer_class_by_name

from labelct.trainer.nnunet.compat import EXTERNAL, TRAINER, LabelctTrainer, roots


def test_nnunet_finds_the_class_by_its_file(tmp_path):
    with roots(tmp_path):
        assert recursive_find_trainer_class_by_name(TRAINER) is LabelctTrainer
    assert [path.name for path in EXTERNAL.glob("*.py")] == ["labelct_nnunet.py"]
