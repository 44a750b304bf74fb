"""Finished runs on disk, as a sweep leaves them."""

import csv
import json

import numpy as np

REFERENCE = np.linspace(0.88, 0.97, 12)
PNG = b"\x89PNG\r\n\x1a\n"


def coarse_pictures(monkeypatch):
    monkeypatch.setattr("labelct.report.plots.DPI", 30)
    monkeypatch.setattr("labelct.report.plots.FORMS", ("png",))


def lowered(dice, by):
    """Return scores that are lower by so much in the mean; where all differences are one, tests try every sign."""
    return np.asarray(dice) - by * np.linspace(0.9, 1.1, len(dice))


def write_run(folder, dice, choices=None, seed=0, key=None, overrides=(), test="ts", state="finished"):
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(json.dumps({"arm": [choices, seed, list(overrides)]}), encoding="utf-8")
    (folder / "status.json").write_text(json.dumps({"state": state}), encoding="utf-8")
    rows = [
        {
            "test": test,
            "case": f"c{index:02}",
            "label": "liver",
            "dice": value,
            "surface_dice": value,
            "hd95": 4.0 if value else None,
            "volume_error_ml": 0.0,
            "volume_error": 0.0,
            "absent": "",
        }
        for index, value in enumerate(dice)
    ]
    arm = {"cohort": "phantom", "data": "synth3", "dose": "full"} | (choices or {}) | {"seed": str(seed)}
    record = {"arm": arm, "overrides": list(overrides), "keys": [["cohort", "aa"], ["scores", key or folder.name]]}
    (folder / "scores.json").write_text(json.dumps({**record, "rows": rows, "summary": {}}), encoding="utf-8")


def read_table(out):
    with (out / "report.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_sweep(below):
    """Write a sweep of three arms, one with two seeds, and return its folder."""
    folder = below / "sweep"
    write_run(folder / "0", REFERENCE, {"data": "clinical"})
    write_run(folder / "1", REFERENCE - 0.03 - 0.001 * np.arange(12), {"data": "synth1"}, seed=0)
    write_run(folder / "2", REFERENCE - 0.05 - 0.001 * np.arange(12), {"data": "synth1"}, seed=1)
    write_run(folder / "3", [*lowered(REFERENCE[:-1], -0.001), 0.0], {"data": "synth3"})
    return folder


def write_doses(below):
    """Write a sweep over doses of two arms, with the resolved configuration and an overlay of each job."""
    folder = below / "sweep"
    for number, (data, dose, mas) in enumerate(
        (data, *dose) for data in ("synth1", "synth3") for dose in (("low", 24.75), ("full", 165.0), ("none", None))
    ):
        run = folder / str(number)
        write_run(run, lowered(REFERENCE, 0.01 * number), {"data": data, "dose": dose})
        (run / "config.yaml").write_text(json.dumps({"dose": {"mas": mas}, "n": number}), encoding="utf-8")
        (run / "figures").mkdir()
        for case in ("c00", "c11"):
            (run / "figures" / f"overlay_ts_{case}.png").write_bytes(PNG + f"{number}{case}".encode())
    return folder
