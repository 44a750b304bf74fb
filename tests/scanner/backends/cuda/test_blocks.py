import pytest

pytest.importorskip("triton")

from labelct.scanner.backends.cuda.blocks import CELLS, Blocks


@pytest.mark.parametrize("rays", [1, 640, 10**7])
@pytest.mark.parametrize("rows", [1, 6, 16, 32, 64, 96])
def test_programs_cover_all_rows_of_all_rays(rays, rows):
    blocks = Blocks.of(rays, rows)
    across, along = blocks.options["RAYS"], blocks.options["ROWS"]
    assert across * along == CELLS
    of_a_ray = -(-rows // along)
    assert of_a_ray * along >= rows > (of_a_ray - 1) * along
    assert (blocks.grid[0] // of_a_ray) * across >= rays > (blocks.grid[0] // of_a_ray - 1) * across
