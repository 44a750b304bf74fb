"""The processes that augment nnU-Net's patches: what is said where one of them ends before the training does."""

import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from batchgenerators.dataloading.nondet_multi_threaded_augmenter import results_loop

from labelct.errors import InputError

GO_ON = "where memory was short, set device.workers or trainer.batch lower: the same command goes on from the last one"
ENDED = "background workers are no longer alive"  # how batchgenerators says it


@contextmanager
def augmenting(workers: int | None) -> Iterator[None]:
    """Turn the end of an augmenting process into one line.

    The thread that takes their batches fails beside the training, which is told of it, or has been ended by the signal
    that ended them: what the thread says goes to standard output, which is nnU-Net's log.

    Args:
        workers: How many were asked for, for the line.

    Raises:
        InputError: One has ended, by a signal or by a fault that it has told.
    """
    before, over = threading.excepthook, False

    def note(said: threading.ExceptHookArgs) -> None:
        codes = [frame.f_code for frame, _ in traceback.walk_tb(said.exc_traceback)]
        if results_loop.__code__ not in codes:
            before(said)
        elif not over:
            print("".join(traceback.format_exception(said.exc_type, said.exc_value, said.exc_traceback)))

    threading.excepthook = note
    try:
        yield
    except KeyboardInterrupt:
        over = True  # the thread may outlive this by a moment, and the hook stays for it
        raise
    except RuntimeError as error:
        if ENDED not in str(error):
            raise
        asked = "device.workers" if workers is None else f"device.workers={workers}"
        raise InputError(asked, "a process that augments patches has ended before the training", GO_ON) from error
    finally:
        if not over:
            threading.excepthook = before
