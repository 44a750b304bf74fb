"""What a container or a job of a cluster may take is what counts, wherever around this process the limit stands."""

from types import SimpleNamespace

import psutil
import pytest

from labelct import memory

GB = 2**30


@pytest.fixture
def group(tmp_path, monkeypatch):
    """Return a function that gives this process control groups: `{folder: (limit, used, cached)}` of a version."""
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=16 * GB, available=8 * GB))
    monkeypatch.setattr(memory, "ROOT", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "OWN", tmp_path / "own")

    def of(line, names, groups):
        (tmp_path / "own").write_text(f"12:pids:/elsewhere\n{line}\n")
        for folder, (limit, used, cached) in groups.items():
            made = tmp_path / "cgroup" / folder
            made.mkdir(parents=True, exist_ok=True)
            (made / names[0]).write_text(f"{limit}\n")
            (made / names[1]).write_text(f"{used}\n")
            (made / "memory.stat").write_text(f"anon 5\n{names[2]} {cached}\nfile 7\n")

    return of


TWO = ("memory.max", "memory.current", "inactive_file")
ONE = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


@pytest.mark.parametrize(
    ("line", "names", "groups", "total", "free"),
    [
        ("0::/job_7/step_0", TWO, {}, 16, 8),
        ("0::/job_7/step_0", TWO, {"job_7/step_0": ("max", GB, 0)}, 16, 8),
        ("0::/job_7/step_0", TWO, {"job_7": (3 * GB, GB, 0), "job_7/step_0": ("max", GB, 0)}, 3, 2),
        ("0::/job_7/step_0", TWO, {"job_7": (12 * GB, 9 * GB, 4 * GB)}, 12, 7),
        ("0::/job_7/step_0", TWO, {"job_7": (2 * GB, 3 * GB, 0)}, 2, 0),
        ("0::/job_7/step_0", TWO, {"job_8": (GB, 0, 0)}, 16, 8),
        ("0::/", TWO, {".": (4 * GB, GB, 0)}, 4, 3),
        ("0::/../../seen/from/outside", TWO, {".": (4 * GB, GB, 0)}, 4, 3),
        ("4:cpu,memory:/slurm/job_7", ONE, {"memory/slurm": (6 * GB, 2 * GB, GB)}, 6, 5),
        ("4:memory:/seen/from/outside", ONE, {"memory": (5 * GB, 2 * GB, 0)}, 5, 3),
        ("4:memory:/job_7", ONE, {"memory/job_7": (9223372036854771712, 0, 0)}, 16, 8),
    ],
)
def test_memory_is_what_the_groups_around_this_process_leave(group, line, names, groups, total, free):
    group(line, names, groups)
    assert (memory.total(), memory.free()) == (total * GB, free * GB)


def test_a_system_without_control_groups_has_the_memory_of_the_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "OWN", tmp_path / "missing")
    assert memory.total() == psutil.virtual_memory().total
    assert 0 < memory.free() <= memory.total()
