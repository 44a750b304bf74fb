"""Chains that were never harmed, and folders and disks for those that will be."""

import pytest

from tests.faults.chain import Chain, kill_all, kill_main, kill_worker
from tests.faults.disk import Disk

KILLS = 50  # of each kind, with `--long`


def pytest_generate_tests(metafunc):
    """One chain that all kinds of kills happen to, or with `--long` many kills of each kind."""
    if "kills" in metafunc.fixturenames:
        kinds = [kill_main, kill_worker, kill_all]
        long = metafunc.config.getoption("--long")
        cases = [[kind] * KILLS for kind in kinds] if long else [kinds]
        metafunc.parametrize("kills", cases, ids=[kind.__name__ for kind in kinds] if long else ["each"])


@pytest.fixture
def chain(tmp_path):
    """Return an empty folder to launch the chain from, of which no process is left at the end."""
    chain = Chain(tmp_path)
    yield chain
    for process in chain.processes():
        process.kill()


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """Return a chain that nothing happened to."""
    chain = Chain(tmp_path_factory.mktemp("whole"))
    code, told = chain.run()
    assert code == 0, told
    return chain


@pytest.fixture(scope="session")
def unharmed(whole):
    """Return the files of a chain that nothing happened to."""
    return whole.contents()


@pytest.fixture
def disk(tmp_path):
    """Return a small disk of its own, or skip where this user may not mount one."""
    disk = Disk(tmp_path / "disk")
    if not disk.mount(64):
        pytest.skip("no right to mount a disk of its own")
    yield disk
    disk.unmount()
