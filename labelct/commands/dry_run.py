"""`labelct run ... dry_run=true`: what the jobs of a command line would make and reuse, and nothing more."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labelct.commands.compose import Composed
from labelct.complaints import ConfigError
from labelct.config import typed
from labelct.journal import duration
from labelct.upkeep import size

if TYPE_CHECKING:
    from labelct.stages.plans import Plan, PlannedStage


UNKNOWN = "............"  # a key that hangs on what has to be made first


def asked(jobs: Sequence[Composed]) -> bool:
    """Return whether nothing shall be made.

    Raises:
        ConfigError: One job of a sweep asks for it and another does not.
    """
    answers = {bool(job.node.get("dry_run")) for job in jobs}
    if len(answers) > 1:
        raise ConfigError("dry_run=true,false: give one of them, for all jobs")
    return answers == {True}


def show(jobs: Sequence[Composed]) -> None:
    """Print what each job would do, and what all of them need; a stage that several need is counted once.

    One without a key may be that of another job: it counts in each, and the sum is the most that it can come to.

    Raises:
        LabelctError: A job cannot run.
    """
    from labelct import pipeline

    shared: dict[tuple[str, str], int] = {}
    counted: list[PlannedStage] = []
    plan: Plan | None = None
    outputs = Path()
    for number, job in enumerate(jobs):
        config = typed(job.node)
        plan, outputs = pipeline.plan(config, job.here), Path(config.paths.outputs)
        print(f"{'' if number == 0 else chr(10)}{_title(number, job, len(jobs))}")
        for stage in plan.stages:
            before = shared.get((stage.stage, stage.key)) if stage.key else None
            counted += [stage] if stage.made and before is None else []
            shared.setdefault((stage.stage, stage.key), number)
            print(_line(stage, before))
        if any(not stage.key for stage in plan.stages):
            print(f"  {UNKNOWN}  keys that are known when what stands above is made")
    if plan is not None:
        _print_sum(counted, plan.free, len(jobs), outputs)
    print("nothing was made: this was a dry run")


def _print_sum(stages: Sequence["PlannedStage"], free: int, jobs: int, outputs: Path) -> None:
    """Print what stages that would be made need, and whether the disk has it."""
    needed, took = (sum(getattr(stage, what) or 0.0 for stage in stages) for what in ("size", "seconds"))
    unnamed = jobs > 1 and any((stage.size or stage.seconds) and not stage.key for stage in stages)
    told = _sum(needed, took, any(stage.seconds is None for stage in stages), "at most" if unnamed else "about")
    print(f"\n{told}; {size(free)} are free: {outputs}")
    if unnamed:
        print("what jobs share counts in each of them as long as its key is not known")
    if needed > free:
        certain = "may be" if unnamed else "is"
        print(f"the disk {certain} too small: free space, set paths.outputs= elsewhere, or scanner.cache=false")


def _title(number: int, job: Composed, count: int) -> str:
    typed_here = " ".join(override for override in job.overrides if not override.startswith("dry_run"))
    return f"job {number}: {typed_here}" if count > 1 else f"the job: {typed_here or 'the main job'}"


def _line(stage: "PlannedStage", before: int | None) -> str:
    key = stage.key or UNKNOWN
    known = "size not known" if stage.size is None else size(stage.size)
    if not stage.made:
        return f"  {stage.stage:<13} {key}  reused   {known}"
    if before is not None:
        return f"  {stage.stage:<13} {key}  reused   made by job {before}"
    about = "" if stage.size is None else "about "
    time = "time not known" if stage.seconds is None else duration(stage.seconds)
    like = f"  (as {stage.like})" if stage.like else ""
    return f"  {stage.stage:<13} {key}  make     {about}{known}, {time}{like}"


def _sum(needed: float, took: float, unknown: bool, about: str) -> str:
    if not (needed or took or unknown):
        return "all of it is there"
    time = f"{about} {duration(took)}" if took else "not known how long"
    return f"in all {time}{' and what is not known' if unknown and took else ''}, {about} {size(needed)} of disk"
