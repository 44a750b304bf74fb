"""Keys that are typed and that no job reads, for what is chosen beside them leaves them out."""

import re
from collections.abc import Iterable, Sequence

from labelct.complaints import ConfigError
from labelct.config import Config
from labelct.stages.unread import why_unread

KEY = re.compile(r"\+{0,2}(\w+(?:\.\w+)+)=")


def check(jobs: Iterable[tuple[Sequence[str], Config]]) -> None:
    """Raise where a key is typed that none of the jobs of a command line reads.

    A sweep over what decides it, as `texture=video,stills texture.root=VIDEOS`, has a job that does.

    Args:
        jobs: What was typed for each, and its configuration.

    Raises:
        ConfigError: There is one.
    """
    found: dict[str, list[str]] = {}
    for overrides, config in jobs:
        for override in overrides:
            if typed := KEY.match(override):
                why = why_unread(typed[1], config)
                found.setdefault(typed[1], []).append(why and f"{override.lstrip('+')}: {why}")
    for problems in found.values():
        if all(problems):
            raise ConfigError(problems[0])
