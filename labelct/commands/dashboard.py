"""`labelct dashboard --wandb ENTITY/PROJECT`: a view of all jobs at Weights & Biases."""

import re
from collections.abc import Sequence
from pathlib import Path

from labelct.commands.arguments import Parser, check_output
from labelct.errors import InputError

STEPS = "wandb-workspaces is not installed: pip install wandb-workspaces lets this command do what follows by itself"


def parser() -> Parser:
    """Return the parser of the command line."""
    command = Parser(
        prog="labelct dashboard",
        description="Lay out the workspace of a project at Weights & Biases: curves, scores by arm, pictures of cases.",
        epilog="Without the package wandb-workspaces it prints the steps; TensorBoard needs no layout: tensorboard "
        "--logdir outputs",
    )
    add = command.add_argument
    add("--wandb", required=True, metavar="ENTITY/PROJECT", help="user or team, and project")
    add("--test", action="append", metavar="NAME", help="a test cohort that jobs were scored on; several times (own)")
    add("--target", action="append", metavar="NAME", help="a structure that jobs segment; several times (liver)")
    add("-o", "--output", type=Path, metavar="FILE", help="write what would be sent as JSON, and send nothing")
    return command


def main(arguments: Sequence[str]) -> int:
    """Send the view, write it to a file, or print how to lay it out.

    Args:
        arguments: What stands behind `labelct dashboard`.

    Returns:
        The exit code, 0.

    Raises:
        InputError: No such project is meant, the file cannot be written, or wandb does not take the view.
    """
    given = parser().parse_args(arguments)
    entity, _, project = given.wandb.partition("/")
    if not re.fullmatch(r"[\w.-]+/[\w. -]+", given.wandb):
        raise InputError(f"--wandb={given.wandb}", "names no project", "give ENTITY/PROJECT, as in my-team/labelct")
    if given.output is not None:
        check_output(given.output)
    from labelct.tracking import dashboard
    from labelct.writing import write_json

    view = dashboard.dashboard(entity, project, given.test or ["own"], given.target or ["liver"])
    if given.output is not None:
        write_json(given.output, dashboard.plain(view), sort_keys=False)
        print(f"what would be sent: {given.output}")
    elif dashboard.installed():
        print(f"saved: {dashboard.send(view)}")
    else:
        print("\n".join([STEPS, "", *dashboard.steps(view)]))
    return 0
