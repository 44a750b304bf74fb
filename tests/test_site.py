"""The documentation builds as a site, and every link and anchor in it leads somewhere."""

import os
import re
import subprocess
import sys

import pytest

from labelct.config import configuration_folder

ROOT = configuration_folder().parent


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.ci
def test_the_readme_is_the_first_page_and_leads_to_the_others(site):
    links = re.findall(r'href="([^"#:]+\.html)', (site / "index.html").read_text(encoding="utf-8"))
    assert {"pipeline.html", "experiments/table1/index.html"} <= {
        link.replace("README.html", "index.html") for link in links
    }
    assert all((site / link).is_file() for link in links)


@pytest.mark.ci
def test_every_page_of_the_repository_is_on_the_site(site):
    pages = [path for folder in ("docs", "experiments") for path in (ROOT / folder).rglob("*.md")]
    built = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    for page in pages:
        name = page.relative_to(ROOT).with_suffix("").as_posix().removeprefix("docs/")
        assert {name, name.replace("README", "index")} & built, page


@pytest.mark.ci
def test_pictures_are_on_the_site(site):
    text = (site / "index.html").read_text(encoding="utf-8")
    pictures = re.findall(r'<img[^>]+src="([^"]+)"', text)
    assert pictures
    assert all((site / picture).is_file() for picture in pictures if not picture.startswith("data:"))
