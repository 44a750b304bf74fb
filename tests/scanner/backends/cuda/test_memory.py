from dataclasses import replace

import numpy as np
import pytest

from labelct.accelerator import GIB
from labelct.errors import InputError
from labelct.scanner.backends.cuda import memory
from labelct.scanner.chunked_reconstruction import Reconstruction
from labelct.scanner.geometry import Grid, plan
from labelct.scanner.scan import Acquisition, scan


@pytest.fixture
def large(configured):
    """The largest scanner and a volume of 512 x 512 x 512 voxels."""
    config = configured("scanner=force", "dose=full")
    grid = Grid.centred((512, 512, 512), (0.7, 0.7, 0.7))
    return config, grid, Reconstruction.of(config.scanner, plan(config.scanner, grid), grid)


def test_a_scan_of_force_at_512_cubed_keeps_within_eight_gib(large):
    _, _, what = large
    need = sum(memory.plan(what).values()) + 4 * 514 * 514 * 512  # and the padded volume
    assert 3 * GIB < need < 8 * GIB
    assert np.prod(what.wedge.helix.shape) > 2**29  # all its projections alone take more than 3 GiB


def test_a_longer_scan_takes_no_more_but_for_its_volume(large):
    config, grid, what = large
    long = replace(grid, shape=(512, 512, 2048))
    longer = Reconstruction.of(config.scanner, plan(config.scanner, long), long)
    assert sum(memory.plan(longer).values()) < 1.2 * sum(memory.plan(what).values())


def test_less_memory_means_smaller_parts(large):
    config, grid, what = large
    config.scanner.memory = 4.0
    less = memory.plan(Reconstruction.of(config.scanner, plan(config.scanner, grid), grid))
    assert less["rebinned views"] < 0.6 * memory.plan(what)["rebinned views"]


def test_a_card_with_too_little_memory_is_refused_with_what_is_needed_and_the_remedy(large, monkeypatch):
    monkeypatch.setattr(memory, "INTERPRETED", False)
    monkeypatch.setattr(memory, "free_memory", lambda: 2 * GIB)
    line = r"^reconstruction on the card: about \d\.\d GiB are needed and 2\.0 GiB .* are free; lower scanner\.memory"
    with pytest.raises(InputError, match=line):
        memory.check_memory(large[2])


@pytest.mark.gpu
def test_a_scan_of_force_at_512_cubed_takes_less_than_eight_gib_of_a_card(card, large):
    import torch

    config, grid, _ = large
    radius = np.hypot(grid.axis(0)[:, None], grid.axis(1)[None, :])
    volume = np.broadcast_to(np.where(radius < 150, 0, -1000)[..., None], grid.shape).astype(np.float32)
    torch.cuda.reset_peak_memory_stats()
    found = scan(volume, grid.spacing, Acquisition(config.scanner, config.dose, "cuda"), {"seed": 1})
    assert torch.cuda.max_memory_allocated() <= 8 * GIB
    assert abs(found[radius < 130].mean()) < 1
