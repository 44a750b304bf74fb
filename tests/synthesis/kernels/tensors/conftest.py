"""Slabs are small, so that volumes of tests have several."""

from __future__ import annotations

import pytest

from labelct.synthesis.kernels.tensors import voxels


@pytest.fixture(autouse=True)
def small_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voxels, "SLAB", 1000)
