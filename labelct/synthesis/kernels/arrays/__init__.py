"""The work on NumPy arrays: kernels compiled by numba on all threads, and SciPy's filters of masks."""

from labelct.labels import compact, present_names, relabel
from labelct.synthesis.kernels.arrays.envelope import marble, rasterise
from labelct.synthesis.kernels.arrays.fields import blob_levels, count_levels, hu_levels, renumber
from labelct.synthesis.kernels.arrays.filter import filtered
from labelct.synthesis.kernels.arrays.gas import gas_voxels
from labelct.synthesis.kernels.arrays.masks import border, distance, extent, fill_holes, nearest
from labelct.synthesis.kernels.arrays.outline import outline
from labelct.synthesis.kernels.arrays.parts import bounding_boxes, compose_parts, look_up, read_greys
from labelct.synthesis.kernels.arrays.voxels import (
    as_hu,
    copy,
    histogram,
    holding,
    host,
    isin,
    largest,
    like,
    places,
    zeros,
)
from labelct.synthesis.kernels.arrays.warp import warp

SECTIONS = 1  # what one section needs stays in the caches

__all__ = [
    "SECTIONS", "as_hu", "blob_levels", "border", "bounding_boxes", "compact", "compose_parts", "copy", "count_levels",
    "distance", "extent", "fill_holes", "filtered", "gas_voxels", "histogram", "holding", "host", "hu_levels", "isin",
    "largest", "like", "look_up", "marble", "nearest", "outline", "places", "present_names", "rasterise", "read_greys",
    "relabel", "renumber", "warp", "zeros",
]  # fmt: skip
