from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from labelct.errors import SettingError
from labelct.synthesis.settings import (
    BodySettings,
    CylinderSettings,
    DataSettings,
    DropSettings,
    FillSettings,
    TextureSettings,
)

CONF = Path(__file__).parents[2] / "conf"
GROUPS = {"fill": FillSettings, "texture": TextureSettings, "drop": DropSettings}
OPTIONS = [(group, path) for group in GROUPS for path in sorted((CONF / group).glob("*.yaml"))]


@pytest.mark.parametrize(("group", "path"), OPTIONS, ids=lambda value: getattr(value, "stem", value))
def test_every_option_lists_every_field(group: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    if path.stem == "video":
        values["root"] = "clips"
    assert asdict(GROUPS[group](**values)) == values
    assert text.startswith("# ")


@pytest.mark.parametrize("path", sorted((CONF / "data").glob("*.yaml")), ids=lambda path: path.stem)
def test_recipes_hold_the_defaults(path: Path) -> None:
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    nested = {"cylinder": CylinderSettings(**values.pop("cylinder")), "body": BodySettings(**values.pop("body"))}
    settings = DataSettings(**values, **nested)
    assert settings.kind == path.stem
    assert nested == {"cylinder": CylinderSettings(), "body": BodySettings()}


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
