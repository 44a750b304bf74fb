"""Where the YAML files of the configuration lie, and which options each group has: known without Hydra."""

from pathlib import Path


def configuration_folder() -> Path:
    """Return the folder of the YAML files: beside the package in a checkout, inside it in a wheel."""
    inside = Path(__file__).parent / "conf"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "conf"


def option_names(group: str) -> list[str]:
    """Return the names of the options of a group, none where there is no such group; `_name` is what others share."""
    return sorted(path.stem for path in (configuration_folder() / group).glob("[!_]*.yaml")) if group else []
