"""What happens in a job, told to whoever listens: the stages that it asks for, and how far it is with what takes long.

Listeners belong to the process, not to a thread or a context: nnU-Net's log is followed by a thread of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WANTED, REUSED, MADE, PLANNED = "wanted", "reused", "made", "planned"


@dataclass(frozen=True)
class StageEvent:
    """What becomes of a stage.

    Attributes:
        stage: Its name.
        key: Its key.
        folder: Where it lies, or is going to.
        state: `wanted` before anything else, then `reused`, or `made`, or `planned` where nothing is made.
        seconds: How long it took to make.
        recipe: What it is made by.
    """

    stage: str
    key: str
    folder: Path
    state: str
    seconds: float = 0.0
    recipe: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class ProgressEvent:
    """How far something is that takes long.

    Attributes:
        what: Its description.
        done: Steps done.
        total: Steps there are; None where that is not known yet.
        text: A word on how it goes.
    """

    what: str
    done: int
    total: int | None
    text: str = ""


Event = StageEvent | ProgressEvent
Listener = Callable[[Event], None]
_LISTENERS: list[Listener] = []


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Tell a listener of every event until the end of the block."""
    _LISTENERS.append(listener)
    try:
        yield
    finally:
        _LISTENERS.remove(listener)


def tell(event: Event) -> None:
    """Tell the listeners of an event."""
    for listener in tuple(_LISTENERS):
        listener(event)
