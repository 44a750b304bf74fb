from labelct.report import arms, jobs
from tests.report.runs import REFERENCE, write_run


def test_a_job_links_to_its_folder_as_seen_from_the_page(tmp_path):
    write_run(tmp_path / "a sweep" / "0", REFERENCE, {"data": "synth1"}, seed=3)
    runs, _ = arms.gather([tmp_path])
    (job,) = jobs.table(runs, ["data"], tmp_path / "report")
    assert [job[name] for name in ("arm", "seed", "dice", "hours")] == ["data=synth1", "3", "0.925", "–"]
    assert job["link"] == "../a%20sweep/0/"
