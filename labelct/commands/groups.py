"""The groups of the configuration and the options of each: those that ship, and a user's own in the launch folder."""

from pathlib import Path

from labelct.option_files import configuration_folder, option_names

NAME = "config"
OWN = "conf"


def groups() -> list[str]:
    """Return the names of the configuration groups, those of Hydra itself left out."""
    folders = [path for path in configuration_folder().iterdir() if path.is_dir() and path.name != "hydra"]
    return sorted(path.name for path in folders)


def own_folder() -> Path | None:
    """Return the folder `conf` of the launch folder, in which a user keeps options, as `conf/experiment/mine.yaml`.

    None where there is none, where it is the one that ships, or where no folder in it is called as a group.
    """
    own = Path(OWN).absolute()
    if not own.is_dir() or own.resolve() == configuration_folder().resolve():
        return None
    return own if any((own / group).is_dir() for group in groups()) else None


def options(group: str) -> dict[str, str]:
    """Return the options of `group`, each with the first comment line of its file; those of the launch folder last."""
    files = [configuration_folder() / group / f"{name}.yaml" for name in option_names(group)]
    if own := own_folder():
        files += [path for path in sorted((own / group).glob("[!_]*.yaml")) if path.stem not in option_names(group)]
    return {path.stem: _first_comment(path) for path in files}


def _first_comment(path: Path) -> str:
    lines = (line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.startswith("# "))
    return next((line[2:] for line in lines if not line.startswith("# @")), "")
