"""pyproject.toml, constraints.txt and requirements.lock agree on what labelct needs, and in which version."""

import re
import tomllib

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from labelct.config import configuration_folder

ROOT = configuration_folder().parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINUX = default_environment() | {
    "sys_platform": "linux", "platform_system": "Linux", "implementation_name": "cpython",
    "python_version": "3.12", "python_full_version": "3.12.0",
}  # fmt: skip
# its launcher wants an older cloudpickle than dask's, so that it is installed by itself (docs/clusters.md)
ALONE = {"ray"}


def lines(name):
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def pins(found):
    """Return the version by name, of lines that hold on Linux."""
    wanted = [Requirement(line) for line in found]
    held = [one for one in wanted if one.marker is None or one.marker.evaluate(LINUX)]
    versions = {canonicalize_name(one.name): re.fullmatch(r"==([^,*]+)", str(one.specifier)) for one in held}
    assert [name for name, version in versions.items() if version is None] == []
    return {name: version[1] for name, version in versions.items()}


def asked(*extras):
    """Return the requirements of the project and of its extras, but for labelct's own."""
    texts = PROJECT["dependencies"] + [text for extra in extras for text in PROJECT["optional-dependencies"][extra]]
    return [one for one in map(Requirement, texts) if one.name != PROJECT["name"]]


@pytest.fixture(scope="module")
def constrained():
    return pins(lines("constraints.txt"))


@pytest.fixture(scope="module")
def locked():
    return pins(line.partition("--hash")[0].strip() for line in lines("requirements.lock"))


def test_what_is_asked_for_has_a_version_that_is_allowed(constrained):
    versions = {one: constrained[canonicalize_name(one.name)] for one in asked(*PROJECT["optional-dependencies"])}
    held = {str(one): one.specifier.contains(version, prereleases=True) for one, version in versions.items()}
    assert [name for name, allowed in held.items() if not allowed] == []


def test_the_lock_holds_what_is_asked_for(locked):
    extras = set(PROJECT["optional-dependencies"]) - ALONE
    assert {canonicalize_name(one.name) for one in asked(*extras)} <= set(locked)


def test_the_lock_has_the_versions_of_the_constraints(locked, constrained):
    assert {name: constrained.get(name) for name in locked} == locked


def test_the_lock_has_hashes_and_no_place_of_its_own():
    found = lines("requirements.lock")
    assert all(re.search(r" --hash=sha256:[0-9a-f]{64}(\s|$)", line) for line in found)
    assert not any("://" in line or line.startswith("-") for line in found)
