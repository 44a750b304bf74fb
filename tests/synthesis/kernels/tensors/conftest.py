"""Where the tensors of these tests lie; slabs are small, so that volumes have several."""

from __future__ import annotations

import pytest

from labelct.accelerator import why_not
from labelct.synthesis.kernels.tensors import voxels


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    if request.param == "cuda" and (reason := why_not()):
        pytest.skip(reason)
    return str(request.param)


@pytest.fixture(autouse=True)
def small_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voxels, "SLAB", 1000)
