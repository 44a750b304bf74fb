"""Hydra's composition, remembered while tests run: hundreds of them choose the same options and other values.

Hydra finds out which files the chosen options stand for and merges them, then lays the values over what they make. The
first, most of the time, hangs on the options alone: Hydra does it once for each choice, and gives a copy from then on.
It is the shipped files that are remembered; where another folder is on the search path, all is composed as ever.
Trees are kept pickled, for merging moves their nodes; to unpickle one takes a fifth of the time of a deep copy.
"""

import pickle
from dataclasses import astuple, replace
from functools import wraps

from hydra._internal import config_loader_impl, defaults_list
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra.core.object_type import ObjectType
from omegaconf import OmegaConf

from labelct.config import configuration_folder

SHIPPED = {("file", str(configuration_folder().absolute())), ("pkg", "hydra.conf"), ("structured", "")}


def searched(repo):
    """Return where files are looked for, as `(scheme, path)`; None: not in the shipped folders alone."""
    places = tuple((source.scheme(), source.path) for source in repo.get_sources())
    return places if SHIPPED.issuperset(places) else None


def remembered_files(load):
    """Return what loads a file of the configuration, each of the shipped ones once."""
    known = {}

    @wraps(load)
    def loaded(self, config_path):
        source = self._find_object_source(config_path, ObjectType.CONFIG)
        key = source and (source.scheme(), source.path, config_path)
        if not key or key[:2] not in SHIPPED:
            return load(self, config_path)
        if key not in known:
            known[key] = pickle.dumps(load(self, config_path))
        return pickle.loads(known[key])

    return loaded


def remembered_choices(find):
    """Return what finds the files that a command line stands for, once for the same options."""
    known = {}

    @wraps(find)
    def found(repo, config_name, overrides_list, **how):
        places = searched(repo)
        if places is None:
            return find(repo=repo, config_name=config_name, overrides_list=overrides_list, **how)
        values, choices = [], []
        for item in overrides_list:
            if not item.is_sweep_override():  # which Hydra leaves out here
                is_value = isinstance(item.value(), dict) or not repo.group_exists(item.key_or_group)
                (values if is_value else choices).append(item)
        key = places, config_name, tuple(item.input_line for item in choices), tuple(how.items())
        if key not in known:
            known[key] = find(repo=repo, config_name=config_name, overrides_list=choices, **how)
        return replace(known[key], config_overrides=values)

    return found


def remembered_trees(merge):
    """Return what merges files, the same ones once."""
    known = {}

    @wraps(merge)
    def merged(self, defaults, repo):
        places = searched(repo)
        if places is None:
            return merge(self, defaults, repo)
        key = places, tuple(map(astuple, defaults))
        if key not in known:
            known[key] = pickle.dumps(merge(self, defaults, repo))
        return pickle.loads(known[key])

    return merged


def listed_where_read(choices):
    """Return what lists the options chosen so far for a file that names another one by them, and for no other file."""

    @wraps(choices)
    def listed(overrides, defaults_list, self_added):
        is_read = any(item.is_interpolation() for item in defaults_list if not item.is_self())
        return choices(overrides, defaults_list, self_added) if is_read else OmegaConf.create()

    return listed


REMEMBERED = (
    (ConfigRepository, "load_config", remembered_files),
    (config_loader_impl, "create_defaults_list", remembered_choices),
    (ConfigLoaderImpl, "_compose_config_from_defaults_list", remembered_trees),
    (defaults_list, "_create_interpolation_map", listed_where_read),
)


def remember():
    """Let Hydra remember what it composes, in this process."""
    for place, name, remembered in REMEMBERED:
        setattr(place, name, remembered(getattr(place, name)))
