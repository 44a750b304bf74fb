from pathlib import Path

import pytest
import yaml

from labelct.errors import SettingError
from labelct.scanner.settings import DoseSettings, NoiseOnlySettings, ReconSettings, ScannerSettings

CONF = Path(__file__).parents[2] / "conf"


def values(path: Path) -> dict:
    return {key: value for key, value in yaml.safe_load(path.read_text()).items() if key != "defaults"}


@pytest.mark.parametrize("path", sorted((CONF / "scanner").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_scanner_preset_is_valid(path):
    given = values(path)
    recon = ReconSettings(**given.pop("recon", {}))
    assert ScannerSettings(**given, recon=recon).kind in ("none", "image", "helical")


@pytest.mark.parametrize("path", sorted((CONF / "dose").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_dose_preset_is_valid(path):
    dose = DoseSettings(**values(path))
    assert dose.noiseless == (path.stem == "none")


@pytest.mark.parametrize(
    ("schema", "wrong"),
    [
        (DoseSettings, {"mas": 100.0, "photons": 1e5}),
        (DoseSettings, {"bowtie": "huge"}),
        (ScannerSettings, {"views": 361}),
        (ScannerSettings, {"source_detector": 500.0}),
        (ScannerSettings, {"focal_spot": 1.0}),
        (ScannerSettings, {"rows": 1}),
        (ScannerSettings, {"views": 8}),
        (ScannerSettings, {"channels": 2000, "channel_pitch": 0.002}),
        (ReconSettings, {"kernel": "sharp"}),
        (ReconSettings, {"aperture": 1.0}),
        (NoiseOnlySettings, {"rows": 1}),
    ],
)
def test_contradictions_and_nonsense_are_refused(schema, wrong):
    with pytest.raises(SettingError):
        schema(**wrong)


@pytest.mark.parametrize("thickness", [0.5, 19.3, 40.0])
def test_slices_that_rows_cannot_mix_to_are_refused_with_both_numbers(thickness):
    found = rf"^recon\.slice_thickness={thickness}: allowed is 0\.6 to 19\.2 mm: a detector row to the collimation"
    with pytest.raises(SettingError, match=found):
        ScannerSettings(kind="helical", recon=ReconSettings(slice_thickness=thickness))


@pytest.mark.parametrize(
    ("kind", "thickness"), [("helical", 0.6), ("helical", 19.2), ("helical", None), ("none", 40.0)]
)
def test_slices_that_rows_can_mix_to_are_taken(kind, thickness):
    settings = ScannerSettings(kind=kind, recon=ReconSettings(slice_thickness=thickness))
    assert settings.recon.slice_thickness == thickness


def test_the_collimation_itself_is_taken_whatever_its_product_rounds_to():
    settings = ScannerSettings(kind="helical", rows=24, row_width=0.7, recon=ReconSettings(slice_thickness=16.8))
    assert settings.rows * settings.row_width < 16.8


def test_projections_are_kept_of_full_helical_scans_alone():
    assert ScannerSettings(kind="helical").keeps_projections
    for other in ({"kind": "image"}, {"mode": "noise_only"}, {"cache": False}):
        assert not ScannerSettings(**{"kind": "helical", **other}).keeps_projections
