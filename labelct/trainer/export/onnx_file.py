"""A network as ONNX, with what feeds it in the file's metadata."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from labelct.errors import InputError
from labelct.streams import untold
from labelct.trainer.export.description import BareNetwork
from labelct.writing import written

INPUT, OUTPUT = "image", "scores"
BATCH = 2  # of the example: torch takes a size of 1 for one that never changes
LARGEST_FILE = 2**31 - 1  # bytes: what a protocol buffer holds


def write_onnx(bare: BareNetwork, path: Path) -> None:
    """Write a network from `image` `(batch, *shape)` to its scores; how it is fed is in the file's `metadata_props`.

    Args:
        bare: The network.
        path: The file.

    Raises:
        InputError: The disk is full, the folder cannot be written, or the network is larger than such a file can be.
    """
    example = torch.zeros(BATCH, *bare.shape)
    network = bare.network.to(memory_format=torch.contiguous_format)
    with untold("torch.onnx"), warnings.catch_warnings(action="ignore"), torch.no_grad():
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            verbose=False,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
        )
    assert program is not None
    model = program.model_proto
    _forget(model)
    for name, value in asdict(bare.feeding).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = name, json.dumps(value)
    if model.ByteSize() > LARGEST_FILE:
        raise InputError(path, "would have more than 2 GB", "take another --format")
    with written(path) as file:
        file.write(model.SerializeToString())


def _forget(model: Any) -> None:
    """Take out which lines of which files on this machine each operation comes from."""
    for node in (model.graph, *model.graph.node, *model.graph.input, *model.graph.output, *model.graph.value_info):
        del node.metadata_props[:]
        node.doc_string = ""
    for function in model.functions:
        del function.metadata_props[:]
        for node in function.node:
            del node.metadata_props[:]
