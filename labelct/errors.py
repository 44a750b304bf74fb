"""The errors that a user can mend: one line that names the thing, the value, what is allowed and the remedy."""

import errno
import sys
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from importlib.util import find_spec

ELSEWHERE = "write elsewhere"
SPACE = f"free some space or {ELSEWHERE}"
RIGHTS = f"change its permissions or {ELSEWHERE}"
MOST_SAID = 200  # characters

# Packages that are not named as their modules are.
PACKAGES = {"astra": "astra-toolbox", "skimage": "scikit-image", "sklearn": "scikit-learn"}
# Packages that come with an extra of labelct's own, by module.
EXTRAS = {"onnx": "export", "onnxscript": "export", "distributed": "dask", "ray": "ray"}
# What a file system refuses, by the error's number: the problem and the remedy.
REFUSALS = {
    errno.ENOSPC: ("the disk is full", SPACE),
    errno.EDQUOT: ("the disk quota is used up", SPACE),
    errno.EFBIG: ("the file would be larger than is allowed here (ulimit -f)", f"raise the limit or {ELSEWHERE}"),
    errno.EROFS: ("cannot be written (the file system is read-only)", ELSEWHERE),
    errno.EACCES: ("permission denied", RIGHTS),
    errno.EPERM: ("operation not permitted", RIGHTS),
    errno.ENAMETOOLONG: ("the name is too long", "a file's name has 255 bytes at most: shorten it"),
    errno.ENOTDIR: ("a part of the path is a file and no folder", ELSEWHERE),
    errno.EISDIR: ("is a folder", "give the name of a file"),
    errno.EEXIST: ("something else of that name is in the way", "give another name"),
    errno.EIO: ("the disk reports an error", ELSEWHERE),
    errno.ESTALE: ("the network file system has lost it", "mount it again"),
    errno.EMFILE: ("too many files are open", "raise the limit with ulimit -n"),
    errno.ENFILE: ("too many files are open on this machine", "close other programs"),
}


class LabelctError(Exception):
    """An error of the input, shown to the user as one line and never as a traceback."""


class InputError(LabelctError):
    """A file or folder that cannot be used."""

    def __init__(self, path: object, problem: str, remedy: str) -> None:
        super().__init__(path, problem, remedy)
        self.path, self.problem, self.remedy = path, problem, remedy

    def __str__(self) -> str:
        text = f"{self.path}: {self.problem}; {self.remedy}"
        return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)  # what a file says may be any


def refusal(error: BaseException, path: object = None, place: object = "a file") -> InputError | None:
    """Return in one line what a file system refused or which package is missing, None where `error` says another thing.

    Args:
        error: What was raised; an error that another one was raised from counts as well.
        path: What was written; None: what the error itself names.
        place: Where it was written, for an error that names nothing.
    """
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("labelct"):
        return _not_installed(error.name.partition(".")[0])
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in REFUSALS:
            return InputError(path or cause.filename2 or cause.filename or place, *REFUSALS[cause.errno])
    return None


def refused(error: OSError, path: object, done: str = "written", remedy: str = ELSEWHERE) -> InputError:
    """Return in one line what a file system refused.

    Args:
        error: What was raised.
        path: What it was done to.
        done: What cannot be done to it, where the error's number tells nothing.
        remedy: What to do then.
    """
    return refusal(error, path) or InputError(path, f"cannot be {done} ({error.strerror})", remedy)


def unreadable(error: OSError, path: object) -> InputError:
    """Return in one line why a file or folder cannot be read."""
    told = refused(error, path, "read", RIGHTS)
    remedies = {RIGHTS: "change its permissions", ELSEWHERE: "copy it again"}
    return InputError(told.path, told.problem, remedies.get(told.remedy, told.remedy))


def rename() -> str:
    """Return what to do about a name that is no UTF-8, by its own fault or that of the locale."""
    if (encoding := sys.getfilesystemencoding()) == "utf-8":
        return "rename it, or the folder of such a name that it lies in"
    return f"names are read as {encoding} here: set PYTHONUTF8=1, or a locale of UTF-8 as LC_ALL=C.UTF-8"


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says; its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].strip()


def kind_and_line(error: BaseException) -> str:
    """Return the kind of an error that is none of labelct's, and the first line of its text."""
    return f"{type(error).__name__}: {first_line(error)}"


def one_line(error: BaseException) -> str:
    """Return what an error says in one line, no more of it than `MOST_SAID`: it may be a page of a server."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= MOST_SAID else f"{text[:MOST_SAID]}..."


def listed(items: Sequence[object], most: int) -> str:
    """Return in one line the first of some items, and how many more there are than `most`."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(map(str, items[:most])) + more


def check_installed(*modules: str) -> None:
    """Raise `InputError` where one of the modules, which a later part of the work imports, is not installed."""
    for module in modules:
        if find_spec(module) is None:
            raise _not_installed(module)


def _not_installed(module: str) -> InputError:
    package = PACKAGES.get(module, module)
    wanted = f"'labelct[{EXTRAS[module]}]'" if module in EXTRAS else package
    return InputError(package, "is not installed", f"pip install {wanted}; docs/offline.md says how without a network")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it came from, the nearest first."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


class SettingError(LabelctError):
    """A configuration value out of its range.

    The dataclass that checks its fields knows their names alone; `config` puts the group in front.
    """

    def __init__(self, field: str, value: object, allowed: str, remedy: str = "") -> None:
        super().__init__(field, value, allowed, remedy)
        self.field, self.value, self.allowed, self.remedy = field, value, allowed, remedy

    def __str__(self) -> str:
        return f"{self.field}={self.value!r}: allowed is {self.allowed}" + (f"; {self.remedy}" if self.remedy else "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `did you mean 'x'?` for the nearest known name, whatever its case, or an empty string."""
    near = nearest(name, known, 1)
    return f"did you mean {near[0]!r}?" if near else ""


def nearest(name: str, known: Iterable[str], count: int) -> list[str]:
    """Return the known names that are like `name`, whatever its case, the nearest first and at most `count`."""
    by_lower = {other.lower(): other for other in known}
    return [by_lower[other] for other in get_close_matches(name.lower(), by_lower, n=count, cutoff=0.6)]


def check_range(field: str, value: float | None, low: float | None = None, high: float | None = None) -> None:
    """Raise `SettingError` unless `low <= value <= high` (None: no bound; a value of None passes)."""
    if value is None or ((low is None or value >= low) and (high is None or value <= high)):
        return
    raise SettingError(field, value, bounds(low, high))


def bounds(low: float | None, high: float | None) -> str:
    """Return in words what lies between two bounds, of which one may be None; empty where both are."""
    if low is None:
        return "" if high is None else f"{high:g} or less"
    return f"{low:g} or more" if high is None else f"{low:g} to {high:g}"


def check_choice(field: str, value: str, choices: Sequence[str]) -> None:
    """Raise `SettingError` unless `value` is one of `choices`, with the nearest one as remedy."""
    if value not in choices:
        raise SettingError(field, value, "one of " + ", ".join(choices), did_you_mean(str(value), choices))


def check_interval(field: str, value: Sequence[float], low: float | None = None, high: float | None = None) -> None:
    """Raise `SettingError` unless `value` is `[smallest, largest]` within `low` to `high`."""
    if len(value) != 2 or value[0] > value[1]:
        raise SettingError(field, value, "two numbers, the smaller first")
    for bound in value:
        check_range(field, bound, low, high)
