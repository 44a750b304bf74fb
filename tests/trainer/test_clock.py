"""A training by time ends when its minutes are over, in one run or in several, and its processes agree on the time."""

from types import SimpleNamespace

import pytest

from labelct.trainer.clock import AGREED_EVERY, TrainingClock


def trainer(step: int, ranks: int = 1, said: list[float] | None = None, first: float = 0.0) -> SimpleNamespace:
    def broadcast(seconds: float, source: int) -> float:
        assert source == 0
        if said is not None:
            said.append(seconds)
        return first

    return SimpleNamespace(
        global_step=step, should_stop=False, world_size=ranks, strategy=SimpleNamespace(broadcast=broadcast)
    )


@pytest.fixture
def hand():
    """The hand of a clock, which the test moves."""
    return SimpleNamespace(at=1000.0)


def test_the_share_follows_the_clock_and_ends_the_training(hand) -> None:
    clock = TrainingClock(2.0, lambda: hand.at)
    clock.on_train_start(trainer(0), None)
    assert clock.share == 0
    hand.at += 30
    run = trainer(1)
    clock.on_train_batch_end(run, None)
    assert (clock.share, run.should_stop, clock.is_over) == (0.25, False, False)
    hand.at += 91
    clock.on_train_batch_end(run, None)
    assert (clock.share, run.should_stop, clock.is_over) == (1.0, True, True)


def test_time_before_the_first_step_does_not_count(hand) -> None:
    clock = TrainingClock(2.0, lambda: hand.at)
    hand.at += 500
    assert clock.seconds == 0
    clock.on_train_start(trainer(0), None)
    assert clock.seconds == 0


def test_a_resumed_training_goes_on_at_the_time_of_its_checkpoint(hand) -> None:
    first = TrainingClock(2.0, lambda: hand.at)
    first.on_train_start(trainer(0), None)
    hand.at += 45
    state = first.state_dict()
    hand.at += 9999  # the machine was off
    second = TrainingClock(2.0, lambda: hand.at)
    second.load_state_dict(state)
    second.on_train_start(trainer(7), None)
    assert second.share == pytest.approx(45 / 120)
    hand.at += 15
    assert second.state_dict() == {"seconds": 60.0}


def test_processes_go_by_the_first_ones_clock_and_ask_it_seldom(hand) -> None:
    clock, said = TrainingClock(1.0, lambda: hand.at), []
    clock.on_train_start(trainer(0, 2, said, first=0.0), None)
    for step in range(1, 2 * AGREED_EVERY + 1):
        hand.at += 1
        clock.on_train_batch_end(trainer(step, 2, said, first=30.0), None)
        assert clock.share == (0.5 if step >= AGREED_EVERY else 0.0)
    assert said == [0.0, 10.0, 20.0]


def test_without_minutes_no_time_is_up(hand) -> None:
    clock, run = TrainingClock(None, lambda: hand.at), trainer(1)
    clock.on_train_start(run, None)
    hand.at += 1e9
    clock.on_train_batch_end(run, None)
    assert (clock.share, run.should_stop, clock.is_over) == (0.0, False, False)
