"""What YAML files call in `${labelct...}`: paths, the GPUs of a launcher, values that hang on another choice."""

from omegaconf import DictConfig, OmegaConf

from labelct.settings import expanded


def register() -> None:
    """Make them known to OmegaConf."""
    OmegaConf.register_new_resolver("labelct.gpus", gpus, replace=True)
    OmegaConf.register_new_resolver("labelct.path", expanded, replace=True)
    OmegaConf.register_new_resolver("labelct.if_experiment", if_experiment, replace=True)
    OmegaConf.register_new_resolver("labelct.if_equal", if_equal, replace=True)


def gpus(kind: str, devices: int) -> int:
    """Return how many GPUs a job on `device` asks its launcher for; one where `ddp` takes all, none for `auto`."""
    return {"cpu": 0, "auto": 0, "gpu": 1}.get(kind, max(devices, 1))


def if_experiment(name: str, then: str, otherwise: str, *, _root_: DictConfig) -> str:
    """Return what a sweep varies: `then` where `experiment=name` was chosen, else `otherwise`."""
    return then if OmegaConf.select(_root_, "hydra.runtime.choices.experiment") == name else otherwise


def if_equal(value: str, wanted: str, then: str, otherwise: str) -> str:
    """Return `then` where a setting has the wanted value, else `otherwise`: what an arm of a comparison needs alone."""
    return then if value == wanted else otherwise
