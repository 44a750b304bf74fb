"""Settings whose fields say themselves what they allow: one line holds a key's type, default and range."""

from collections.abc import Mapping, Sequence
from dataclasses import field, fields
from typing import Any, ClassVar

from labelct.errors import bounds, check_choice, check_interval, check_range


def ranged(default: float | None, low: float | None = None, high: float | None = None) -> Any:
    """Return the field of a number within `[low, high]` (None: no bound; a value of None passes)."""
    return field(default=default, metadata={"low": low, "high": high})


def interval(least: float, most: float, low: float | None = None, high: float | None = None) -> Any:
    """Return the field of `[least, most]`, from which something is drawn, within `[low, high]`."""
    return field(default_factory=lambda: [least, most], metadata={"interval": True, "low": low, "high": high})


def choice(default: str, choices: Sequence[str]) -> Any:
    """Return the field of one of several words."""
    return field(default=default, metadata={"choices": tuple(choices)})


class Checked:
    """The base of settings, which are dataclasses; a value that a field does not allow raises `SettingError`.

    Settings that are a section of others may be given as what `dataclasses.asdict` made of them.
    `section` is what stands before a field in its key, where the settings are a section of others: `deformation`.
    """

    _section: ClassVar[str] = ""

    def __init_subclass__(cls, section: str = "") -> None:
        cls._section = section

    def __post_init__(self) -> None:
        for known in fields(self):  # type: ignore[arg-type]
            value, allowed, section = getattr(self, known.name), known.metadata, known.default_factory
            key = f"{self._section}.{known.name}" if self._section else known.name
            if isinstance(value, Mapping) and isinstance(section, type) and issubclass(section, Checked):
                setattr(self, known.name, section(**value))
            elif "choices" in allowed:
                check_choice(key, value, allowed["choices"])
            elif "interval" in allowed:
                check_interval(key, value, allowed["low"], allowed["high"])
            elif "low" in allowed:
                check_range(key, value, allowed["low"], allowed["high"])


def allowed_values(metadata: Any) -> str:
    """Return in words what a field with this metadata allows; empty where its type says it all."""
    if "choices" in metadata:
        return " | ".join(metadata["choices"])
    allowed = bounds(metadata.get("low"), metadata.get("high"))
    return f"an interval within {allowed}" if allowed and "interval" in metadata else allowed
