"""Prostate MR as TCIA hands it out: PROSTATEx, and the NCI-ISBI 2013 challenge with its NRRD masks."""

import logging
import os
import re
from functools import partial
from pathlib import Path

from labelct.cohort import names
from labelct.cohort.base import Found, Subject, load_label_map, with_image
from labelct.cohort.settings import IsbiSettings, ProstatexSettings
from labelct.cohort.splits import own_split, unlabelled_split
from labelct.errors import InputError
from labelct.folders import matching
from labelct.io.series import Series, find_series

log = logging.getLogger(__name__)
SHOWN = 4  # names in a line


def find_prostatex(settings: ProstatexSettings, root: Path) -> Found:
    """Find every patient's folder, `ProstateX-0000` and so on, the axial T2 in it, and the mask of the prostate.

    Args:
        settings: Which series and masks.
        root: What was downloaded; patients may lie at any depth, as in `manifest-.../PROSTATEx/`.

    Returns:
        The patients with a mask; all of them, without label maps, with `masks=null`.

    Raises:
        InputError: No patient is there, or none has a mask.
    """
    patients = [path for path in matching(root, f"**/{settings.patients}") if path.is_dir()]
    if not patients:
        remedy = "set root to the folder of the downloaded patients, or patients="
        raise InputError(root, f"holds no folder {settings.patients}", remedy)
    if settings.masks is None:
        bare = tuple(_with_series(Subject(path.name, None, None, ()), path, settings) for path in patients)
        return Found(bare, {}, own_split(root) or unlabelled_split(bare, settings))
    masks = {path: root / settings.masks.replace("*", path.name) for path in patients}
    unlabelled = [path.name for path, mask in masks.items() if not os.path.lexists(mask)]
    if len(unlabelled) == len(patients):
        raise InputError(root, f"no mask fits masks={settings.masks}", "set masks=, or masks=null for a translation")
    if unlabelled:
        log.warning("%s: left out, for they have no mask: %s", root, ", ".join(unlabelled))
    table = names.resolve(settings.names, root)
    subjects = [
        _with_series(_labelled(path.name, mask, table, settings), path, settings)
        for path, mask in masks.items()
        if path.name not in unlabelled
    ]
    return Found(tuple(subjects), names.structures(table, settings.merge), own_split(root))


def find_isbi(settings: IsbiSettings, root: Path) -> Found:
    """Find every NRRD mask, and the MR of the patient that its name begins with.

    The MR is the axial T2 among the series below the folder of the patient's name, or a NIfTI file `<patient>*.nii.gz`.

    Args:
        settings: Which series.
        root: Masks and images, at any depth.

    Raises:
        InputError: No mask is there, or a mask has no image.
    """
    everything = matching(root, "**/*")
    masks = [path for path in everything if path.suffix.lower() == ".nrrd"]
    if not masks:
        raise InputError(root, "holds no .nrrd mask", "unpack the masks of the challenge below root")
    table = names.resolve(settings.names, root)
    folders = {path.name: path for path in everything if path.is_dir()}
    subjects = []
    for mask in masks:
        case = mask.name.partition(".")[0].partition("_")[0]  # Prostate3T-01-0001_correctedLabels.nrrd
        subject = _labelled(case, mask, table, settings)
        stored = [path for path in everything if re.fullmatch(rf"{re.escape(case)}(\W.*|_.*)?\.nii\.gz", path.name)]
        if len(stored) > 1:
            problem = f"{len(stored)} images fit it: {', '.join(path.name for path in stored[:SHOWN])}"
            raise InputError(mask, problem, f"leave the T2 alone below root, as {case}.nii.gz")
        if stored:
            subjects.append(with_image(subject, stored[0], mask, settings))
        elif case in folders:
            subjects.append(_with_series(subject, folders[case], settings))
        else:
            raise InputError(mask, f"there is no folder {case} and no {case}.nii.gz", "download the images of the case")
    return Found(tuple(subjects), names.structures(table, settings.merge), own_split(root))


def _labelled(case: str, mask: Path, table: dict[int, str], settings: ProstatexSettings) -> Subject:
    return Subject(case, partial(load_label_map, mask, table, settings.merge), None, (mask,))


def _with_series(subject: Subject, folder: Path, settings: ProstatexSettings) -> Subject:
    label = subject.files[0] if subject.files else None
    return with_image(subject, choose(folder, settings.series).path, label, settings)


def choose(folder: Path, description: str) -> Series:
    """Return the axial series of a patient whose description fits.

    Several of them: that with the most files, then that with the highest number, since a scan is repeated where the
    first one failed; the log says which.

    Args:
        folder: The patient's.
        description: A regular expression that a series' description has to hold, upper or lower case.

    Raises:
        InputError: None fits; the line says which series there are.
    """
    found = find_series(folder)
    fitting = [one for one in found if one.modality == "MR" and one.is_axial and _fits(one, description)]
    if not fitting:
        told = (f"{one.description or 'without a name'} ({'' if one.is_axial else 'not '}axial)" for one in found[:8])
        seen = ", ".join(told) or "none"
        problem = f"holds no axial MR series called {description}; its series: {seen}"
        raise InputError(folder, problem, "set series= or leave the case out with cases=")
    fitting.sort(key=lambda one: (one.files, one.number, str(one.path)))
    if len(fitting) > 1:
        others = ", ".join(one.path.name for one in fitting[:-1])
        log.info("%s: %s is taken, not %s: the most slices, then the last", folder, fitting[-1].path.name, others)
    return fitting[-1]


def _fits(series: Series, description: str) -> bool:
    return re.search(description, series.description, re.IGNORECASE) is not None
