"""A view of Weights & Biases that reads well, as data: told in steps, sent through wandb's public API, or shown."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

from labelct.errors import InputError, one_line

PACKAGE = "wandb_workspaces"
NAME = "labelct"
METRICS = ("dice", "surface_dice", "hd95")
CHOICES = ("arm.data", "arm.scanner", "arm.dose", "arm.drop", "arm.trainer", "arm.seed")
JOBS = "experiment"


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes:
        kind: `lines`, `bars`, `parallel` coordinates, `media` (pictures) or `table`.
        title: What stands above it.
        shows: Metrics, settings (`arm.data`) or media by name.
        by: The setting that runs are grouped by; empty for none.
        log: Whether the y axis is logarithmic.
    """

    kind: str
    title: str
    shows: tuple[str, ...]
    by: str = ""
    log: bool = False


@dataclass(frozen=True)
class Section:
    """A row of panels with a name."""

    name: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Dashboard:
    """A saved view of a project.

    Attributes:
        entity: User or team.
        project: Project.
        groups: What runs are grouped by, the outermost first.
        columns: Settings and figures beside the runs.
        sections: From the top.
    """

    entity: str
    project: str
    groups: tuple[str, ...]
    columns: tuple[str, ...]
    sections: tuple[Section, ...]


def dashboard(entity: str, project: str, tests: Sequence[str], targets: Sequence[str]) -> Dashboard:
    """Return the view of a project's jobs.

    Args:
        entity: User or team.
        project: Project.
        tests: Test cohorts that the jobs were scored on.
        targets: Structures that they segmented.
    """
    scores = {metric: tuple(f"{test}/{label}/{metric}" for test in tests for label in targets) for metric in METRICS}
    by = "arm.data"
    training = (
        Panel("lines", "loss", ("train/loss",), by, log=True),
        Panel("lines", "validation Dice", ("val/dice", *(f"val/dice_{label}" for label in targets)), by),
        Panel("lines", "learning rate", ("train/learning_rate",)),
    )
    bars = tuple(Panel("bars", name, (name,), by) for names in scores.values() for name in names)
    ways = Panel("parallel", "choices and Dice", (*CHOICES, *scores["dice"]))
    cases = (
        Panel("media", "truth and prediction", ("segmentations",)),
        Panel("media", "training volumes beside a CT", ("montage",)),
        Panel("table", "cases with pictures", ("cases",)),
        Panel("table", "scores of every case", ("scores",)),
    )
    sections = (Section("Training", training), Section("Result", (*bars, ways)), Section("Cases", cases))
    return Dashboard(entity, project, ("group", by), (*CHOICES, *scores["dice"], *scores["hd95"]), sections)


def installed() -> bool:
    """Return whether wandb's package for views is installed."""
    return find_spec(PACKAGE) is not None


def plain(view: Dashboard) -> dict[str, Any]:
    """Return the view as JSON-able data, with what would be sent where wandb's package is installed."""
    found: dict[str, Any] = {"layout": asdict(view)}
    if installed():
        found["sent"] = _workspace(view)._to_model().model_dump(mode="json", by_alias=True, exclude_none=True)
    return found


def steps(view: Dashboard) -> list[str]:
    """Return what to do by hand, in the project's workspace, to have the view."""
    lines = [f"open https://wandb.ai/{view.entity}/{view.project} and save a new view {NAME!r}"]
    lines.append(f"filter jobType = {JOBS}; group by {', then '.join(view.groups)}")
    lines.append(f"pin the columns {', '.join(view.columns)}")
    for section in view.sections:
        lines.append(f"add a section {section.name}:")
        for panel in section.panels:
            by = f", grouped by {panel.by}, range: standard deviation" if panel.by else ""
            scale = ", logarithmic" if panel.log else ""
            lines.append(f"  {panel.kind}: {panel.title}: {', '.join(panel.shows)}{by}{scale}")
    return lines


def send(view: Dashboard) -> str:
    """Save the view at Weights & Biases and return its address.

    Raises:
        InputError: wandb does not take it: no network, no key, no such project.
    """
    import wandb

    workspace, place = _workspace(view), f"{view.entity}/{view.project}"
    try:
        wandb.Api(timeout=20).project(view.project, view.entity).id  # noqa: B018  it asks the server
        saved = workspace.save()
    except Exception as error:
        remedy = "check the network, WANDB_API_KEY and the name of the project; -o FILE writes what would be sent"
        raise InputError(place, f"wandb does not take the view ({one_line(error)})", remedy) from None
    return str(saved.url)


def _workspace(view: Dashboard) -> Any:
    """Return the view as an object of wandb's package."""
    from wandb_workspaces import expr, workspaces

    sections = [
        workspaces.Section(name=part.name, panels=[_panel(panel) for panel in part.panels], is_open=True)
        for part in view.sections
    ]
    groups = [expr.Config(name) if "." in name else expr.Metric("Group") for name in view.groups]
    columns = [f"config:{name}" if name in CHOICES else f"summary:{name}" for name in view.columns]
    runs = workspaces.RunsetSettings(
        filters=[expr.Metric("JobType") == JOBS], groupby=groups, pinned_columns=["run:displayName", *columns]
    )
    settings = workspaces.WorkspaceSettings(x_axis="step", max_runs=100)
    return workspaces.Workspace(
        entity=view.entity, project=view.project, name=NAME, sections=sections, settings=settings, runset_settings=runs
    )


def _panel(panel: Panel) -> Any:
    from wandb_workspaces.reports import v2

    if panel.kind == "media":
        return v2.MediaBrowser(title=panel.title, media_keys=list(panel.shows))
    if panel.kind == "table":
        return v2.WeavePanelSummaryTable(table_name=panel.shows[0])
    if panel.kind == "parallel":
        kinds = [v2.Config(name) if name in CHOICES else v2.SummaryMetric(name) for name in panel.shows]
        return v2.ParallelCoordinatesPlot(
            title=panel.title, columns=[v2.ParallelCoordinatesPlotColumn(metric=kind) for kind in kinds]
        )
    grouped = {"groupby": v2.Config(panel.by), "groupby_rangefunc": "stddev"} if panel.by else {}
    if panel.kind == "bars":
        return v2.BarPlot(title=panel.title, metrics=list(panel.shows), groupby_aggfunc="mean", **grouped)
    return v2.LinePlot(title=panel.title, x="step", y=list(panel.shows), log_y=panel.log or None, **grouped)
