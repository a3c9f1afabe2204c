"""The command `riskrules`: its subcommands, and how every one of them ends.

No command shows a traceback for what a user can mend: a file that cannot be opened, a disk that is full, an
interrupted run and a reader that went away each end in a sentence or in silence, with an exit code of their own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from .. import __version__
from .exits import INTERRUPTED, READER_GONE, Stop, unreadable
from .terminal import WIDEST_COLUMNS, say, tinted

EPILOG = "Exit codes: 0 fine, 1 findings, 2 cannot be done as asked (5 where `test` finds no tests)."


COMMANDS: dict[str, Callable[[], click.Command]] = {
    "backtest": lambda: import_module("riskrules.cli.backtest").backtest,
    "bench": lambda: import_module("riskrules.cli.bench").bench,
    "check": lambda: import_module("riskrules.cli.check").check,
    "decide": lambda: import_module("riskrules.cli.decide").decide,
    "demo": lambda: import_module("riskrules.cli.demo").demo,
    "diff": lambda: import_module("riskrules.cli.diff").diff,
    "explain": lambda: import_module("riskrules.cli.explain").explain,
    "format": lambda: import_module("riskrules.cli.format").format_files,
    "gate": lambda: import_module("riskrules.cli.gate").gate,
    "giveback": lambda: import_module("riskrules.cli.giveback").giveback,
    "keys": lambda: import_module("riskrules.cli.keys").keys,
    "kill": lambda: import_module("riskrules.cli.kill").kill,
    "liability": lambda: import_module("riskrules.cli.liability").liability,
    "log": lambda: import_module("riskrules.cli.log").log,
    "map": lambda: import_module("riskrules.cli.map").map_history,
    "orders": lambda: import_module("riskrules.cli.orders").orders,
    "recall": lambda: import_module("riskrules.cli.recall").recall,
    "replay": lambda: import_module("riskrules.cli.replay").replay,
    "stop": lambda: import_module("riskrules.cli.stop").stop,
    "suggest": lambda: import_module("riskrules.cli.suggest").suggest,
    "test": lambda: import_module("riskrules.cli.test").test,
    "trace": lambda: import_module("riskrules.cli.trace").trace,
    "tune": lambda: import_module("riskrules.cli.tune").tune,
    "verify": lambda: import_module("riskrules.cli.verify").verify,
    "versions": lambda: import_module("riskrules.cli.versions").versions,
    "world": lambda: import_module("riskrules.cli.world").world_command,
}
"""Each is loaded when it is asked for: the others would cost as much again as a check."""

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": WIDEST_COLUMNS}


class Commands(click.Group):
    """A group that loads what is asked for, ends cleanly, and knows what was probably meant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = COMMANDS.get(cmd_name)
        return None if found is None else found()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            if near and "Did you mean" not in error.message:
                raise click.UsageError(f"{error.message} Did you mean '{near[0]}'?", ctx) from error
            raise

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            _drop_output()
            ctx.exit(READER_GONE)
        except (KeyboardInterrupt, click.Abort):
            say(f"\n{tinted('stopped', 'warning', err=True)}", err=True)
            ctx.exit(INTERRUPTED)
        except OSError as error:
            raise Stop(unreadable(error.filename or "the file", error)) from error


def _drop_output() -> None:
    """Point standard output nowhere: what Python still holds for it must not fail once more at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    say(f"riskrules {__version__}")
    ctx.exit()


@click.group(cls=Commands, epilog=EPILOG, context_settings=CONTEXT)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show it.")
def main() -> None:
    """Fraud policy as rules: check them, test them, decide payments with them, and say why."""
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show is no reason to stop
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
