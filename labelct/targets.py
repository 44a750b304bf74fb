"""The structures that a network learns: their names and values, the parts they merge, and whether they have sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError, SettingError
from labelct.sides import sides
from labelct.volume import IGNORE

LARGEST_VALUE = 255  # targets are uint8 voxels, 0 is background
RESERVED = ("background", IGNORE)  # nnU-Net's names of what is no structure
FORM = "names of structures, as [liver, {kidneys: [kidney_left, kidney_right]}]"


@dataclass(frozen=True)
class Targets:
    """The targets in their order; the first has the value 1.

    Attributes:
        parts: Names of the structures that each target merges, by the target's name.
    """

    parts: Mapping[str, Sequence[str]]

    def __post_init__(self) -> None:
        if not self.parts:
            raise SettingError("targets", [], "one structure name or more", "for example targets=[liver]")
        if len(self.parts) > LARGEST_VALUE:
            raise InputError("targets", f"are {len(self.parts)}", f"choose at most {LARGEST_VALUE}")

    @classmethod
    def of(cls, entries: Any) -> Targets:
        """Return the targets that a list or mapping stands for: `[liver, {kidneys: [kidney_left, kidney_right]}]`.

        Args:
            entries: Names, which are structures of their own, and mappings from a name to what it merges.

        Raises:
            SettingError: Something else stands there, or a structure belongs to two targets.
        """
        parts: dict[str, Sequence[str]] = {}
        for entry in entries if isinstance(entries, (list, tuple)) else [entries]:
            for name, merged in entry.items() if isinstance(entry, Mapping) else [(entry, entry)]:
                whole = list(merged) if isinstance(merged, (list, tuple)) else [merged]
                if not whole or not all(isinstance(word, str) and word for word in (name, *whole)):
                    raise SettingError("targets", entries, FORM)
                if name in RESERVED:
                    raise SettingError("targets", entries, "another name", f"{name!r} is nnU-Net's own")
                if name in parts or any(part in other for other in parts.values() for part in whole):
                    raise SettingError("targets", entries, "each structure once", f"{name!r} is there twice")
                parts[name] = whole
        return cls(parts)

    def __len__(self) -> int:
        return len(self.parts)

    @property
    def names(self) -> list[str]:
        """The names in the order of the values."""
        return list(self.parts)

    @property
    def values(self) -> dict[str, int]:
        """The value of each target by name, from 1."""
        return {name: value for value, name in enumerate(self.parts, start=1)}

    @property
    def ignore(self) -> int:
        """The value of voxels that no loss shall see: the one above all others, as nnU-Net wants it."""
        return len(self.parts) + 1

    @property
    def structures(self) -> frozenset[str]:
        """The names of all structures that belong to some target."""
        return frozenset(part for parts in self.parts.values() for part in parts)

    @property
    def is_lateral(self) -> bool:
        """Whether a target is of one side, by its name or its parts', so that a mirror image is no other patient."""
        return bool(self.one_sided)

    @property
    def one_sided(self) -> frozenset[str]:
        """The structures of the targets that are of one side."""
        known = {*self.parts, *self.structures}
        lateral = [
            parts
            for name, parts in self.parts.items()
            if len(sides([name], known)) == 1 or len(sides(parts, known)) == 1
        ]
        return frozenset(part for parts in lateral for part in parts)

    @property
    def components(self) -> dict[int, int]:
        """How many connected components each value has: two where it joins a left and a right structure, else one."""
        return {value: max(1, len(sides(parts))) for value, parts in enumerate(self.parts.values(), start=1)}

    def missing(self, known: Iterable[str], optional: Iterable[str | None] = ()) -> list[str]:
        """Return the structures that are not `known`, sorted; `optional` ones need not be.

        Args:
            known: Names of a label map.
            optional: Names that a label map may lack.
        """
        return sorted(self.structures - set(known) - set(optional))

    def merge(
        self, label_map: NDArray[Any], names: Mapping[int, str], without: Iterable[str] = ()
    ) -> NDArray[np.uint8]:
        """Return the target values of a label map.

        Args:
            label_map: `(x, y, z)` label values.
            names: Names of the values.
            without: Names of structures that are left out.

        Returns:
            `(x, y, z)` uint8, 1 for the first target; 0 elsewhere.
        """
        from labelct.labels import compact, relabel

        left_out = set(without)
        number = {
            part: value
            for value, parts in enumerate(self.parts.values(), start=1)
            for part in parts
            if part not in left_out
        }
        small, known = compact(label_map, names)
        lookup = np.zeros(max([*known, int(small.max(initial=0))]) + 1, np.uint8)
        for value, name in known.items():
            lookup[value] = number.get(name, 0)
        merged: NDArray[np.uint8] = relabel(small, lookup)
        return merged
