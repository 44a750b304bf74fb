"""The page that walks from label maps to a mask on a CT, its commands as they are written there."""

import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from labelct.config import configuration_folder
from labelct.io import nifti
from labelct.phantom import cases
from labelct.phantom.settings import PhantomSettings
from tests.proposal.maps import write

pytestmark = pytest.mark.ci  # each command is a process of its own

PAGE = configuration_folder().parent / "docs" / "your-own.md"
SMOKE = {"labelct run experiment=my_maps hydra.run.dir=trained": " debug=smoke"}  # else an hour
STRUCTURES = {"liver": 1, "kidney_left": 2, "kidney_right": 3, "stomach": 1000}
NAMES = "label;name\n1;Leber\n2;LKID\n3;Kidney (R)\n1000;my organ\n"


def commands():
    """Return every command of the page's bash blocks."""
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with three label maps in a folder with a blank in its name, as floats or not, and a CT."""
    folder, settings = tmp_path_factory.mktemp("new user"), PhantomSettings(spacing=10.0, train=4, val=0, test=0)
    names = cases.names(settings)
    files = ("anna.nii.gz", "bert.nii.gz", "cleo.nii")
    for case, file in zip(cases.case_names(settings)["train"], (*files, None), strict=True):
        cases.generate_case(settings, case, folder)
        found = nifti.read_label_map(folder / "labels" / f"{case}.nii.gz")
        array = np.zeros(found.array.shape, np.float32 if file == "bert.nii.gz" else np.uint16)
        for name, value in STRUCTURES.items():
            array[found.array == names.index(name) + 1] = value
        if file:
            write(folder / "my maps" / file, array, found.spacing)
        else:
            (folder / "ct" / f"{case}.nii.gz").rename(folder / "my_ct.nii.gz")
    (folder / "my maps" / "names.csv").write_text(NAMES, encoding="utf-8")
    return folder


def run(folder, command):
    program, *words = shlex.split(command)
    assert program == "labelct"
    done = subprocess.run(
        [sys.executable, "-m", program, *words], cwd=folder, capture_output=True, encoding="utf-8", timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def proposed(folder):
    """Return what the first command of the page prints."""
    return run(folder, commands()[0])


def test_the_experiment_that_is_written_can_be_composed_and_says_what_the_page_says(folder, proposed):
    assert commands()[0] == 'labelct init "my maps"'
    page = PAGE.read_text(encoding="utf-8")
    labels = [line for line in proposed.splitlines() if " (given as '" in line]
    assert len(labels) == 4
    for line in labels:
        assert line in page
    assert "names    by my maps/names.csv" in proposed
    shown = run(folder, f"{commands()[2]} --cfg job")
    assert "1000: my_organ" in shown
    assert "root: " + str(folder / "my maps") in shown
    assert "kind: none" in shown


def test_the_walk_ends_in_a_mask_on_the_grid_of_the_ct(folder, proposed):
    tried, trained, segmented = (run(folder, f"{command}{SMOKE.get(command, '')}") for command in commands()[1:])
    assert "no prior for my_organ: painted with HU from -150 to 300" in " ".join(tried.split())
    assert "labelct segment my_ct.nii.gz -o out --model trained" in trained
    assert "1 of 1 segmented: masks" in segmented
    mask, ct = nifti.read_label_map(folder / "masks" / "my_ct.nii.gz"), nifti.read_volume(folder / "my_ct.nii.gz")
    assert mask.array.shape == ct.array.shape
    assert np.allclose(mask.affine, ct.affine)
    assert set(np.unique(mask.array)) <= set(range(5))
