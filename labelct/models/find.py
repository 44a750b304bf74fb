"""Where a model lies that a user names: a folder, a run, the newest run, or one that comes with labelct."""

from pathlib import Path

from labelct.errors import InputError, did_you_mean
from labelct.filenames import check_name
from labelct.folders import matching
from labelct.job_status import PLACES, SCORES
from labelct.models.foreign import foreign
from labelct.texts import read_json

LATEST = "latest"
MODEL = "model.json"
SHIPPED = Path(__file__).parent
GIVE = "give the folder of a finished run, or one with a model.json"
OWN_FORMAT = "labelct segment opens runs and what labelct export wrote with --format labelct; give one of these"
REMEDY = "give the model's own folder"


def built_in() -> dict[str, Path]:
    """Return the folders of the models that come with labelct by their names, sorted."""
    return {path.parent.name: path.parent for path in sorted(SHIPPED.glob(f"*/{MODEL}"))}


def find_model(text: str | None = None, outputs: Path = Path("outputs")) -> Path:
    """Return the folder of a trained model, the one that holds its `model.json`.

    Args:
        text: `latest`, the name of a model that comes with labelct, the folder of a model or of a finished run; a
            folder that is called as one of the names is given as `./NAME`. None: the one that comes with labelct.
        outputs: Where `latest` looks for runs.

    Raises:
        InputError: There is no such model, or none comes with labelct, or several do and none is named.
    """
    shipped = built_in()
    if text is None:
        return _only(shipped)
    if text == LATEST:
        return _newest(outputs)
    if text in shipped:
        return shipped[text]
    path = Path(text)
    if not text.strip():
        raise InputError("--model", "is empty", f"{GIVE}, or leave it out")
    if not path.exists():
        names = f", one of {', '.join(shipped)}" if shipped else ""
        remedy = did_you_mean(text, [*shipped, LATEST]) or f"{GIVE}, {LATEST}{names}"
        raise InputError(text, "no such model", remedy)
    return model_folder(path)


def model_folder(path: Path) -> Path:
    """Return the folder of the trained network that `path`, a run or the folder itself, stands for.

    Raises:
        InputError: Neither of them is there.
    """
    if (path / MODEL).exists():
        return path
    if told := foreign(path):
        raise InputError(path, told, _owner(path))
    scores = path / SCORES
    if not scores.exists() and (runs := matching(path, f"*/{SCORES}")):
        raise InputError(path, f"holds {len(runs)} runs", f"give one of them, such as {runs[0].parent}")
    try:
        key = dict(read_json(scores, GIVE)["keys"])["training"]
    except (KeyError, TypeError, ValueError):
        raise InputError(scores, "is no record of a finished run", GIVE) from None
    check_name(scores, "key", key)
    for parent in (*path.absolute().parents, _outputs(path)):
        if (found := parent / "stages" / "training" / key).is_dir():
            return found
    raise InputError(path, f"its stages/training/{key} is gone", f"the run's own command makes it again; or {GIVE}")


def _owner(path: Path) -> str:
    """Return what to give in place of a part of a model's folder, or of what is none of labelct's."""
    near = next((parent for parent in path.absolute().parents[:3] if (parent / MODEL).exists()), None)
    return f"give {near}" if near else OWN_FORMAT


def _only(shipped: dict[str, Path]) -> Path:
    """Return the model that comes with labelct."""
    if len(shipped) == 1:
        return next(iter(shipped.values()))
    if shipped:
        raise InputError("--model", f"{len(shipped)} models come with labelct", f"give one of {', '.join(shipped)}")
    raise InputError("--model", "no model comes with this labelct", f"{GIVE}, or --model {LATEST} for the newest run")


def _newest(outputs: Path) -> Path:
    """Return the model of the run that ended last; one whose model is gone does not count."""
    found = [path for pattern in PLACES for path in matching(outputs, f"{pattern}/{SCORES}")]
    for scores in sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        try:
            return model_folder(scores.parent)
        except InputError:
            continue
    problem = f"holds {len(found)} finished runs and the model of none" if found else "holds no finished run"
    raise InputError(outputs, problem, f"start it where the runs were started, or {GIVE}")


def _outputs(run: Path) -> Path:
    """Return the folder of all outputs that a run's own configuration names: the run itself may lie elsewhere."""
    from labelct.report.configuration import read_configuration

    paths = read_configuration(run, REMEDY).get("paths")
    outputs = paths.get("outputs") if isinstance(paths, dict) else None
    return Path(outputs) if isinstance(outputs, str) else run
