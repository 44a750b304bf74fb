"""A line of the manifest makes its volume again, whatever the scanner, and says so when it cannot."""

import json
import shutil

import pytest

from labelct import dataset
from labelct.commands import replay
from labelct.errors import InputError
from labelct.stages import cohorts, scanning, synthesis
from tests.io.videos import write_video

pytestmark = pytest.mark.ci

SMALL = ["debug=smoke", "parallel.workers=1", "drop=half"]
BENT = [
    "data.deformation.rotation_deg=10",
    "data.deformation.elastic_mm=6",
    "data.deformation.flip_probability=0.5",
    "data.lesions.host=liver",
]
ARMS = {
    "image": ["data=synth3", "scanner=image"],
    "compact": ["data=synth1", "scanner=compact"],
    "bent": ["data=synth2", "scanner=none", "data.blur.psf_mm=8", "data.blur.noise_hu=9", *BENT],
    "clinical": ["data=clinical", "scanner=none"],
    "split": ["data=synth3", "scanner=none", "data.subclasses.count=3", "targets=[spleen,{both:[liver,kidney_left]}]"],
}


def make(configured, root, *overrides):
    config = configured(*SMALL, *overrides)
    cohort, stage = cohorts.prepare(config, config.cohort, root)
    return stage.folder, scanning.run(config, synthesis.run(config, cohort, stage, root), root).folder


def stored(folder, name):
    return dataset.image_path(folder, name).read_bytes(), dataset.label_path(folder, name).read_bytes()


def made_again(folder, name):
    return (folder / f"{name}_0000.nii.gz").read_bytes(), (folder / f"{name}.nii.gz").read_bytes()


@pytest.mark.ci
@pytest.mark.parametrize("arm", ARMS)
def test_a_line_makes_its_volume_again_to_the_byte(configured, tmp_path, arm):
    _, made = make(configured, tmp_path, *ARMS[arm])
    lines = [json.loads(line) for line in (made / "manifest.jsonl").read_text().splitlines()]
    assert replay.main([str(made / "manifest.jsonl"), "1", "-o", str(tmp_path / "again")]) == 0
    assert replay.main([str(made), lines[-1]["name"], "-o", str(tmp_path / "again")]) == 0
    for line in (lines[0], lines[-1]):
        assert made_again(tmp_path / "again", line["name"]) == stored(made, line["name"])


def test_a_cohort_of_files_is_found_where_it_lies_now_and_recognised(configured, tmp_path):
    phantom, _ = make(configured, tmp_path, "data=synth2", "scanner=none")
    root = shutil.copytree(phantom, tmp_path / "first")
    _, made = make(configured, tmp_path, "cohort=folder", f"cohort.root={root}", "data=synth2", "scanner=none")
    moved = root.rename(tmp_path / "second")
    arguments = [str(made), "1", "-o", str(tmp_path / "again")]
    with pytest.raises(InputError, match="--cohort-root"):
        replay.main(arguments)
    assert replay.main([*arguments, "--cohort-root", str(moved)]) == 0
    case = json.loads((made / "manifest.jsonl").read_text().splitlines()[0])["case"]
    other = next(path for path in (moved / "labels").iterdir() if path.name != f"{case}.nii.gz")
    for kind in ("labels", "ct"):
        shutil.copyfile(moved / kind / other.name, moved / kind / f"{case}.nii.gz")
    with pytest.raises(InputError, match="label_map is not the one"):
        replay.main([*arguments, "--cohort-root", str(moved)])


def test_a_volume_cut_from_videos_is_made_again_where_they_lie_now(configured, tmp_path):
    videos = tmp_path / "videos"
    videos.mkdir()
    for number in range(3):
        write_video(videos / f"{number}.mp4", 40, "mpeg4", start=7 * number, g="9")
    arm = ["data=synth1", "scanner=none", "texture=video", f"texture.root={videos}", "texture.size=64"]
    _, made = make(configured, tmp_path, *arm)
    line = json.loads((made / "manifest.jsonl").read_text().splitlines()[0])
    assert line["recipe"]["texture"]["bank"] is not None
    assert set(line["recipe"]["texture"]["clips"]["_body"]) == {"clip", "axes", "start", "step"}
    moved, again = videos.rename(tmp_path / "moved"), str(tmp_path / "again")
    with pytest.raises(InputError, match="no folder of videos"):
        replay.main([str(made), "1", "-o", again])
    assert replay.main([str(made), "1", "-o", again, "--texture-root", str(moved)]) == 0
    assert made_again(tmp_path / "again", line["name"]) == stored(made, line["name"])
    write_video(moved / "3.mkv", 5)
    with pytest.raises(InputError, match=r"texture bank: is .*, but the volume was drawn from"):
        replay.main([str(made), "1", "-o", again, "--texture-root", str(moved)])


