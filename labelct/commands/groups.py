"""The groups of the shipped configuration and the options of each, with their lines of help."""

from labelct.option_files import configuration_folder, option_names

NAME = "config"


def groups() -> list[str]:
    """Return the names of the configuration groups, those of Hydra itself left out."""
    folders = [path for path in configuration_folder().iterdir() if path.is_dir() and path.name != "hydra"]
    return sorted(path.name for path in folders)


def options(group: str) -> dict[str, str]:
    """Return the options of `group`, each with the first comment line of its file."""
    found = {}
    for name in option_names(group):
        text = (configuration_folder() / group / f"{name}.yaml").read_text(encoding="utf-8")
        lines = (line for line in text.splitlines() if line.startswith("# "))
        found[name] = next((line[2:] for line in lines if not line.startswith("# @")), "")
    return found
