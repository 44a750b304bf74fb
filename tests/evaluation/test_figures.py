import numpy as np
import pytest
from matplotlib.image import imread

from labelct.evaluation import figures

SPACING = (2.0, 2.0, 4.0)
SHAPE = (40, 30, 20)


@pytest.fixture
def scene():
    volume = np.full(SHAPE, -1000.0, dtype=np.float32)
    volume[5:35, 4:26] = 40.0
    truth = np.zeros(SHAPE, dtype=np.uint8)
    truth[24:34, 14:24, 8:16] = 1
    return volume, truth


def bright_centre(pixels):
    rows, columns = np.nonzero(pixels[..., :3].min(axis=-1) > 0.95)
    return rows.mean() / pixels.shape[0], columns.mean() / pixels.shape[1]


@pytest.mark.parametrize("view", [figures.AXIAL, figures.CORONAL, figures.SAGITTAL], ids=lambda view: view.name)
def test_right_anterior_superior_is_drawn_at_the_upper_left(view):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    volume = np.full(SHAPE, -1000.0, dtype=np.float32)
    volume[30:38, 22:28, 14:18] = 1000.0
    index = (34, 25, 16)[view.cut]
    scan = figures.Scan(volume, SPACING)
    figure = Figure(figsize=(4, 4), facecolor="black")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    figures.show(axes, scan, figures.Plane(view, index, SPACING), scan.size(view))
    for letter in list(axes.texts):
        letter.remove()
    canvas.draw()
    height, width = bright_centre(np.asarray(canvas.buffer_rgba()) / 255.0)
    assert height < 0.5
    assert width < 0.5


def test_planes_cut_a_target_whose_middle_is_hollow():
    ring = np.zeros((21, 21, 21), dtype=np.uint8)
    ring[2:19, 2:19, 8:12] = 1
    ring[5:16, 5:16, 8:12] = 0
    centre = figures.centre(ring, [1])
    for axis in range(3):
        assert np.take(ring, centre[axis], axis=axis).any()
    assert figures.centre(np.zeros((4, 6, 8), dtype=np.uint8), [1]) == (2, 3, 4)


def test_overlay_draws_both_contours_in_their_colours(scene, tmp_path):
    volume, truth = scene
    path = tmp_path / "overlay.png"
    figures.overlay(figures.Scan(volume, SPACING), truth, np.roll(truth, 4, axis=0), {"liver": 1}, path, "case")
    pixels = imread(path)[..., :3]
    for colour in (figures.TRUTH, figures.PREDICTION):
        rgb = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        assert (np.abs(pixels - rgb).max(axis=-1) < 0.1).sum() > 50, colour
    assert path.stat().st_size < 400_000


def test_the_same_picture_has_the_same_bytes(scene, tmp_path):
    volume, truth = scene
    scan = figures.Scan(volume, SPACING)
    for name in ("a.png", "b.png"):
        figures.overlay(scan, truth, truth, {"liver": 1, "spleen": 2}, tmp_path / name, "case")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_tiles_keep_the_proportions_in_mm(scene, tmp_path):
    volume, _ = scene
    panels = [
        figures.MontagePanel(name, figures.Scan(hu, SPACING)) for name, hu in (("real", volume), ("half", volume[:20]))
    ]
    figures.montage(panels, tmp_path / "m.png")
    pixels = imread(tmp_path / "m.png")
    black = (pixels[..., :3].max(axis=-1) < 0.02).any(axis=0)
    edges = np.flatnonzero(np.diff(np.r_[False, pixels[..., :3].min(axis=-1).min(axis=0) < 0.3, False]))
    first, second = edges[1] - edges[0], edges[-1] - edges[-2]
    assert black.any()
    assert first / second == pytest.approx(2.0, rel=0.06)


def test_nothing_predicted_and_no_truth_still_draws(scene, tmp_path):
    volume, truth = scene
    scan, nothing = figures.Scan(volume, SPACING), np.zeros_like(truth)
    figures.overlay(scan, None, nothing, {"liver": 1}, tmp_path / "o.png", "nothing")
    assert (tmp_path / "o.png").stat().st_size > 1000


@pytest.mark.parametrize("names", [{"肝": 1, "n" * 2000: 2}, {"肝" * 2000: 1}])
def test_names_of_another_script_or_of_any_length_are_told_of_in_one_line(scene, tmp_path, caplog, recwarn, names):
    volume, truth = scene
    path = tmp_path / "a.png"
    figures.overlay(figures.Scan(volume, SPACING), truth, truth, names, path, "case")
    assert [record.getMessage() for record in caplog.records] == [f"{path}: its font lacks 肝, drawn as boxes"]
    assert not recwarn.list
