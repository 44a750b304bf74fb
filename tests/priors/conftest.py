from __future__ import annotations

import pytest

from labelct.synthesis.case import Case
from tests.synthesis.cases import trunk


@pytest.fixture
def case() -> Case:
    return trunk()
