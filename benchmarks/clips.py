"""Textures from folders of videos: seconds and memory with a few clips and with hundreds.

Usage: python benchmarks/clips.py [--data FOLDER] [--clips 500] [--edge 256] [--labels 27] [--cache-mb 512]

One row a folder, each in a process of its own: the clips below `--data` (videos of the real test data, where given) and
`--clips` generated ones (640 x 360, 300 frames of 60 a second, H.264, copies of ten). Told are the seconds of the index
(all headers), of the first volume, of the same volume again, of new volumes on average, and the process's peak memory
above that of a first volume without clips. A volume is `synth3` of ellipsoids in a trunk of 384 mm.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

DISTINCT, FRAMES, RATE, WIDTH, HEIGHT, NEW = 10, 300, 60, 640, 360, 4


def write_clips(folder: Path, number: int) -> None:
    """Write clips that pan over 1/f noise."""
    import av

    from labelct.synthesis.procedural import power_law_clip

    for clip in range(min(DISTINCT, number)):
        rng = np.random.default_rng(clip)
        picture = power_law_clip((1, 2 * HEIGHT, 2 * WIDTH), 1.0, rng)[0]
        with av.open(str(folder / f"{clip:04d}.mp4"), "w") as container:
            stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            for t in range(FRAMES):
                view = picture[t : t + HEIGHT, 2 * t : 2 * t + WIDTH]
                container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(view), "gray")))
            container.mux(stream.encode())
    for clip in range(DISTINCT, number):
        shutil.copyfile(folder / f"{clip % DISTINCT:04d}.mp4", folder / f"{clip:04d}.mp4")


def peak_mib() -> float:
    """Return the process's peak memory in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(root: str, edge: int, labels: int, cache_mb: int) -> dict[str, float]:
    """Return seconds and MiB for one folder."""
    from dataclasses import replace

    import synthesis

    from labelct.synthesis.bank import load_bank
    from labelct.synthesis.case import Case
    from labelct.synthesis.texture import Settings

    label_map, spacing, names = synthesis.label_map(edge)
    label_map[label_map > labels] = 0
    case, plain = Case(label_map, spacing, names), synthesis.recipe("synth3", "noise")
    plain.draw(case, np.random.default_rng(0))  # compiles
    before, found = peak_mib(), dict[str, float]()

    def seconds(work: Callable[[], object]) -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    found["no video"] = seconds(lambda: plain.draw(case, np.random.default_rng(0)))
    settings = Settings(kind="video", root=root, size=360, cache_mb=cache_mb)
    found["index"] = seconds(lambda: load_bank(settings))  # headers are kept: what follows reads none
    made = replace(plain, texture=settings, bank=load_bank(settings))
    found["cold"] = seconds(lambda: made.draw(case, np.random.default_rng(1)))
    found["again"] = seconds(lambda: made.draw(case, np.random.default_rng(1)))
    rng = np.random.default_rng(2)
    found["new"] = sum(seconds(lambda: made.draw(case, rng)) for _ in range(NEW)) / NEW
    return {**found, "clips": len(made.bank), "MiB": peak_mib() - before}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the real test data, whose videos are measured, too")
    parser.add_argument("--clips", type=int, default=500, help="how many clips are generated")
    parser.add_argument("--edge", type=int, default=256, help="voxels along each axis of the volume")
    parser.add_argument("--labels", type=int, default=27, help="labels in it, 28 at most")
    parser.add_argument("--cache-mb", type=int, default=512, help="texture.cache_mb")
    parser.add_argument("--root", help="measure this folder alone and print JSON")
    given = parser.parse_args()
    if given.root:
        print(json.dumps(measure(given.root, given.edge, given.labels, given.cache_mb)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        write_clips(Path(temporary), given.clips)
        print(
            f"{'clips':>6} {'index s':>8} {'cold s':>7} {'again s':>8} {'new s':>6} {'no video s':>11} {'peak MiB':>9}"
        )
        for root in (*([str(given.data / "videos")] if given.data else []), temporary):
            options = ["--edge", given.edge, "--labels", given.labels, "--cache-mb", given.cache_mb, "--root", root]
            command = [sys.executable, __file__, *map(str, options)]
            row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(
                f"{row['clips']:6.0f} {row['index']:8.2f} {row['cold']:7.2f} {row['again']:8.2f} {row['new']:6.2f} "
                f"{row['no video']:11.2f} {row['MiB']:9.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
