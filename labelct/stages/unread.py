"""What was typed for a job and changes nothing in it, which a sweep over it would take for a comparison."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from labelct.complaints import shown
from labelct.config import Config, option_names
from labelct.priors import AUTO, TRAIN
from labelct.settings import Checked, lies_within
from labelct.synthesis import cylinder, texture
from labelct.synthesis.recipes import RECIPES

# What says how scores are measured; the other keys of the section share cases out, or are read by figures of volumes.
SCORING = ("largest_component", "tolerance_mm", "percentile", "overlays")

# Keys of data that say which HU the priors have, and what follows them.
OF_PRIORS = tuple(
    f"data.{key}" for key in ("priors", "phase", "gas", "contents", "perfusion", "vessels", "background_sd")
)
# Keys of data.background: what the CT is split by, the body that is drawn, and the fat inside it.
CLUSTERS = ("air_hu", "clip", "seeds")
ENVELOPE = ("half_width_mm", "half_depth_mm", "narrowing", "wall_mm", "fat_mm")
MARBLED = ("visceral_fat", "visceral_control_point_spacing_mm")


def unread(config: Config, typed: Sequence[str]) -> list[str]:
    """Return a line for each group that was typed and that the job does not read, with the reason.

    Args:
        config: The experiment.
        typed: The overrides, as Hydra has them: `dose=low`, `drop.probability=0.2`.
    """
    named = [_key(re.split(r"[=@]", override.lstrip("+~"))[0]) for override in typed]
    reasons = _reasons(config).items()
    return [f"{part} is not read: {why}" for part, why in reasons if any(lies_within(key, part) for key in named)]


def why_unread(key: str, config: Config) -> str:
    """Return why a key changes nothing in a job, and what reads it: `is not read with ...`; empty where it is read.

    Args:
        key: Its name, dotted: `dose.mas`.
        config: The experiment.
    """
    if told := _beside(key, config):
        return told
    reasons = _reasons(config).items()
    return next((f"is not read: {why}; leave it out" for part, why in reasons if lies_within(key, part)), "")


def _beside(key: str, config: Config) -> str:
    """Return the same as far as it is decided by what stands beside a key, or a section that it lies in."""
    section: Any = config
    names = key.split(".")
    for depth, name in enumerate(names):
        if isinstance(section, Mapping):
            section = section.get(name)
            continue
        if not hasattr(section, name):
            return ""
        for beside, values in _conditions(section, name):
            if not any(getattr(section, other) in values for other in beside):
                return _told(section, ".".join(names[:depth]), beside, values)
        section = getattr(section, name)
    return ""


def _conditions(section: Any, name: str) -> Iterator[tuple[tuple[str, ...], Container[Any]]]:
    """Yield which fields of a section decide over another one, and with which of their values that one is read."""
    known = section.read_with if isinstance(section, Checked) else {}
    for found in (known.get(name), known.get("*")):
        if found is not None:
            beside, values = found
            beside = (beside,) if isinstance(beside, str) else tuple(beside)
            if name not in beside:
                yield beside, values


def _told(section: Any, front: str, beside: tuple[str, ...], values: Container[Any]) -> str:
    here = " and ".join(_chosen(front, other, getattr(section, other)) for other in beside)
    if not isinstance(values, Sequence):
        there = "set " + " or ".join(f"{front}.{other}" for other in beside) + ", or "
    else:
        options = [_chosen(front, other, value) for other in beside for value in values]
        there = f"choose {' or '.join(options)}, or " if options else ""
    return f"is not read with {here}; {there}leave it out"


def _chosen(front: str, name: str, value: Any) -> str:
    """Return how a value is typed: the kind of a group's option by the option, where it has its name."""
    by_option = name == "kind" and value in option_names(front)
    return f"{front}={value}" if by_option else f"{front}.{name}={shown(value)}"


def _key(name: str) -> str:
    """Return the key that a typed name stands for: the option of a group is its kind."""
    return name if "." in name else f"{name}.kind"


