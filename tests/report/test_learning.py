import pytest

from labelct.errors import InputError
from labelct.report import arms, learning
from tests.report.runs import REFERENCE, write_run

CURVES = "step,metric,value\n100,train/loss,1.5\n100,val/dice,0.5\n200,val/dice,0.75\n100,train/learning_rate,0.1\n"


def write(folder, data, text):
    write_run(folder / data, REFERENCE, {"data": data})
    if text:
        (folder / data / learning.FILE).write_text(text, encoding="utf-8")


def test_the_curves_of_a_run_are_those_of_its_arm(tmp_path):
    write(tmp_path, "synth1", CURVES)
    write(tmp_path, "synth3", "")
    runs, _ = arms.gather([tmp_path])
    curves = learning.curves_of(runs, ["data"])
    assert set(curves["arm"]) == {"data=synth1"}
    assert curves[curves["metric"] == "val/dice"]["value"].tolist() == [0.5, 0.75]
    assert set(curves["metric"]) == {"val/dice", "train/loss"}
    figure = learning.learning_plot(curves, ["data=synth3", "data=synth1"])
    (loss, dice) = figure.axes
    assert dice.lines[0].get_xydata().tolist() == [[100.0, 0.5], [200.0, 0.75]]
    assert loss.lines[0].get_color() == "C1"


def test_losses_of_training_and_validation_are_two_curves(tmp_path):
    rows = [f"{epoch},{name},{value}" for epoch in (0, 1) for name, value in (("train/loss", 1.5), ("val/loss", 0.5))]
    write(tmp_path, "synth1", "\n".join(["step,metric,value", *rows, ""]))
    figure = learning.learning_plot(learning.curves_of(arms.gather([tmp_path])[0], ["data"]), ["data=synth1"])
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "validation loss"]
    assert [axes.lines[0].get_ydata().tolist() for axes in figure.axes] == [[1.5, 1.5], [0.5, 0.5]]
    assert {axes.get_xlabel() for axes in figure.axes} == {"step (nnU-Net: epoch)"}


def test_a_curve_of_one_point_is_seen_and_steps_are_whole(tmp_path):
    write(tmp_path, "synth1", "step,metric,value\n2,val/dice,0.5\n3,val/dice,0.75\n3,train/loss,1.5\n")
    figure = learning.learning_plot(learning.curves_of(arms.gather([tmp_path])[0], ["data"]), ["data=synth1"])
    loss, dice = figure.axes
    assert (loss.lines[0].get_marker(), dice.lines[0].get_marker()) == ("o", "")
    assert all(float(tick).is_integer() for tick in (*loss.get_xticks(), *dice.get_xticks()))


def test_runs_without_curves_have_none(tmp_path):
    write(tmp_path, "synth1", "")
    assert learning.curves_of(arms.gather([tmp_path])[0], ["data"]).empty


@pytest.mark.parametrize("text", ["step,value\n1,2\n", "step,metric,value\n1,val/dice,high\n", "\0\0\0"])
def test_a_broken_file_of_curves_is_one_line(tmp_path, text):
    write(tmp_path, "synth1", text)
    with pytest.raises(InputError, match=r"curves\.csv: is no table of curves"):
        learning.curves_of(arms.gather([tmp_path])[0], ["data"])
