"""nnU-Net imports what its plans name: what its planners do not write is refused."""

import copy

import pytest

from labelct.errors import InputError
from labelct.trainer.nnunet.names import check_names

PLANNED = {
    "architecture": {
        "network_class_name": "dynamic_network_architectures.architectures.unet.ResidualEncoderUNet",
        "arch_kwargs": {"conv_op": "torch.nn.modules.conv.Conv3d", "nonlin": "torch.nn.LeakyReLU", "dropout_op": None},
        "_kw_requires_import": ["conv_op", "nonlin", "dropout_op"],
    },
    "preprocessor_name": "DefaultPreprocessor",
    "normalization_schemes": ["CTNormalization"],
    "resampling_fn_data": "resample_data_or_seg_to_shape",
    "resampling_fn_seg": "resample_torch_fornnunet",
    "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
}


def test_what_the_planners_write_passes(tmp_path):
    check_names(tmp_path, PLANNED)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (("architecture", "network_class_name"), "os.system"),
        (("architecture", "network_class_name"), "dynamic_network_architectures.architectures.unet.os.system"),
        (("architecture", "arch_kwargs", "conv_op"), "torch.nn.functional.torch.os.system"),
        (("architecture", "arch_kwargs", "nonlin"), "evil"),
        (("architecture", "arch_kwargs", "nonlin"), ["os.system"]),
        (("preprocessor_name",), "load_pickle"),
        (("normalization_schemes",), ["CTNormalization", "save_json"]),
        (("resampling_fn_data",), "load_pickle"),
    ],
)
def test_another_name_is_refused_in_one_line(tmp_path, place, name):
    plans = copy.deepcopy(PLANNED)
    inner = plans
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = name
    with pytest.raises(InputError, match="no part of nnU-Net") as error:
        check_names(tmp_path / "plans.json", plans)
    assert "\n" not in str(error.value)
