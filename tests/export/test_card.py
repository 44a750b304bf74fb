"""A card says what is known, says what is not stated and how to state it, and its front matter is YAML."""

from dataclasses import replace

import pytest
import yaml

from labelct.export.card import card, front_matter
from labelct.export.provenance import DataSource, Provenance
from tests.export.runs import LABELS, MEANS

COLOURS = {"liver": "#35d07f", "kidneys": "#ffb000"}
KNOWN = Provenance(
    name="two_organs",
    labels=LABELS,
    parts={"liver": ["liver"], "kidneys": ["kidney_left", "kidney_right"]},
    modality="CT",
    trainer={"kind": "unet"},
    seeds={"seed": 7},
    training=[DataSource("training", "folder")],
    tests=[DataSource("ct", "totalsegmentator", "Some CT", "CC BY 4.0")],
    options={"data": "synth1", "seed": "7"},
    command="labelct run data=synth1",
    scores={"ct/liver": MEANS, "ct/kidneys": {"n": 0, "dice": None}},
    hours=1.5,
)


def test_the_front_matter_names_licence_and_scores():
    text = card(replace(KNOWN, licence="CC BY-SA 4.0"), COLOURS, ["model.json"])
    head = yaml.safe_load(text.split("---\n")[1])
    assert (head["model_name"], head["license"], head["tags"][-1]) == ("two_organs", "cc-by-sa-4.0", "ct")
    (result,) = head["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "dice", "name": "Dice, liver", "value": 0.9346}]
    assert result["dataset"]["name"] == "ct"


@pytest.mark.parametrize(
    ("licence", "told"),
    [
        (None, {}),
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("Our own", {"license": "other", "license_name": "Our own"}),
    ],
)
def test_a_licence_that_hubs_do_not_know_is_named(licence, told):
    head = front_matter(replace(KNOWN, licence=licence))
    assert {name: head[name] for name in ("license", "license_name") if name in head} == told


def test_what_is_not_stated_says_how_to_state_it():
    text = card(KNOWN, COLOURS, [])
    assert "Of the weights: not stated; state it with `labelct export --licence`." in text
    assert "not stated; state it with `cohort.licence=` in the run, or `labelct export --data-licence`" in text
    stated = card(
        replace(KNOWN, licence="MIT", training=[DataSource("training", "folder", "Masks", "CC0")]), COLOURS, []
    )
    assert "state it" not in stated


def test_tables_hold_labels_and_scores():
    text = card(KNOWN, COLOURS, ["best.ckpt", "model.json"])
    for line in (
        "| 2 | kidneys | #ffb000 | kidney_left, kidney_right |",
        "| ct | liver | 2 | 0.935 ± 0.010 | – | 5.2 | -3.1 % |",
        "| ct | kidneys | 0 | – | – | – | – |",
        "- `ct`: cohort `totalsegmentator`, source Some CT, licence CC BY 4.0",
        "labelct run data=synth1",
        "| trained with | not recorded |",
        "- `best.ckpt`",
        "- For research. It is no medical device, and no decision about a patient may rest on it.",
    ):
        assert line in text.splitlines()
    assert "Not scored on any test." in card(replace(KNOWN, scores={}), COLOURS, [])
    assert card(replace(KNOWN, notes="## More\n\nText."), COLOURS, []).endswith("## More\n\nText.\n")


def test_names_of_others_break_no_table_and_no_front_matter():
    odd = "a|b`c`<i>\n---"
    text = card(
        replace(KNOWN, name=odd, options={"data": odd}, training=[DataSource(odd, odd, odd, odd)]),
        COLOURS,
        ["model.json"],
    )
    assert yaml.safe_load(text.split("\n---\n")[0].removeprefix("---\n"))["model_name"] == odd
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(line.replace("\\|", "").count("|") in (3, 5, 8) for line in rows)
