"""What an offline run of wandb holds, read back from its file: records of protobuf in LevelDB's log format."""

import json
import struct
import time
from pathlib import Path
from typing import Any

from wandb.proto import wandb_internal_pb2

HEADER, BLOCK = 7, 2**15  # bytes
PATIENCE_S = 30.0
FULL, FIRST, LAST = 1, 2, 4


def records(folder: Path) -> list[Any]:
    """Return the records of the one run below a job's folder, once wandb's own process has written the last."""
    (path,) = folder.glob("wandb/offline-run-*/*.wandb")
    deadline = time.monotonic() + PATIENCE_S
    while not (found := _records(path)) or not found[-1].HasField("exit"):
        assert time.monotonic() < deadline, f"{path} has no end"
        time.sleep(0.1)
    return found


def _records(path: Path) -> list[Any]:
    content, place, found, parts = path.read_bytes(), HEADER, [], b""
    while place + HEADER <= len(content):
        if (left := BLOCK - place % BLOCK) < HEADER:
            place += left
            continue
        _, length, kind = struct.unpack_from("<IHB", content, place)
        piece = content[place + HEADER : place + HEADER + length]
        if len(piece) < length:
            break
        place += HEADER + length
        parts = piece if kind in (FULL, FIRST) else parts + piece
        if kind in (FULL, LAST):
            found.append(wandb_internal_pb2.Record.FromString(parts))
    return found


def _read(items: Any) -> dict[str, Any]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def history(folder: Path) -> list[dict[str, Any]]:
    """Return what was logged, call by call."""
    return [_read(record.history.item) for record in records(folder) if record.HasField("history")]


def config(folder: Path) -> dict[str, Any]:
    """Return the configuration as it was in the end."""
    found: dict[str, Any] = {}
    for record in records(folder):
        updates = record.run.config.update if record.HasField("run") else record.config.update
        found |= _read(updates)
    return found


def curve(folder: Path, name: str) -> list[tuple[int, float]]:
    """Return the curve of a metric: step and value."""
    return [(row["step"], row[name]) for row in history(folder) if name in row]
