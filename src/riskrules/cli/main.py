"""The command `riskrules`: its subcommands, and how every one of them ends.

No command shows a traceback for what a user can mend: a file that cannot be opened, a disk that is full, an
interrupted run and a reader that went away each end in a sentence or in silence, with an exit code of their own.
"""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from typing import Any

import click

from .. import __version__
from . import (
    backtest,
    bench,
    check,
    decide,
    demo,
    diff,
    explain,
    format,
    gate,
    giveback,
    keys,
    kill,
    liability,
    log,
    map,
    orders,
    recall,
    replay,
    stop,
    suggest,
    test,
    trace,
    tune,
    verify,
    versions,
    world,
)
from .exits import INTERRUPTED, READER_GONE, Stop, unreadable
from .terminal import WIDEST_COLUMNS, say, tinted

EPILOG = "Exit codes: 0 fine, 1 findings, 2 cannot be done as asked (5 where `test` finds no tests)."


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": WIDEST_COLUMNS}


class Commands(click.Group):
    """A group that ends cleanly and knows what was probably meant."""

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


COMMANDS = (
    check.check,
    format.format_files,
    test.test,
    explain.explain,
    decide.decide,
    backtest.backtest,
    bench.bench,
    gate.gate,
    diff.diff,
    liability.liability,
    map.map_history,
    tune.tune,
    suggest.suggest,
    trace.trace,
    stop.stop,
    orders.orders,
    giveback.giveback,
    kill.kill,
    recall.recall,
    log.log,
    replay.replay,
    verify.verify,
    demo.demo,
    versions.versions,
    keys.keys,
    world.world_command,
)
for command in COMMANDS:
    main.add_command(command)
