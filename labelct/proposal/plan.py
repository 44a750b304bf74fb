"""What is proposed for label maps on a machine: names, targets, recipe, grid and network, and what was assumed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from labelct.accelerator import GIB
from labelct.proposal import names
from labelct.proposal.layout import Layout
from labelct.proposal.machine import Machine
from labelct.proposal.survey import Look
from labelct.proposal.synonyms import ORGANS
from labelct.volume import IGNORE

VOXELS_ACROSS, VOXELS_ACROSS_GPU = 100, 200  # 4 and 2 mm of an abdominal CT, the grids of the experiments from masks
COARSEST_MM = 5.0
NETWORK_GRID = 1.25  # times the grid of the volumes: trainer=unet on 5 mm of volumes of 4 mm, as measured
BYTES_A_VOXEL = 64  # of a volume in the making, per worker
SMALL_GPU = 12 * GIB  # below it a network of nnU-Net's size does not fit
TRUNK_MM = 250.0  # a smaller field of view is no whole trunk
MANY = 20  # targets: more make a small network slow, and their masks are rarely all wanted
VOLUMES = 128  # to train on, whatever the number of maps
MOST_VAL = 8
CHEST = frozenset({"heart", "lung", "trachea"})


@dataclass(frozen=True)
class FoundStructure:
    """One label.

    Attributes:
        value: In the label maps; None where each structure is a file.
        given: What it was called; None where nothing says.
        name: What it is called in the experiment.
        cases: How many of the label maps hold it.
    """

    value: int | None
    given: str | None
    name: str
    cases: int


@dataclass(frozen=True)
class Proposal:
    """A proposal.

    Attributes:
        layout: Where the label maps are.
        structures: Their labels, by value.
        near: Names of the table that are like one that it does not know.
        targets: What the network learns.
        recipe: `synth1` or `synth3`.
        spacing: Voxel size of the volumes in mm.
        trainer: The option.
        device: The option.
        replicates: Volumes of a training case.
        train: Cases to train on.
        val: Cases that choose the checkpoint.
        is_trunk: Whether the maps are wide enough for a trunk.
        has_chest: Whether the chest is labelled, so that no map has to be made longer.
    """

    layout: Layout
    structures: Sequence[FoundStructure]
    near: Mapping[str, Sequence[str]]
    targets: Sequence[str]
    recipe: str
    spacing: float
    trainer: str
    device: str
    replicates: int
    train: int
    val: int
    is_trunk: bool
    has_chest: bool

    @property
    def network_spacing(self) -> float:
        """Voxel size of the network's grid in mm."""
        return round(NETWORK_GRID * self.spacing, 3)

    @property
    def called(self) -> list[str]:
        """The names of all structures."""
        return [one.name for one in self.structures]


def propose(layout: Layout, looks: Sequence[Look], table: Mapping[int, str], machine: Machine) -> Proposal:
    """Return what is proposed.

    Args:
        layout: Where the label maps are.
        looks: What lies in them.
        table: `{value: name}` as far as something says.
        machine: What trains.
    """
    structures, near = _structures(layout, looks, table)
    called = [one.name for one in structures]
    targets = called if len(called) <= MANY else [name for name in called if _is_organ(name)] or called[:MANY]
    gpu = machine.gpu_memory >= SMALL_GPU
    val = 0 if layout.cases == 1 else min(MOST_VAL, max(1, round(layout.cases / 5)))
    train = layout.cases - val
    return Proposal(
        layout=layout,
        structures=structures,
        near=near,
        targets=targets,
        recipe="synth1" if len(called) < 3 else "synth3",
        spacing=grid(looks, machine, gpu),
        trainer="unet_gpu" if gpu else "unet_coarse",
        device="gpu" if machine.gpu_memory else "cpu",
        replicates=min(32, max(4, round(VOLUMES / train))),
        train=train,
        val=val,
        is_trunk=median(_width(seen) for seen in looks) >= TRUNK_MM,
        has_chest=any(name.startswith(part) for name in called for part in CHEST),
    )


def grid(looks: Sequence[Look], machine: Machine, gpu: bool) -> float:
    """Return the voxel size in mm that suits the field of view, the maps' own grid and the memory.

    Args:
        looks: What lies in the label maps.
        machine: What makes volumes.
        gpu: Whether a card trains, which takes finer grids.
    """
    across = median(_width(seen) for seen in looks) / (VOXELS_ACROSS_GPU if gpu else VOXELS_ACROSS)
    own = median(min(seen.spacing) for seen in looks)
    largest = max(seen.extent[0] * seen.extent[1] * seen.extent[2] for seen in looks)
    fits = (largest * BYTES_A_VOXEL * machine.cores / (machine.memory / 2)) ** (1 / 3)
    spacing = min(max(across, own), COARSEST_MM)
    spacing = round(2 * spacing) / 2 if spacing >= 1 else float(f"{spacing:.1g}")
    return spacing if spacing >= fits else ceil(2 * fits) / 2


def _width(seen: Look) -> float:
    return max(seen.extent[:2])


def _structures(
    layout: Layout, looks: Sequence[Look], table: Mapping[int, str]
) -> tuple[list[FoundStructure], dict[str, list[str]]]:
    """Return the labels that occur, and what is like the names of those that the priors' table does not know."""
    if layout.structures:
        return [FoundStructure(None, name, name, layout.cases) for name in layout.structures], {}
    counts = dict(sorted(Counter(value for seen in looks for value in seen.voxels).items()))
    given = {value: table.get(value) for value in counts}
    renamed = names.rename([name for name in given.values() if name and name != IGNORE])
    called = {
        value: renamed.names.get(name, f"label_{value}") if name else f"label_{value}" for value, name in given.items()
    }
    structures = [
        FoundStructure(value, given[value], called[value], count)
        for value, count in counts.items()
        if given[value] != IGNORE
    ]
    near = {renamed.names[name]: like for name, like in renamed.near.items()}
    return structures, near | {one.name: [] for one in structures if one.given is None}


def _is_organ(name: str) -> bool:
    core = name.removesuffix("_left").removesuffix("_right")
    return core in ORGANS
