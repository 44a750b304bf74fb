"""The README's commands do what they say, with tiny volumes and few steps where they train."""

import json
import os
import re
import shlex
import subprocess
import sys

import pytest

from labelct.config import configuration_folder
from labelct.io import nifti
from labelct.models.find import find_model
from tests.io import dicoms

README = configuration_folder().parent / "README.md"
SCRIPTS = {"labelct": ["-m", "labelct"], "labelct-run": ["-m", "labelct.run"], "python": []}
NOT_RUN = {"venv": "makes an environment", "pip": "installs from the network", "pytest": "is the run of this very test"}
QUICK = ("python -m labelct.run", "labelct report", "labelct segment", "labelct export", "labelct run --help")


def commands():
    """Return every command of the README's bash blocks, without comments and without the environment's folder."""
    text = "\n".join(re.findall(r"```bash\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL))
    lines = (line.partition("  #")[0] for line in text.replace("\\\n", " ").splitlines() if line.strip())
    return [command.strip().replace(".venv/bin/", "") for line in lines for command in line.split(" && ")]


def is_quick(command):
    return command == QUICK[0] or command.startswith(QUICK[1:])


def run(folder, words):
    """Run one command of ours in `folder`, a training with `debug=smoke`."""
    program, *rest = words
    trains = "labelct.run" in rest[:2] or program == "labelct-run" or rest[:1] == ["run"]
    smoke = ["debug=smoke"] if trains and not {"--help", "debug=smoke"} & set(rest) else []
    command = [sys.executable, *SCRIPTS[program], *rest, *smoke]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=540, env={**os.environ})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def series(ct, folder):
    """Write a CT as a DICOM series, whose slices are of 10 mm as the voxels of the smoke test."""
    volume = nifti.read_volume(ct)
    for z in range(volume.array.shape[2]):
        tags = dicoms.ct_slice(volume.array[:, ::-1, z], z)
        tags |= {"0028,0030": ("DS", dicoms.numbers(10, 10)), "0020,0032": ("DS", dicoms.numbers(0, 0, 10 * z))}
        dicoms.write(folder / f"{z:02}.dcm", tags)
    return folder


def filled(command, folder, request):
    """Return the words of a command, real files in place of those that stand for a user's own."""
    run_folder = next(folder.glob("outputs/runs/*/*/scores.json")).parent
    ct = next(folder.glob("outputs/stages/cohort/*/ct/test_000.nii.gz"))
    own = {"ct.nii.gz": ct, "outputs/sweeps": "outputs"}
    if "dicom_folder" in command:
        own["dicom_folder"] = series(ct, folder / "series")
    if "cohort.root=" in command:
        data = request.getfixturevalue("real_data")
        roots = ("cohort.root=label_maps/btcv", "test.totalsegmentator.root=totalsegmentator")
        own |= {root: root.replace("=", f"={data}/") for root in roots}
    words = [str(own.get(word, word)) for word in shlex.split(command)]
    return [re.sub(r"^outputs/runs/\d.*", str(run_folder), word) for word in words]


def test_the_first_two_commands_come_first():
    assert commands()[2] == QUICK[0]
    assert commands()[4].startswith("python -m pytest ")


def is_not_run(command):
    return any(word in command.split() for word in NOT_RUN)


def marks(command):
    """Return the marks of a command's test: only help is shown without the first job, which is an experiment."""
    light = is_not_run(command) or "--help" in command
    return [] if light else [pytest.mark.ci] if is_quick(command) else [pytest.mark.slow]


def scored(folder):
    """Return the folder of the masks that the latest run was scored by; other runs have left theirs beside it."""
    key = find_model("latest", folder / "outputs").name
    stages = folder.glob("outputs/stages/segmentation/*/recipe.json")
    return next(path.parent for path in stages if json.loads(path.read_text())["parents"]["training"] == key)


@pytest.mark.parametrize("command", [pytest.param(command, marks=marks(command)) for command in commands()])
def test_a_command_of_the_readme_does_what_it_says(command, request, tmp_path):
    for word, reason in NOT_RUN.items():
        if word in command.split():
            pytest.skip(f"{command.split()[0]} … {word}: {reason}")
    if "--help" in command:
        assert "groups" in run(tmp_path, shlex.split(command))
        return
    folder, told = request.getfixturevalue("first_job")
    if command != QUICK[0]:
        told = run(folder, filled(command, folder, request))
    verb = command.split()[1]
    if verb == "report":
        assert (folder / "outputs" / "report" / "report.html").is_file()
    elif verb == "segment":
        found, stored = folder / "masks" / "test_000.nii.gz", scored(folder) / "test_000.nii.gz"
        assert json.loads((folder / "masks" / "labels.json").read_text()) == {"liver": 1}
        found, stored = (nifti.read_label_map(path).array for path in (found, stored))
        assert found.shape == stored.shape
        assert found.any()
        assert not ((found > 0) & (stored == 0)).any(), "scores are of masks that keep what segment may leave out"
    elif verb == "export":
        assert (folder / "my_model" / "MODEL_CARD.md").is_file()
    else:
        assert "scores, figures and log: " in told
