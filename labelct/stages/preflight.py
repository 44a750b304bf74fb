"""What a job needs, looked for before anything is made: device, cluster, files, structures, priors."""

from pathlib import Path
from typing import Any

from labelct.cohort.settings import OwnSettings, SyntheticSettings
from labelct.config import Config, plain
from labelct.errors import InputError, SettingError, did_you_mean
from labelct.folders import check_can_be_made
from labelct.kinds import CohortSettings, TestSettings
from labelct.parallel import check_backend
from labelct.phantom.settings import EmbeddedSettings
from labelct.priors import TRAIN, load_priors
from labelct.stages import atlases, capacity, cohorts, folding, priors, training, training_set, translation
from labelct.store import planned
from labelct.streams import untold
from labelct.synthesis.bank import load_bank
from labelct.synthesis.body_histogram import load_body
from labelct.synthesis.recipes import RECIPES
from labelct.tracking.tracker import check as check_trackers


def needs(config: Config) -> dict[str, Any]:
    """Return the sections that `check` reads: jobs that agree in them need the very same."""
    painted = ("cohort", "test", "targets", "data", "fill", "texture", "drop", "translation")
    read = (*painted, "device", "logger", "limit", "parallel", "paths", "evaluation")
    return {name: value for name, value in plain(config).items() if name in read} | {"step": config.trainer.step}


def check(config: Config, here: bool = True) -> None:
    """Raise where a job is bound to fail; nothing is made, and no voxel is read.

    Args:
        config: The experiment.
        here: Whether it is this machine that it runs on, whose memory and disk have to hold it.

    Raises:
        LabelctError: The device, the cluster's package, a folder, a structure, a prior or a video is not there, or the
            job needs more memory or disk than the machine has.
    """
    training.device_of(config)
    check_backend(config.parallel)
    check_trackers(config.logger)
    with planned(), untold("labelct.cohort"):  # the job opens a cohort again, and says once what there is to warn of
        _check(config, here)


def _check(config: Config, here: bool) -> None:
    root = Path(config.paths.outputs) / "stages"
    check_can_be_made(root)
    drawn = isinstance(config.cohort, EmbeddedSettings)
    if here and drawn:
        capacity.check(config, None)
    own = _own(config, root)
    if here and own:
        capacity.check(config, own[0])
    _check_limit(config, own)
    known, modality, source = _offered(config.cohort, own)
    _check_image(config, own, modality, source)
    translation.check(config, root)
    atlases.check(config, own[0] if own else None)
    check_structures(config, known, source)
    has_ct = any(subject.load_ct is not None for subject in own[0].train) if own else modality == "ct"
    _check_tables(config, has_ct)
    recipe = RECIPES[config.data.kind]
    if config.texture.kind == "video" and recipe.textured and not recipe.white:
        load_bank(config.texture)
    for name, settings in config.test.items():
        _check_test(config, name, settings, own, root)


def _own(config: Config, root: Path) -> cohorts.Prepared | None:
    """Return the cohort and its stage where that is only read; None where it has to be made first.

    Raises:
        InputError: It holds no case to train on.
    """
    if isinstance(config.cohort, EmbeddedSettings):
        if not config.cohort.train:
            problem = "cohort.train=0 leaves no case to train on"
            raise InputError(f"cohort={config.cohort.kind}", problem, "set cohort.train=1 or more")
        if config.evaluation.folds is not None:
            folding.check_embedded(config, config.cohort)
        return None
    if config.evaluation.folds is None:
        cohort, stage = cohorts.prepare(config, config.cohort, root)
    else:
        whole, stage = cohorts.prepare(cohorts.unlimited(config), config.cohort, root)
        cohort = folding.foreseen(config, folding.dealt(whole))
    if not cohort.train:
        raise InputError(stage.folder, "no training subject is left", "check cohort.splits and limit.train")
    return cohort, stage


