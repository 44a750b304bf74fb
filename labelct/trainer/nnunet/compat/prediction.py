"""nnU-Net's network with the weights of a checkpoint, and its sliding window."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from numpy.typing import NDArray

from labelct.errors import InputError, kind_and_line
from labelct.io.hounsfield import HU_RANGE
from labelct.trainer.footprint import check_window
from labelct.trainer.model import REMEDY, fill, read_checkpoint, read_description
from labelct.trainer.nnunet.compat.environment import NOISY, TRAINER
from labelct.trainer.nnunet.compat.trainer import LabelctTrainer
from labelct.trainer.nnunet.names import check_names
from labelct.trainer.nnunet.numbers import check_numbers

CHANNELS = 1  # of an image: CT alone
AIR_BLOCK = 8  # voxels along an axis


def open_network(checkpoint: Path, configuration: str, step: float, mirror: bool, device: str) -> Any:
    """Return nnU-Net's predictor with its weights loaded; nnU-Net's own loader would run what a checkpoint holds.

    Args:
        checkpoint: In a fold's folder below nnU-Net's model folder, which holds `plans.json` and `dataset.json`.
        configuration: Of the plans.
        step: Distance of neighbouring windows as a share of the patch.
        mirror: Average over the flips that the training allowed.
        device: As torch calls it.

    Raises:
        InputError: One of the files is missing, damaged, or describes no network of nnU-Net.
    """
    model, state = checkpoint.parent.parent, read_checkpoint(checkpoint)
    plans, dataset = (read_description(model / name) for name in ("plans.json", "dataset.json"))
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=NOISY)
        try:
            manager = PlansManager(plans)
            chosen = manager.get_configuration(configuration)
            check_names(model / "plans.json", chosen.configuration)
            check_numbers(model / "plans.json", plans, chosen.configuration)
            heads = manager.get_label_manager(dataset).num_segmentation_heads
            features = chosen.configuration["architecture"]["arch_kwargs"]["features_per_stage"][0]
            check_window(model / "plans.json", "patch_size", chosen.patch_size, features, heads)
            with torch.device("meta"):
                network = LabelctTrainer.build_network_architecture(
                    manager, chosen, CHANNELS, heads, enable_deep_supervision=False
                )
            _resample_air(manager, chosen, dataset, heads)
        except InputError:
            raise
        except Exception as error:  # plans that are not nnU-Net's fail wherever it first reads them
            problem = f"describes no network of nnU-Net ({kind_and_line(error)})"
            raise InputError(model / "plans.json", problem, REMEDY) from None
    weights, axes = state.get("network_weights"), state.get("inference_allowed_mirroring_axes")
    fill(network, weights, checkpoint)
    predictor = nnUNetPredictor(
        tile_step_size=step,
        use_mirroring=mirror,
        perform_everything_on_device=device != "cpu",  # said of a CPU, it prints that it cannot
        device=torch.device(device),
        allow_tqdm=False,
    )
    predictor.manual_initialization(network, manager, chosen, [network.state_dict()], dataset, TRAINER, axes or None)
    return predictor


def _resample_air(manager: Any, chosen: Any, dataset: Any, heads: int) -> None:
    """Take a small block to the network's grid and back: plans that cannot are found before hours are spent."""
    shape, grid = (AIR_BLOCK,) * 3, list(chosen.spacing)
    grid = [grid[0]] * (len(shape) - len(grid)) + grid  # of slices: any distance
    spacing = [2 * grid[axis] for axis in manager.transpose_backward]
    air = np.full((CHANNELS, *shape), HU_RANGE[0], np.float32)
    prepared = chosen.preprocessor_class(verbose=False)
    data, *_ = prepared.run_case_npy(air, None, {"spacing": spacing}, manager, chosen, dataset)
    found = np.zeros((heads, *data.shape[1:]), np.float32)
    chosen.resampling_fn_probabilities(found, shape, spacing, spacing)


def segment(network: Any, image: NDArray[np.float32], spacing: Sequence[float], probabilities: bool = False) -> Any:
    """Return label values `(z, y, x)` of an image, and where they are asked for the probabilities.

    Args:
        network: What `open_network` returned.
        image: `(1, z, y, x)` HU.
        spacing: Voxel size `(z, y, x)`, mm.
        probabilities: Return `(class, z, y, x)` probabilities, too, as the second of two.
    """
    return network.predict_single_npy_array(image, {"spacing": list(spacing)}, None, None, probabilities)
