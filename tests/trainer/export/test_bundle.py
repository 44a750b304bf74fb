"""MONAI opens the bundle by itself, and finds the same scores and the same mask."""

import json
import warnings

import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from monai.bundle.scripts import ckpt_export, load, verify_net_in_out

from labelct.errors import InputError
from labelct.evaluation.components import Parts, keep_largest
from labelct.io import nifti
from labelct.mr import Settings
from labelct.trainer.model import write_image
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model, trainer_of
from tests.edges import models
from tests.trainer.export.test_networks import exported

CPU = DeviceSettings(threads=1)
MADE = {
    "plain": lambda folder: models.unet(folder, {"liver": 1, "spleen": 3}, deep_supervision=1),
    "residual": lambda folder: models.unet(folder, {"liver": 1}, network="residual"),
    "slices": lambda folder: models.resunet25d(folder, {"liver": 1, "spleen": 3}),
    "slices, one target": lambda folder: models.resunet25d(folder, {"liver": 1}),
}


@pytest.fixture(params=MADE)
def opened(request, tmp_path):
    """Return a model's predictor and its bundle, the folder that it was made in gone."""
    made = MADE[request.param](tmp_path / "made")
    predictor = open_model(made, CPU)
    return predictor, exported(made, tmp_path / "bundle", "monai")


def test_monai_loads_the_network_with_its_weights_and_finds_the_same_scores(opened):
    predictor, bundle = opened
    with warnings.catch_warnings(action="ignore"):
        network = load(name=bundle.name, bundle_dir=str(bundle.parent), workflow_type="inference", device="cpu")
        files = (str(bundle / "configs" / name) for name in ("metadata.json", "inference.json"))
        verify_net_in_out("network_def", *files, device="cpu")  # raises where shapes are not as they are said to be
    patch = torch.randn(2, *predictor.family.patch(predictor.settings))
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(patch), predictor.network(patch), rtol=0, atol=1e-4)


@pytest.mark.ci
@pytest.mark.parametrize("opened", [name for name in MADE if name != "plain"], indirect=True)
def test_monai_makes_torchscript_of_a_bundle_as_its_page_says(opened):
    predictor, bundle = opened
    files = {
        "ckpt_file": "models/model.pt",
        "meta_file": "configs/metadata.json",
        "config_file": "configs/inference.json",
    }
    files = {name: str(bundle / file) for name, file in {**files, "filepath": "models/model.ts"}.items()}
    with warnings.catch_warnings(action="ignore"), torch.no_grad():
        ckpt_export("network_def", **files)
        network = torch.jit.load(files["filepath"])
        patch = torch.randn(2, *predictor.family.patch(predictor.settings))
        torch.testing.assert_close(network(patch), predictor.network(patch), rtol=0, atol=1e-4)


@pytest.mark.ci
def test_the_workflow_of_the_bundle_writes_the_mask_that_labelct_finds(opened, tmp_path):
    """On the network's own grid, where neither resamples; the image lies in another orientation than RAS."""
    predictor, bundle = opened
    hu = np.random.default_rng(0).normal(40, 80, (24, 20, 18)).astype(np.float32)
    affine = np.diag([-4.0, 4.0, 4.0, 1.0])
    (tmp_path / "ct").mkdir()
    nifti.write(tmp_path / "ct" / "case.nii.gz", np.rint(hu), affine)
    config = json.loads((bundle / "configs" / "inference.json").read_text())
    config |= {"bundle_root": str(bundle), "dataset_dir": str(tmp_path / "ct"), "output_dir": str(tmp_path / "masks")}
    with warnings.catch_warnings(action="ignore"):
        parser = ConfigParser(config)
        parser.parse()
        for step in range(len(config["run"])):
            parser.get_parsed_content(f"run#{step}")
    found = nifti.read_label_map(tmp_path / "masks" / "case_seg.nii.gz").array
    whole = predictor.predict(nifti.read_volume(tmp_path / "ct" / "case.nii.gz"))
    expected = keep_largest(whole, dict.fromkeys(predictor.labels.values(), Parts(1)), (4.0, 4.0, 4.0))
    assert set(np.unique(found)) == {0, *predictor.labels.values()}
    assert (found == expected).mean() > 0.999


def test_a_bundle_keeps_as_many_parts_as_the_structure_has(tmp_path):
    made = models.unet(tmp_path / "made", {"liver": 1, "vessels": 2})
    (made / "components.json").write_text('{"liver": 2, "vessels": null}')
    bundle = exported(made, tmp_path / "bundle", "monai")
    config = json.loads((bundle / "configs" / "inference.json").read_text())
    kept = [step for step in config["postprocessing"]["transforms"] if step["_target_"].startswith("KeepLargest")]
    assert [(step["applied_labels"], step["num_components"]) for step in kept] == [([1], 2)]


def test_a_model_of_mr_is_refused(tmp_path):
    made = models.unet(tmp_path / "made", {"prostate": 1})
    write_image(made, Settings())
    with pytest.raises(InputError, match="a model of MR, whose intensities MONAI"):
        trainer_of(made).export(made, tmp_path, "monai", False)


def test_images_of_unknown_units_are_seen_by_their_own_percentiles(tmp_path):
    made = models.unet(tmp_path / "made", {"liver": 1})
    settings = json.loads((made / "model.json").read_text())["settings"]
    models.change(made, settings={**settings, "normalisation": {"source": "volume"}}, intensity=None)
    bundle = exported(made, tmp_path / "bundle", "monai")
    config = json.loads((bundle / "configs" / "inference.json").read_text())
    names = [step["_target_"] for step in config["preprocessing"]["transforms"]]
    assert names[-2:] == ["ClipIntensityPercentilesd", "NormalizeIntensityd"]
