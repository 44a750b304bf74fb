"""onnxruntime opens the file and finds the same scores, whatever the batch; nothing in it is of this machine."""

import json

import numpy as np
import pytest
import torch

from labelct.trainer.export import networks
from labelct.trainer.nnunet.compat import bare_network
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model
from tests.edges import models
from tests.trainer.export.test_networks import exported

LABELS = {"liver": 1, "spleen": 2}


@pytest.mark.ci
@pytest.mark.parametrize("kind", ["unet", "resunet25d", "nnunet"])
def test_onnxruntime_finds_the_same_scores(tmp_path, kind):
    onnxruntime = pytest.importorskip("onnxruntime")
    made = getattr(models, kind)(tmp_path / "made", LABELS)
    predictor = open_model(made, DeviceSettings(threads=1))
    bare = bare_network(predictor.network) if kind == "nnunet" else networks.bare(predictor)
    path = exported(made, tmp_path / "out", "onnx") / "model.onnx"
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    torch.manual_seed(0)
    for batch in (1, 3):
        patch = torch.randn(batch, *bare.shape)
        with torch.no_grad():
            expected = bare.network(patch).numpy()
        found = session.run(["scores"], {"image": patch.numpy()})[0]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    said = {name: json.loads(value) for name, value in session.get_modelmeta().custom_metadata_map.items()}
    assert (said["labels"], said["activation"], said["intensity"]["low"]) == (LABELS, "softmax", -160)
    assert b".py" not in path.read_bytes()
