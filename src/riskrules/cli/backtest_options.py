"""The options of all commands that read a labelled history, and what `backtest`, `gate` and `diff` do with theirs.

Every slip that can be seen before the history is read ends with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exits import Stop
from .rulesets import load_lists, load_rules, make_ready
from .terminal import console, on_terminal

if TYPE_CHECKING:
    from ..balance.backtest import Backtest
    from ..engine.rules import Rules

PAGE_ENDINGS = (".html", ".htm")

_LABELLED = (
    click.option("--label", metavar="COLUMN", help="Which column says which payments were fraud: yes and no, 1 and 0."),
    click.option("--fraud-is", multiple=True, metavar="WORD", help="The label's own word for fraud; may be repeated."),
    click.option("--map", "map_file", metavar="MAP.toml", help="Which column feeds which field; `map` drafts one."),
    click.option("--lists", "folder", metavar="FOLDER", help="Read NAME.txt and NAME.csv in FOLDER as the list NAME."),
)
_MEASURED = (
    *_LABELLED,
    click.option("--from", "since", metavar="DATE", help="Measure from this day on; windows see what came before."),
    click.option("--until", metavar="DATE", help="Measure until this day, which is included."),
    click.option("--by-arrival", is_flag=True, help="Rows are in order of arrival, some late, not of time; slower."),
    click.option("--as-if-in-force", is_flag=True, help="Decide as if RULESET had been in force at all times."),
)


def labelled_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What is needed to read a labelled history: its label, a map, lists."""
    return _with(_LABELLED, command)


def history_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of all that is measured on a labelled history."""
    return _with(_MEASURED, command)


def _with(options: tuple[Callable[..., Any], ...], command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command


def label_asked(label: str | None) -> str:
    """Stop where no label was named: nothing can be said without one."""
    if label is None:
        raise Stop("`--label COLUMN` is missing: the column of the history that says which payments were fraud")
    return label


@dataclass(frozen=True)
class Asked:
    """What was asked for, as it came."""

    history: str
    label: str | None
    fraud_is: tuple[str, ...]
    map_file: str | None
    folder: str | None
    since: str | None
    until: str | None
    by_arrival: bool
    as_if_in_force: bool


def ready_rules(ruleset: str, against: str | None) -> tuple[Rules, Rules | None]:
    """Both versions. Stop when one does not hold or decides no payments."""
    rules = load_rules(ruleset)
    other = None if against is None else load_rules(against)
    for name, one in ((ruleset, rules), (against, other)):
        if one is not None and not one.meaning.rules:
            raise Stop(f"`{name}` has no rule about payments, and only payments are measured on a history")
    if other is not None and other.meaning.currency != rules.meaning.currency:
        raise Stop(
            f"`{ruleset}` is in {rules.meaning.currency} and `{against}` in {other.meaning.currency}: their money "
            "cannot be compared"
        )
    return rules, other


def measured(rules: Rules, against: Rules | None, asked: Asked) -> tuple[Backtest, tuple[str, ...]]:
    """The backtest, and the lists that were not given. Stop with a sentence where it cannot be made."""
    from ..balance.backtest import measure
    from ..balance.labels import label_of
    from ..balance.span import read_span
    from ..balance.watching import told_of, watching
    from ..base.times import zone_of
    from ..bridges.columns import TableError

    column = label_asked(asked.label)
    if Path(asked.history).is_dir():
        raise Stop(f"`{asked.history}` is a folder; name a file in it")
    try:
        label = label_of(column, asked.fraud_is)
        span = read_span(asked.since, asked.until, zone_of(rules.meaning.timezone))
    except ValueError as error:
        raise Stop(str(error)) from error
    versions, empty = [], dict[str, None]()
    for one in (rules, against):
        if one is not None:
            told = told_of(one, asked.as_if_in_force)
            lists, absent = load_lists(told, asked.folder)
            empty.update(dict.fromkeys(absent))
            versions.append(watching(one, told, lists))
            make_ready(versions[-1].serving)
    name = Path(asked.history).name
    try:
        with counting(asked.history) as told_rows:
            found = measure(
                versions, asked.history, label, asked.map_file, span,
                by_arrival=asked.by_arrival, name=name, progress=told_rows,
            )  # fmt: skip
    except TableError as error:
        raise Stop(str(error)) from error
    return found, tuple(empty)


class counting:
    """A progress bar on standard error where a person looks; called with how many payments were decided."""

    def __init__(self, history: str) -> None:
        self._history = history

    def __enter__(self) -> Callable[[int], None]:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

        from .decide import total_rows

        self._bar = Progress(
            SpinnerColumn(), TextColumn("{task.completed:_} payments"), BarColumn(bar_width=40), TimeRemainingColumn(),
            console=console(err=True), disable=not on_terminal(err=True), transient=True,
        )  # fmt: skip
        self._bar.start()
        task = self._bar.add_task("", total=total_rows(self._history, None))
        return lambda rows: self._bar.update(task, completed=rows)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def check_outputs(places: dict[str, tuple[str | None, tuple[str, ...]]], read: tuple[str | None, ...]) -> None:
    """Stop when a file to write has another ending, or is one of those that are read. `places`: by option."""
    for option, (path, endings) in places.items():
        if path is None:
            continue
        if Path(path).suffix.lower() not in endings:
            raise Stop(f"`{option} {path}`: its ending must be one of {', '.join(endings)}")
        if any(x and Path(x).exists() and Path(path).resolve() == Path(x).resolve() for x in read):
            raise Stop(f"`{option} {path}` would overwrite what is read; name another file")
        if not Path(path).resolve().parent.is_dir():
            raise Stop(f"`{option} {path}`: there is no folder `{Path(path).parent}`")


def write_text(path: str, text: str) -> None:
    """A whole file or none."""
    from .replacing import replacing

    with replacing(path) as file:
        file.write(text.encode("utf-8", "replace"))
