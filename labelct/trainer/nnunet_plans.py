"""nnU-Net's plans: made once from clinical CT, or from the grids of label maps, and shared by every arm."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import Any

from labelct.dataset import ENDING, Case, TrainingSet
from labelct.errors import SettingError
from labelct.store import write_json
from labelct.trainer.nnunet_roots import DATASET, PLANS, roots
from labelct.trainer.nnunet_settings import PLANNERS, NnunetSettings
from labelct.trainer.normalisation import BUILTIN

SAMPLES_PER_CASE = 1_000_000
Grid = tuple[Sequence[int], Sequence[float]]


def plan(
    training_set: TrainingSet, settings: NnunetSettings, folder: Path, grids: Sequence[Grid] | None = None
) -> None:
    """Write nnU-Net's `plans.json` and `dataset_fingerprint.json` to `folder`.

    Args:
        training_set: The clinical arm, whose fingerprint is taken; with `grids`, it only names targets and files.
        settings: The planner and what overrides it.
        folder: Where the files go.
        grids: Shape `(x, y, z)` and voxel size (mm) of each label map, for plans that no CT is read for.

    Raises:
        SettingError: nnU-Net plans no such configuration for these volumes.
    """
    work = folder / "work"
    target = work / "preprocessed" / DATASET
    target.mkdir(parents=True, exist_ok=True)
    with roots(work):
        write_raw(training_set, work)
        if grids is None:
            _extract_fingerprint()
        else:
            write_json(target / "dataset_fingerprint.json", builtin_fingerprint(grids, settings.window))
        plans = _planned(settings)
    if settings.configuration not in plans["configurations"]:
        known = ", ".join(name for name in plans["configurations"] if name != "3d_cascade_fullres")
        remedy = "3d_lowres exists where a patch covers less than a quarter of a volume"
        raise SettingError("configuration", settings.configuration, known, remedy)
    write_json(folder / "plans.json", plans)
    shutil.copyfile(target / "dataset_fingerprint.json", folder / "dataset_fingerprint.json")
    shutil.rmtree(work)


def write_raw(training_set: TrainingSet, folder: Path) -> dict[str, Any]:
    """Describe a training set below `folder/raw`: one JSON file with relative paths, no copies and no links.

    Args:
        training_set: The cases.
        folder: The stage, holder of nnU-Net's roots.

    Returns:
        nnU-Net's `dataset.json`.
    """
    raw = folder / "raw" / DATASET
    raw.mkdir(parents=True, exist_ok=True)
    cases = (*training_set.train, *training_set.val)
    content = {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, **training_set.labels},
        "numTraining": len(cases),
        "file_ending": ENDING,
        "overwrite_image_reader_writer": "NibabelIO",
        "dataset": {case.name: _files(case, raw) for case in cases},
    }
    write_json(raw / "dataset.json", content)
    return content


def _files(case: Case, raw: Path) -> dict[str, Any]:
    return {"images": [relpath(case.image, raw)], "label": relpath(case.label, raw)}


def _extract_fingerprint() -> None:
    from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import DatasetFingerprintExtractor

    extractor = DatasetFingerprintExtractor(DATASET, num_processes=1)
    extractor.show_progress_bar = False
    # nnU-Net draws 1e8 voxels however few cases there are, which for a handful takes gigabytes and a minute.
    wanted = SAMPLES_PER_CASE * len(extractor.dataset)
    extractor.num_foreground_voxels_for_intensitystats = min(10e7, wanted)
    extractor.run(overwrite_existing=True)


def builtin_fingerprint(grids: Sequence[Grid], window: str) -> dict[str, Any]:
    """Return the fingerprint of volumes of which only the grids are known.

    Args:
        grids: Shape `(x, y, z)` and voxel size (mm) of each.
        window: Which published intensities stand for theirs.

    Returns:
        What nnU-Net would have written, in its axis order `(z, y, x)`.
    """
    figures = BUILTIN[window]
    properties = {"mean": figures.mean, "median": figures.mean, "std": figures.sd}
    properties |= {"percentile_00_5": figures.low, "percentile_99_5": figures.high}
    properties |= {"min": figures.low, "max": figures.high}
    return {
        "spacings": [[float(size) for size in spacing][::-1] for _, spacing in grids],
        "shapes_after_crop": [[int(n) for n in shape][::-1] for shape, _ in grids],
        "foreground_intensity_properties_per_channel": {"0": properties},
        "median_relative_size_after_cropping": 1.0,
    }


def _planned(settings: NnunetSettings) -> dict[str, Any]:
    """Return the plans of the data set in the present roots, with the overrides of `settings`."""
    import nnunetv2
    from nnunetv2.utilities.find_class_by_name import recursive_find_python_class
    from nnunetv2.utilities.json_export import recursive_fix_for_json_export

    package = str(Path(nnunetv2.__path__[0]) / "experiment_planning")
    planner_class = recursive_find_python_class(package, PLANNERS[settings.planner], "nnunetv2.experiment_planning")
    spacing = [float(size) for size in settings.spacing[::-1]] if settings.spacing else None
    planner = planner_class(DATASET, plans_name=PLANS, overwrite_target_spacing=spacing)
    plans: dict[str, Any] = planner.plan_experiment()
    chosen = plans["configurations"].get(settings.configuration)
    if chosen is not None and settings.patch:
        _set_patch(chosen, planner, [settings.patch[::-1][axis] for axis in plans["transpose_forward"]])
    if chosen is not None and settings.batch:
        chosen["batch_size"] = settings.batch
    recursive_fix_for_json_export(plans)
    return plans


def _set_patch(plan: dict[str, Any], planner: Any, patch: Sequence[int]) -> None:
    """Give `plan` another patch `(z, y, x)` after transposition, and the network that nnU-Net would build for it."""
    from nnunetv2.experiment_planning.experiment_planners.network_topology import get_pool_and_conv_props

    spacing = plan["spacing"]
    wanted = patch[-len(spacing) :]
    least = planner.UNet_featuremap_min_edge_length
    _, strides, kernels, size, _ = get_pool_and_conv_props(spacing, wanted, least, 999999)
    stages, network = len(strides), plan["architecture"]["arch_kwargs"]
    most = planner.UNet_max_features_2d if len(spacing) == 2 else planner.UNet_max_features_3d
    blocks = "n_blocks_per_stage" if "n_blocks_per_stage" in network else "n_conv_per_stage"
    network |= {"n_stages": stages, "kernel_sizes": kernels, "strides": strides}
    network["features_per_stage"] = [min(most, planner.UNet_base_num_features * 2**stage) for stage in range(stages)]
    network[blocks] = planner.UNet_blocks_per_stage_encoder[:stages]
    network["n_conv_per_stage_decoder"] = planner.UNet_blocks_per_stage_decoder[: stages - 1]
    plan["patch_size"] = [int(n) for n in size]


def normalisation(plans: Mapping[str, Any], configuration: str) -> dict[str, Any]:
    """Return all that nnU-Net normalises with: the intensities, the scheme and the grid.

    Args:
        plans: The content of a plans file.
        configuration: One of its configurations.
    """
    chosen = plans["configurations"][configuration]
    names = ("normalization_schemes", "use_mask_for_norm", "spacing")
    intensities = plans["foreground_intensity_properties_per_channel"]
    return {"intensities": intensities, **{name: chosen[name] for name in names}}


def read_plans(folder: Path) -> dict[str, Any]:
    """Return the plans that `plan` left in `folder`."""
    plans: dict[str, Any] = json.loads((folder / "plans.json").read_text(encoding="utf-8"))
    return plans
