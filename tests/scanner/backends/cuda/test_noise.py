import numpy as np
import pytest

pytest.importorskip("triton")

from labelct.scanner.backends.cuda import noise
from labelct.scanner.noise import NORMAL_FROM
from tests.scanner.backends.cuda.compiled import compiles


@pytest.mark.ci
@pytest.mark.parametrize("capability", [80, 90])
def test_the_kernel_compiles(capability):
    types = dict.fromkeys(("clean", "noisy", "photons"), "*fp32") | {"seed": "i64", "electronic_noise": "fp32"}
    compiles(noise.measure_kernel, types, {"RAYS": 16, "ROWS": 32}, capability)


@pytest.mark.parametrize(("photons", "seed"), [(1e5, 7), (300.0, 2**52 + 12345), (5.0, 2**31)])
def test_the_same_seed_gives_the_photons_of_the_cpu(cuda, reference, photons, seed):
    """Counts may differ where a mean that is rounded otherwise steps over a uniform number: about once in a million."""
    clean = np.random.default_rng(0).uniform(0, 5, (11, 64, 6)).astype(np.float32)
    given = np.linspace(photons, 2 * photons, 64, dtype=np.float32)
    found = cuda.host(cuda.measure(clean, 100, given, 3.3, seed))
    expected = reference.measure(clean, 100, given, 3.3, seed)
    assert (given[:, None] * np.exp(-clean) < NORMAL_FROM).any() == (photons < 1e4)
    assert (np.abs(found - expected) > 1e-5).mean() < 1e-3
    assert np.abs(found - expected).mean() < 1e-5


def test_blocks_that_stay_on_the_device_are_taken(cuda):
    clean = np.ones((3, 8, 6), np.float32)
    photons = np.full(8, 1e4, np.float32)
    once = cuda.measure(clean, 0, photons, 0.0, 1)
    again = cuda.measure(once, 0, photons, 0.0, 1)
    assert type(again) is type(once)
    assert again.device == once.device
