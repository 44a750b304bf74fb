"""A sweep on a Ray of this machine, which the launcher starts and ends."""

import json
import os
import subprocess
import sys
import tempfile

import pytest

pytestmark = pytest.mark.ray

MINUTES = 30
TWO_AT_ONCE = ["hydra.launcher.ray.init.num_cpus=2", "hydra.launcher.ray.remote.num_cpus=1"]
SMALL = ["debug=smoke", "scanner=image", "trainer=unet_tiny", "parallel.workers=1", "device.threads=1"]


@pytest.fixture
def environment():
    """Return what a sweep is started in: Ray's own files in a folder of few letters, for its sockets lie there."""
    pytest.importorskip("ray", reason="ray is not installed: docs/clusters.md has its two lines of pip")
    pytest.importorskip("hydra_plugins.hydra_ray_launcher", reason="hydra-ray-launcher is not installed")
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        yield {**os.environ, "RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0"}


def test_two_jobs_run_at_once(environment, tmp_path):
    command = [sys.executable, "-m", "labelct.run", "hydra/launcher=ray", *TWO_AT_ONCE, *SMALL, "seed=0,1", "-m"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60 * MINUTES, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    paths = sorted(tmp_path.glob("outputs/sweeps/*/*/*/status.json"))
    assert [json.loads(path.read_text(encoding="utf-8"))["state"] for path in paths] == ["finished", "finished"]
    assert all(path.with_name("scores.csv").is_file() for path in paths)
    began = [path.with_name(".hydra").joinpath("overrides.yaml").stat().st_mtime for path in paths]
    assert max(began) < min(path.stat().st_mtime for path in paths), "the second begins before the first has ended"
