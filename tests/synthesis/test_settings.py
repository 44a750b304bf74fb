from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from labelct.errors import SettingError
from labelct.synthesis import background, blur, cylinder, drop, intensity, subclasses, texture
from labelct.synthesis.settings import DataSettings

CONF = Path(__file__).parents[2] / "conf"
GROUPS = {"data": DataSettings, "fill": intensity.Settings, "texture": texture.Settings, "drop": drop.Settings}
OPTIONS = [(group, path) for group in GROUPS for path in sorted((CONF / group).glob("*.yaml"))]


@pytest.mark.parametrize(("group", "path"), OPTIONS, ids=lambda value: getattr(value, "stem", value))
def test_every_option_fits_its_settings(group: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    values = {key: value for key, value in yaml.safe_load(text).items() if key != "defaults"}
    kind = str(values.get("kind", path.stem))
    possible = kind[2:-1].split(",")[-2:] if kind.startswith("${labelct.if_equal:") else [path.stem]
    for name in possible:
        settings = GROUPS[group](**({**values, "kind": name} if "kind" in values else values))
        assert getattr(settings, "kind", path.stem) == name
    assert text.startswith("# ")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: DataSettings(kind="synth33"), "did you mean 'synth3'"),
        (lambda: DataSettings(replicates=0), "replicates=0"),
        (lambda: DataSettings(mode="onlin"), "did you mean 'online'"),
        (lambda: DataSettings(interpolation="shape"), "set data.spacing=MM"),
        (lambda: DataSettings(interpolation="shapes", spacing=2.0), "did you mean 'shape'"),
        (lambda: cylinder.Settings(radius=[0.5, 0.3]), "cylinder.radius"),
        (lambda: background.Settings(seeds=[-300.0, 50.0]), "background.seeds"),
        (lambda: intensity.Settings(kind="gausian"), "did you mean 'gaussian'"),
        (lambda: texture.Settings(cache_mb=-1), "cache_mb=-1"),
        (lambda: drop.Settings(labels={"liver": 2.0}), "labels.liver=2.0"),
        (lambda: blur.Settings(slice_mm=-1.0), "blur.slice_mm=-1.0"),
    ],
)
def test_a_bad_value_is_named(make: object, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        make()


@pytest.mark.parametrize(
    ("settings", "reads"),
    [
        (DataSettings("synth3"), True),
        (DataSettings("synth3", background=background.Settings(source="kmeans")), True),
        (DataSettings("synth3", background=background.Settings(source="geometric")), False),
        (DataSettings("synth1"), False),
        (DataSettings("synth1", subclasses=subclasses.Settings(count=3)), True),
        (
            DataSettings(
                "synth3",
                background=background.Settings(source="none"),
                subclasses=subclasses.Settings(count=3, source="blobs"),
            ),
            False,
        ),
    ],
)
def test_a_ct_is_read_for_background_or_sub_classes(settings: DataSettings, reads: bool) -> None:
    assert settings.reads_ct() is reads


def test_all_but_a_clinical_ct_is_scanned() -> None:
    assert [DataSettings(kind).is_scanned() for kind in ("clinical", "synth1", "synthseg")] == [False, True, True]
    assert DataSettings("clinical", rescan=True).is_scanned()


def test_an_mr_is_not_scanned() -> None:
    assert not DataSettings(kind="mr").is_scanned()
    with pytest.raises(SettingError, match="rescan=True: allowed is false with data=mr"):
        DataSettings(kind="mr", rescan=True)
