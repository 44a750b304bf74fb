"""`labelct store VERB`: the stages on disk."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from labelct import store
from labelct.commands.arguments import Parser
from labelct.errors import InputError
from labelct.progress import track


def parser() -> Parser:
    """Return the parser of the command line."""
    command = Parser(prog="labelct store", description="Look after the stages on disk.")
    verbs = command.add_subparsers(required=True, metavar="VERB")
    verify = verbs.add_parser("verify", help="check every stage against its recipe and the digests of its files")
    verify.add_argument("outputs", nargs="?", type=Path, default=Path("outputs"), help="holds stages/ (outputs)")
    verify.set_defaults(run=verify_all)
    return command


def main(arguments: Sequence[str]) -> int:
    """Run one verb on the stages of a folder.

    Args:
        arguments: What stands behind `labelct store`.

    Returns:
        The exit code of the verb.

    Raises:
        InputError: There are no stages.
    """
    given = parser().parse_args(arguments)
    code: int = given.run(given)
    return code


def verify_all(given: argparse.Namespace) -> int:
    """Check every finished stage, print what is wrong and what to do, and name the unfinished ones.

    Returns:
        1 where a stage is not what it was when it was made, else 0.
    """
    folders, unfinished = store.stages(_root(given.outputs))
    damaged = 0
    for folder in track(folders, "stages", len(folders)):
        if problem := store.damage(folder):
            damaged += 1
            print(f"{folder}: {problem}; rm -r {folder} lets the command that made it make it again", file=sys.stderr)
    for folder in unfinished:
        print(f"{folder}: not finished; the command that began it goes on with it")
    print(f"{len(folders)} stages, {damaged} damaged, {len(unfinished)} not finished: {given.outputs}")
    return 1 if damaged else 0


def _root(outputs: Path) -> Path:
    """Return the folder of all stages below, or at, a folder that was typed.

    Raises:
        InputError: There is none.
    """
    for root in (outputs / "stages", outputs):
        if root.is_dir() and root.name == "stages":
            return root
    raise InputError(outputs, "there are no stages below it", "give the folder that paths.outputs= named")
