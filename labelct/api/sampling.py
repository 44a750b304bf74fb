"""The pipeline's sampler for arrays in memory: what is chosen by name and key becomes a recipe, an array a subject."""

import dataclasses
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from labelct.api.settings import Chosen, single
from labelct.cohort.base import Cohort, Subject
from labelct.config import Config, plain, section
from labelct.errors import SettingError, check_choice
from labelct.priors import load_priors
from labelct.sampler import Sampler
from labelct.scanner.scan import Acquisition
from labelct.scanner.settings import ScannerSettings
from labelct.settings import lies_within
from labelct.stages import preflight, priors
from labelct.stages.synthesis import ELSEWHERE
from labelct.synthesis.recipe import Recipe
from labelct.synthesis.recipes import RECIPES
from labelct.targets import Targets
from labelct.volume import LabelMap, Volume

PAINTED = ("data", "fill", "texture", "drop")  # the sections that say what a volume is
# What the pipeline reads of `data` to store volumes or to feed a trainer, and what stands for the seed here.
UNREAD = {f"data.{key}": "it is for volumes that the pipeline stores or trains on" for key in ELSEWHERE}
UNREAD |= {"data.seed": "give seed=NUMBER", "data.kind": "give recipe=NAME"}
UNREAD["data.atlas"] = "the pipeline brings atlases onto cases: labelct run"
# MR, and CT made of MR, are the pipeline's.
PAINTING = [name for name, kind in RECIPES.items() if kind.image != "mr" and not kind.translated]

Sections = dict[str, Any]


def painted_by(
    presets: Mapping[str, str], names: Mapping[int, str], settings: Mapping[str, Any], sections: tuple[str, ...]
) -> Config:
    """Return the configuration that volumes of label maps with some names are painted by.

    Args:
        presets: Option by argument, among them `recipe`.
        names: Of the maps; all of them are targets where `settings` say nothing else.
        settings: What else was given by keyword.
        sections: Those that the verb reads.

    Raises:
        SettingError, ConfigError: A preset or key does not exist or does not fit.
        InputError: A structure is not among the names.
    """
    check_choice("recipe", presets["recipe"], PAINTING)
    whole = {"targets": [name for _, name in sorted(names.items())], **settings}
    for key, value in single(whole):
        if remedy := next((told for name, told in UNREAD.items() if lies_within(key, name)), None):
            raise SettingError(key, value, "left out here", remedy)
    chosen = Chosen.of(presets, whole, (*sections, "targets"))
    config = chosen.config
    preflight.check_structures(config, tuple(names.values()), "names")
    _warn_once(chosen, tuple(names.items()))
    return config


@lru_cache(maxsize=256)
def _warn_once(chosen: Chosen, names: tuple[tuple[int, str], ...]) -> None:
    """Warn of structures without a prior, the first time that they are painted so."""
    config = chosen.config
    if RECIPES[config.data.kind].reads_priors(config.fill):
        table = priors.choose(config, has_ct=False).priors
        priors.tell_missing(config, Cohort("", (), (), (), label_names=dict(names)), table, load_priors(table))


def sections_of(config: Config) -> Sections:
    """Return what decides over the volumes of a configuration, plain: no table of HU is measured, there is no cohort.

    Raises:
        SettingError: One shall be measured on the CT of training cases.
    """
    tables = priors.choose(config, has_ct=False)
    cylinder = dataclasses.replace(config.data.cylinder, histogram=tables.body or priors.BUILTIN)
    data = dataclasses.replace(config.data, priors=tables.priors, cylinder=cylinder)
    painted = {name: plain(data if name == "data" else getattr(config, name)) for name in PAINTED}
    return {**painted, "targets": [{name: list(parts)} for name, parts in config.targets.parts.items()]}


def sampler_of(sections: Sections) -> Sampler:
    """Return what makes volumes without noise; the clips of the last textures are kept.

    Args:
        sections: Of `sections_of`, also after a trip through JSON.

    Raises:
        LabelctError: They do not fit, or a table or video that they name cannot be read.
    """
    return _sampler(json.dumps(sections, sort_keys=True))


@lru_cache(maxsize=4)
def _sampler(sections: str) -> Sampler:
    given = json.loads(sections)
    data, fill, texture, drop = (section(name, given[name]) for name in PAINTED)
    recipe = Recipe.of(data, fill, texture, drop, Targets.of(given["targets"]))
    return Sampler(recipe, Acquisition(ScannerSettings(kind="none")))


@dataclasses.dataclass(frozen=True)
class InMemory:
    """What loads an array as if it were a file; picklable."""

    image: Any

    def __call__(self) -> Any:
        """Return the volume or label map."""
        return self.image


def subject_of(case: str, label_map: LabelMap, ct: Volume | None = None) -> Subject:
    """Return a case whose label map, and CT where there is one, lie in memory."""
    return Subject(case, InMemory(label_map), None if ct is None else InMemory(ct), (Path("label_map"),))
