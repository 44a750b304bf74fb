"""`labelct segment`: a trained network applied to CT files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from omegaconf import OmegaConf

from labelct.commands.arguments import Parser
from labelct.errors import InputError
from labelct.io import nifti
from labelct.io.volumes import ct_files, read_ct
from labelct.progress import track
from labelct.store import read_json, write_json
from labelct.targets import Targets
from labelct.trainer.settings import DeviceSettings


def parser() -> Parser:
    """Return the parser of the command line."""
    command = Parser(prog="labelct segment", description="Segment CT with a trained network.")
    command.add_argument("ct", nargs="+", type=Path, help="NIfTI files, or folders that hold one DICOM series each")
    command.add_argument("-o", "--output", type=Path, required=True, help="folder for <case>.nii.gz and labels.json")
    command.add_argument("--model", type=Path, required=True, help="a run's folder, or a folder of stages/training")
    command.add_argument("--device", default="cpu", choices=("cpu", "gpu", "auto"), help="where the network runs")
    command.add_argument("--all-components", action="store_true", help="keep more than the largest part of each organ")
    return command


def main(arguments: Sequence[str]) -> int:
    """Segment every CT of the command line; what is there already is left alone.

    Args:
        arguments: What stands behind `labelct segment`.

    Returns:
        The exit code, 0.

    Raises:
        InputError: A CT or the model cannot be read.
    """
    given = parser().parse_args(arguments)
    targets = {given.output / f"{_case(path)}.nii.gz": path for path in given.ct}
    missing = {target: path for target, path in targets.items() if not target.exists()}
    for path in missing.values():
        ct_files(path)
    folder = model_folder(given.model)
    from labelct.evaluation.components import keep_largest
    from labelct.trainer.table import open_model

    predictor = open_model(folder, DeviceSettings(kind=given.device))
    counts = _components(folder, predictor.labels)
    for target, path in track(missing.items(), "segmentation", len(missing)):
        volume = read_ct(path)
        labels = predictor.predict(volume)
        nifti.write(target, labels if given.all_components else keep_largest(labels, counts), volume.affine)
    write_json(given.output / "labels.json", predictor.labels)
    print(f"{len(missing)} of {len(targets)} segmented: {given.output}")
    return 0


def model_folder(path: Path) -> Path:
    """Return the folder of the trained network that `path`, a run or the folder itself, stands for.

    Raises:
        InputError: Neither of them is there.
    """
    if (path / "model.json").is_file():
        return path
    keys = dict(read_json(path / "scores.json", "give the folder of a finished run, or one with a model.json")["keys"])
    for parent in (*path.absolute().parents, _outputs(path)):
        if (found := parent / "stages" / "training" / keys["training"]).is_dir():
            return found
    raise InputError(path, f"its stages/training/{keys['training']} is gone", "give the model's own folder")


def _outputs(run: Path) -> Path:
    """Return the folder of all outputs that a run's own configuration names: the run itself may lie elsewhere."""
    path = run / "config.yaml"
    return Path(OmegaConf.load(path).paths.outputs) if path.is_file() else run


def _case(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".nii")


def _components(folder: Path, labels: Mapping[str, int]) -> dict[int, int]:
    """Return how many components each label has, by the structures that the model's targets were made of."""
    path = folder / "targets.json"
    parts = read_json(path, "train the model again") if path.is_file() else {}
    return Targets({name: parts.get(name, [name]) for name in sorted(labels, key=labels.__getitem__)}).components
