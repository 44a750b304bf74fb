"""Dockerfile and labelct.def copy what the package is built of and install it as the README does."""

import re
import tomllib

import pytest

from labelct.config import configuration_folder

ROOT = configuration_folder().parent


def copied(name):
    """Return the files and folders that an image is built from."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if name == "Dockerfile":
        lines = re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE)
    elif name == "labelct.def":
        lines = re.findall(r"^ +(\S+) /opt/labelct/\1$", text, re.MULTILINE)
    else:
        lines = re.findall(r"^!(\S+)$", text, re.MULTILINE)
    return {path for line in lines for path in line.split()}


def test_what_is_copied_is_what_the_package_is_built_of():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    named = {"pyproject.toml", "constraints.txt", project["project"]["readme"], *project["project"]["license-files"]}
    folders = {*wheel["packages"], *wheel["force-include"]}
    needed = folders | {path for path in named if path.partition("/")[0] not in folders}
    assert copied("Dockerfile") == copied("labelct.def") == copied(".dockerignore") == needed
    assert all((ROOT / path).exists() for path in needed)


@pytest.mark.parametrize("name", ["Dockerfile", "labelct.def"])
def test_an_image_installs_as_the_readme_does(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    (line,) = re.findall(r"pip install .+", text)
    assert line.replace(" --no-cache-dir", "") == "pip install '.[launchers]' -c constraints.txt"
    assert "pip install -e . -c constraints.txt" in (ROOT / "README.md").read_text(encoding="utf-8")
    python = re.search(r"python:(3\.\d+)-slim", text)
    assert python
    assert python[1] == "3.11", "the least that labelct runs on, which the tests are run with"


def test_the_container_runs_as_nobody_of_importance():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    instructions = [line.split()[0] for line in lines if re.match(r"[A-Z]+ ", line)]
    assert "USER labelct" in lines
    assert "RUN" not in instructions[instructions.index("USER") :]
    assert 'ENTRYPOINT ["labelct"]' in lines
