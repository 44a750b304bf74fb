"""TensorBoard's files are read back; MLflow has the same, where it is installed."""

import numpy as np
import pytest

from labelct.evaluation.figures import TRUTH
from labelct.evaluation.palette import rgb
from labelct.tracking import Description, LoggerSettings, track
from labelct.tracking.lightning_loggers import OPACITY, coloured


def tell(tracker, segmented, picture):
    tracker.log({"train/loss": 0.5, "val/dice": 0.25}, 10)
    tracker.log({"train/loss": 0.25}, 20)
    tracker.table("scores", ["case", "dice"], [["a", 0.5]])
    tracker.figure("montage", picture)
    tracker.segmentations("segmentations", lambda: [segmented])
    tracker.describe({"stages": {"training": "0" * 12}})
    tracker.summary({"own/liver/dice": 0.5, "own/liver/n": None})


@pytest.fixture
def picture(tmp_path):
    from matplotlib.image import imsave

    imsave(tmp_path / "montage.png", np.zeros((4, 4)))
    return tmp_path / "montage.png"


def test_tensorboard_has_curves_pictures_and_settings(tmp_path, segmented, picture):
    event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with track(LoggerSettings(tensorboard=True), tmp_path / "job", Description("job", {"seed": 1})) as tracker:
        tell(tracker, segmented, picture)
    found = event_accumulator.EventAccumulator(str(tmp_path / "job" / "tensorboard"))
    found.Reload()
    assert [(one.step, one.value) for one in found.Scalars("train/loss")] == [(10, 0.5), (20, 0.25)]
    assert [(one.step, one.value) for one in found.Scalars("val/dice")] == [(10, 0.25)]
    assert [one.value for one in found.Scalars("own/liver/dice")] == [0.5]
    assert set(found.Tags()["images"]) == {"montage", "segmentations/own_a"}
    assert "| a | 0.5 |" in found.Tensors("scores/text_summary")[0].tensor_proto.string_val[0].decode()
    assert (tmp_path / "job" / "curves.csv").read_text().count("\n") == 4


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # of what MLflow itself calls
@pytest.mark.parametrize("place", ["sqlite:///runs.db", None])
def test_mlflow_has_the_same(place, tmp_path, segmented, picture, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.chdir(tmp_path)  # beside a data base MLflow keeps files in `mlruns/` of the working folder
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    settings = LoggerSettings(mlflow=True, project="trial", tracking_uri=place)
    with track(
        settings, tmp_path / "job", Description("job", {"seed": 1, "caps": {"test.*.x": 2}}, "sweep")
    ) as tracker:
        tell(tracker, segmented, picture)
        tracker.log({"val/dice_kidney (L)": 0.5}, 20)
    uri = place or f"sqlite:///{tmp_path / 'job' / 'mlflow.db'}"
    client = mlflow.MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("trial").experiment_id])
    assert [(one.step, one.value) for one in client.get_metric_history(run.info.run_id, "train/loss")] == [
        (10, 0.5), (20, 0.25),
    ]  # fmt: skip
    assert (run.data.params["seed"], run.data.tags["group"]) == ("1", "sweep")
    assert (run.data.params["caps/test._.x"], run.data.metrics["val/dice_kidney _L_"]) == ("2", 0.5)
    shown = [one.path for one in client.list_artifacts(run.info.run_id, "segmentations")]
    assert shown == ["segmentations/own_a.png"]
    assert (place is None) == (tmp_path / "job" / "mlruns").is_dir()
    assert (run.data.metrics["own/liver/dice"], run.info.status) == (0.5, "FINISHED")


def test_masks_lie_over_the_image_each_in_its_colour(segmented):
    shown = coloured(segmented)
    truth, both = shown[2, 2], shown[2, 5]
    assert shown[0, 0].tolist() == [100] * 3
    assert truth.tolist() == [round(100 + OPACITY * (part - 100)) for part in rgb(TRUTH)]
    assert both[0] > truth[0]  # the prediction's red lies over it
