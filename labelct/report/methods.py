"""How the results of a report came about, in sentences made from the configurations of its runs, with what they cite.

A text to start from: it states what a configuration shows, says what differs between the arms, and leaves out the rest.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelct import __version__
from labelct.report.arms import FinishedRun
from labelct.report.configuration import value_of
from labelct.report.document import Report
from labelct.report.references import KNOWN, Reference
from labelct.synthesis import recipes

Cite = Callable[[str], str]
Configuration = Mapping[str, Any]

RECIPES = {
    "clinical": "clinical CT with their labels",
    "synth1": "the targets, each of one density, in a cylinder of histogram-matched texture (recipe 1 of {tsanda2025})",
    "synth2": "all labels at one density each, over air, fat and soft tissue (recipe 2 of {tsanda2025})",
    "synth3": "all labels filled with histogram-matched texture (recipe 3 of {tsanda2025})",
    "synthseg": "all labels with uniformly drawn means and spreads, as SynthSeg does {billot2023}",
    "cyclegan": "CT made of MR by a CycleGAN {zhu2017}, as Liu et al. do {liu2020}",
    "mr": "MR as they are",
}
TRAINERS = {
    "unet": "a 3-D U-Net of MONAI {cardoso2022}",
    "resunet25d": "a 2.5-D residual U-Net {liu2020}, of MONAI {cardoso2022}",
    "nnunet": "nnU-Net {isensee2021}",
}
AN_HOUR = 3600  # s: what took less is told in minutes
TESTS = {
    "wilcoxon": "Wilcoxon's signed-rank test {wilcoxon1945}",
    "mann-whitney": "the Mann-Whitney test {mann1947} where they share fewer than two cases",
}
CITED = re.compile(rf"{{({'|'.join(KNOWN)})}}")
UNSCANNED = "stayed as they were painted"
LENGTHS = (("minutes", "minutes"), ("steps", "steps"), ("epochs", "epochs"))
GROUPS = ("cohort", "data", "scanner", "trainer")  # whose kinds the text names
NUMBERS = (
    *(f"trainer.{key}" for key, _ in LENGTHS),
    *("drop.probability", "dose.mas", "dose.photons", "scanner.rows", "scanner.channels"),
    *("evaluation.tolerance_mm", "evaluation.percentile"),
)
COHORTS = {"totalsegmentator": "TotalSegmentator {wasserthal2023}", "phantom": "the embedded procedural anatomies"}


@dataclass(frozen=True)
class Methods:
    """How it was done.

    Attributes:
        paragraphs: In words.
        references: What they cite, in the order of the numbers in brackets.
    """

    paragraphs: Sequence[str]
    references: Sequence[Reference]

    @property
    def markdown(self) -> str:
        """The text with its references."""
        listed = [f"{number}. {reference.text}" for number, reference in enumerate(self.references, 1)]
        return "\n\n".join([*self.paragraphs, "\n".join(listed)]) + "\n"

    @property
    def bibtex(self) -> str:
        """The references for BibTeX."""
        return "\n\n".join(reference.bibtex for reference in self.references) + "\n"


def methods(report: Report) -> Methods:
    """Return how the results of a report came about.

    Args:
        report: The report; runs that left no configuration, or one that is none of labelct's, say nothing.
    """
    cited: dict[str, int] = {}

    def cite(text: str) -> str:
        return CITED.sub(lambda found: f"[{cited.setdefault(found[1], len(cited) + 1)}]", text)

    told = [run for run in report.runs if _is_told(run.configuration)]
    if not told:
        return Methods((), ())
    configurations = [run.configuration for run in told]
    paragraphs = [
        _volumes(configurations, cite),
        _training(configurations, cite),
        _evaluation(configurations, report, cite),
        _software(told),
    ]
    return Methods(paragraphs, [KNOWN[key] for key in cited])


def _volumes(configurations: Sequence[Configuration], cite: Cite) -> str:
    """Return what was trained on: cohort, recipes, dropped labels, scanners and doses."""
    cohorts = _joined(cite(COHORTS.get(kind, f"a cohort ({kind})")) for kind in _kinds(configurations, "cohort"))
    told = [cite(RECIPES.get(kind, kind)) for kind in _kinds(configurations, "data")]
    text = f"Label maps came from {cohorts}. Training volumes were {_listed(told)}."
    drops = _values([c for c in configurations if _is(c, "draws")], "drop.probability")
    if any(drops):
        shown = _joined((f"{100 * value:g}" for value in drops), "or")
        text += f" In painted volumes each label was left out with a chance of {shown} %."
    return text + _acquisition([c for c in configurations if not _is(c, "is_scan") or value_of(c, "data.rescan")], cite)


def _acquisition(configurations: Sequence[Configuration], cite: Cite) -> str:
    """Return how volumes that are no scans became scans; empty where they stayed what they were."""
    ways: dict[str, list[Configuration]] = {}
    for configuration in configurations:
        ways.setdefault(_scanner(configuration), []).append(configuration)
    if not set(ways) - {UNSCANNED}:
        return ""
    told = [way if way == UNSCANNED else f"{way}, {_doses(those)}" for way, those in ways.items()]
    return f" Synthetic volumes {cite(_listed(told))}."


def _scanner(configuration: Configuration) -> str:
    """Return what a scanner did to a volume."""
    if (kind := _kind(configuration, "scanner")) != "helical":
        drawn = kind == "image" and not _is_free(configuration)
        return "got correlated noise in the image, without a simulated scan" if drawn else UNSCANNED
    rows, channels, mode = (value_of(configuration, f"scanner.{name}") for name in ("rows", "channels", "mode"))
    machine = f"a simulated helical scanner of {rows} rows and {channels} channels"
    reconstructed = "reconstructed by aperture-weighted wedge filtered backprojection {koken2006}"
    if mode == "noise_only":
        return f"got the noise of {machine}, {reconstructed}"
    return f"passed {machine} and were {reconstructed}"


def _doses(configurations: Sequence[Configuration]) -> str:
    """Return at which doses volumes were scanned."""
    loads, photons = (_values(configurations, f"dose.{name}") for name in ("mas", "photons"))
    noisy = [
        f"{_joined((f'{value:g}' for value in values), 'or')} {unit}"
        for values, unit in ((loads, "mAs"), (photons, "photons a cell and view"))
        if values
    ]
    drawn = "with Poisson and electronic noise " if _kind(configurations[0], "scanner") == "helical" else ""
    told = [f"{drawn}at {_joined(noisy, 'or')}"] if noisy else []
    return " or ".join([*told, *(["without noise"] if any(map(_is_free, configurations)) else [])])


def _is_free(configuration: Configuration) -> bool:
    """Return whether a configuration knows no noise."""
    return value_of(configuration, "dose.mas") is None and value_of(configuration, "dose.photons") is None


def _training(configurations: Sequence[Configuration], cite: Cite) -> str:
    """Return which networks were trained, and for how long."""
    sentences = []
    for kind in _kinds(configurations, "trainer"):
        ways = dict.fromkeys(_way(c["trainer"]) for c in configurations if _kind(c, "trainer") == kind)
        sentences.append(cite(f"{TRAINERS.get(kind, kind)} was trained {_joined(ways, 'or')}"))
    seeds = sorted({str(c.get("seed")) for c in configurations})
    many = f" with seeds {_joined(seeds)}" if len(seeds) > 1 else f" with seed {seeds[0]}"
    text = "; ".join(sentences) + many + "."
    return text[0].upper() + text[1:]


def _way(trainer: Configuration) -> str:
    """Return for how long and on what grid a network was trained; 0 stands for a length that another key gives."""
    length = next((f"for {trainer[key]:g} {unit}" for key, unit in LENGTHS if trainer.get(key)), "to its end")
    x, y, z = trainer.get("spacing") or (0.0, 0.0, 0.0)
    grid = f" on a grid of {x:g} x {y:g} x {z:g} mm" if z else f" on pixels of {x:g} x {y:g} mm" if x else ""
    return f"{length}{grid}{_second(trainer)}"


def _second(trainer: Configuration) -> str:
    """Return what the second network of a cascade did; nothing where there is none."""
    cascade = trainer.get("cascade") or {}
    if not cascade.get("targets"):
        return ""
    return (
        f", and a second network at {cascade['spacing']:g} mm for {_joined(cascade['targets'])} in boxes of the first"
    )


def _evaluation(configurations: Sequence[Configuration], report: Report, cite: Cite) -> str:
    """Return what was scored how, and the tests."""
    results = report.results
    cases = int(results["n"].max()) if "n" in results else 0
    tests = _joined(dict.fromkeys(results["test"])) if "test" in results else ""
    many = f"up to {cases} cases" if cases > 1 else "one case"
    text = f"Segmentations of the test cohorts ({tests}; {many}) were compared with the truth by Dice"
    tolerances, percentiles = (
        _joined((f"{value:g}" for value in values), "or") if values else ""
        for values in (_values(configurations, f"evaluation.{key}") for key in ("tolerance_mm", "percentile"))
    )
    text += cite(f", surface Dice at {tolerances} mm {{nikolov2018}}") if tolerances else ""
    text += f" and the {percentiles}th percentile of the Hausdorff distance" if percentiles else ""
    if all(value_of(c, "evaluation.largest_component") for c in configurations):
        text += ", after the largest connected components of each structure had been kept"
    text += "."
    if "dice_low" in results and results["dice_low"].notna().any():
        text += " Intervals are 95 % percentile bootstraps over cases and runs."
    return text + _tests(report, cite)


def _tests(report: Report, cite: Cite) -> str:
    """Return by which tests arms were compared; empty where none was made."""
    made = set(report.results["method"].dropna()) if report.reference else set()
    names = [name for method, name in TESTS.items() if method in made]
    if not names:
        return ""
    return cite(
        f" Arms were compared with {report.reference} by {_joined(names)} with Holm's correction {{holm1979}}, and by "
        f"two one-sided tests of equivalence within {report.margin:g} Dice {{schuirmann1987}}."
    )


def _software(runs: Sequence[FinishedRun]) -> str:
    """Return what made the results."""
    versions = _joined(sorted({run.software for run in runs if run.software}) or [f"labelct {__version__}"])
    seconds = sum(seconds for run in runs for _, seconds in run.seconds)
    minutes = f"{seconds / 60:.0f} minutes" if seconds >= 90 else "a minute"
    spent = f"{seconds / AN_HOUR:.1f} hours" if seconds >= AN_HOUR else minutes
    told = f" Stages of all jobs, shared ones counted in each, took {spent}." if seconds else ""
    return f"Experiments were run with {versions}.{told}"


def _is_told(configuration: Configuration) -> bool:
    """Return whether a configuration has what the text is made of, each value of its type."""
    kinds = [value_of(configuration, f"{group}.kind") for group in GROUPS]
    numbers = [value_of(configuration, key) for key in NUMBERS]
    spacing = value_of(configuration, "trainer.spacing") or [None] * 3
    cascade = value_of(configuration, "trainer.cascade") or {}
    return (
        all(kind and isinstance(kind, str) for kind in kinds)
        and isinstance(spacing, list)
        and len(spacing) == 3
        and all(number is None or isinstance(number, (int, float)) for number in [*numbers, *spacing])
        and isinstance(cascade, Mapping)
        and (not cascade.get("targets") or _is_second(cascade))
    )


def _is_second(cascade: Configuration) -> bool:
    """Return whether a cascade says what its second network segments, and on which grid."""
    targets = cascade["targets"]
    named = isinstance(targets, list) and all(isinstance(name, str) for name in targets)
    return named and isinstance(cascade.get("spacing"), (int, float))


def _kind(configuration: Configuration, group: str) -> str:
    """Return the kind of a group, empty where the configuration has none."""
    return str(value_of(configuration, f"{group}.kind") or "")


def _is(configuration: Configuration, what: str) -> bool:
    """Return what the recipe of a configuration says of itself, `is_scan` or `draws`; False where nobody knows it."""
    return bool(getattr(recipes.RECIPES.get(_kind(configuration, "data")), what, False))


def _values(configurations: Iterable[Configuration], key: str) -> list[float]:
    """Return the numbers that a key has, ascending."""
    return sorted({float(value) for c in configurations if (value := value_of(c, key)) is not None})


def _kinds(configurations: Iterable[Configuration], group: str) -> list[str]:
    """Return the kinds of a group that occur, in their order."""
    return [kind for kind in dict.fromkeys(_kind(c, group) for c in configurations) if kind]


def _listed(phrases: Sequence[str]) -> str:
    """Return phrases that may hold commas as a list in a sentence."""
    return "; or ".join(["; ".join(phrases[:-1]), phrases[-1]]) if len(phrases) > 1 else phrases[0]


def _joined(words: Iterable[str], last: str = "and") -> str:
    """Return words as a list in a sentence."""
    *front, end = words
    return f"{', '.join(front)} {last} {end}" if front else end
