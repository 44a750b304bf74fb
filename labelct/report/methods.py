"""How the results of a report came about, in sentences made from the configurations of its runs, with what they cite.

A text to start from: it states what a configuration shows, says what differs between the arms, and leaves out the rest.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labelct import __version__
from labelct.report.arms import FinishedRun
from labelct.report.configuration import read_configuration, value_of
from labelct.report.document import Report
from labelct.report.references import KNOWN, Reference

Cite = Callable[[str], str]
Configuration = dict[str, Any]

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
        report: The report; runs that left no configuration say nothing.
    """
    cited: dict[str, int] = {}

    def cite(text: str) -> str:
        for key in KNOWN:
            if f"{{{key}}}" in text:
                number = cited.setdefault(key, len(cited) + 1)
                text = text.replace(f"{{{key}}}", f"[{number}]")
        return text

    told = [(run, configuration) for run in report.runs if (configuration := read_configuration(run.folder))]
    told = [(run, configuration) for run, configuration in told if _kind(configuration, "data")]
    if not told:
        return Methods((), ())
    configurations = [configuration for _, configuration in told]
    paragraphs = [
        _volumes(configurations, cite),
        _training(configurations, cite),
        _evaluation(configurations, report, cite),
        _software([run for run, _ in told]),
    ]
    return Methods(paragraphs, [KNOWN[key] for key in cited])


def _volumes(configurations: Sequence[Configuration], cite: Cite) -> str:
    """Return what was trained on: cohort, recipes, scanner and doses."""
    cohorts = _joined(cite(COHORTS.get(kind, f"a cohort ({kind})")) for kind in _kinds(configurations, "cohort"))
    recipes = [cite(RECIPES.get(kind, kind)) for kind in _kinds(configurations, "data")]
    text = f"Label maps came from {cohorts}. Training volumes were {_listed(recipes)}."
    drops = sorted({value for c in configurations if (value := value_of(c, "drop.probability"))})
    if drops:
        shown = _joined((f"{100 * value:g} %" for value in drops), "or")
        text += f" In synthetic volumes each target was left out with a chance of {shown}."
    if "helical" in _kinds(configurations, "scanner"):
        first = next(c for c in configurations if _kind(c, "scanner") == "helical")
        rows, channels = (value_of(first, f"scanner.{name}") for name in ("rows", "channels"))
        text += cite(
            f" Synthetic volumes passed a simulated helical scanner of {rows} rows and {channels} channels with "
            "Poisson and electronic noise and were reconstructed by aperture-weighted wedge filtered "
            "backprojection {koken2006}"
        )
        loads = sorted({value for c in configurations if (value := value_of(c, "dose.mas"))})
        text += f", at {_joined((f'{value:g}' for value in loads), 'or')} mAs." if loads else ", without noise."
    elif "image" in _kinds(configurations, "scanner"):
        text += " Synthetic volumes got correlated noise in the image, without a simulated scan."
    return text


def _training(configurations: Sequence[Configuration], cite: Cite) -> str:
    """Return which networks were trained, and for how long."""
    sentences = []
    for kind in _kinds(configurations, "trainer"):
        trainer = next(c for c in configurations if _kind(c, "trainer") == kind)["trainer"]
        length = next(
            (f"for {trainer[key]} {unit}" for key, unit in _LENGTHS if trainer.get(key) is not None), "to its end"
        )
        spacing = trainer.get("spacing")
        grid = f" on a grid of {' x '.join(f'{value:g}' for value in spacing)} mm" if spacing else ""
        sentences.append(cite(f"{TRAINERS.get(kind, kind)} was trained {length}{grid}{_second(trainer)}"))
    seeds = sorted({str(c.get("seed")) for c in configurations})
    many = f" with seeds {_joined(seeds)}" if len(seeds) > 1 else f" with seed {seeds[0]}"
    text = "; ".join(sentences) + many + "."
    return text[0].upper() + text[1:]


def _second(trainer: Configuration) -> str:
    """Return what the second network of a cascade did; nothing where there is none."""
    cascade = trainer.get("cascade") or {}
    if not cascade.get("targets"):
        return ""
    return (
        f", and a second network at {cascade['spacing']:g} mm for {_joined(cascade['targets'])} in boxes of the first"
    )


_LENGTHS = (("minutes", "minutes"), ("steps", "steps"), ("epochs", "epochs"))


def _evaluation(configurations: Sequence[Configuration], report: Report, cite: Cite) -> str:
    """Return what was scored how, and the tests."""
    first = configurations[0]
    cases = int(report.results["n"].max()) if "n" in report.results else 0
    tests = _joined(dict.fromkeys(report.results["test"])) if "test" in report.results else ""
    many = f"up to {cases} cases" if cases > 1 else "one case"
    text = f"Segmentations of the test cohorts ({tests}; {many}) were compared with the truth by Dice"
    tolerance, percentile = (value_of(first, f"evaluation.{key}") for key in ("tolerance_mm", "percentile"))
    text += cite(f", surface Dice at {tolerance:g} mm {{nikolov2018}}") if tolerance is not None else ""
    text += f" and the {percentile:g}th percentile of the Hausdorff distance" if percentile is not None else ""
    if value_of(first, "evaluation.largest_component"):
        text += ", after the largest connected components of each structure had been kept"
    text += ". Intervals are 95 % percentile bootstraps over cases and runs."
    if report.reference:
        text += cite(
            f" Arms were compared with {report.reference} by Wilcoxon's signed-rank test {{wilcoxon1945}} with Holm's "
            f"correction {{holm1979}}, and by two one-sided tests of equivalence within {report.margin:g} Dice "
            "{schuirmann1987}."
        )
    return text


def _software(runs: Sequence[FinishedRun]) -> str:
    """Return what made the results."""
    versions = _joined(sorted({run.software for run in runs if run.software}) or [f"labelct {__version__}"])
    seconds = sum(seconds for run in runs for _, seconds in run.seconds)
    minutes = f"{seconds / 60:.0f} minutes" if seconds >= 90 else "a minute"
    spent = f"{seconds / AN_HOUR:.1f} hours" if seconds >= AN_HOUR else minutes
    told = f" Stages of all jobs, shared ones counted in each, took {spent}." if seconds else ""
    return f"Experiments were run with {versions}.{told}"


def _kind(configuration: Configuration, group: str) -> str:
    """Return the kind of a group, empty where the configuration has none."""
    return str(value_of(configuration, f"{group}.kind") or "")


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
