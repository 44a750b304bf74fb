"""Keys that nothing reads are refused, as far as what is chosen beside them decides it."""

import dataclasses

import pytest

from labelct.commands import unread_keys
from labelct.complaints import ConfigError
from labelct.config import PLAIN
from labelct.kinds import TRAINER_SCHEMAS
from labelct.settings import Checked


def told(configured, *jobs):
    """Return what is said of jobs, each a tuple of what was typed; empty where nothing is."""
    try:
        unread_keys.check([(overrides, configured(*overrides)) for overrides in jobs])
    except ConfigError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ("texture=stills", "texture.root=/videos"),
            "texture.root=/videos: is not read with texture=stills; choose texture=video, or leave it out",
        ),
        (
            ("texture=video", "texture.clips=3"),
            "texture.clips=3: is not read with texture=video; "
            "choose texture=stills or texture=noise or texture=leaves, or leave it out",
        ),
        (("texture=leaves", "texture.slope=2"), "is not read with texture=leaves; choose texture=noise"),
        (("scanner=image", "scanner.recon.kernel=hann"), "is not read with scanner=image; choose scanner.kind=helical"),
        (("scanner=none", "scanner.rows=16"), "is not read with scanner=none; choose scanner.kind=helical"),
        (("data=synth3", "data.cylinder.radius=[0.1,0.2]"), "is not read with data=synth3; choose data=synth1"),
        (("data=clinical", "data.deformation.rotation_deg=3"), "is not read with data=clinical; choose data=synth1"),
        (("data=clinical", "data.mr.percentiles=[2,98]"), "choose data=mr"),
        (("trainer.normalisation.mean=3",), "is not read with trainer.normalisation.source=builtin; choose trainer."),
        (("logger=csv", "logger.entity=lab"), "is not read with logger.wandb=false; choose logger.wandb=true"),
        (("logger=wandb", "logger.tracking_uri=x"), "is not read with logger.mlflow=false"),
    ],
)
def test_a_key_that_what_was_chosen_leaves_out_is_refused_with_what_reads_it(configured, overrides, said):
    assert said in told(configured, overrides)


@pytest.mark.parametrize(
    "overrides",
    [
        ("texture=video", "texture.root=/videos", "texture.cache_mb=8"),
        ("texture=noise", "texture.frames=9", "texture.slope=2"),
        ("scanner=compact", "scanner.rows=16", "scanner.recon.kernel=hann"),
        ("data=synth1", "data.cylinder.radius=[0.1,0.2]", "data.deformation.rotation_deg=3"),
        ("trainer.normalisation.source=clinical", "trainer.normalisation.mean=3"),
        ("logger=[csv,wandb]", "logger.entity=lab"),
        ("seed=3", "test=own", "texture.size=64"),
    ],
)
def test_what_is_read_is_taken(configured, overrides):
    assert told(configured, overrides) == ""


def test_a_sweep_that_reads_it_in_one_job_may_leave_it_unread_in_others(configured):
    jobs = [(f"texture={kind}", "texture.root=/videos") for kind in ("stills", "video", "none")]
    assert told(configured, *jobs) == ""
    assert "texture=stills" in told(configured, jobs[0], jobs[2])


def sections(schema):
    """Yield a schema and those of the sections below it."""
    yield schema
    for part in dataclasses.fields(schema):
        if isinstance(part.default_factory, type) and issubclass(part.default_factory, Checked):
            yield from sections(part.default_factory)


def test_every_condition_names_fields_that_there_are():
    """A misspelt one would never be asked for."""
    known = [schema for schema in (*PLAIN.values(), *TRAINER_SCHEMAS.values()) if issubclass(schema, Checked)]
    conditions = [(one, *found) for top in known for one in sections(top) for found in one.read_with.items()]
    assert conditions
    for schema, name, (beside, values) in conditions:
        fields = {part.name for part in dataclasses.fields(schema)}
        assert name in fields | {"*"}
        assert beside in fields
        assert values
