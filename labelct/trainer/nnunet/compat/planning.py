"""nnU-Net's fingerprint of a data set, and its plans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.pool import ThreadPool
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nnunetv2
from nnunetv2.experiment_planning.dataset_fingerprint import fingerprint_extractor
from nnunetv2.experiment_planning.experiment_planners.network_topology import get_pool_and_conv_props
from nnunetv2.utilities.find_class_by_name import recursive_find_python_class
from nnunetv2.utilities.json_export import recursive_fix_for_json_export

from labelct.trainer.nnunet.compat.environment import DATASET, PLANS
from labelct.trainer.nnunet.settings import NnunetSettings

PLANNERS = {
    "default": "ExperimentPlanner",
    "resenc_m": "nnUNetPlannerResEncM",
    "resenc_l": "nnUNetPlannerResEncL",
    "resenc_xl": "nnUNetPlannerResEncXL",
}
SAMPLES_PER_CASE = 1_000_000  # nnU-Net draws 1e8 however few cases there are: for a handful, gigabytes and a minute
MOST_SAMPLES = 10e7  # nnU-Net's own number, which a hundred cases reach
MOST_POOLINGS = 999_999  # as nnU-Net's planners say it: the patch alone bounds their number


def extract_fingerprint() -> None:
    """Write the fingerprint of the data set in the present roots."""
    extractor = fingerprint_extractor.DatasetFingerprintExtractor(DATASET, num_processes=1)
    extractor.show_progress_bar = False
    wanted = SAMPLES_PER_CASE * len(extractor.dataset)
    extractor.num_foreground_voxels_for_intensitystats = min(MOST_SAMPLES, wanted)
    with _worker_as_thread():
        extractor.run(overwrite_existing=True)


@contextmanager
def _worker_as_thread() -> Iterator[None]:
    """Let the extractor's one worker be a thread: a process would load torch and nnU-Net first, which takes seconds."""
    own = fingerprint_extractor.multiprocessing
    fingerprint_extractor.multiprocessing = SimpleNamespace(get_context=lambda _: SimpleNamespace(Pool=ThreadPool))
    try:
        yield
    finally:
        fingerprint_extractor.multiprocessing = own


def make_plans(settings: NnunetSettings) -> dict[str, Any]:
    """Return the plans of the data set in the present roots, with what `settings` lay over them."""
    package = str(Path(nnunetv2.__path__[0]) / "experiment_planning")
    found = recursive_find_python_class(package, PLANNERS[settings.planner], "nnunetv2.experiment_planning")
    spacing = [float(size) for size in settings.spacing[::-1]] if settings.spacing else None
    planner = found(DATASET, plans_name=PLANS, overwrite_target_spacing=spacing)
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
    spacing = plan["spacing"]
    wanted, least = patch[-len(spacing) :], planner.UNet_featuremap_min_edge_length
    _, strides, kernels, size, _ = get_pool_and_conv_props(spacing, wanted, least, MOST_POOLINGS)
    stages, network = len(strides), plan["architecture"]["arch_kwargs"]
    most = planner.UNet_max_features_2d if len(spacing) == 2 else planner.UNet_max_features_3d
    blocks = "n_blocks_per_stage" if "n_blocks_per_stage" in network else "n_conv_per_stage"
    network |= {"n_stages": stages, "kernel_sizes": kernels, "strides": strides}
    network["features_per_stage"] = [min(most, planner.UNet_base_num_features * 2**stage) for stage in range(stages)]
    network[blocks] = planner.UNet_blocks_per_stage_encoder[:stages]
    network["n_conv_per_stage_decoder"] = planner.UNet_blocks_per_stage_decoder[: stages - 1]
    plan["patch_size"] = [int(n) for n in size]
