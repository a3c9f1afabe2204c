"""`riskrules log`: a secret for a log of decisions, the log as a table, and a customer's decisions in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from .exits import FINDINGS, FINE, Stop, read_bytes, unreadable
from .findings import counted
from .rulesets import waiting
from .terminal import plain, say

if TYPE_CHECKING:
    from collections.abc import Iterable


@click.group()
def log() -> None:
    """Logs of decisions: their secret, their table, and what they hold about a customer.

    Whether one was changed says `verify`; whether it decides the same again, `replay`.
    """


@log.command()
@click.argument("file")
def secret(file: str) -> None:
    """Make a secret for a log, in FILE, which only its owner may read.

    It turns account numbers into the tokens that stand in the log, and seals the values of claims. Without it nobody
    can find a customer's decisions, so keep a copy where the log does not lie.
    """
    from ..versions.tokens import new_secret

    try:
        new_secret(file)
    except FileExistsError as error:
        raise Stop(f"there is a file `{file}` already; a secret is never written over") from error
    except OSError as error:
        raise Stop(unreadable(file, error)) from error
    say(f"a new secret in {plain(file)}")


@log.command()
@click.argument("folder", metavar="LOG")
@click.argument("out", metavar="OUT.parquet")
def table(folder: str, out: str) -> None:
    """Write a log as a Parquet table, a row a decision: number, id, its token, ruleset, version, fingerprint, event,
    action, act, occurred, decided, until, score, fired, lifted, exempts, responsible, degraded."""
    from ..bridges.columns import TableError
    from ..versions.log_arrow import write_parquet
    from ..versions.log_folder import LogError

    if not out.lower().endswith(".parquet"):
        raise Stop(f"`{out}` ends in another word than .parquet")
    try:
        with waiting("writing the table"):
            written = write_parquet(folder, out)
    except (LogError, TableError) as error:
        raise Stop(str(error)) from error
    except OSError as error:
        raise Stop(unreadable(out, error)) from error
    say(f"{counted(written, 'decision')} in {plain(out)}")


@log.command()
@click.argument("folder", metavar="LOG")
@click.option("--secret", "secret_file", required=True, metavar="FILE", help="The log's secret.")
@click.option("--numbers", required=True, metavar="FILE",
              help="What to look for, one a line: accounts, merchants, wallets, parties, payments' ids; - reads"
              " standard input, so that no number stands in the shell's history.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The records themselves, a JSON object a line.")
@click.pass_context
def find(ctx: click.Context, folder: str, secret_file: str, numbers: str, as_json: bool) -> None:
    """Find a customer's decisions in a log. Exit code 1 when there are none."""
    from ..versions.log_finding import decisions_about
    from ..versions.log_folder import LogError
    from ..versions.tokens import SecretError, read_secret

    try:
        held = read_secret(secret_file)
        asked = [line.strip() for line in read_bytes(numbers).decode("utf-8").splitlines() if line.strip()]
        count = _tell(decisions_about(folder, held, asked), as_json)
    except UnicodeDecodeError as error:
        raise Stop(f"`{numbers}` is no text in UTF-8") from error
    except (LogError, SecretError) as error:
        raise Stop(str(error)) from error
    except OSError as error:
        raise Stop(unreadable(secret_file, error)) from error
    if not as_json:
        say(f"{count:_} {'decision' if count == 1 else 'decisions'}")
    ctx.exit(FINE if count else FINDINGS)


def _tell(records: Iterable[dict[str, object]], as_json: bool) -> int:
    from ..base.times import format_instant

    count = 0
    for record in records:
        count += 1
        if as_json:
            say(json.dumps(record, ensure_ascii=False))
            continue
        decided, fired = record.get("decided_us"), record.get("fired")
        when = format_instant(decided) if isinstance(decided, int) else "?"
        rules = ", ".join(map(str, fired)) if isinstance(fired, list) else ""
        said = f"{record.get('number')}  {when}  {record.get('act')}  {record.get('id')}  {rules}"
        say(plain(said.rstrip()))
    return count