def test_a_volume_that_comes_out_otherwise_is_an_error(configured, tmp_path):
    _, made = make(configured, tmp_path, "data=synth2", "scanner=image")
    manifest = made / "manifest.jsonl"
    line = json.loads(manifest.read_text().splitlines()[0])
    line["scan"]["seed"] += 1
    manifest.write_text(json.dumps(line) + "\n")
    with pytest.raises(InputError, match="is not the image that the manifest describes"):
        replay.main([str(made), "1", "-o", str(tmp_path)])


def test_a_line_of_other_values_is_one_line_and_writes_nothing(configured, tmp_path):
    _, made = make(configured, tmp_path, "data=synth2", "scanner=image")
    manifest = made / "manifest.jsonl"
    line = json.loads(manifest.read_text().splitlines()[0])
    wrong = {"entropy": ([],), "scan": (3, {"seed": "x"}, {"seed": -1}), "recipe": ({}, None), "source": (None,)}
    for name, value in ((name, value) for name, values in {**wrong, "digests": ([], {})}.items() for value in values):
        manifest.write_text(json.dumps({**line, name: value}) + "\n")
        with pytest.raises(InputError, match=f"its line {line['name']}") as error:
            replay.main([str(manifest), "1", "-o", str(tmp_path / "again")])
        assert "\n" not in str(error.value)
        assert not (tmp_path / "again").exists(), (name, value)


def test_a_line_that_is_not_there_is_named(configured, tmp_path):
    (tmp_path / "manifest.jsonl").write_text('{"name": "s0001_r0", "case": "s0001"}\n')
    with pytest.raises(InputError, match="did you mean 's0001_r0'"):
        replay.read_line(tmp_path / "manifest.jsonl", "s001_r0")


@pytest.mark.parametrize("what", ["name", "case"])
@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "a/b", "a\\b", "..", "", "x\0", None, "NUL"])
def test_a_name_that_leads_elsewhere_writes_nothing(configured, tmp_path, what, name):
    line = {"name": "s0001_r0", "case": "s0001", "source": {}, "recipe": {}, "entropy": [0], "scan": {}, "digests": {}}
    (tmp_path / "manifest.jsonl").write_text(json.dumps({**line, what: name}) + "\n")
    with pytest.raises(InputError, match=f"its {what}|names no volume") as error:
        replay.main([str(tmp_path), "1", "-o", str(tmp_path / "out")])
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("config", "index"), [({}, {}), ([], {}), ({"targets": {"liver": ["liver"]}}, {"labels": {}})])
def test_what_lies_beside_a_manifest_and_does_not_fit_is_one_line(tmp_path, config, index):
    line = {"name": "s0001_r0", "case": "s0001", "source": {}, "recipe": {}, "entropy": [0], "scan": {}, "digests": {}}
    for name, content in {"manifest.jsonl": line, "config.json": config, "dataset.json": index}.items():
        (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(InputError) as error:
        replay.main([str(tmp_path), "1", "-o", str(tmp_path / "out")])
    assert "\n" not in str(error.value)


def test_a_training_set_holds_the_tables_that_it_was_painted_from(configured, tmp_path):
    phantom, _ = make(configured, tmp_path, "data=synth2", "scanner=none")
    root = shutil.copytree(phantom, tmp_path / "maps")
    _, made = make(
        configured, tmp_path / "first", "cohort=folder", f"cohort.root={root}", "data=synth1", "scanner=none"
    )
    moved = shutil.copytree(made, tmp_path / "moved")
    shutil.rmtree(tmp_path / "first")
    assert replay.main([str(moved), "1", "-o", str(tmp_path / "again")]) == 0
    line = json.loads((moved / "manifest.jsonl").read_text().splitlines()[0])
    assert made_again(tmp_path / "again", line["name"]) == stored(moved, line["name"])
    assert line["recipe"]["background"]["histogram"]["source"].startswith("train_")
    (moved / "body_histogram.csv").write_text("probability,hu\n0,-1000\n1,1000\n")
    with pytest.raises(InputError, match=r"data\.cylinder\.histogram: is that of body_histogram\.csv"):
        replay.main([str(moved), "1", "-o", str(tmp_path / "again")])
    (moved / "body_histogram.csv").unlink()
    with pytest.raises(InputError, match=r"body_histogram\.csv: no such file"):
        replay.main([str(moved), "1", "-o", str(tmp_path / "again")])
