"""How long does a backtest of 200 rules over twelve windows take, and does its memory stay flat?

    python benchmarks/backtest.py HISTORY.parquet --map rulesets/examples/handbook.map.toml --label TX_FRAUD \
        [--rules 200] [--rows 10_000_000] [--seed 1]

HISTORY is the card history of "Reproducible Machine Learning for Credit Card Fraud Detection" (1,754,155 payments); any
history with an amount, a payer's account and a payee's merchant will do. The ruleset is made up from the seed: rules of
two to five conditions on the amount and on twelve windows by customer and by terminal over 1, 7 and 30 days, a third of
them with a score, the others with an action, and a `balance` block of four segments.

Two questions, each answered by a process of its own:

- `riskrules backtest … --report` of the whole history: seconds, and the largest memory that the process held.
- With `--rows`, the history again and again, each time later and under other ids, until there are as many payments:
  memory after each million, all windows and figures kept. Flat means that what it holds no longer grows with the
  payments, once the windows have looked back a month.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEAD = """\
ruleset backtest_benchmark version 2026.11
  title    "Made up to be measured"
  currency EUR
  timezone Europe/Brussels
  appeal   "Nobody is meant."

"""
SPANS = (1, 7, 30)
YEAR_DAYS = 365
"""Between two rounds of the history, which is of one summer: so no clock is set back in any."""
BALANCE = """
balance
  segment everyday where amount <= 50.00 EUR
  segment large    where amount > 150.00 EUR
  segment new_card where card_count_30d <= 5
  segment busy     where shop_count_7d else 0 > 30
  stopped <= 5% of payments
  caught  >= 10% of fraud payments
"""


def ruleset(rules: int, seed: int) -> str:
    """A rule file of so many rules."""
    draw = random.Random(seed)
    windows = [
        f"window {who}_{what}_{days}d = {aggregate} by {key} over {days}d\n"
        for who, key in (("card", "payer.account"), ("shop", "payee.merchant"))
        for what, aggregate in (("count", "count"), ("sum", "sum amount"))
        for days in SPANS
    ]
    blocks = [_rule(number, draw) for number in range(rules)]
    bands = "\nbands\n  score >= 90 then hold up to 24h\n  score >= 60 then verify\n"
    return HEAD + "".join(windows) + "\n".join(blocks) + bands + BALANCE


def _rule(number: int, draw: random.Random) -> str:
    conditions = [f"amount > {draw.randint(20, 300)}.00 EUR", "payee.merchant is known"]
    for _ in range(draw.randint(1, 4)):
        who, days = draw.choice(("card", "shop")), draw.choice(SPANS)
        if draw.random() < 0.5:
            conditions.append(f"{who}_count_{days}d {draw.choice('<>')} {draw.randint(2, 40) * days // 2 + 1}")
        else:
            conditions.append(f"{who}_sum_{days}d {draw.choice('<>')} {draw.randint(50, 3_000) * days // 2 + 1}.00 EUR")
    when = "\n  and  ".join(dict.fromkeys(conditions))
    action = draw.choice(("then warn", "then verify", "then hold"))
    if number % 3 == 0:
        action = f"score {draw.choice((10, 20, 30))}"
    responsible = "" if action == "then warn" else "\n  responsible payer.account"
    return f'\nrule made_up_{number}\n  "Rule {number}"\n  when {when}\n  {action}{responsible}\n'


def timed(history: str, map_file: str, label: str, rules: str) -> dict[str, Any]:
    """The command as a process."""
    with tempfile.TemporaryDirectory() as place:
        page = Path(place) / "report.html"
        began = time.perf_counter()
        command = [sys.executable, "-m", "riskrules", "backtest", rules, history, "--map", map_file, "--label", label]
        done = subprocess.run([*command, "--report", str(page), "--json"], capture_output=True, text=True, check=False)
        took = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise SystemExit(done.stderr or done.stdout[:2_000])
        found = json.loads(done.stdout)
        return {
            "payments": found["all"]["payments"],
            "rules_that_fired": len(found["rules"]),
            "seconds": round(took, 1),
            "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
            "peak_megabytes": used.ru_maxrss // 1024,
            "page_kilobytes": page.stat().st_size // 1024,
        }


def repeated(history: str, rows: int) -> Iterator[Any]:
    """The history's tables over and over, each round later than the one before and under ids of its own."""
    import polars as pl

    frame = pl.read_parquet(history)
    given, round_number = 0, 0
    while given < rows:
        for part in frame.iter_slices(262_144):
            made = part.with_columns(
                pl.col("TX_DATETIME") + pl.duration(days=round_number * YEAR_DAYS),
                pl.col("TRANSACTION_ID") + round_number * 10_000_000,
            )
            yield made.head(rows - given)
            given += min(len(made), rows - given)
            if given >= rows:
                return
        round_number += 1


def memory(history: str, map_file: str, label: str, rules: str, rows: int) -> None:
    """Megabytes held after each million payments."""
    import riskrules as rr

    held: dict[int, int] = {}

    def told(payments: int) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        held.setdefault(payments // 1_000_000, pages * resource.getpagesize() >> 20)

    began = time.perf_counter()
    loaded = rr.load(rules)
    rr.backtest(loaded, repeated(history, rows), label=label, map=map_file, progress=told)
    print(json.dumps({"rows": rows, "seconds": round(time.perf_counter() - began, 1), "megabytes_after_million": held}))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("history")
    parser.add_argument("--map", required=True, dest="map_file")
    parser.add_argument("--label", required=True)
    parser.add_argument("--rules", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=0, help="also the memory of so many payments")
    parser.add_argument("--write", type=Path, help="write the ruleset here and stop")
    asked = parser.parse_args()
    text = ruleset(asked.rules, asked.seed)
    if asked.write:
        asked.write.write_text(text, "utf-8")
        return 0
    with tempfile.TemporaryDirectory() as place:
        rules = Path(place) / "made_up.risk"
        rules.write_text(text, "utf-8")
        print(json.dumps(timed(asked.history, asked.map_file, asked.label, str(rules))), flush=True)
        if asked.rows:
            memory(asked.history, asked.map_file, asked.label, str(rules), asked.rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
