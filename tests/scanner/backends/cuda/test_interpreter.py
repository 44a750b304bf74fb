"""The kernels on machines without a card: Triton's interpreter runs the same source, in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("triton")

from labelct.scanner.backends.cuda.device import INTERPRETED

pytestmark = pytest.mark.ci

HERE = Path(__file__).parent
TABLE = "cuda and (face or noise or refine or mirror or several_rays or focal_spot or refined or water)"


@pytest.mark.skipif(INTERPRETED, reason="runs the others interpreted")
@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param([str(HERE), "--ignore", __file__], id="against the CPU"),
        pytest.param([str(path) for path in HERE.parent.glob("test_*.py")] + ["-k", TABLE], id="of the table"),
    ],
)
def test_kernels_pass_interpreted(chosen):
    """Those of the table that take seconds at most: the interpreter is thousands of times slower than a card."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *chosen]
    done = subprocess.run(command, env={**os.environ, "TRITON_INTERPRET": "1"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
