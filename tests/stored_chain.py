"""A small chain of stages on disk, and jobs that refer to them."""

import json
from pathlib import Path

from labelct import journal
from labelct.jobs import jobs
from labelct.processes import describe
from labelct.store import build, recipe_of
from labelct.upkeep import entries
from labelct.writing import write_text


def make(folder):
    write_text(folder / "case", "content")


def chain_below(tmp_path):
    """Return the root and three stages, each made from the one before, and one that is made from nothing."""
    root = tmp_path / "outputs" / "stages"
    cohort = build(root, recipe_of("cohort", 1, {}), make)
    dataset = build(root, recipe_of("dataset", 1, {"fold": {"train": {"of": cohort.key}}}), make)
    training = build(root, recipe_of("training", 1, {}, [dataset]), make)
    return root, cohort, dataset, training, build(root, recipe_of("cohort", 2, {}), make)


def job(root: Path, name: str, keys: list[str], state: str = "finished") -> Path:
    folder = root.parent / "runs" / "day" / name
    folder.mkdir(parents=True)
    status = {"state": state, **describe()}
    (folder / "status.json").write_text(json.dumps(status))
    lines = (json.dumps({"stage": "any", "key": key}) + "\n" for key in keys)
    (folder / journal.STAGES).write_text("".join(lines))
    return folder


def used(root):
    return {entry.key: [one.folder.name for one in entry.jobs] for entry in entries(root, jobs(root))}
