import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection

from labelct.report import strips
from labelct.report.strips import Metric, dice_plot


def scores(**arms):
    return pd.DataFrame(
        {"arm": arm, "label": "liver", "case": f"c{index}", "dice": value}
        for arm, values in arms.items()
        for index, value in enumerate(values)
    )


def dots(figure):
    """Return x and y of every dot of a plot, arm by arm."""
    (axes,) = figure.axes
    return [np.asarray(c.get_offsets()) for c in axes.collections if isinstance(c, PathCollection)]


def lines(figure):
    (axes,) = figure.axes
    return [segment for c in axes.collections if isinstance(c, LineCollection) for segment in c.get_segments()]


def test_every_case_is_a_dot_and_nan_none():
    clinical, _, synth3, _ = dots(dice_plot(scores(clinical=[0.9, np.nan, 0.8], synth3=[0.7, 0.95, 0.85])))
    assert clinical[:, 1].tolist() == [0.8, 0.9]
    assert synth3[:, 1].tolist() == [0.7, 0.85, 0.95]
    assert clinical[:, 0].max() < synth3[:, 0].min()


def test_a_case_is_joined_from_arm_to_arm_and_over_one_that_lacks_it():
    joined = lines(dice_plot(scores(a=[0.9, 0.8], b=[0.7, np.nan], c=[0.6, 0.5])))
    heights = sorted(tuple(segment[:, 1].tolist()) for segment in joined if np.ptp(segment[:, 0]))
    sloping = [pair for pair in heights if pair[0] != pair[1]]
    assert sloping == [(0.7, 0.6), (0.8, 0.5), (0.9, 0.7)]


@pytest.mark.parametrize("values", [[0.94, 0.95], [0.1, 0.2]])
def test_the_axis_of_dice_is_the_same_whatever_the_values(values):
    (axes,) = dice_plot(scores(a=values)).axes
    assert axes.get_ylim() == pytest.approx((0.0, 1.01))


def test_what_lies_below_the_axis_is_a_triangle_at_its_end():
    _, below = dots(dice_plot(scores(a=[0.3, 0.9]), Metric("dice", "Dice", 0.8)))
    assert below[:, 1].tolist() == [0.8]


def test_a_distance_has_no_fixed_end():
    (axes,) = dice_plot(scores(a=[5.0, 40.0]), Metric("dice", "HD95", high=None)).axes
    low, high = axes.get_ylim()
    assert low == 0.0
    assert high > 41.0, "a median up there stays below the end"


def test_more_labels_than_fill_a_page_go_into_rows_of_one_scale():
    names = [f"organ {number}" for number in range(9)]
    frame = pd.concat([scores(a=[5.0 + place], b=[6.0]).assign(label=name) for place, name in enumerate(names)])
    wide = pd.concat([frame.assign(arm=frame["arm"] + str(number)) for number in range(6)])
    figure = dice_plot(wide, Metric("dice", "HD95", high=None))
    assert figure.get_figwidth() < 13
    shown = [[text.get_text() for text in axes.get_xticklabels()] for axes in figure.axes]
    assert [name for row in shown for name in row] == names
    assert len(shown) > 1
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


def test_scores_of_one_run_need_neither_arm_nor_case():
    frame = scores(a=np.linspace(0.5, 0.9, strips.BOXED)).drop(columns=["arm", "case"])
    (inside, _) = dots(dice_plot(frame))
    assert len(inside) == strips.BOXED
