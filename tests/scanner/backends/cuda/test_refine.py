import pytest

from labelct.scanner.noise_only import coarse_helix
from labelct.scanner.settings import NoiseOnlySettings
from tests.scanner.backends.cuda.against import relative_rms


def test_refined_views_are_those_of_the_cpu(cuda, reference, volume, helix, grid):
    coarse = coarse_helix(helix, NoiseOnlySettings(views=24, channels=32, rows=3))
    known = reference.forward(volume, grid, coarse)
    for start, stop in ((0, 9), (helix.views - 9, helix.views)):
        found = cuda.host(cuda.refine(known, coarse, helix)(start, stop))
        assert found.shape == (9, helix.channels, helix.rows)
        assert relative_rms(found, reference.refine(known, coarse, helix)(start, stop)) == pytest.approx(0, abs=1e-6)