def _check_limit(config: Config, own: cohorts.Prepared | None) -> None:
    """Raise `SettingError` where more training cases are asked for than there are: an arm would be named wrongly.

    What `debug` lays over a configuration is no number that was asked for.
    """
    asked, folds = config.limit.train, config.evaluation.folds
    if asked is None or "limit.train" in config.debug.caps or (own is None and folds is not None):
        return
    there = len(own[0].train) if own else config.cohort.train  # type: ignore[union-attr]
    if asked > there:
        source = own[1].folder if own else f"cohort={config.cohort.kind}"
        raise SettingError("limit.train", asked, f"at most {there}, the training cases of {source}")


def _offered(settings: CohortSettings, own: cohorts.Prepared | None) -> tuple[tuple[str, ...], str, str]:
    """Return the structures and the modality of a cohort, and what an error names."""
    if own is not None:
        return own[0].names(), own[0].modality, str(own[1].folder)
    assert isinstance(settings, EmbeddedSettings)
    from labelct.phantom import cases as phantom

    return phantom.names(settings), settings.modality, f"cohort={settings.kind}"


def _check_image(config: Config, own: cohorts.Prepared | None, modality: str, source: str) -> None:
    """Raise where the cohort has no label maps, or the recipe needs images of another modality than it has."""
    if own and any(subject.load_label_map is None for subject in own[0].train):
        raise InputError(
            source,
            "its images have no label maps",
            "use cohort=folder; of a translation it is a side: cohort@translation.mr=images, or ...ct=images",
        )
    image = RECIPES[config.data.kind].source
    if image and image != modality:
        problem = f"its images are {modality.upper()}, and data={config.data.kind} needs {image.upper()}"
        remedy = "set data=mr" if modality == "mr" else "set cohort.modality=mr if they are MR"
        raise InputError(source, problem, remedy)
    if image and own:
        cohorts.check_image(own[0], config.data.kind, image)


def check_structures(config: Config, known: tuple[str, ...], source: str) -> None:
    """Raise where a target, a lesion's host or a label to drop is no structure of the cohort.

    Args:
        config: The experiment; read are targets, lesions and drop.
        known: The cohort's structures.
        source: What an error names.

    Raises:
        InputError: One is none.
    """
    host, lesion = config.data.lesions.host, config.data.lesions.name
    here = (*known, *([lesion] if lesion else []))
    for part in (*config.targets.missing(here), *([host] if host else [])):
        _check_known(part, here, source)
    for name in config.drop.labels:
        _check_known(name, (*here, *config.targets.names), source)


def _check_known(name: str, known: tuple[str, ...], source: str) -> None:
    if name not in known:
        remedy = did_you_mean(name, known) or f"known are {', '.join(sorted(known)[:20])}"
        raise InputError(source, f"there is no structure {name!r}", remedy)


def _check_tables(config: Config, has_ct: bool) -> None:
    """Raise where a table is not there."""
    choice = priors.choose(config, has_ct)
    if choice.body not in (None, TRAIN):
        load_body(choice.body)
    if choice.priors != TRAIN and RECIPES[config.data.kind].reads_priors(config.fill):
        table = load_priors(choice.priors)
        if config.data.takes_curves:
            table.check_curves(config.data.phase)


def _check_test(config: Config, name: str, settings: TestSettings, own: cohorts.Prepared | None, root: Path) -> None:
    """Raise where a test group that is only read has no CT to score, shares cases or lacks a target."""
    of_training = isinstance(settings, (OwnSettings, SyntheticSettings))
    made = config.cohort if of_training else settings
    if isinstance(made, EmbeddedSettings):
        if not isinstance(settings, SyntheticSettings):
            cohorts.check_modality(config, _offered(made, None)[1], f"test={name}")
        if not made.test and not (of_training and config.evaluation.folds):
            raise InputError(f"test={name}", "there is no case to score on", "set the cohort's test=1 or more")
        return
    if isinstance(settings, SyntheticSettings):
        assert own is not None
        training_set.usable(config, *own)
        return
    if isinstance(settings, OwnSettings):
        assert own is not None
        cohorts.prepare_test(config, settings, own, root)
        return
    cohort, stage = cohorts.prepare(config, settings, root)
    if own is not None:
        cohorts.prepare_test(config, settings, own, root)
    lesion = config.data.lesions.name
    for part in config.targets.missing(cohort.names(), optional=[lesion]):
        _check_known(part, cohort.names(), str(stage.folder))
