"""What a job notes while it runs: the stages that it uses, how far it is, and lines of its log about both."""

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelct import events
from labelct.errors import InputError
from labelct.texts import read_json, read_text
from labelct.writing import write_text

log = logging.getLogger(__name__)
STAGES, PROGRESS = "stages.jsonl", "progress.json"
JOBS = "jobs.txt"  # beside the stages: the folders of jobs that do not lie below their outputs
NOTED_S, LOGGED_S = 2.0, 30.0  # a job is asked how far it is now and then; its log is read from end to end
MANY = 10  # a second: from there on two digits would leave some out
FILE_ONLY = {"file_only": True}  # the console has the bar


@dataclass
class Journal:
    """The notes of one job.

    Attributes:
        folder: The job's folder.
        stages: The stages that it has asked for, by folder, with what became of them.
    """

    folder: Path
    stages: dict[Path, events.StageEvent] = field(default_factory=dict)
    _began: dict[str, tuple[float, int]] = field(default_factory=dict)
    _noted: float = float("-inf")
    _logged: float = float("-inf")
    _broken: bool = False

    def hear(self, event: events.Event) -> None:
        """Note an event."""
        if isinstance(event, events.StageEvent):
            self._hear_stage(event)
        else:
            self._hear_progress(event)

    def _hear_stage(self, event: events.StageEvent) -> None:
        known, self.stages[event.folder] = event.folder in self.stages, event
        if event.state == events.WANTED and not known:
            self._append(self.folder / STAGES, json.dumps({"stage": event.stage, "key": event.key}))
        elif event.state == events.REUSED:
            log.info("reused %s %s", event.stage, event.key, extra=FILE_ONLY)
        elif event.state == events.MADE:
            log.info("made %s %s in %s", event.stage, event.key, duration(event.seconds), extra=FILE_ONLY)

    def _hear_progress(self, event: events.ProgressEvent) -> None:
        now = time.monotonic()
        began, first = self._began.setdefault(event.what, (now, event.done))
        made, over = event.done - first, event.total is not None and event.done >= event.total
        rate = made / (now - began) if made > 0 and now > began else None
        left = (event.total - event.done) / rate if rate and event.total is not None else None
        note = {**vars(event), "rate": rate, "left_s": left, "at": time.time()}
        if over or now - self._noted >= NOTED_S:
            self._noted = now
            self._write(note)
        if over or now - self._logged >= LOGGED_S:
            self._logged = now
            log.info("%s", sentence(note), extra=FILE_ONLY)
        if over:
            del self._began[event.what]

    def _append(self, path: Path, line: str) -> None:
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            self._tell_broken(path, error.strerror or str(error))

    def _write(self, note: Mapping[str, Any]) -> None:
        with suppress(InputError):  # the next one, or the job itself, meets the same disk
            write_text(self.folder / PROGRESS, json.dumps(note) + "\n")

    def _tell_broken(self, path: Path, problem: str) -> None:
        if not self._broken:
            self._broken = True
            log.warning("%s cannot be written (%s): `labelct store` will not know what this job uses", path, problem)


@contextmanager
def kept(folder: Path, root: Path) -> Iterator[Journal]:
    """Keep the journal of a job until the end of the block.

    Args:
        folder: The job's folder.
        root: The folder of all stages, which learns of a job that lies elsewhere.
    """
    journal = Journal(folder)
    outputs = root.parent.absolute()
    if not any(folder.absolute().is_relative_to(outputs / name) for name in ("runs", "sweeps")):
        _register(folder, root)
    with events.heard_by(journal.hear):
        yield journal


def _register(folder: Path, root: Path) -> None:
    """Write the folder of a job into the list beside the stages, unless it stands there."""
    line, path = str(folder.absolute()), root / JOBS
    if line not in elsewhere(root):
        with suppress(OSError):  # the first stage meets the same disk, and says so
            root.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def elsewhere(root: Path) -> list[str]:
    """Return the folders of jobs that used stages of `root` and do not lie beside it."""
    path = root / JOBS
    return read_text(path, f"mend {path}").splitlines() if path.is_file() else []


def keys(folder: Path) -> set[str]:
    """Return the keys of the stages that a job asked for, as its journal has them; none where it kept none."""
    path = folder / STAGES
    if not path.is_file():
        return set()
    found = set()
    for line in read_text(path, f"delete {path}").splitlines():
        with suppress(ValueError, TypeError, KeyError):  # a line that a kill tore: its stage was not begun
            found.add(str(json.loads(line)["key"]))
    return found


def progress(folder: Path) -> dict[str, Any] | None:
    """Return how far a job was when it was heard of last: a `ProgressEvent` with `rate`, `left_s` and `at`; or None."""
    try:
        note = read_json(folder / PROGRESS, "")
        return {**note, "at": float(note["at"])} if {"what", "done", "total"} <= set(note) else None
    except (InputError, KeyError, TypeError, ValueError):
        return None


def sentence(note: Mapping[str, Any]) -> str:
    """Return how far something is in words: `training: 120/800, 1.2/s, 9 min left, loss 0.31`."""
    total = "" if note["total"] is None else f"/{note['total']}"
    parts = [f"{note['what']}: {note['done']}{total}"]
    if rate := note.get("rate"):
        shown = f"{rate:.0f}" if rate >= MANY else f"{rate:.2g}"
        parts.append(f"{shown}/s" if rate >= 0.1 else f"{1 / rate:.0f} s each")
    if left := note.get("left_s"):
        parts.append(f"{duration(left)} left")
    return ", ".join([*parts, *([note["text"]] if note.get("text") else [])])


def duration(seconds: float) -> str:
    """Return a time in the two largest units that it has: `48 s`, `9 min`, `3 h 20 min`, `2 d 4 h`."""
    if seconds < 0.5:
        return "under 1 s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"
