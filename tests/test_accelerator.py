import pytest
import torch

from labelct.accelerator import free_memory, why_not, within_memory
from labelct.errors import InputError


@pytest.fixture
def card(monkeypatch):
    """One card of a given compute capability, as torch reports it."""

    def make(capability=(9, 0), built=("sm_75", "sm_90", "compute_90")):
        monkeypatch.setattr(torch.version, "cuda", "13.2")
        monkeypatch.setattr(torch.cuda, "init", lambda: None)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda number: capability)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: "Tesla P100")
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: list(built))

    return make


def test_a_card_of_the_needed_capability_can_be_used(card):
    card()
    assert why_not((9, 0)) is None


@pytest.mark.parametrize(("minimum", "built", "needed"), [((8, 0), [], "8.0"), ((7, 0), ["sm_75", "sm_120"], "7.5")])
def test_too_old_a_card_is_told_with_what_is_needed(card, minimum, built, needed):
    card((6, 0), built)
    assert why_not(minimum) == f"Tesla P100 has compute capability 6.0, {needed} or more is needed"


def test_a_card_that_is_not_visible_is_told(card):
    card()
    assert "1 CUDA cards are visible, number 2 is needed" in why_not(number=2)


@pytest.mark.parametrize(
    "said",
    [
        "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU",
        "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver",
        "No CUDA GPUs are available",
    ],
)
def test_what_the_driver_says_becomes_one_line_with_what_is_needed(card, monkeypatch, said):
    card()

    def refuse():
        raise RuntimeError(said)

    monkeypatch.setattr(torch.cuda, "init", refuse)
    assert why_not() == f"{said.split('. ')[0]}; a card and a driver for CUDA 13.2 are needed"


def test_a_torch_without_cuda_is_told(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "is built without CUDA" in why_not()


def test_memory_that_torch_keeps_counts_as_free(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda number: (100, 1000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda number: 70)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda number: 30)
    assert free_memory() == 140


def test_a_full_card_is_one_line_and_other_errors_stay(monkeypatch):
    monkeypatch.setattr("labelct.accelerator.free_memory", lambda: 2**30)
    line = r"^scan: the card's memory is full \(1.0 GiB are free, about 3.0 GiB are needed\); set less$"
    with pytest.raises(InputError, match=line), within_memory("scan", 3 * 2**30, "set less"):
        raise torch.OutOfMemoryError("CUDA out of memory")
    with pytest.raises(ZeroDivisionError), within_memory("scan", 0, "set less"):
        raise ZeroDivisionError
