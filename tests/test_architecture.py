"""Every file that the page of the architecture names is there."""

import re

import pytest

from labelct.config import configuration_folder

ROOT = configuration_folder().parent
PAGE = ROOT / "docs" / "architecture.md"
ROOMS = ("labelct/", "conf/", "tests/", "docs/", "experiments/", "benchmarks/")


def named():
    """Return the paths of the repository in backticks, and the pages that are linked."""
    text = PAGE.read_text(encoding="utf-8")
    quoted = re.findall(r"`([\w./]+)`", text)
    linked = [f"docs/{page}" for page in re.findall(r"\]\((\w+\.md)", text)]
    return sorted({path for path in quoted if path.startswith(ROOMS) and "NAME" not in path} | set(linked))


def test_a_named_path_is_there():
    there = {path: (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file() for path in named()}
    assert [path for path, found in there.items() if not found] == []


def test_every_room_of_the_package_is_named():
    rooms = {f"labelct/{path.name}/" for path in (ROOT / "labelct").iterdir() if (path / "__init__.py").is_file()}
    assert rooms - set(named()) == set()


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_links_between_the_pages_hold(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]*)?\)", text):
        assert (ROOT / "docs" / target).exists(), f"{page} links {target}"
