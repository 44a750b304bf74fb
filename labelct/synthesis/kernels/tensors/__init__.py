"""The work on torch tensors, on their device: plain operations of torch, slab by slab."""

from labelct.synthesis.kernels.tensors.envelope import marble, rasterise
from labelct.synthesis.kernels.tensors.fields import blob_levels, count_levels, hu_levels, renumber
from labelct.synthesis.kernels.tensors.filter import filtered
from labelct.synthesis.kernels.tensors.gas import gas_voxels
from labelct.synthesis.kernels.tensors.masks import border, distance, extent, fill_holes, nearest
from labelct.synthesis.kernels.tensors.outline import outline
from labelct.synthesis.kernels.tensors.parts import bounding_boxes, compose_parts, look_up, read_greys
from labelct.synthesis.kernels.tensors.voxels import (
    as_hu,
    compact,
    copy,
    histogram,
    holding,
    host,
    isin,
    largest,
    like,
    places,
    present_names,
    relabel,
    zeros,
)
from labelct.synthesis.kernels.tensors.warp import warp

SECTIONS = 32  # enough to fill a GPU; a double for each voxel of 512 x 512 are 64 MiB

__all__ = [
    "SECTIONS", "as_hu", "blob_levels", "border", "bounding_boxes", "compact", "compose_parts", "copy", "count_levels",
    "distance", "extent", "fill_holes", "filtered", "gas_voxels", "histogram", "holding", "host", "hu_levels", "isin",
    "largest", "like", "look_up", "marble", "nearest", "outline", "places", "present_names", "rasterise", "read_greys",
    "relabel", "renumber", "warp", "zeros",
]  # fmt: skip
