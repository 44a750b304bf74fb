"""A model's card: Markdown with the front matter that model hubs read (https://huggingface.co/docs/hub/model-cards)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml  # type: ignore[import-untyped]

from labelct.export.provenance import DataSource, Provenance
from labelct.report.tables import markdown_text

# The identifiers of licences that model hubs know, of those that data sets and weights have; others are named `other`.
LICENCES = (
    *("apache-2.0", "mit", "bsd-3-clause", "gpl-3.0", "cc0-1.0", "cc-by-3.0", "cc-by-4.0"),
    *("cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
)
METRICS = {"dice": "Dice", "surface_dice": "surface Dice", "hd95": "HD95 mm", "volume_error": "volume"}
NOT_STATED = "not stated"
LIMITS = (
    "For research. It is no medical device, and no decision about a patient may rest on it.",
    "It was trained on synthetic volumes or on the images named above and tested on the few images named above: other "
    "scanners, phases, field sizes, ages and diseases were not tried, unless the notes say so.",
    "What was not labelled in the training is background to it; it says nothing of how sure it is.",
    "Look at every mask: it may miss a structure, or find one where there is none, without a warning.",
)


def card(known: Provenance, colours: Mapping[str, str], files: Iterable[str]) -> str:
    """Return the card of a model.

    Args:
        known: Where it comes from.
        colours: Colour of each label, `#rrggbb`.
        files: What lies beside the card.
    """
    sections = {
        "Labels": _labels(known, colours),
        "Training data": _sources(known.training),
        "Training": _training(known),
        "Scores": _scores(known),
        "Intended use and limits": [f"- {limit}" for limit in LIMITS],
        "Licence": [_licence(known)],
        "Files": [f"- `{name}`" for name in files],
    }
    text = ["---", yaml.safe_dump(front_matter(known), sort_keys=False, allow_unicode=True).strip(), "---", ""]
    text += [
        f"# {markdown_text(known.name)}",
        "",
        f"Segments {markdown_text(', '.join(known.labels))} on {known.modality}. To use it:",
        "",
    ]
    text += ["```bash", "labelct segment ct.nii.gz -o masks --model FOLDER_OF_THIS_CARD", "```", ""]
    for title, lines in sections.items():
        text += [f"## {title}", "", *lines, ""]
    return "\n".join([*text, *([known.notes.strip(), ""] if known.notes else [])])


def front_matter(known: Provenance) -> dict[str, Any]:
    """Return what a hub indexes: name, licence, data and scores."""
    licence = None if known.licence is None else re.sub(r"\s+", "-", known.licence.strip().lower())
    head: dict[str, Any] = {"model_name": known.name, "library_name": "labelct"}
    if licence:
        head |= {"license": licence} if licence in LICENCES else {"license": "other", "license_name": known.licence}
    head |= {"pipeline_tag": "image-segmentation", "tags": ["medical", "segmentation", known.modality.lower()]}
    if scores := _results(known):
        head |= {"model-index": [{"name": known.name, "results": scores}]}
    return head


def _results(known: Provenance) -> list[dict[str, Any]]:
    found = []
    for name, means in known.scores.items():
        test, _, label = name.partition("/")
        if isinstance(means.get("dice"), float):
            metric = {"type": "dice", "name": f"Dice, {label}", "value": round(means["dice"], 4)}
            task = {"type": "image-segmentation", "name": f"segmentation of {label}"}
            found.append({"task": task, "dataset": {"type": test, "name": test}, "metrics": [metric]})
    return found


def _labels(known: Provenance, colours: Mapping[str, str]) -> list[str]:
    plain = markdown_text
    rows = [
        [str(value), plain(name), colours[name], plain(", ".join(known.parts.get(name, [name])))]
        for name, value in known.labels.items()
    ]
    return _table(["value", "label", "colour", "structures"], rows)


def _sources(sources: Iterable[DataSource]) -> list[str]:
    """Return the data as a table; of the training's own cohort it says how to state what is not."""
    how = f"{NOT_STATED}; state it with `cohort.%s=` in the run, or `labelct export --data-%s`"
    rows = []
    for number, one in enumerate(sources):
        no_source, no_licence = (NOT_STATED if number else how % (what, what) for what in ("source", "licence"))
        told = [_or(one.source, no_source), _or(one.licence, no_licence)]
        rows.append([markdown_text(one.role), *told, _code(one.kind)])
    return _table(["used for", "source", "licence", "cohort"], rows)


def _training(known: Provenance) -> list[str]:
    rows = [["trainer", _code(known.options.get("trainer", known.trainer.get("kind")))]]
    rows += [[_code(name), _code(value)] for name, value in known.options.items() if name not in ("trainer", "seed")]
    rows += [[_code(key), str(value)] for key, value in known.seeds.items()]
    rows += [["hours of all stages", f"{known.hours:.2f}"]] if known.hours is not None else []
    rows += [["trained with", _versions(known.trained_with)], ["exported with", _versions(known.exported_with)]]
    command = ["```bash", known.command, "```"] if known.command else ["Command: not known."]
    return [*command, "", *_table(["what", "value"], rows), "", "`config.yaml` holds every setting of the run."]


def _versions(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in found.items()) or "not recorded"


def _scores(known: Provenance) -> list[str]:
    if not known.scores:
        return ["Not scored on any test."]
    rows = []
    for name, means in known.scores.items():
        test, _, label = name.partition("/")
        names = [markdown_text(test), markdown_text(label)]
        rows.append([*names, str(means.get("n", "")), *(_mean(means, metric) for metric in METRICS)])
    tests = [
        f"- {_code(one.role)}: cohort {_code(one.kind)}, source {_or(one.source)}, licence {_or(one.licence)}"
        for one in known.tests
    ]
    return [*_table(["test", "label", "cases", *METRICS.values()], rows), "", *tests]


def _mean(means: Mapping[str, Any], metric: str) -> str:
    """Return mean and standard deviation over the cases, a volume's error in per cent."""
    mean, spread = means.get(metric), means.get(f"{metric}_std")
    if mean is None:
        return "–"
    scale, digits, unit = {"volume_error": (100, 1, " %"), "hd95": (1, 1, "")}.get(metric, (1, 3, ""))
    more = "" if spread is None else f" ± {scale * spread:.{digits}f}"
    return f"{scale * mean:.{digits}f}{more}{unit}"


def _licence(known: Provenance) -> str:
    if known.licence is None:
        return f"Of the weights: {NOT_STATED}; state it with `labelct export --licence`."
    return f"Of the weights: {markdown_text(known.licence)}. Of the training data: see above."


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _code(text: object) -> str:
    """Return text as code that ends no cell and no code of its own."""
    return f"`{re.sub('[`|]', '', ' '.join(str(text).split()))}`"


def _or(text: str | None, otherwise: str = NOT_STATED) -> str:
    return markdown_text(text) if text else otherwise
