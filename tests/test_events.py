"""Events reach whoever listens, from any thread, until the end of the block."""

import threading
from pathlib import Path

import pytest

from labelct.events import ProgressEvent, StageEvent, heard_by, tell

EVENT = ProgressEvent("training", 3, 10)


def test_listeners_hear_from_other_threads_too():
    heard = []
    with heard_by(heard.append), heard_by(heard.append):
        thread = threading.Thread(target=tell, args=(EVENT,))
        thread.start()
        thread.join()
    tell(EVENT)
    assert heard == [EVENT, EVENT]


def test_a_listener_goes_where_the_block_fails():
    heard = []
    with pytest.raises(ValueError), heard_by(heard.append):
        raise ValueError
    tell(StageEvent("scan", "0" * 12, Path("scan"), "made"))
    assert heard == []
