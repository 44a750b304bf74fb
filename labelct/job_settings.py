"""The settings of a job that belong to none of its rooms: where things land, how much is used, what is laid over."""

from dataclasses import dataclass, field
from typing import Any

from labelct.settings import MOST_SEED, Checked, path, ranged


@dataclass
class PathsSettings(Checked):
    """Where things land.

    Attributes:
        outputs: The folder of `stages/`, `runs/` and `sweeps/`.
    """

    outputs: str = path("outputs")


@dataclass
class LimitSettings(Checked):
    """How many cases of each split are used, first ones first.

    Attributes:
        train: Training cases, no more than there are; null takes all.
        val: Validation cases; null takes all.
        test: Cases of each test cohort; null takes all.
    """

    train: int | None = ranged(None, 1)
    val: int | None = ranged(None, 1)
    test: int | None = ranged(None, 1)


@dataclass
class DebugSettings:
    """Values laid over any configuration.

    Attributes:
        caps: `{dotted key: the value it gets}`; `*` fits any one part, and keys that are not there are left out.
    """

    caps: dict[str, Any] = field(default_factory=dict)


@dataclass
class JobSettings(Checked):
    """The schema of what lies in no section; `labelct.config.Config` says what each of them is."""

    seed: int = ranged(0, 0, MOST_SEED)
    name: str | None = None
    group: str | None = None
    tags: list[str] = field(default_factory=list)
    dry_run: bool = False
