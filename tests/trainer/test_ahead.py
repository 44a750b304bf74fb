"""Batches made ahead come in their order, not too many at once, and their thread ends with them."""

import threading
import time

import pytest
import torch

from labelct.trainer.ahead import Ahead

CPU = torch.device("cpu")


class Numbers:
    """Batches that are their number; says which were made."""

    def __init__(self, length: int, fails_at: int = -1) -> None:
        self.length, self.fails_at, self.made = length, fails_at, []

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        if number == self.fails_at:
            raise ValueError("no such batch")
        self.made.append(number)
        return torch.full((2,), number), torch.full((2,), -number)


def threads() -> int:
    return sum(thread.name == "batches" for thread in threading.enumerate())


def test_batches_come_in_their_order_and_again() -> None:
    ahead = Ahead(Numbers(7), CPU)
    for _ in range(2):
        assert [int(image[0]) for image, _ in ahead] == list(range(7))
    assert len(ahead) == 7
    assert threads() == 0


def test_no_more_are_made_than_asked_for_and_the_thread_ends() -> None:
    numbers = Numbers(1000)
    ahead = Ahead(numbers, CPU, depth=3)
    coming = iter(ahead)
    next(coming)
    time.sleep(0.3)
    assert len(numbers.made) <= 1 + 3 + 1  # taken, held ready, in the hand
    coming.close()
    assert threads() == 0


def test_closing_ends_a_thread_whose_batches_are_left_behind() -> None:
    ahead = Ahead(Numbers(1000), CPU)
    coming = iter(ahead)
    next(coming)
    ahead.close()
    for _ in range(50):
        if not threads():
            return
        time.sleep(0.1)
    raise AssertionError("the thread is still there")


def test_an_error_of_the_thread_is_raised_where_the_batch_is_taken() -> None:
    coming = iter(Ahead(Numbers(9, fails_at=2), CPU))
    assert [int(next(coming)[0][0]) for _ in range(2)] == [0, 1]
    with pytest.raises(ValueError, match="no such batch"):
        next(coming)
    assert threads() == 0
