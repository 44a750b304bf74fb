"""Where a training has diverged: said in one line, whichever loop it is."""

from pathlib import Path

from labelct.errors import InputError

LOOKED_AT = 10  # the last steps: single losses may be no number where a scaled gradient is thrown away


def check_finite(loss: float, finite: float, when: str, folder: Path, remedy: str, name: str = "") -> None:
    """Raise where no loss of the last steps is a finite number: nothing is learnt from there on.

    Args:
        loss: The last one, or their mean.
        finite: How many of them are finite numbers.
        when: Where in the training: `at step 20`.
        folder: Of the training.
        remedy: What to set.
        name: Of the loss, where there are several.

    Raises:
        InputError: None is.
    """
    if not finite:
        raise InputError(folder, f"the loss {name and name + ' '}is {loss} {when}: the training has diverged", remedy)
