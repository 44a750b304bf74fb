"""What anybody would write first: the weighted backprojection as a plain numba loop, to compare with."""

from __future__ import annotations

import math

import numba
import numpy as np


@numba.njit(parallel=True, fastmath=True, cache=True)
def backproject(g, first, shape, detector, spacing_u, edge_u, turn, zs, xs, ys, aperture, image):
    """Reconstruct columns; return the samples added.

    Args:
        g: `(direction, u, row)`, filtered.
        first: Number of its first direction.
        shape: Real rows, directions in half a turn.
        detector: R, D, row pitch.
        spacing_u: du.
        edge_u: First u.
        turn: First angle, view pitch, first height, table feed per rad.
        zs: Slices.
        xs, ys: Columns.
        aperture: Q.
        image: `(x, y, z)`, written.
    """
    rows, half = shape
    r, d, pitch = detector
    angle, step, height, feed = turn
    count = g.shape[0]
    added = np.zeros(len(xs), np.int64)
    for i in numba.prange(len(xs)):
        num, den = np.zeros(len(zs), np.float32), np.zeros(len(zs), np.float32)
        for j in range(len(ys)):
            for base in range(half):
                num[:], den[:] = 0, 0
                for view in range((base - first) % half, count, half):
                    theta = (first + view) * step
                    u = xs[i] * math.sin(angle + theta) - ys[j] * math.cos(angle + theta)
                    w = xs[i] * math.cos(angle + theta) + ys[j] * math.sin(angle + theta)
                    distance = math.sqrt(r * r - u * u) - w
                    focus = height + feed * (theta - math.asin(u / r))
                    at = (u - edge_u) / spacing_u
                    left = int(at)
                    part = np.float32(at - left)
                    for k in range(len(zs)):
                        v = d * (zs[k] - focus) / distance
                        q = abs(2 * v / (rows * pitch))
                        if q < 1:
                            rho = min(max(v / pitch + (rows - 1) / 2, 0.0), rows - 1.001)
                            row = int(rho)
                            up = np.float32(rho - row)
                            low = (1 - part) * g[view, left, row] + part * g[view, left + 1, row]
                            high = (1 - part) * g[view, left, row + 1] + part * g[view, left + 1, row + 1]
                            weight = np.float32(1.0)
                            if q > aperture:
                                weight = np.float32(math.cos(math.pi / 2 * (q - aperture) / (1 - aperture)) ** 2)
                            num[k] += weight * (low + up * (high - low))
                            den[k] += weight
                            added[i] += 1
                for k in range(len(zs)):
                    if den[k] > 0:
                        image[i, j, k] += num[k] / den[k] * step
    return added.sum()
