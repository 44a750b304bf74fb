import dataclasses

import pytest

from labelct.cohort.base import Cohort
from labelct.errors import SettingError
from labelct.scanner.backends.cuda import device as cuda
from labelct.scanner.scan import Acquisition
from labelct.stages import acquisition, priors, scanning
from labelct.stages.synthesis import sampler
from labelct.trainer import device

HELICAL = "scanner=compact"


@pytest.fixture
def card(monkeypatch):
    """A machine with a card, as far as settings are concerned."""
    monkeypatch.setattr(device, "why_not", lambda *given, **named: None)
    monkeypatch.setattr(cuda, "why_not", lambda minimum: None)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["device.kind=cpu"], "numba"),
        (["device.kind=gpu"], "cuda"),
        (["device.kind=auto"], "cuda"),
        (["device.kind=ddp", "device.accelerator=cpu"], "numba"),
        (["device.kind=gpu", "scanner.backend=numba"], "numba"),
        (["device.kind=cpu", "scanner.backend=cuda"], "cuda"),
        (["device.kind=gpu", "scanner.mode=noise_only", "data.mode=online", "trainer=nnunet"], "numba"),
    ],
)
def test_auto_is_the_card_of_a_run_on_a_card(configured, card, tmp_path, overrides, expected):
    config = configured(HELICAL, "data=synth3", "texture=white", *overrides)
    assert acquisition.resolved(config).backend == expected
    priors.tables(config, Cohort("empty", (), (), ()), tmp_path).write(tmp_path)
    assert sampler(config, tmp_path).acquisition.backend == expected
    acquisition.check(config)


def test_auto_is_the_cpu_where_no_card_is_visible(configured, monkeypatch):
    monkeypatch.setattr(device, "why_not", lambda *given, **named: "no driver")
    assert acquisition.resolved(configured(HELICAL, "device.kind=auto")).backend == "numba"


@pytest.mark.parametrize("asked", ["scanner.backend=cuda", "device.kind=gpu"])
def test_a_card_that_is_not_there_is_refused_and_never_replaced(configured, monkeypatch, asked):
    monkeypatch.setattr(cuda, "INTERPRETED", False)
    monkeypatch.setattr(cuda, "why_not", lambda minimum: "no driver")
    with pytest.raises(SettingError, match=r"scanner\.backend='cuda': allowed is numba here: no driver; set scanner"):
        acquisition.check(configured(HELICAL, "data=synth3", asked))


def test_workers_that_draw_cannot_share_a_card(configured, card):
    chosen = ["scanner.mode=noise_only", "data.mode=online", "trainer=nnunet", "scanner.backend=cuda"]
    with pytest.raises(SettingError, match="cannot share a card"):
        acquisition.check(configured(HELICAL, "data=synth3", *chosen))


def test_scanners_that_compute_nothing_ask_for_no_card(configured):
    for overrides in (["scanner=image", "data=synth3"], ["data=clinical", HELICAL]):
        acquisition.check(configured(*overrides, "device.kind=gpu", "scanner.backend=cuda"))


def test_scans_on_a_card_are_made_by_one_process(configured):
    config = configured(HELICAL, "parallel.workers=4")
    on_card = dataclasses.replace(config.scanner, backend="cuda")
    assert acquisition.shared_out(config.parallel, on_card).workers == 1
    assert acquisition.shared_out(config.parallel, dataclasses.replace(on_card, backend="numba")) is config.parallel


def test_the_backend_is_recorded_and_names_no_stage(configured, card):
    config = configured(HELICAL, "data=synth3", "device.kind=gpu")
    scanner = scanning._scanner(config)
    assert scanner.backend == "cuda"
    assert scanning._made_with(dataclasses.replace(config, scanner=scanner))["scanner"]["backend"] == "cuda"
    assert "backend" not in scanning._physics(scanner)
    assert Acquisition(scanner).backend == "cuda"
    assert Acquisition(config.scanner).backend == "numba"
