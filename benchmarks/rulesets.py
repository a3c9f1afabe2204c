"""Did a change of the shipped packs, or of the engine, make them slower or worse?

    python benchmarks/rulesets.py [--write] [--seed 7] [--people 1_500] [--days 21] [--repeats 5]

Measures every pack of `rulesets/typologies` and compares it with `benchmarks/rulesets.json`, which is committed. Exits
with 1, and says what and by how much, where a pack

- has become dearer: the time of one decision, as a ratio to that by a ruleset of one rule on the same machine in the
  same run, has grown by more than `TOLERANCE`;
- stops more honest payments, or catches less fraud, on a made-up world of a fixed seed. Decisions are exact, so any
  difference is a change and no noise.

Better figures are told too. `--write` makes what was measured the new baseline: a change of policy is then seen in the
change of that file. Whoever keeps rulesets of their own can do the same with `riskrules bench --json`,
`riskrules backtest --json` and `riskrules gate --against`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import riskrules as rr
from riskrules.balance.costs import costs
from riskrules.base.resources import folder
from riskrules.testing.world import world
from riskrules.testing.world.files import write_world

BASELINE = Path(__file__).with_suffix(".json")
TOLERANCE = 0.2
LABEL = "label.fraud"
ONE_RULE = """
ruleset one_rule version 2026.1
  currency CNY

rule large
  "A large amount"
  when    amount > 50_000 CNY
  then    warn
  tell    payer "Is this right?"
"""


def dearness(rules: Any, repeats: int) -> float:
    """One decision in decisions by one rule: the median of ratios, each of two measurements next to one another."""
    one = rr.loads(ONE_RULE)
    none = {name: frozenset[str]() for name in rules.lists}
    pairs = [(costs(rules, none, seconds=1e-9).decide_us, costs(one, seconds=1e-9).decide_us) for _ in range(repeats)]
    return statistics.median(a / b for a, b in pairs)


def measured(history: Path, repeats: int) -> dict[str, dict[str, Any]]:
    """By pack: its dearness and its balance."""
    found = {}
    for path in sorted((folder("rulesets") / "typologies").glob("*.risk")):
        rules = rr.load(path)
        whole = rr.backtest(rules, history, label=LABEL, lists=dict.fromkeys(rules.lists, ())).all
        found[path.stem] = {
            "version": rules.version,
            "dearness": round(dearness(rules, repeats), 2),
            "honest payments stopped": whole.friction.part,
            "frauds caught": whole.caught.part,
            "fraud money caught, minor units": whole.caught_money.part,
        }
    return found


def told(name: str, before: dict[str, Any], now: dict[str, Any]) -> list[tuple[bool, str]]:
    """What has changed, each with whether it is for the worse."""
    lines = []
    ratio = now["dearness"] / before["dearness"] - 1
    if abs(ratio) > TOLERANCE:
        lines.append((ratio > 0, f"{name}: a decision costs {ratio:+.0%}: {before['dearness']} → {now['dearness']}"))
    for what, worse in (
        ("honest payments stopped", 1), ("frauds caught", -1), ("fraud money caught, minor units", -1),
    ):  # fmt: skip
        if now[what] != before[what]:
            lines.append(((now[what] - before[what]) * worse > 0, f"{name}: {what}: {before[what]:_} → {now[what]:_}"))
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="make this the baseline")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--people", type=int, default=1_500)
    parser.add_argument("--days", type=int, default=21)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    made_of = {"seed": asked.seed, "people": asked.people, "days": asked.days}
    with tempfile.TemporaryDirectory() as place:
        history = Path(place) / "world.parquet"
        write_world(world(**made_of, setting="city"), history)
        found = measured(history, asked.repeats)
    if asked.write:
        BASELINE.write_text(json.dumps({"world": made_of, "packs": found}, indent=2) + "\n", "utf-8")
        return 0
    before = json.loads(BASELINE.read_text("utf-8"))
    if before["world"] != made_of:
        raise SystemExit(f"the baseline is of another world: {before['world']}")
    known = before["packs"]
    lines = [line for name in sorted(found) if name in known for line in told(name, known[name], found[name])]
    lines += [(False, f"{name}: new, and in no baseline") for name in sorted(found.keys() - known.keys())]
    lines += [(True, f"{name}: gone") for name in sorted(known.keys() - found.keys())]
    for worse, line in lines:
        print("worse " if worse else "      ", line)
    print("as in the baseline" if not lines else f"{sum(w for w, _ in lines)} for the worse")
    return int(any(worse for worse, _ in lines))


if __name__ == "__main__":
    sys.exit(main())
