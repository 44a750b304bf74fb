from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from labelct.synthesis.anatomy_settings import BodySettings, CylinderSettings

from labelct.errors import SettingError
from labelct.synthesis.settings import (
    DataSettings,
    DropSettings,
    FillSettings,
    TextureSettings,
)

CONF = Path(__file__).parents[2] / "conf"
GROUPS = {"data": DataSettings, "fill": FillSettings, "texture": TextureSettings, "drop": DropSettings}
OPTIONS = [(group, path) for group in GROUPS for path in sorted((CONF / group).glob("*.yaml"))]


@pytest.mark.parametrize(("group", "path"), OPTIONS, ids=lambda value: getattr(value, "stem", value))
def test_every_option_fits_its_settings(group: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    values = {key: value for key, value in yaml.safe_load(text).items() if key != "defaults"}
    if path.stem == "video":
        values["root"] = "clips"
    settings = GROUPS[group](**values)
    assert getattr(settings, "kind", path.stem) == path.stem
    assert text.startswith("# ")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: DataSettings(kind="synth33"), "did you mean 'synth3'"),
        (lambda: DataSettings(replicates=0), "replicates=0"),
        (lambda: CylinderSettings(radius=[0.5, 0.3]), "cylinder.radius"),
        (lambda: BodySettings(seeds=[-300.0, 50.0]), "body.seeds"),
        (lambda: FillSettings(kind="gausian"), "did you mean 'gaussian'"),
        (lambda: TextureSettings(kind="video"), "texture.root=FOLDER"),
        (lambda: DropSettings(labels={"liver": 2.0}), "labels.liver=2.0"),
    ],
)
def test_a_bad_value_is_named(make: object, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        make()
