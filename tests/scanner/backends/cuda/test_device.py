import numpy as np
import pytest

from labelct.errors import SettingError
from labelct.scanner.backends import backend
from labelct.scanner.backends.cuda import device


@pytest.fixture
def plain(monkeypatch):
    """A process in which Triton compiles, whatever the tests run as."""
    monkeypatch.setattr(device, "INTERPRETED", False)


def test_a_card_that_cannot_be_used_is_refused_in_one_line_with_the_remedy(plain, monkeypatch):
    monkeypatch.setattr(device, "why_not", lambda minimum: "the driver is too old")
    line = r"^scanner\.backend='cuda': allowed is numba here: the driver is too old; set scanner\.backend=numba"
    with pytest.raises(SettingError, match=line):
        backend("cuda")


def test_a_machine_without_triton_is_refused_before_its_card_is_asked(plain, monkeypatch):
    monkeypatch.setattr(device, "find_spec", lambda name: None)
    with pytest.raises(SettingError, match="Triton is not installed"):
        device.check()


def test_a_usable_card_passes(plain, monkeypatch):
    monkeypatch.setattr(device, "why_not", lambda minimum: None)
    device.check()
    assert device.name() == "cuda"


def test_the_interpreter_is_chosen_by_hand_and_works_on_the_cpu(monkeypatch):
    monkeypatch.setattr(device, "INTERPRETED", True)
    device.check()
    assert device.name() == "cpu"


def test_arrays_that_must_not_be_written_to_are_taken_and_come_home(monkeypatch):
    monkeypatch.setattr(device, "INTERPRETED", True)
    array = np.arange(6, dtype=np.float64).reshape(2, 3).T
    array.flags.writeable = False
    tensor = device.on_device(array)
    assert device.on_device(tensor) is tensor
    assert device.host(array) is array
    np.testing.assert_array_equal(device.host(tensor), array)
    assert device.host(tensor).dtype == np.float32
    assert device.table(np.array([2.0**-40])).item() == 2.0**-40
