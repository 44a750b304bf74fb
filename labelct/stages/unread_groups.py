"""What was typed for a job and changes nothing in it, which a sweep over it would take for a comparison."""

import re
from collections.abc import Sequence

from labelct.config import Config
from labelct.synthesis.recipes import RECIPES


def unread(config: Config, typed: Sequence[str]) -> list[str]:
    """Return a line for each group that was typed and that the job does not read, with the reason.

    Args:
        config: The experiment.
        typed: The overrides, as Hydra has them: `dose=low`, `drop.probability=0.2`.
    """
    named = {re.split(r"[.=@]", override.lstrip("+~"))[0] for override in typed}
    return [f"{group} is not read: {reason}" for group, reason in _reasons(config).items() if group in named]


def _reasons(config: Config) -> dict[str, str]:
    """Return why a group changes nothing, by group."""
    data, recipe = config.data, RECIPES[config.data.kind]
    found: dict[str, str] = {}
    if not data.is_scanned():
        again = "" if recipe.image == "mr" else ", which data.rescan=true scans again"
        found |= dict.fromkeys(("scanner", "dose"), f"volumes of data={data.kind} are scans already{again}")
    elif config.scanner.kind == "none":
        found["dose"] = "there is no noise without a scanner (scanner=none)"
    if not recipe.draws:
        found |= dict.fromkeys(("fill", "texture", "drop"), f"data={data.kind} paints nothing")
    elif not recipe.textured:
        found["texture"] = f"data={data.kind} paints constants"
    return found
