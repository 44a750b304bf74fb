import os

from labelct.accelerator import GIB, why_not
from labelct.proposal.machine import Machine, this_machine


def test_what_this_machine_has():
    found = this_machine()
    assert 1 <= found.cores <= (os.cpu_count() or 1)
    assert GIB / 8 < found.memory < 2**50
    assert (found.gpu_memory > 0) == (why_not() is None)


def test_it_is_described_in_a_few_words():
    assert Machine(1, 8 * GIB).described() == "1 core, 8 GiB, no GPU"
    assert Machine(16, 128 * GIB, 78 * GIB).described() == "16 cores, 128 GiB, a GPU with 78 GiB"