def _reasons(config: Config) -> dict[str, str]:
    """Return why a group, or a key of one, changes nothing, by its name."""
    return {**_of_acquisition(config), **_of_painting(config), **_of_the_rest(config)}


def _of_acquisition(config: Config) -> dict[str, str]:
    data, kind = config.data, config.scanner.kind
    if not data.is_scanned():
        again = "" if RECIPES[data.kind].image == "mr" else ", which data.rescan=true scans again"
        return dict.fromkeys(("scanner", "dose"), f"volumes of data={data.kind} are scans already{again}")
    if kind == "none":
        return {"dose": "there is no noise without a scanner (scanner=none)"}
    if kind == "image":
        return dict.fromkeys(("dose.bowtie", "dose.electronic_noise"), "scanner=image has no detector")
    return {}


def _of_painting(config: Config) -> dict[str, str]:
    name, recipe = config.data.kind, RECIPES[config.data.kind]
    if not recipe.draws:
        return dict.fromkeys(("fill", "texture", "drop", *OF_PRIORS), f"data={name} paints nothing")
    found = _of_background(config)
    if not recipe.reads_priors(config.fill):
        why = f"data={name} follows no priors" if recipe.fill else f"fill={config.fill.kind} follows no priors"
        found |= dict.fromkeys(OF_PRIORS, why)
    if not recipe.textured:
        found["texture"] = f"data={name} paints constants"
    elif recipe.white:
        noise = [f"texture.{part.name}" for part in fields(texture.Settings) if part.name != "strength"]
        found |= dict.fromkeys(noise, f"textures of data={name} are white noise")
    elif config.texture.kind == "none":
        found["texture.strength"] = "there is no texture (texture=none)"
    if recipe.fill:
        found |= dict.fromkeys(("fill.kind", "fill.spread"), f"data={name} draws as fill={recipe.fill} does")
    return found


def _of_background(config: Config) -> dict[str, str]:
    """Return why keys of `data.background` change nothing, by what unlabelled voxels are taken from."""
    data, source = config.data, config.data.background.source
    measured = RECIPES[data.kind].reads_priors(config.fill) and data.priors in (AUTO, TRAIN)
    if RECIPES[data.kind].ingredients["background"] is cylinder:
        part, drawn = f"data={data.kind} puts a cylinder there", not data.cylinder.envelope_probability
        found = dict.fromkeys(("source", *MARBLED), part)
        found |= dict.fromkeys(ENVELOPE, f"{part}, as data.cylinder.envelope_probability=0 says") if drawn else {}
        found |= {} if measured else dict.fromkeys(CLUSTERS, part)
    else:
        why, outlined = f"with data.background.source={source}", source in ("auto", "geometric")
        found = {} if outlined else dict.fromkeys((*MARBLED, "narrowing"), f"no envelope is drawn {why}")
        clustered = measured or source in ("auto", "kmeans")
        found |= {} if clustered else dict.fromkeys(CLUSTERS, f"no CT is looked at {why}")
    return {f"data.background.{key}": reason for key, reason in found.items()}


def _of_the_rest(config: Config) -> dict[str, str]:
    data, trainer = config.data, config.trainer
    scored = "it says what of a test group is scored, as test.NAME.split"
    found = dict.fromkeys(("cohort.split", "translation.mr.split", "translation.ct.split"), scored)
    if config.translation.kind != "none" and not RECIPES[data.kind].translated:
        found["translation"] = f"data={data.kind} translates nothing, as data=cyclegan does"
    if not config.test:
        scoring = [f"evaluation.{key}" for key in SCORING]
        found |= dict.fromkeys((*scoring, "limit.test"), "nothing is scored (test=none)")
    if not trainer.mirrors:
        found["trainer.prediction.mirror"] = "the training mirrors nothing"
    if not trainer.draws_on_device:
        found["device.sampling"] = f"trainer={trainer.kind} cuts its patches in its own workers"
    return found
