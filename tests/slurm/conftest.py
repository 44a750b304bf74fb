"""A Slurm cluster of one node, this machine, started from Debian's packages (`apt-get install slurm-wlm munge`)."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager

import pytest

PROGRAMS = ("munged", "munge", "slurmctld", "slurmd", "sinfo", "sbatch", "scontrol")
ADMIN = "/usr/sbin:/sbin"
STARTED_S = 30
CONFIGURATION = """
ClusterName=labelct
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MailProg=/bin/true
KillWait=5
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=6144 State=UNKNOWN
PartitionName=short Nodes=ALL Default=YES MaxTime=01:00:00 State=UP
"""


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    """Return the environment of commands that submit to a cluster of two cores and 6 GB."""
    path = f"{os.environ['PATH']}:{ADMIN}"
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: apt-get install slurm-wlm munge")
    if os.geteuid() != 0:
        pytest.skip("slurmd wants root")
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("state", "spool"):
        (folder / name).mkdir()
    host = socket.gethostname().partition(".")[0]
    configuration = folder / "slurm.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, host=host, ports=_free_ports(2)), encoding="utf-8")
    environment = {**os.environ, "PATH": path, "SLURM_CONF": str(configuration)}
    with _daemons(folder, environment):
        yield environment


@contextmanager
def _daemons(folder, environment):
    """Start munged with a key of its own, the controller and the node, and end them."""
    key, socket_ = folder / "munge.key", folder / "munge.socket"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    own = [f"--{name}-file={folder / name}" for name in ("pid", "seed", "log")]
    commands = (
        ["munged", "--foreground", "--force", f"--key-file={key}", f"--socket={socket_}", *own],
        ["slurmctld", "-D"],
        ["slurmd", "-D"],
    )
    quiet = subprocess.DEVNULL
    started = []
    try:
        for command in commands:
            started.append(subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet))
            _wait(socket_.exists, "munged")
        _wait(lambda: "idle" in told(environment, "sinfo", "--noheader", "--format=%T"), "the node", folder)
        yield
    finally:
        if len(started) == len(commands):
            told(environment, "scancel", "--user=root")
            _wait(lambda: not told(environment, "squeue", "--noheader"), "the last job", folder)
        for process in reversed(started):
            process.terminate()
            process.wait(STARTED_S)


def told(environment, *command):
    """Return what a command of Slurm prints."""
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout.strip()


def _wait(until, what, folder=None):
    deadline = time.monotonic() + STARTED_S
    while not until():
        logs = [path.read_text(encoding="utf-8")[-2000:] for path in folder.glob("*.log")] if folder else []
        assert time.monotonic() < deadline, f"waiting for {what}: " + "\n".join(logs)
        time.sleep(0.2)


def _free_ports(count):
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for number in sockets:
            number.bind(("127.0.0.1", 0))
        return [number.getsockname()[1] for number in sockets]
