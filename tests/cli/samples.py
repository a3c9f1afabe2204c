"""A small ruleset, payments for it, and the command line as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2] / "src"

RULES = """\
ruleset small version 2026.1
  title    "Small"
  currency CNY
  timezone Asia/Shanghai
  appeal   "Call 95588."

source LAW "A law, 2026"

list   bad_accounts of account

rule listed_payee
  "The payee is on the list"
  cites   LAW "1"
  when    payee.account in bad_accounts
  then    reject
  responsible payee.account
  tell    payer "Your {amount} was not sent."

  test "a listed payee"
    given  payee.account = "B1"
    with   bad_accounts holding "B1"
    expect reject, responsible payee.account

rule large_amount
  "A large amount"
  when    amount > 5_000 CNY
  then    hold up to 24h
  responsible payer.account
  tell    payer "Your {amount} waits."

  test "one fen over"
    given  amount = 5_000.01 CNY
    expect hold up to 24h
"""

HEADER = "id,occurred_at,amount,payer.account.id,payer.account.institution,payee.account.id,payee.account.institution\n"


def row(payment: str, amount: str, payee: str = "ACC-22222222", at: str = "2026-06-15T04:00:00Z") -> str:
    """A line of a CSV history."""
    return f"{payment},{at},{amount},ACC-11111111,BANK-A,{payee},BANK-B\n"


PAYMENT = (
    '{"id": "P1", "occurred_at": "2026-06-15T04:00:00Z", "amount": "6000.00", '
    '"payer": {"account": {"id": "ACC-11111111", "institution": "BANK-A"}}, '
    '"payee": {"account": {"id": "ACC-22222222", "institution": "BANK-B"}}}'
)


def written(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


MAIN = "from riskrules.cli.main import main; main(prog_name='riskrules')"


def process(*arguments: str, code: str = MAIN) -> list[str]:
    """The command that runs the command line in a process of its own."""
    return [sys.executable, "-c", code, *arguments]


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    return {**kept, "PYTHONPATH": str(SOURCES), **more}


def run(*arguments: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """The command line as a process; its output as text."""
    return subprocess.run(
        process(*arguments),
        input=given,
        capture_output=True,
        text=True,
        env=environment(**more),
        timeout=120,
        check=False,
    )
