"""Caps: the values that `debug=` lays over any configuration."""

from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationKeyError, InterpolationResolutionError

from labelct.complaints import ConfigError, interpolation


def resolved(composed: DictConfig) -> DictConfig:
    """Return a configuration with every `${...}` resolved.

    Raises:
        ConfigError: A `${...}` stands for nothing.
    """
    try:
        found = OmegaConf.create(OmegaConf.to_container(composed, resolve=True))
    except (InterpolationKeyError, InterpolationResolutionError) as error:
        raise ConfigError(interpolation(error)) from error
    assert isinstance(found, DictConfig)
    return found


def capped(composed: DictConfig) -> DictConfig:
    """Return a configuration with the caps of `debug` laid over it, and with every `${...}` resolved.

    Raises:
        ConfigError: A `${...}` stands for nothing.
    """
    caps = OmegaConf.select(composed, "debug.caps")
    found = resolved(composed)
    for pattern, value in caps.items() if isinstance(caps, DictConfig) else ():
        for key in _matching(found, str(pattern).split("."), ()):
            OmegaConf.update(found, key, value)
    return found


def _matching(node: Any, pattern: list[str], path: tuple[str, ...]) -> Iterator[str]:
    """Yield the dotted keys of `node` that `pattern` fits, where `*` stands for any one key."""
    if not pattern:
        yield ".".join(path)
    elif isinstance(node, DictConfig):
        for key in [str(key) for key in node if pattern[0] in ("*", key)]:
            yield from _matching(node._get_node(key), pattern[1:], (*path, key))
