"""A machine that lacks readers, trackers and peers trains, segments and reports."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import labelct as package
from labelct.io import nifti
from tests.trainer.conftest import SPACING, body_with_ball

HIDDEN = ("SimpleITK", "pydicom", "av", "wandb", "astra", "odl", "nnunetv2")
SCRIPT = f"""
import sys
from importlib.machinery import PathFinder

class Poor(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {HIDDEN!r} else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Poor
"""
VERB = SCRIPT + "from labelct.__main__ import main\nmain()\n"


def labelct(*arguments, folder):
    """Run a verb as on a machine where the hidden packages are not installed."""
    command = [sys.executable, "-c", VERB, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=120)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Return the folder of a small data set in nnU-Net's raw layout."""
    folder = tmp_path_factory.mktemp("prepared") / "Dataset001_ball"
    affine = np.diag([*SPACING, 1.0])
    for number in range(4):
        hu, labels = body_with_ball(seed=number)
        nifti.write(folder / "imagesTr" / f"case_{number}_0000.nii.gz", hu, affine)
        nifti.write(folder / "labelsTr" / f"case_{number}.nii.gz", labels, affine)
    content = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "liver": 1}, "numTraining": 4}
    (folder / "dataset.json").write_text(json.dumps({**content, "file_ending": ".nii.gz"}))
    return folder


@pytest.mark.slow
def test_a_prepared_data_set_is_trained_on_and_a_ct_segmented_and_reported(prepared, tmp_path):
    data = [f"cohort.root={prepared}", "cohort.splits={train: 2, val: 1, test: 1}", "data=clinical", "scanner=none"]
    trainer = ["trainer=unet_tiny", "trainer.steps=2", "trainer.channels=[4,8,8]", "trainer.spacing=[8,8,8]"]
    run = labelct("run", "cohort=nnunet_raw", *data, *trainer, "parallel.workers=1", folder=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    model = next((tmp_path / "outputs/stages/training").iterdir())
    ct = prepared / "imagesTr" / "case_0_0000.nii.gz"
    segmented = labelct("segment", ct, "--model", model, "-o", "masks", "--device", "auto", folder=tmp_path)
    assert segmented.returncode == 0, segmented.stderr
    assert nifti.read_volume(next((tmp_path / "masks").glob("*.nii.gz"))).array.shape == (32, 30, 28)
    reported = labelct("report", "outputs", folder=tmp_path)
    assert reported.returncode == 0, reported.stderr


def names_at_top(path):
    """Return what a module imports when it is imported itself, and not only inside functions or for types."""
    found, waiting = set(), list(ast.parse(path.read_text(encoding="utf-8")).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef) and "TYPE_CHECKING" not in ast.dump(node):
            waiting += ast.iter_child_nodes(node)
    return found


def test_only_adapters_import_what_a_machine_may_lack():
    root = Path(package.__file__).parent
    imports = {
        ".".join((root.name, *path.relative_to(root).with_suffix("").parts)).removesuffix(".__init__"): names_at_top(
            path
        )
        for path in root.rglob("*.py")
    }
    lacking = set(HIDDEN)
    while more := {
        module
        for module, names in imports.items()
        if module not in lacking and (lacking & names or any(name.partition(".")[0] in HIDDEN for name in names))
    }:
        lacking |= more
    known = {name for name in lacking - set(HIDDEN) if not name.startswith("labelct.trainer.nnunet.")}
    assert known == {"labelct.scanner.odl_transform"}
    assert "labelct.trainer.nnunet.compat" in lacking
