"""`labelct export`: a trained model as a folder that needs no other one, and as other tools read it."""

from collections.abc import Sequence
from pathlib import Path

from labelct.commands.arguments import Parser
from labelct.models import find_model
from labelct.texts import read_text

FORMATS = ("labelct", "monai", "onnx", "nnunet")


def parser() -> Parser:
    """Return the parser of the command line."""
    command = Parser(prog="labelct export", description="Write a trained model to a folder that needs no other one.")
    add = command.add_argument
    add("model", metavar="RUN", help="a run's folder, latest, or the folder or name of a model")
    add("-o", "--output", type=Path, required=True, metavar="FOLDER", help="the folder; its name is the model's")
    add(
        "--format",
        nargs="+",
        default=["labelct"],
        choices=FORMATS,
        help="labelct: what labelct segment opens; monai: a bundle; onnx; nnunet: the zip that nnU-Net installs",
    )
    add("--half", action="store_true", help="store the weights in 16 bits, half as large; ONNX keeps 32")
    add("--licence", help="the licence of the weights, such as CC-BY-SA-4.0")
    add("--data-source", metavar="TEXT", help="where the training data come from, for the card")
    add("--data-licence", metavar="TEXT", help="their licence, for the card")
    add("--notes", type=Path, metavar="FILE", help="Markdown for the end of the card")
    add("--overwrite", action="store_true", help="take the place of a model that was exported to FOLDER before")
    return command


def main(arguments: Sequence[str]) -> int:
    """Write the model of the command line to a folder.

    Args:
        arguments: What stands behind `labelct export`.

    Returns:
        The exit code, 0.

    Raises:
        InputError: There is no finished model, its trainer does not give a format, or the folder cannot be written.
    """
    given = parser().parse_args(arguments)
    from labelct.export.folder import Wanted, check_output, export
    from labelct.export.origin import run_of
    from labelct.export.provenance import Statement

    check_output(given.output, given.overwrite)
    model = find_model(given.model)
    notes = None if given.notes is None else read_text(given.notes, "give a file of Markdown")
    stated = Statement(given.output.absolute().name, given.licence, given.data_source, given.data_licence, notes)
    wanted = Wanted(given.format, given.half, given.overwrite)
    export(model, run_of(model, Path(given.model)), given.output, wanted, stated)
    size = sum(path.stat().st_size for path in given.output.rglob("*") if path.is_file())
    print(f"{', '.join(given.format)} of {model}: {given.output}, {size / 1e6:.1f} MB")
    return 0
