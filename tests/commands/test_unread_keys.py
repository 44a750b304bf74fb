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
        (
            ("trainer=nnunet", "data=clinical", "trainer.window=wide"),
            "trainer.window=wide: is not read with trainer.plans=clinical; choose trainer.plans=builtin, or leave",
        ),
        (("logger=csv", "logger.entity=lab"), "is not read with logger.wandb=false; choose logger.wandb=true"),
        (("logger=wandb", "logger.tracking_uri=x"), "is not read with logger.mlflow=false"),
        (("logger=csv", "logger.project=x"), "is not read with logger.wandb=false and logger.mlflow=false; choose"),
        (
            ("scanner=none", "dose.mas=40"),
            "dose.mas=40: is not read: there is no noise without a scanner (scanner=none);",
        ),
        (("scanner=image", "dose.bowtie=none"), "is not read: scanner=image has no detector; leave it out"),
        (
            ("scanner=compact", "dose=none", "dose.bowtie=none"),
            "with dose.mas=null and dose.photons=null; set dose.mas or",
        ),
        (("scanner=compact", "scanner.noise_only.views=30"), "with scanner.mode=full; choose scanner.mode=noise_only"),
        (
            ("data=clinical", "scanner.pitch=0.8", "scanner=compact"),
            "scanner.pitch=0.8: is not read: volumes of data=c",
        ),
        (
            ("device=cpu", "device.devices=4"),
            "device.devices=4: is not read with device=cpu; choose device=ddp, or leave it out",
        ),
        (("device=gpu", "device.accelerator=cpu"), "is not read with device=gpu; choose device=ddp"),
        (("data=clinical", "fill.spread=2"), "fill.spread=2: is not read: data=clinical paints nothing; leave it out"),
        (("data=synth2", "texture.scale=[1,2]"), "is not read: data=synth2 paints constants"),
        (("data=synthseg", "texture.scale=[1,2]"), "is not read: textures of data=synthseg are white noise"),
        (("data=synthseg", "fill.spread=2"), "is not read: data=synthseg draws as fill=mixture does"),
        (("texture=white", "texture.direction=any"), "with texture=white; choose texture=video or texture=stills"),
        (("texture=none", "texture.strength=2"), "is not read: there is no texture (texture=none)"),
        (("fill=uniform", "fill.spread=2"), "with fill=uniform; choose fill=gaussian"),
        (("data.lesions.count=[1,2]",), "with data.lesions.host=null; set data.lesions.host, or leave it out"),
        (("data.vessels.radius_mm=[1,2]",), "set data.vessels.host"),
        (("data.subclasses.between=0.2",), "set data.subclasses.count"),
        (("data.atlas.roots=[x]",), "with data.atlas.whole=0.0 and data.atlas.completed=0.0; set data.atlas.whole or"),
        (("data.atlas.whole=0.5", "data.spacing=4", "data.atlas.per_case=3"), "set data.atlas.completed"),
        (("data.deformation.control_point_spacing_mm=30", "data.deformation.elastic_mm=0"), "set data.deformation.el"),
        (("data.distractors.radius_mm=[9,10]", "data.distractors.blobs=[0,0]"), "set data.distractors.blobs"),
        (("data.gas.most=0.5",), "with data.gas.kind=prior; choose data.gas.kind=wide"),
        (("data.contents.contrast_hu=[100,200]",), "set data.contents.contrast"),
        (("data.perfusion.cortex_mm=[5,6]",), "set data.perfusion.strength"),
        (("data.phase=portal", "data.enhancement=2"), "with data.phase=portal; choose data.phase=mixed"),
        (("data.phase=mixed", "data.contrast=[1,2]"), "choose data.phase=any"),
        (("data=synth3", "data.rescan=true"), "is not read with data=synth3; choose data=clinical or data=cyclegan"),
        (("data=synth2", "data.background_texture=true"), "choose data=synth1 or data=synth3"),
        (("data.patches=3",), "with data.mode=offline; choose data.mode=online"),
        (("data.mode=online", "scanner=image", "data.replicates=3"), "choose data.mode=offline"),
        (("evaluation.fold_seed=3",), "with evaluation.folds=null; set evaluation.folds"),
        (
            ("evaluation.folds=3", "evaluation.fold=0", "evaluation.quantiles=3"),
            "choose evaluation.strata=target_volume",
        ),
        (("test=none", "evaluation.tolerance_mm=1"), "is not read: nothing is scored (test=none); leave it out"),
        (("test=none", "limit.test=1"), "is not read: nothing is scored"),
        (("parallel.scheduler=tcp://host:8786",), "with parallel.backend=loky; choose parallel.backend=dask or par"),
        (("data=synth3", "translation=small", "translation.pool=2"), "is not read: data=synth3 translates nothing"),
        (("translation.pool=2",), "with translation=none; choose translation=cyclegan"),
        (("trainer=unet", "trainer.cascade.spacing=2"), "set trainer.cascade.targets"),
        (("trainer=unet", "trainer.augmentation.spatial=0", "trainer.augmentation.zoom=0.3"), "set trainer.augmentat"),
        (("trainer=unet", "trainer.prediction.random_walker=0", "trainer.prediction.certain=0.9"), "random_walker"),
        (("trainer=unet", "trainer.prediction.body_crop=false", "trainer.prediction.margin_mm=9"), "body_crop=true"),
        (
            ("trainer=nnunet", "device.sampling=device"),
            "is not read: trainer=nnunet cuts its patches in its own workers",
        ),
        (
            ("trainer=unet", "trainer.augmentation.flip=''", "trainer.prediction.mirror=true"),
            "the training mirrors nothing",
        ),
        (("trainer=nnunet", "trainer.mirror=none", "trainer.prediction.mirror=true"), "the training mirrors nothing"),
        (("data=clinical", "data.phase=native"), "data.phase=native: is not read: data=clinical paints nothing"),
        (("data=cyclegan", "data.background.air_hu=-200"), "is not read with data=cyclegan; choose data=synth1"),
        (("fill=uniform", "data.phase=native"), "data.phase=native: is not read: fill=uniform follows no priors"),
        (("fill=uniform", "data.priors=builtin"), "is not read: fill=uniform follows no priors"),
        (("data=synthseg", "data.gas.kind=wide"), "is not read: data=synthseg follows no priors"),
        (("data=synthseg", "data.vessels.host=liver"), "is not read: data=synthseg follows no priors"),
        (
            ("data=synth3", "data.background.source=kmeans", "data.background.visceral_fat=[0.1,0.2]"),
            "is not read: no envelope is drawn with data.background.source=kmeans",
        ),
        (
            ("data=synth3", "data.background.source=labels", "data.background.narrowing=[0.1,0.2]"),
            "is not read: no envelope is drawn with data.background.source=labels",
        ),
        (
            ("data=synth3", "data.priors=builtin", "data.background.source=none", "data.background.air_hu=-200"),
            "is not read: no CT is looked at with data.background.source=none",
        ),
        (("data=synth1", "data.background.source=kmeans"), "is not read: data=synth1 puts a cylinder there"),
        (("data=synth1", "data.background.wall_mm=[4,5]"), "as data.cylinder.envelope_probability=0 says"),
        (("cohort=pelvis_ct", "cohort.bias=0.1"), "with cohort.modality=ct; choose cohort.modality=mr"),
        (("cohort=folder", "cohort.root=x", "cohort.mr=*.nii"), "with cohort.modality=ct; choose cohort.modality=mr"),
        (("cohort=folder", "cohort.root=x", "cohort.split=all"), "is not read: it says what of a test group is scored"),
        (("cohort=isbi", "cohort.root=x", "cohort.patients=P*"), "is not read with cohort=isbi; leave it out"),
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
        ("scanner=compact", "dose.mas=40", "dose.bowtie=small"),
        ("scanner=image", "dose.photons=1e5", "dose.mas=null"),
        ("scanner=compact", "scanner.mode=noise_only", "scanner.noise_only.views=30"),
        ("device=ddp", "device.devices=4", "device.accelerator=cpu"),
        ("data=clinical", "data.rescan=true", "scanner=compact", "dose.mas=40"),
        ("data=synthseg", "texture.strength=2", "fill.sd=[1,2]"),
        ("data.lesions.host=liver", "data.lesions.count=[1,2]"),
        ("data.vessels.host=liver", "data.vessels.probability=0.5"),
        ("data.atlas.completed=0.5", "data.atlas.roots=[x]", "data.atlas.grid_mm=6"),
        ("data.phase=mixed", "data.enhancement=0.9"),
        ("evaluation.folds=3", "evaluation.fold=0", "evaluation.fold_seed=3", "evaluation.strata=sex"),
        ("logger=mlflow", "logger.project=x"),
        ("cohort=pelvis_mr", "cohort.bias=0.1"),
        ("test=folder", "test.folder.root=x", "test.folder.split=all", "limit.test=1"),
        ("trainer=unet", "trainer.cascade.targets=[liver]", "trainer.cascade.spacing=2"),
        ("trainer=resunet25d", "trainer.epochs=3"),
        ("trainer=unet", "trainer.augmentation.flip=xy", "trainer.prediction.mirror=true"),
        ("trainer=nnunet", "trainer.prediction.mirror=true", "trainer.plans=builtin", "trainer.window=wide"),
        ("data=synth3", "data.phase=native", "data.priors=builtin", "data.gas.kind=wide", "fill=gaussian"),
        ("data=synth2", "data.background.visceral_fat=[0.1,0.2]", "data.background.air_hu=-200"),
        (
            "data=synth2",
            "data.background.source=kmeans",
            "data.background.wall_mm=[4,5]",
            "data.background.clip=[-150,120]",
        ),
        ("data=synth2", "data.background.source=none", "data.priors=train", "data.background.air_hu=-200"),
        ("data=synth1", "data.cylinder.envelope_probability=0.5", "data.background.wall_mm=[4,5]"),
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
    for schema, name, (beside, _) in conditions:
        fields = {part.name for part in dataclasses.fields(schema)}
        assert name in fields | {"*"}
        assert {beside} <= fields if isinstance(beside, str) else set(beside) <= fields
