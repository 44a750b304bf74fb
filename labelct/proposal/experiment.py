"""A plan as an experiment file: YAML that says what each value is for."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from omegaconf import OmegaConf

from labelct.config import configuration_folder
from labelct.errors import InputError
from labelct.priors import load_priors
from labelct.proposal.names import pairs
from labelct.proposal.plan import FoundStructure, Proposal
from labelct.settings import expanded

# The experiment that ships whose settings of the volumes were tried, by recipe; what both share is in the first file.
SHARED, TRIED = "_from_masks", {"synth1": "liver_from_masks", "synth3": "organs_from_masks"}
PAINTED = {"synth1": "the targets in a textured body", "synth3": "every label, textured, in a whole body"}
# Distractors of a trunk, which a small field of view does not show.
TRUNK = ("lungs_probability", "spine_probability", "ribs_probability", "couch_probability", "arms_probability")
LAID_OUT = {"folder": "a file a case", "nnunet_raw": "as nnU-Net keeps it", "totalsegmentator": "a folder a case"}
FILES = {"labels": "* is the name of a case", "ct": "the CT of a case, where there is one, likewise"}
COLUMN = 44  # of the comments
SAID = {
    "enhancement": "of phase mixed: 0 is native, 1 is portal-venous; the mean of all volumes",
    "enhancement_sd": "and how far they scatter",
    "superior_padding_mm": "maps that end below the heart are made longer",
    "phase": "of contrast: any, or native, arterial, portal, delayed",
    "gas": "how much gas hollow organs hold",
    "contents": "how often they hold water, contrast agent or food",
    "perfusion": "renal cortex ahead of the medulla, a spleen in bands",
    "vessels": "veins within the liver",
    "background_texture": "texture also where no label lies",
    "background": "the body around the labels: half widths, thickness of wall and fat",
    "cylinder": "the body that the targets lie in",
    "deformation": "no two volumes of a map are alike",
    "distractors": "what a CT shows and the labels do not: bones, lungs, couch, blobs of any HU",
}


def text(plan: Proposal, source: str) -> str:
    """Return the experiment file of a plan.

    Args:
        plan: What is proposed.
        source: Where the names come from, for people; empty where nothing says.

    Raises:
        InputError: The path of the label maps cannot stand in a setting.
    """
    blocks = [_head(plan), _targets(plan), _cohort(plan, source), _data(plan), _trainer(plan)]
    return "\n".join(line for block in blocks for line in block) + "\n"


def _head(plan: Proposal) -> Iterator[str]:
    yield "# @package _global_"
    yield f"# {', '.join(plan.targets[:4])}{' …' if len(plan.targets) > 4 else ''} from {plan.layout.cases} label maps"
    yield "# Written by labelct init. Any value may be changed: `labelct run --help GROUP` explains a group's keys."
    yield "defaults:"
    chosen = {
        f"cohort: {plan.layout.kind}": LAID_OUT[plan.layout.kind],
        "test: none": "or own, folder, totalsegmentator ...: score on CT with labels",
        f"data: {plan.recipe}": PAINTED[plan.recipe],
        "fill: voxels": "HU by the priors; labels without one are drawn as fill=uniform does",
        "scanner: compact": "a helical scanner",
        "dose: low": "how much noise it adds; full is that of a usual scan",
        f"trainer: {plan.trainer}": "the network, chosen for this machine",
        f"device: {plan.device}": "what trains it, as found here; auto: a GPU if there is one",
    }
    yield from (_said(f"  - override /{line}", comment) for line, comment in chosen.items())
    yield "  - _self_"


def _said(line: str, comment: str) -> str:
    """Return a line with its comment, in the column of all comments."""
    return f"{line:<{COLUMN - 1}} # {comment}" if comment else line


def _targets(plan: Proposal) -> Iterator[str]:
    yield _said("targets:", "what the network learns, in the order of the mask's values")
    yield from (f"  - {scalar(name)}" for name in plan.targets)
    for whole, (left, right) in pairs(plan.targets).items():
        yield f"  # - {whole}s: [{left}, {right}]  # in place of the two, where sides do not matter"


def _cohort(plan: Proposal, source: str) -> Iterator[str]:
    layout, root = plan.layout, os.path.abspath(plan.layout.root)
    if expanded(root) != root or "${" in root:
        raise InputError(root, "has a $ in its path, which a setting takes for a variable", "rename the folder")
    yield "cohort:"
    yield f"  root: {scalar(root)}"
    for name, value in layout.settings.items():
        yield _said(f"  {name}: {scalar(value)}", FILES.get(name, ""))
    if layout.kind == "folder":
        shown = source if source.isprintable() else scalar(source)
        yield _said("  names:", f"by {shown}" if source else "nothing says what they are called")
        yield from (_named(one, plan) for one in plan.structures)
    elif merged := {one.given: one.name for one in plan.structures if one.given and one.given != one.name}:
        yield _said("  merge:", "names of the priors in place of the data set's own")
        yield from (f"    {scalar(given)}: {scalar(name)}" for given, name in merged.items())
    numbers = "" if layout.divided else f"train: {plan.train}, val: {plan.val}, "
    yield _said(f"  splits: {{{numbers}test: 0}}", "to train on, to choose the checkpoint by" if numbers else "")


def _named(one: FoundStructure, plan: Proposal) -> str:
    given = f"given as {scalar(one.given)}; " if one.given and one.given != one.name else ""
    return _said(f"    {one.value}: {scalar(one.name)}", given + prior_of(one.name, plan))


def prior_of(name: str, plan: Proposal) -> str:
    """Return in a few words what a structure is painted with."""
    prior = load_priors().get(name)
    if prior is None:
        near = f"; near: {', '.join(plan.near[name])}" if plan.near.get(name) else ""
        return f"no prior, any HU{near}"
    spread = prior.hu_sd_between
    return (
        f"{prior.hu_native_mean:.0f} HU native, {prior.hu_pv_mean:.0f} portal-venous, patients differ by {spread:.0f}"
    )


def volumes(plan: Proposal) -> dict[str, Any]:
    """Return the settings of the volumes that were tried with a recipe, less what these label maps do not take."""
    shared, own = _tried(SHARED, "data"), _tried(TRIED[plan.recipe], "data")
    settings = shared | own | {"distractors": {**shared["distractors"], **own["distractors"]}}
    if not plan.is_trunk:
        settings["distractors"] = {key: value for key, value in settings["distractors"].items() if key not in TRUNK}
    if plan.has_chest or not plan.is_trunk:
        settings["superior_padding_mm"] = 0.0
    host = settings.get("vessels", {}).get("host")
    left_out = {"spacing", "lesions", *(["vessels"] if host not in plan.called else [])}
    left_out |= {"enhancement", "enhancement_sd"} if settings["phase"] != "mixed" else set()
    return {name: value for name, value in settings.items() if name not in left_out}


def _data(plan: Proposal) -> Iterator[str]:
    yield "data:"
    yield _said(f"  spacing: {plan.spacing}", "mm: finer shows small structures and takes longer")
    yield _said(f"  replicates: {plan.replicates}", "volumes of each label map")
    if plan.trainer == "unet_gpu":
        yield _said("  mode: online", "volumes are drawn without end")
        yield "  patches: 16"
    yield _said("  # priors: FILE", "rows of your own over the built-in ones: labelct priors show")
    for name, value in volumes(plan).items():
        line, comment = f"  {name}: {flow(value)}", SAID.get(name, "")
        yield _said(line, comment) if len(line) < COLUMN else f"  # {comment}\n{line}".removeprefix("  # \n")


def _trainer(plan: Proposal) -> Iterator[str]:
    comments = {
        "fill": "times what patients differ by",
        "scanner": "the noise alone is scanned, not the volume, and nothing kept",
    }
    for group, comment in comments.items():
        yield _said(f"{group}: {flow(_tried(SHARED, group))}", comment)
    grid = [plan.network_spacing] * 3
    yield _said(f"trainer: {{spacing: {flow(grid)}}}", "mm, the grid of the network")


def _tried(name: str, group: str) -> dict[str, Any]:
    """Return what an experiment that ships says in a group."""
    content = OmegaConf.to_container(OmegaConf.load(configuration_folder() / "experiment" / f"{name}.yaml"))
    assert isinstance(content, Mapping)
    return dict(content.get(group, {}))


def scalar(value: Any) -> str:
    """Return a value as YAML, a text in quotes wherever it could be taken for something else."""
    if not isinstance(value, str):
        return json.dumps(value)
    if value.isidentifier() and yaml.safe_load(value) == value:
        return value
    # not as JSON: YAML knows further signs that end a line
    return str(yaml.safe_dump(value, default_style='"', allow_unicode=True, width=10**6)).strip()


def flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    return str(yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False)).partition("\n")[0]


def file_of(name: str) -> Path:
    """Return where an experiment of that name belongs in the launch folder."""
    return Path("conf") / "experiment" / f"{name}.yaml"
