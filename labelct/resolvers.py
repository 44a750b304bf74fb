"""What YAML files call in `${labelct...}`: paths, the GPUs of a launcher, values that hang on another choice."""

from omegaconf import DictConfig, OmegaConf

from labelct.settings import expanded
from labelct.synthesis.recipes import RECIPES

# Training cases where the cohort's settings give no number: those of the paper's split (Tsanda et al., Appendix A).
UNSAID = 64


def register() -> None:
    """Make them known to OmegaConf."""
    OmegaConf.register_new_resolver("labelct.gpus", gpus, replace=True)
    OmegaConf.register_new_resolver("labelct.path", expanded, replace=True)
    OmegaConf.register_new_resolver("labelct.if_experiment", if_experiment, replace=True)
    OmegaConf.register_new_resolver("labelct.if_equal", if_equal, replace=True)
    OmegaConf.register_new_resolver("labelct.case_numbers", case_numbers, replace=True)
    OmegaConf.register_new_resolver("labelct.case_seed", case_seed, replace=True)
    OmegaConf.register_new_resolver("labelct.shared_out", shared_out, replace=True)


def gpus(kind: str, devices: int) -> int:
    """Return how many GPUs a job on `device` asks its launcher for; one where `ddp` takes all, none for `auto`."""
    return {"cpu": 0, "auto": 0, "gpu": 1}.get(kind, max(devices, 1))


def if_experiment(name: str, then: str, otherwise: str, *, _root_: DictConfig) -> str:
    """Return what a sweep varies: `then` where `experiment=name` was chosen, else `otherwise`."""
    return then if OmegaConf.select(_root_, "hydra.runtime.choices.experiment") == name else otherwise


def if_equal(value: str, wanted: str, then: str, otherwise: str) -> str:
    """Return `then` where a setting has the wanted value, else `otherwise`: what an arm of a comparison needs alone."""
    return then if value == wanted else otherwise


def case_numbers(*, _root_: DictConfig) -> str:
    """Return how many training cases the arms of a sweep take: 1, 2, 4 and so on, and all of them."""
    every = _training_cases(_root_)
    return ",".join(map(str, [*(2**power for power in range((every - 1).bit_length())), every]))


def case_seed(seed: int, *, _root_: DictConfig) -> int:
    """Return `seed` where it says which cases of a cohort are drawn, 0 where it would make others, tests with them."""
    return seed if OmegaConf.select(_root_, "cohort.splits") is not None else 0


def shared_out(per_case: int, *, _root_: DictConfig) -> int:
    """Return the volumes of a case with which `limit.train` cases come to as many volumes as all of them would.

    Args:
        per_case: Volumes of a case where none is left out; the total is rounded to whole volumes of a case.
    """
    if not RECIPES[_root_.data.kind].draws:  # every volume of such a case would be the same
        return 1
    every = _training_cases(_root_)
    return max(1, round(per_case * every / (OmegaConf.select(_root_, "limit.train") or every)))


def _training_cases(root: DictConfig) -> int:
    """Return the training cases that the settings of a cohort ask for."""
    known = (OmegaConf.select(root, key) for key in ("cohort.splits.train", "cohort.train"))
    return next((int(number) for number in known if number), UNSAID)
