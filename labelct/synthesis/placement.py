"""Where the surroundings of the labels lie: sections of the trunk, from the skin inwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.hull import coarse_step
from labelct.synthesis.lesions import outline

Mask = NDArray[np.bool_]
Numbers = Mapping[str, int]
BELOW = -1e6
RECESS_SLOPE = 3.0


def place_surroundings(
    rest: NDArray[np.uint8],
    labelled: Mask,
    spacing: Sequence[float],
    params: Mapping[str, Any] | None,
    first: int,
    cavity: Mask | None = None,
) -> tuple[NDArray[np.uint8], list[str]]:
    """Place bodies into what no label covers.

    Args:
        rest: `(x, y, z)` part numbers as if no label were there, 0 is air; unchanged.
        labelled: `(x, y, z)`, True on labels; the lungs stand on them.
        spacing: Voxel size in mm.
        params: Of `sample_surroundings`; None places nothing.
        first: Part number of the first body.
        cavity: `(x, y, z)`, True inside the body's wall; None: deeper than the drawn rind.

    Returns:
        `(x, y, z)` part numbers, and the names of the new parts in their order from `first` on.
    """
    if params is None:
        return rest, []
    names = list(params["classes"])
    number = {name: first + index for index, name in enumerate(names)}
    placed, body = rest.copy(), rest > 0
    if body.any():
        sections = _Sections(labelled, spacing, params)
        for z in range(rest.shape[2]):
            sections.place(placed[:, :, z], body[:, :, z], None if cavity is None else cavity[:, :, z], z, number)
        for blob in params["bodies"]:
            box, inside = outline(rest.shape, spacing, blob)
            view = placed[box]
            view[inside & body[box]] = number[blob["name"]]
        sections.outside(placed, body, number)
    return placed, names


class _Sections:
    """The axial sections of one trunk, and the air around it."""

    def __init__(self, labelled: Mask, spacing: Sequence[float], params: Mapping[str, Any]) -> None:
        self.spacing, self.params = spacing, params
        centre = params["centre_mm"]
        self.x = (np.arange(labelled.shape[0]) * spacing[0] - centre[0])[:, None]
        self.y = (np.arange(labelled.shape[1]) * spacing[1] - centre[1])[None, :]
        levels = np.flatnonzero(labelled.any(axis=(0, 1)))
        self.lowest = levels[0] * spacing[2] if len(levels) else 0.0
        self.dome = dome(labelled, spacing, params) if "lungs" in params and len(levels) else None

    def place(self, section: NDArray[np.uint8], body: Mask, cavity: Mask | None, z: int, number: Numbers) -> None:
        """Place lungs, ribs and spine into one section `(x, y)`."""
        from scipy.ndimage import distance_transform_edt

        if not body.any():
            return
        height, sampling = z * self.spacing[2], self.spacing[:2]
        if cavity is None:
            cavity = distance_transform_edt(body, sampling=sampling) > self.params["rind_mm"]
        if self.dome is not None:
            self._lungs(section, cavity, height - self.dome, number)
        if "ribs" in self.params and cavity.any():
            outwards = distance_transform_edt(~cavity, sampling=sampling)
            self._ribs(section, np.where(body, outwards, np.inf), height, number["_rib"])
        if "spine" in self.params:
            self._spine(section, body, number)

    def _lungs(self, section: NDArray[np.uint8], cavity: Mask, over: NDArray[Any], number: Numbers) -> None:
        """Place lungs where a section lies `over` the dome, in mm, and heart and mediastinum between them."""
        drawn = self.params["lungs"]
        lung = cavity & (over > drawn["gap_mm"])
        section[lung] = number["_lung"]
        heart = np.argmin(np.abs(self.x + drawn["heart_left_mm"])), np.argmin(np.abs(self.y - drawn["heart_front_mm"]))
        above = (over[heart] - drawn["heart_above_mm"]) / drawn["heart_height_mm"]
        across = (self.x + drawn["heart_left_mm"]) / drawn["heart_width_mm"]
        along = (self.y - drawn["heart_front_mm"]) / drawn["heart_depth_mm"]
        heart_or_vessels = (across**2 + along**2 + above**2 <= 1) | (np.abs(self.x) < drawn["mediastinum_mm"])
        section[lung & heart_or_vessels] = number["_heart"]

    def _ribs(self, section: NDArray[np.uint8], outwards: NDArray[Any], height: float, rib: int) -> None:
        """Place ribs where a section lies `outwards` of the cavity, in mm."""
        drawn = self.params["ribs"]
        if height < self.lowest - drawn["below_mm"]:
            return
        shell = (outwards > drawn["gap_mm"]) & (outwards <= drawn["gap_mm"] + drawn["thickness_mm"])
        along = (height + drawn["slope"] * self.y + drawn["phase_mm"]) % drawn["pitch_mm"]
        section[shell & (along < drawn["width_mm"])] = rib

    def _spine(self, section: NDArray[np.uint8], body: Mask, number: Numbers) -> None:
        drawn, middle = self.params["spine"], np.argmin(np.abs(self.x))
        back = np.flatnonzero(body[middle])
        if not len(back):
            return
        y = self.y - self.y[0, back[0]] - drawn["back_mm"]
        behind = y + 0.9 * drawn["half_depth_mm"] + 0.5 * drawn["muscle_depth_mm"]
        aside = np.abs(self.x) - drawn["muscle_width_mm"] - 6.0
        muscle = (aside / drawn["muscle_width_mm"]) ** 2 + (behind / drawn["muscle_depth_mm"]) ** 2 <= 1
        section[muscle & body] = number["_muscle"]
        vertebra = (self.x / drawn["half_width_mm"]) ** 2 + (y / drawn["half_depth_mm"]) ** 2 <= 1
        arch = (np.abs(self.x) < 4.0) & (y < -drawn["half_depth_mm"]) & (y > -3.0 * drawn["half_depth_mm"])
        section[(vertebra | arch) & body] = number["_spine"]

    def outside(self, placed: NDArray[np.uint8], body: Mask, number: Numbers) -> None:
        """Place couch and arms into the air around the body `(x, y, z)`, in place."""
        air = ~body
        if "couch" in self.params:
            drawn = self.params["couch"]
            back = self.y[0, np.flatnonzero(body.any(axis=(0, 2)))[0]]
            below, half = back - drawn["gap_mm"] - self.y, drawn["half_width_mm"]
            couch = (below > 0) & (below < drawn["thickness_mm"]) & (np.abs(self.x) < half)
            shell = couch & ((below < drawn["shell_mm"]) | (below > drawn["thickness_mm"] - drawn["shell_mm"]))
            placed[couch[:, :, None] & air] = number["_foam"]
            placed[shell[:, :, None] & air] = number["_shell"]
        if "arms" in self.params:
            drawn = self.params["arms"]
            side = np.abs(self.x[np.flatnonzero(body.any(axis=(1, 2))), 0]).max()
            reach = side + drawn["gap_mm"] + drawn["radius_mm"]
            distance = np.hypot(np.abs(self.x) - reach, self.y - drawn["front_mm"])
            placed[(distance < drawn["radius_mm"])[:, :, None] & air] = number["_arm"]
            placed[(distance < drawn["bone_mm"])[:, :, None] & air] = number["_arm_bone"]


def dome(labelled: Mask, spacing: Sequence[float], params: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the height in mm, `(x, y)`, of a surface that lies on the labels and falls off around them.

    The envelope of the labels' upper surface and of its mirror image, a little lower, stands for the diaphragm: what
    holds one organ up on the right holds others up on the left. Beside them it falls steeply into a recess and then
    like a parabola.
    """
    from scipy.ndimage import grey_dilation, maximum_filter, zoom

    drawn, step = params["lungs"], coarse_step(spacing, 6.0)[:2]
    top = np.where(labelled.any(axis=2), labelled.shape[2] - 1 - labelled[:, :, ::-1].argmax(axis=2), -1)
    height = maximum_filter(np.where(top >= 0, top * spacing[2], BELOW), [2 * s + 1 for s in step])
    height = height[:: step[0], :: step[1]]
    columns = np.round(2 * params["centre_mm"][0] / (spacing[0] * step[0])) - np.arange(len(height))
    inside = (columns >= 0) & (columns < len(height))
    mirrored = np.where(inside[:, None], height[np.clip(columns, 0, len(height) - 1).astype(int)], BELOW)
    height = np.maximum(height, mirrored - drawn["left_mm"])
    reach = [int(np.ceil(150.0 / (size * s))) for size, s in zip(spacing[:2], step, strict=True)]
    x, y = (np.arange(-n, n + 1) * size * s for n, size, s in zip(reach, spacing[:2], step, strict=True))
    distance = np.hypot(x[:, None], y[None, :])
    fall = -np.minimum(RECESS_SLOPE * distance, drawn["recess_mm"] + drawn["fall_per_mm"] * distance**2)
    envelope = grey_dilation(height, structure=fall, mode="constant", cval=BELOW)
    return np.round(_enlarged(envelope, labelled.shape[:2], zoom), 3)


def _enlarged(coarse: NDArray[np.float64], shape: Sequence[int], zoom: Any) -> NDArray[np.float64]:
    fine: NDArray[np.float64] = zoom(
        coarse, [n / m for n, m in zip(shape, coarse.shape, strict=True)], order=1, mode="nearest", grid_mode=True
    )
    return fine
