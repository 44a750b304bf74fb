"""The data stages of a small experiment, one behind the other."""

from labelct.stages import cohorts, scanning, synthesis

SMALL = ["cohort.spacing=10", "data.replicates=2", "data.replicates_val=1"]
SMALL += ["limit.train=2", "limit.val=1", "limit.test=1", "texture.clips=4", "parallel.workers=1", "scanner=image"]


def build_all(config, root):
    cohort, stage = cohorts.prepare(config, config.cohort, root)
    clean = synthesis.run(config, cohort, stage, root)
    return cohort, stage, clean, scanning.run(config, clean, root)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
