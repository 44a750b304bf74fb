import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from labelct.evaluation.metrics import dice
from labelct.trainer.boundary_refinement import certain_classes, refine_boundary
from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.predictor import NetworkPredictor
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.settings import PredictionSettings, UNetSettings
from labelct.volume import Volume
from tests.synthesis.cases import ball

SPACING = (2.5, 2.5, 2.5)


def sphere(radius: float, centre: float = 12.0, size: int = 25) -> NDArray[np.bool_]:
    return ball((size,) * 3, (centre,) * 3, (radius,) * 3)


def blurred(mask: NDArray[np.bool_], width: float) -> torch.Tensor:
    """Probabilities of background and organ that rise over `width` voxels at the border of `mask`."""
    from scipy.ndimage import distance_transform_edt as distance

    depth = distance(mask) - distance(~mask)
    organ = 1 / (1 + np.exp(-depth / width))
    return torch.from_numpy(np.stack([1 - organ, organ]).astype(np.float32))


@pytest.mark.parametrize("drawn", [6.0, 8.0], ids=["too small", "too large"])
def test_the_border_moves_to_the_edge_of_the_ct(drawn: float) -> None:
    truth = sphere(7.0)
    hu = np.where(truth, 60.0, -80.0) + np.random.default_rng(0).normal(0, 5, truth.shape)
    scores = blurred(sphere(drawn), 0.8)
    before = scores.argmax(0).numpy() == 1
    after = refine_boundary(scores, hu.astype(np.float32), SPACING, 0.95, 4.5).argmax(0).numpy() == 1
    assert dice(before, truth) < 0.9
    assert dice(after, truth) > 0.99


def test_without_any_edge_the_network_decides() -> None:
    scores = blurred(sphere(7.0), 0.8)
    for hu in (40.0, -160.0):
        after = refine_boundary(scores, np.full((25, 25, 25), hu, np.float32), SPACING, 0.95, 4.5)
        torch.testing.assert_close(after, scores)


def test_certain_voxels_keep_their_probabilities_and_all_sum_to_one() -> None:
    scores, rng = blurred(sphere(7.0), 0.8), np.random.default_rng(1)
    after = refine_boundary(scores, rng.normal(0, 60, (25, 25, 25)).astype(np.float32), SPACING, 0.95, 4.5)
    certain = scores.max(0).values >= 0.95
    assert torch.equal(after[:, certain], scores[:, certain])
    torch.testing.assert_close(after.sum(0), torch.ones(25, 25, 25), atol=1e-3, rtol=0)


@pytest.mark.parametrize(("size", "gradient"), [(1.0, 4.5), (2.5, 4.5), (2.5, 9.0)])
def test_an_edge_of_the_chosen_gradient_lets_one_walker_in_e_pass(size: float, gradient: float) -> None:
    """One voxel between two seeds: even tissue on one side, on the other an edge with the weight exp(-(g / edge)^2)."""
    scores = torch.tensor([[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]])[:, :, None, None]
    hu = np.array([0.0, 0.0, gradient * size], np.float32)[:, None, None]
    after = refine_boundary(scores, hu, (size, 1.0, 1.0), 0.95, 4.5)[0, 1, 0, 0]
    assert float(after) == pytest.approx(1 / (1 + np.exp(-((gradient / 4.5) ** 2))), abs=2e-3)


def test_two_parts_are_walked_as_if_the_other_were_not_there() -> None:
    hu = np.random.default_rng(2).normal(0, 10, (25, 25, 60)).astype(np.float32)
    one, two = blurred(sphere(5.0), 0.6), blurred(sphere(6.0), 0.6)
    gap = torch.zeros(2, 25, 25, 10)
    gap[0] = 1.0
    both = refine_boundary(torch.cat([one, gap, two], 3), hu, SPACING, 0.95, 4.5)
    alone = refine_boundary(one, hu[..., :25], SPACING, 0.95, 4.5)
    torch.testing.assert_close(both[..., :25], alone, atol=2e-2, rtol=0)


def test_half_of_what_a_faint_class_wins_are_seeds() -> None:
    scores = torch.full((2, 10, 10, 10), 0.5)
    scores[0] = 0.99
    scores[1, :5] = torch.linspace(0.991, 1.0, 500).reshape(5, 10, 10)
    scores[1] *= 0.6
    scores[0, :5] = 0.3
    seeds = certain_classes(scores, 0.95)
    assert (seeds == 2).sum() == 250
    assert (seeds == 1).sum() == 500


class Doubtful(torch.nn.Module):
    """Says organ where a patch is brighter than its window's middle, over a soft rise."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        organ = torch.nn.functional.avg_pool3d(image, 3, 1, 1) * 2
        return torch.cat([-organ, organ], 1)


def segment(hu: NDArray[np.float32], **prediction: float) -> NDArray[np.bool_]:
    settings = UNetSettings(channels=[4, 8, 8], patch=[16, 16, 16])
    settings.prediction = PredictionSettings(body_crop=False, **prediction)  # type: ignore[arg-type]
    intensity_properties, device = BUILTIN["soft_tissue"], DeviceSettings(threads=1)
    predictor = NetworkPredictor(
        UNET, Doubtful().eval(), settings, {"liver": 1}, (5.0, 5.0, 5.0), intensity_properties, device
    )
    found: NDArray[np.bool_] = predictor.predict(Volume(hu, np.diag([2.5, 2.5, 2.5, 1.0]))) == 1
    return found


def test_a_prediction_follows_edges_that_the_networks_grid_cannot_show() -> None:
    truth = sphere(13.3, 23.5, 48)
    hu = np.where(truth, 160, -160).astype(np.float32)
    plain, walked = segment(hu), segment(hu, random_walker=4.5)
    assert dice(walked, truth) > dice(plain, truth) + 0.01
    assert dice(walked, truth) > 0.98


def test_chunk_by_chunk_the_walk_ends_alike() -> None:
    truth = np.concatenate([sphere(9.0, 12.0, 26)] * 6)
    hu = np.where(truth, 160, -160).astype(np.float32)
    assert dice(segment(hu, random_walker=4.5, memory_gb=0.01), segment(hu, random_walker=4.5)) > 0.999
