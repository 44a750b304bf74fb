"""Commands of a chain that ends before its training, started to be killed, and what is left of them."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

SMALL = ["debug=smoke", "cohort.spacing=14", "parallel.workers=2", "scanner=image"]
STUB = """
import sys, types

def run(config, folder, arm, overrides):
    from pathlib import Path
    from labelct.stages import cohorts, scanning, synthesis
    root = Path(config.paths.outputs) / "stages"
    cohort, stage = cohorts.prepare(config, config.cohort, root)
    scanning.run(config, synthesis.run(config, cohort, stage, root), root)
    return 0.9

stub = types.ModuleType("labelct.pipeline")
stub.run = run
sys.modules["labelct.pipeline"] = stub
"""
MARK = "LABELCT_FAULT"
LAST = {"cohort": "ct", "synthesis": "records", "dataset": "labelsTr"}  # what is written last of a case, by stage


class Chain:
    """A folder to launch the chain from, with its processes; `whole`: it trains and scores, too."""

    def __init__(self, folder, outputs="outputs", whole=False):
        self.folder, self.outputs = folder, folder / outputs
        stub = folder / "stub"
        stub.mkdir()
        if not whole:
            (stub / "sitecustomize.py").write_text(STUB, encoding="utf-8")
        path = os.pathsep.join(filter(None, [str(stub), os.environ.get("PYTHONPATH")]))
        self.environment = {**os.environ, "PYTHONPATH": path, MARK: str(folder), "COLUMNS": "200"}

    def start(self, *arguments, **options):
        """Return the process of a command, the leader of its own session."""
        command = [sys.executable, "-m", "labelct.run", *SMALL, *arguments]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
        options = {"cwd": self.folder, "env": self.environment, **streams, **options}
        return subprocess.Popen(command, start_new_session=True, text=True, **options)

    def run(self, *arguments, **options):
        """Return exit code and output of a command."""
        with self.start(*arguments, **options) as process:
            told = process.communicate(timeout=600)[0]
        return process.returncode, told

    def processes(self):
        """Return the processes that this chain's commands have left."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == str(self.folder) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def workers(self):
        """Return the processes of loky that work on cases."""
        return [process for process in self.processes() if "popen_loky_posix" in " ".join(process.cmdline())]

    def states(self):
        """Return what became of each job, in the order of their start."""
        paths = sorted([*self.outputs.glob("runs/*/*/status.json"), *self.outputs.glob("sweeps/*/*/*/status.json")])
        return [json.loads(path.read_text(encoding="utf-8"))["state"] for path in paths]

    def files(self):
        """Return when the last file of each finished case was written, by stage and name."""
        found = {}
        for folder, _, names in os.walk(self.outputs / "stages"):  # which does not mind what goes meanwhile
            *_, stage, key, kind = Path(folder).parts
            for name in names if LAST.get(stage) == kind else ():
                with suppress(FileNotFoundError):
                    written = os.stat(os.path.join(folder, name)).st_mtime_ns
                    found[stage, key.partition(".")[0], name] = written
        return {file: written for file, written in found.items() if not file[-1].startswith(".")}

    def contents(self):
        """Return the bytes of every file of every stage; what is noted of inputs has this machine's paths and times."""
        stages = self.outputs / "stages"
        paths = (path for path in stages.glob("*/*/**/*") if path.is_file() and path.suffix != ".lock")
        return {str(path.relative_to(stages)): path.read_bytes() for path in sorted(paths)}


def until(condition, seconds=240.0):
    """Wait until a condition holds; return whether it does."""
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def kill_main(chain, process):
    """Kill a command's own process and none of its workers, as the kernel does for want of memory."""
    process.kill()


def kill_all(chain, process):
    """Kill a command with all that it started, loky's cleaner as well, but for what has a session of its own."""
    with suppress(ProcessLookupError):  # it has ended meanwhile
        os.killpg(process.pid, signal.SIGKILL)


def terminate(chain, process):
    """End a command as the system does that shuts down."""
    process.terminate()


def interrupt(chain, process):
    """End a command as Ctrl-C does."""
    process.send_signal(signal.SIGINT)


def kill_worker(chain, process):
    """Kill one worker, or the command where it has none by then."""
    workers = chain.workers()
    (workers[0] if workers else process).kill()
