"""Hooks of mkdocs: pages that lie outside `docs/` join the site, and links between all of them lead there.

The pages are written to be read where they lie, so that their links are those of the repository. On the site `docs/` is
the root, the README its first page, and `experiments/` and `benchmarks/` are folders beside them.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
JOINED = ("README.md", "CHANGELOG.md", "benchmarks/README.md")
FOLDERS = ("experiments",)
PAGES_AND_PICTURES = (".md", ".png", ".csv")
LINK = re.compile(r"\[(?P<text>[^\[\]]*)\]\((?P<target>[^)#:\s]+)(?P<anchor>#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages and pictures outside `docs/`."""
    found = [ROOT / name for name in JOINED]
    found += [path for name in FOLDERS for path in sorted((ROOT / name).rglob("*"))]
    for path in found:
        if path.suffix in PAGES_AND_PICTURES and path.is_file():
            name = _on_site(path.relative_to(ROOT).as_posix())
            files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, files: Files, **_: Any) -> str:
    """Lead the links of a page to where their targets are on the site; what is no page there keeps its name alone."""
    lies = Path(page.file.abs_src_path).relative_to(ROOT).parent.as_posix()
    folder = posixpath.dirname(page.file.src_uri) or "."

    def led(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(lies, link["target"]))
        if (ROOT / path / "README.md").is_file():
            path = posixpath.join(path, "README.md")
        name = _on_site(path)
        if files.get_file_from_path(name) is None and (ROOT / path).exists():
            return link["text"]
        return f"[{link['text']}]({posixpath.relpath(name, folder)}{link['anchor'] or ''})"

    return LINK.sub(led, markdown)


def _on_site(path: str) -> str:
    """Return where a file of the repository lies on the site."""
    return "index.md" if path == "README.md" else path.removeprefix("docs/")
