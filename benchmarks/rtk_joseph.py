"""RTK's Joseph projector on a scan that `benchmarks/scanner.py` hands over; runs in any Python with `itk-rtk`.

RTK turns about its y axis: its (x, y, z) are our (y, z, x). Its detector coordinate grows against our fan angle.
"""

from __future__ import annotations

import sys
import time

import itk
import numpy as np
from itk import RTK as rtk


def timed(project) -> float:
    """Return the seconds of one run."""
    project.Modified()
    start = time.perf_counter()
    project.Update()
    return time.perf_counter() - start


def main(given: str, made: str) -> None:
    """Read volume and scan from the archive `given`; write projections `(view, channel, row)` and seconds."""
    scan = np.load(given)
    distance, detector = float(scan["source_isocentre"]), float(scan["source_detector"])
    geometry = rtk.ThreeDCircularProjectionGeometry.New()
    geometry.SetRadiusCylindricalDetector(detector)
    for angle, height in zip(scan["angles"], scan["heights"], strict=True):
        geometry.AddProjection(distance, detector, float(np.degrees(angle)), 0.0, height, 0.0, 0.0, 0.0, height)
    volume = itk.image_from_array(np.ascontiguousarray(scan["volume"].transpose(0, 2, 1)))
    x, y, z = (float(value) for value in scan["origin"])
    dx, dy, dz = (float(value) for value in scan["spacing"])
    volume.SetOrigin([y, z, x])
    volume.SetSpacing([dy, dz, dx])
    gamma, v = scan["gamma"][::-1], scan["v"]
    stack = itk.image_from_array(np.zeros((len(scan["angles"]), len(v), len(gamma)), np.float32))
    stack.SetOrigin([float(-gamma[0] * detector), float(v[0]), 0.0])
    stack.SetSpacing([float((gamma[0] - gamma[1]) * detector), float(v[1] - v[0]), 1.0])
    kind = type(stack)
    project = rtk.JosephForwardProjectionImageFilter[kind, kind].New()
    project.SetInput(0, stack)
    project.SetInput(1, volume)
    project.SetGeometry(geometry)
    project.InPlaceOff()
    seconds = min(timed(project) for _ in range(2))
    projections = itk.array_from_image(project.GetOutput()).transpose(0, 2, 1)[:, ::-1]
    np.savez(made, projections=projections, seconds=seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
