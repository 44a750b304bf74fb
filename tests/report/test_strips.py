import pandas as pd

from labelct.report.strips import dice_plot


def test_dice_plot_leaves_nan_out(tmp_path):
    scores = pd.DataFrame(
        {"arm": arm, "label": "liver", "dice": value}
        for arm in ("clinical", "synth3")
        for value in (0.9, float("nan"), 0.8, 0.85, 0.95, 0.7)
    )
    dice_plot(scores, tmp_path / "a.png")
    dice_plot(scores.dropna(), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_arms_stand_apart(tmp_path):
    scores = pd.DataFrame({"label": "liver", "dice": 0.5 + number / 20} for number in range(8))
    dice_plot(scores, tmp_path / "one.png")
    dice_plot(pd.concat([scores.assign(arm=arm) for arm in ("a", "b")]), tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() != (tmp_path / "two.png").read_bytes()
