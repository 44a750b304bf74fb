"""The checkpoint a killed training goes on from, whatever it trains: how it is kept, what it says, what ails it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from lightning.pytorch import Trainer

from labelct.errors import InputError, kind_and_line
from labelct.trainer.clock import TrainingClock
from labelct.trainer.model import read_checkpoint

# What torch and Lightning raise where a checkpoint lacks something or holds it in another shape.
UNFIT = (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)


def keep(trainer: Trainer, path: Path) -> None:
    """Write a checkpoint, whole or not at all; every process of the training calls this."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        trainer.save_checkpoint(partial)
        if trainer.is_global_zero:
            partial.replace(path)
    except BaseException:  # on a full disk the half that fitted would take the room that the next try needs
        if trainer.is_global_zero:
            partial.unlink(missing_ok=True)
        raise


def steps_done(last: Path, clock: TrainingClock, what: str) -> int:
    """Return the steps of all optimisers that a checkpoint has behind it, and set the clock to its time.

    Args:
        last: The checkpoint; 0 is returned where there is none.
        clock: Of the training.
        what: What an error calls it, as `training`.

    Raises:
        InputError: It is no checkpoint of such a training.
    """
    if not last.exists():
        return 0
    state = read_checkpoint(last)
    try:
        clock.load_state_dict(state["callbacks"][clock.state_key])
        return int(state["global_step"])
    except UNFIT as error:
        raise _foreign(last, error, what) from None


@contextmanager
def resumed(last: Path, clock: TrainingClock, what: str) -> Iterator[None]:
    """Turn what Lightning raises over a checkpoint of something else into one line; arguments as of `steps_done`."""
    try:
        yield
    except UNFIT as error:
        if clock.has_begun or not last.exists() or isinstance(error, torch.OutOfMemoryError):
            raise
        raise _foreign(last, error, what) from error


def _foreign(last: Path, error: Exception, what: str) -> InputError:
    problem = f"is no checkpoint that this {what} can go on from ({kind_and_line(error)})"
    return InputError(last, problem, f"delete {last.parent} to train anew")
