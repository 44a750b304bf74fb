"""Mistakes on the command line: one line on stderr, an exit code that says so, and nothing done."""

import sys
import types

import pytest

from labelct import __main__
from labelct.commands import run

STARTED = 99


@pytest.fixture
def typed_in(tmp_path, monkeypatch, capsys):
    """Return a function that types a command into an empty folder, and returns its exit code and what stderr says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run, "_run", lambda jobs: STARTED)
    monkeypatch.setattr("labelct.__main__.leave", sys.exit)

    def enter(*words):
        monkeypatch.setattr(sys, "argv", ["labelct", *words])
        with pytest.raises(SystemExit) as ended:
            __main__.main()
        return ended.value.code, capsys.readouterr().err

    return enter


def refused(typed_in, words, said):
    code, told = typed_in(*words)
    assert code in (1, 2), f"{words} ended with {code}: {told}"
    assert told.count("\n") == 1, told
    assert said in told


# What is refused before anything is composed: words that the grammar, the shell or argparse cannot mean.
READ = [
    (["nothing"], "no such verb"),
    (["RUN"], "did you mean 'run'"),
    (["run", "seed"], "write KEY=VALUE"),
    (["run", "seed", "=1"], "without blanks round the ="),
    (["run", "seed = 1"], "without blanks round the ="),
    (["run", "seed= ", "1"], "write KEY=VALUE"),
    (["run", ""], "write KEY=VALUE"),
    (["run", "=1"], "write KEY=VALUE"),
    (["run", "-m", "seed=1,"], "ends in a comma"),
    (["run", "-m", "seed=1,,2"], "cannot be read"),
    (["run", "-sc"], "give one of install=bash"),
    (["run", "targets=[liver"], "cannot be read"),
    (["run", "name='a"], "quotes do not match"),
    (["run", 'name=a"b'], "quotes do not match"),
    (["run", "name=${"], "cannot be read"),
    (["run", "trainer.patch=(48,48,48)"], "write trainer.patch=[48,48,48]"),
    (["run", "trainer.patch[0]=48"], "'trainer.patch[0]' is no key"),
    (["run", "trainer:steps=5"], "'trainer:steps' is no key"),
    (["run", "-m", "seed=range(a,b)"], "mismatch type argument"),
    (["run", "-m", "seed=choice()"], "empty choice"),
    (["run", "-m", "seed=draw(1)"], "Unknown function 'draw'"),
    (["run", "paths.outputs=o\udcff"], r"paths.outputs=o\udcff: is no text in UTF-8"),
    (["report", __file__], "is a file, and no folder; give the folder of a job"),
    (["status", __file__], "is a file, and no folder"),
    (["run", "test={}"], "allowed is one of dicom, folder"),
    (["run", "limit={}"], "says nothing"),
    (["run", "cohort=folder", "cohort.names=1:liver", "cohort.names=2:spleen"], "'cohort.names={1:liver,2:spleen}'"),
    (["run", "targets=[liver,kidneys:[kidney_left]", "targets=[liver,kidney_right]]"], "took the braces apart"),
    (["run", "experiment=table1", "experiment=rivals"], "-m experiment=table1,rivals for both"),
    (
        ["run", "test=own", "test=phantom"],
        "test: own and phantom are given; choose one, or test=[own,phantom] for both",
    ),
    (["run", "experiment=[table1, rivals]"], "-m experiment=table1,rivals for both"),
    (["run", "sweep=[dose,seeds]"], "sweep: dose and seeds are given; choose one"),
    (["run", "sweep=dose", "seed=1", "sweep=seeds"], "sweep: dose and seeds are given; choose one"),
    (["run", "--mulitrun", "seed=1,2"], "did you mean '--multirun'"),
    (["run", "--dry-run"], "write dry_run=VALUE, without the dashes"),
    (["run", "--trainer.steps=5"], "write trainer.steps=VALUE, without the dashes"),
    (["run", "--cfg"], "expected one argument"),
    (["run", "--cfg", "jobs"], "invalid choice: 'jobs'"),
    (["run", "--run", "-m", "seed=1,2"], "--run and --multirun"),
    (["run", "-m", "--cfg", "hydra", "seed=1,2"], "--multirun and --cfg"),
    (["run", "--config-name", "mine"], "--config-dir=FOLDER experiment=NAME"),
    (["run", "--config-path", "mine"], "--config-dir=FOLDER experiment=NAME"),
    (["run", "--experimental-rerun", "x.pickle"], "labelct has one configuration"),
    (["run", "--config-dir", "/no/such"], "--config-dir=/no/such: no such folder"),
    (["run", "--help", "trainer.stps"], "did you mean 'trainer.steps'"),
    (["segment"], "required: CT, -o/--output"),
    (
        ["segment", "/no/such.nii.gz", "-o", "out", "--model", "run"],
        "run: no such model; give the folder of a finished run",
    ),
    (["segment", "x", "-o", "out", "--model"], "expected one argument"),
    (["segment", "x", "-o", "out", "--model", "m", "--device", "tpu"], "invalid choice: 'tpu'"),
    (["segment", "x", "-o", "out", "--model", "m", "--devise", "cpu"], "did you mean '--device'"),
    (["segment", "", "-o", "out"], "allowed is a path"),
    (["segment", "x", "-o", ""], "argument -o/--output: '': allowed is a path"),
    (["segment", "/no/such", "-o", "out", "--model", ""], "--model: is empty"),
    (["report", ""], "allowed is a path"),
    (["store", "clean", ""], "allowed is a path"),
    (["scan"], "required: "),
    (["scan", "/no/such.nii.gz", "-o", "x.nii.gz", "--seed", "-1"], "a whole number of 0 or more"),
    (["scan", "/no/such.nii.gz", "-o", "x.nii.gz", "--seed", "1e400"], "a whole number of 0 or more"),
    (["scan", "x.nii.gz", "y.nii.gz", "-o", "z.nii.gz"], "allowed is scanner.FIELD=VALUE"),
    (["priors"], "required: verb"),
    (["priors", "sho"], "invalid choice: 'sho'"),
    (["priors", "show", "/no/such.csv"], "/no/such.csv"),
    (["priors", "show", "a.csv", "b.csv"], "unrecognized arguments: b.csv"),
    (["priors", "fit"], "required: -o/--output"),
    (["priors", "fit", "-o", ".", "cohort=folder"], "is a folder; give the name of a file"),
    (["priors", "fit", "-o", "x.csv", "--erode", "-1"], "a whole number of 0 or more"),
    (["priors", "check", "/no/such", "--phase", "venous"], "invalid choice: 'venous'"),
    (["priors", "check", "/no/such"], "/no/such"),
    (["replay"], "required: manifest, line"),
    (["replay", "/no/such", "1"], "/no/such: no such file"),
    (["store"], "required: "),
    (["store", "verfy"], "invalid choice: 'verfy'"),
    (["report"], "required: FOLDER"),
    (["report", "/no/such"], "/no/such"),
    (["report", ".", "--margin", "wide"], "invalid float value"),
    (["report", ".", "--margin", "nan"], "margin=nan"),
]


@pytest.mark.parametrize(("words", "said"), READ, ids=[" ".join(words) for words, _ in READ])
def test_what_cannot_be_meant_is_one_line(typed_in, words, said):
    refused(typed_in, words, said)


# What is refused once it is composed, and before the first job: a third of a second each, so that most are slow.
COMPOSED = [
    (["~dose"], "switch it off with dose=none"),
    (["test=[]"], "allowed is one of dicom, folder"),
    (["test=[none,own]"], "none scores nothing; take none out, or own"),
    (["test=[owm]"], "test=owm: allowed is one of"),
    (["dose=1"], "dose=1: allowed is one of"),
    (["dose=low,full"], "put -m in front"),
    (["-m", "dose=low,lwo"], "dose=lwo: allowed is one of"),
    (["-m", "targets=[liver],[lever]"], "did you mean 'liver'"),
    (["targets=[1,2]"], "names of structures"),
    (["cohort.root=/data"], "cohort.root: no such key here; it is one of cohort=folder"),
    (["cohort=folder", "cohort.root="], "cohort.root='': allowed is a path"),
    (["trainer.patch=48"], "for example trainer.patch=[64,64,64]"),
    (["trainer.steps=null"], "trainer.steps=null: allowed is a whole number of 1 or more"),
    (["trainer.weight_decay=1e400"], "finite numbers"),
    (["name=${nothing}"], "Interpolation key 'nothing' not found"),
    (["+dose.photns=1"], "did you mean 'dose.photons'"),
    (["+hydra.job.typo=1"], "hydra.job.typo: no such key"),
    (["debug=smoke", "trainer.steps=-5"], "trainer.steps=-5: allowed is 1 or more"),
    (["trainer.prediction.mirror=2"], "trainer.prediction.mirror=2: allowed is true or false"),
    (["evaluation=[1]"], "evaluation=[1]: allowed is one of default"),
    (["tags={a:1}"], "tags={a:1}: allowed is a list in [ ]"),
    (["texture=video", "texture.root=/no/such"], "/no/such: is no folder of videos"),
    (["cohort=folder", "cohort.root=/no/such"], "/no/such: no such folder"),
]
SLOW = [
    (["targets=null"], "names of structures"),
    (["targets=5"], "names of structures"),
    (["targets="], "names of structures"),
    (["targets=[liver,liver]"], "'liver' is there twice"),
    (["targets=[kidney_left,{kidneys:[kidney_left,kidney_right]}]"], "each structure once"),
    (["targets={kidneys:[]}"], "names of structures"),
    (["targets=[[liver]]"], "names of structures"),
    (["targets=liver,spleen"], "targets=[liver,spleen]"),
    (["tags=null"], "a list of texts"),
    (["tags=[[a]]"], "a list of single values"),
    (["test=null"], "test=null: allowed is one of"),
    (["test=[own,own]"], "chosen twice"),
    (["test.phantom.seed=1"], "add test=phantom, or test=[own,phantom]"),
    (["test=folder", "test.folder.root=/no/such"], "/no/such: no such folder"),
    (["test=folder", "test.folder.images=x"], "test.folder.images: no such key; allowed is kind, root"),
    (["~cohort"], "cohort cannot be left out"),
    (["~seed"], "seed cannot be left out"),
    (["~trainer.steps"], "trainer.steps cannot be left out"),
    (["~dose=lwo"], "dose=lwo: allowed is one of"),
    (["seed=true"], "a whole number"),
    (["seed=-1"], "0 or more"),
    (["seed=1e400"], "a whole number"),
    (["+seed=1"], "is there already"),
    (["++sed=1"], "did you mean 'seed'"),
    (["+trainer=unet"], "chosen twice"),
    (["trainer="], "trainer=: allowed is one of"),
    (["trainer=UNet"], "did you mean 'unet'"),
    (["trainer=unet/deep"], "trainer=unet/deep: allowed is one of"),
    (["trainers=unet"], "did you mean 'trainer'"),
    (["++hydra.launcher.foo=1"], "hydra.launcher.foo: no such key; allowed is _target_"),
    (["hydra/launcher=slurm", "+hydra.launcher.acount=lab"], "did you mean 'hydra.launcher.account'"),
    (["-m", "seed=1,2", "hydra/launcher=joblib", "+hydra.launcher.n_job=3"], "did you mean 'hydra.launcher.n_jobs'"),
    (["hydra.run.dir=${nothing}"], "hydra.run.dir: Interpolation key 'nothing' not found"),
    (["hydra.launcher=joblib"], "choose one with hydra/launcher=NAME"),
    (["hydra/luncher=joblib"], "did you mean 'hydra/launcher'"),
    (["+hydra/launcher=joblib"], "write hydra/launcher=NAME, without a +"),
    (["+hydra.sweeper.params.seed=1"], "write the values of a sweep as -m seed=VALUE,VALUE"),
    (["hydra.sweeper.params={seed:1}"], "write the values of a sweep as -m seed=VALUE,VALUE"),
    (["-m", "hydra.sweeper.params={'sed': '1,2', dose: low}"], "write the values of a sweep as -m sed=VALUE,VALUE"),
    (["-m", "seed=1,2", "hydra.sweep.subdir=x"], "one folder for 2 jobs"),
    (["hydra.searchpath=[/no/such]"], "hydra.searchpath=[/no/such]: no such folder"),
    (["trainer.epochs=5"], "one of trainer=resunet25d, nnunet"),
    (["trainer=nnunet", "trainer.steps=5"], "one of trainer=unet"),
    (["scanner.geometry.pitch=1"], "scanner.geometry: no such key; did you mean 'scanner.pitch'"),
    (["outputs=out"], "outputs: no such key; did you mean 'paths.outputs'?"),
    (["data.fill=uniform"], "data.fill: no such key here; did you mean 'fill'?"),
    (["trainer.unet.stepz=5"], "trainer.unet: no such key; allowed is"),
    (["trainer.steps=1.5"], "a whole number of 1 or more"),
    (["trainer.steps={a:1}"], "a whole number of 1 or more"),
    (["trainer.channels=[8,0,16]"], "1 or more"),
    (["trainer.patch=[48,48,a]"], "trainer.patch=[48,48,a]: allowed is whole numbers"),
    (["trainer.patch.9=48"], "trainer.patch.9=48"),
    (["trainer.patch.x=48"], "trainer.patch is a list, and 'x' is no number"),
    (["targets.liver=1"], "targets.liver: targets is a list, and 'liver' is no number of one of its parts"),
    (["trainer.normalisation.low=nan"], "finite numbers"),
    (["trainer.augmentation=null"], "keys below it, such as trainer.augmentation.flip="),
    (["trainer.prediction.mirror=maybe"], "true or false"),
    (["debug.caps={evaluation.largest_component:-1}"], "evaluation.largest_component=-1: allowed is true or false"),
    (["debug=smoke", "trainer.patch=[7,7,7]"], "multiples of 16"),
    (["test=[[own]]"], "allowed is one of dicom, folder"),
    (["cohort=[{a:1}]"], "allowed is one of dicom, folder"),
    (["limit=[1]"], "allowed is a table {name: value}, or keys below it"),
    (["data.lesions={hots:liver}"], "did you mean 'data.lesions.host'"),
    (["tags=[null]"], "tags[0]='None': allowed is texts"),
    (["trainer.steps=${trainer.steps}"], "Recursive"),
    (["cohort=folder", "cohort.root=${HOME}/data"], "write $HOME or ${oc.env:HOME}"),
    (["cohort=[phantom,folder]"], "several options"),
    (["cohort.train=0"], "no case to train on"),
    (["cohort=folder", "cohort.root=/etc/passwd"], "no such folder"),
    (["cohort.size=[400,320,nan]"], "finite numbers"),
    (["drop.labels=liver"], "a table {name: value}"),
    (["drop.labels={lver:0.5}"], "did you mean 'liver'"),
    (["debug.caps={trainer.steps:abc}"], "trainer.steps='abc'"),
    (["data.priors=/no/such.csv"], "/no/such.csv: no such file"),
    (["data=synth1", "data.cylinder.histogram=/no/such.csv"], "/no/such.csv"),
    (["scanner.recon.kernel=hnn"], "scanner.recon.kernel='hnn'"),
    (["limit=5"], "keys below it"),
    (["limits.train=1"], "did you mean 'limit.train'"),
    (["paths.outputs="], "paths.outputs='': allowed is a path"),
    (["experiment=null"], "leave experiment= out"),
    (["hydra/launcher=slrm"], "did you mean 'slurm'"),
    (["hydra.mode=FOO"], "RUN, MULTIRUN"),
    (["--cfg", "job", "--package", "trainr"], "--package=trainr: no such part"),
    (["-m", "dose=glob(zz*)"], "stands for no value at all"),
    (["-m", "dose=range(1,3)"], "dose=1: allowed is one of"),
    (["-m", "seed=range(3,0)"], "stands for no value at all"),
    (["-m", "seed=range(0,3,0)"], "must not be zero"),
    (["-m", "seed=interval(1,3)"], "list the values"),
    (["-m", "trainer.patch=[48,48,48],[64,64,65]"], "multiples of 16"),
    (["-m", "cohort=folder", "cohort.root=/no/such,/none"], "/no/such: no such folder"),
]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(words, said, id=" ".join(words), marks=marks)
        for table, marks in ((COMPOSED, ()), (SLOW, pytest.mark.slow))
        for words, said in table
    ],
)
def test_what_cannot_run_is_one_line_before_the_first_job(typed_in, tmp_path, words, said):
    refused(typed_in, ["run", *words], said)
    assert not list(tmp_path.iterdir()), "nothing is made"


def test_a_device_that_is_not_there_is_found_before_data_are_made(typed_in, tmp_path, monkeypatch):
    monkeypatch.setattr("labelct.trainer.device.why_not", lambda *_, **__: "no card is there")
    refused(typed_in, ["run", "device=gpu"], "device=cpu")
    assert not list(tmp_path.iterdir())


def test_what_can_run_starts(typed_in):
    assert typed_in("run", "targets=liver", "tags=baseline") == (STARTED, "")


@pytest.mark.parametrize("text", ['{"1": "liver"}', "[1]", "5", '{"name": 5}'])
def test_a_file_that_is_no_manifest_is_one_line(typed_in, tmp_path, text):
    (tmp_path / "names.json").write_text(text, encoding="utf-8")
    refused(typed_in, ["replay", "names.json", "1"], "is no manifest")


def test_ctrl_c_while_the_modules_still_load_is_one_line(typed_in, monkeypatch):
    class Loading(types.ModuleType):
        def __getattr__(self, name):
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "labelct.parallel", Loading("labelct.parallel"))
    assert typed_in("scan", "ct.nii.gz") == (130, "labelct scan: stopped\n")
