import numpy as np

from labelct.scanner.backends.numba.reconstruct import reconstruct
from labelct.scanner.chunked_reconstruction import Reconstruction


def test_image_does_not_depend_on_threads(scanner, helix, grid, one_thread):
    import numba

    views = np.random.default_rng(0).standard_normal(helix.shape, dtype=np.float32)
    what = Reconstruction.of(scanner, helix, grid)
    single = reconstruct(lambda a, b: views[a:b], what)
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    np.testing.assert_array_equal(reconstruct(lambda a, b: views[a:b], what), single)


def test_reconstruction_is_linear_in_the_views(scanner, helix, grid):
    rng, what = np.random.default_rng(1), Reconstruction.of(scanner, helix, grid)
    clean, noise = (rng.standard_normal(helix.shape, dtype=np.float32) for _ in range(2))
    images = [reconstruct(lambda a, b, v=v: v[a:b], what) for v in (clean, noise, clean + noise)]
    np.testing.assert_allclose(images[0] + images[1], images[2], atol=1e-4 * np.abs(images[2]).max())
