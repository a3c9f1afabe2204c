"""Do a few readable rules catch as much as boosted trees that see the same numbers?

    python benchmarks/handbook_trees.py HISTORY.parquet [--map rulesets/examples/handbook.map.toml] [--label TX_FRAUD]
        [--rules rulesets/examples/handbook_suggested.risk ...] [--seed 1] [--json] [--without-trees]

HISTORY is the card history of "Reproducible Machine Learning for Credit Card Fraud Detection" (1,754,155 payments of
183 days). Both sides read the windows of `handbook_windows.risk`, worked out once by the replay of the engine: counts,
sums and averages of the card and of the terminal over a day to a month, and reports of fraud, which come a week late.
The trees get their ratios too (`RATIOS`).

The first three fifths of the days are for training, then a week lies fallow, and everything is counted in the rest. The
rules were proposed by `riskrules suggest` on the training alone, as their heads say. The trees are LightGBM's (`pip
install lightgbm scikit-learn`); scikit-learn's histogram trees come to the same within three thousandths, and take
three times as long. For the trees the threshold is set where exactly that share of honest payments lies above it **in
the time that is reported**, which nobody could know beforehand and which favours them; the rules stop what they stop.
So the trees are also asked what they catch where they stop as many honest payments as each ruleset does.

- **honest stopped**: of the payments that were no fraud, the share that is delayed, held or rejected (of the trees:
  that lies above the threshold).
- **caught**: of frauds, the share stopped, by number and by money.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from riskrules.balance.curve import Outcome, outcome_of
from riskrules.balance.labels import label_of
from riskrules.balance.span import read_span
from riskrules.balance.suggesting_quantities import Readable, readable
from riskrules.balance.suggesting_steps import values_of
from riskrules.balance.tuning_history import Decider, Past, past_of
from riskrules.base.resources import folder
from riskrules.engine.rules import load

ZONE = ZoneInfo("Europe/Brussels")
LAST_DAY_OF_TRAINING = "2018-07-19"  # the 110th of 183 days
FIRST_DAY_REPORTED = "2018-07-27"
POINTS = (0.001, 0.005)
WINDOWS = Path(__file__).with_name("handbook_windows.risk")
EXAMPLES = ("handbook_suggested", "handbook_suggested_wide")
RATIOS = (
    *(("amount", f"card_average_{days}d") for days in (1, 7, 30)),
    *(("amount", f"terminal_average_{days}d") for days in (7, 30)),
    *(("amount", name) for name in ("card_own_average", "card_largest_7d", "terminal_largest_30d")),
    *((f"card_average_{days}d", name) for days in (1, 7) for name in ("card_average_30d", "card_own_average")),
    *((f"card_reports_{days}d", f"card_payments_{days}d") for days in (7, 30)),
    ("card_payments_7d", "card_payments_30d"),
    *((f"terminal_reports_{days}d", "week_before") for days in (3, 7)),
    *((f"terminal_reports_{days}d", f"terminal_payments_{days}d") for days in (7, 14, 30)),
    *((f"terminal_reports_{days}d", "terminal_reports_30d") for days in (7, 14, 21)),
)


@dataclass(frozen=True)
class Row:
    """What one side does in the time that is reported."""

    name: str
    outcome: Outcome
    rules: int | None = None

    def described(self) -> dict[str, Any]:
        return {"name": self.name, "rules": self.rules, **self.outcome.described()}


def seen(can: Readable, past: Past) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What the trees see: float32[payments, quantities and ratios]."""
    values = {q.name: np.concatenate([values_of(q, batch) for batch in past.batches]) for q in can.quantities}
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = [values[top] / values[bottom] for top, bottom in RATIOS]
    return np.column_stack([*values.values(), *ratios]).astype(np.float32)


def trees(can: Readable, training: Past, report: Past, points: dict[str, float], seed: int) -> list[Row]:
    """Boosted trees at each point: a share of honest payments, by what it is called."""
    try:
        import lightgbm
    except ImportError as absent:
        raise SystemExit("the trees need `pip install lightgbm scikit-learn` (or say --without-trees)") from absent
    model = lightgbm.LGBMClassifier(
        n_estimators=400, learning_rate=0.05, num_leaves=31, min_child_samples=50, colsample_bytree=0.7, subsample=0.8,
        subsample_freq=1, random_state=seed, n_jobs=2, deterministic=True, force_row_wise=True, verbose=-1,
    )  # fmt: skip
    model.fit(seen(can, training), training.fraud)
    scores = model.booster_.predict(seen(can, report))
    honest = np.sort(scores[~report.fraud])
    rows = []
    for name, point in points.items():
        least = honest[len(honest) - 1 - round(point * len(honest))]
        rows.append(Row(f"boosted trees, {name}", outcome_of(scores > least, report.fraud, report.amounts)))
    return rows


def rules(path: Path, report: Past) -> Row:
    """A ruleset, decided by the engine."""
    loaded = load(path)
    outcome = outcome_of(Decider(report).stopped(loaded), report.fraud, report.amounts)
    return Row(path.stem, outcome, len(loaded.by_name))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("history", type=Path)
    parser.add_argument("--map", type=Path, default=folder("rulesets") / "examples" / "handbook.map.toml")
    parser.add_argument("--label", default="TX_FRAUD")
    parser.add_argument("--rules", type=Path, nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-trees", action="store_true", help="the rules alone, in a minute")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    asked = parser.parse_args()
    began = time.perf_counter()
    can = readable(WINDOWS.read_text("utf-8"), WINDOWS.name)
    past = past_of(can.probe, asked.history, label_of(asked.label), asked.map)
    training = past.of(read_span(None, LAST_DAY_OF_TRAINING, ZONE))
    report = past.of(read_span(FIRST_DAY_REPORTED, None, ZONE))
    shipped = [folder("rulesets") / "examples" / f"{name}.risk" for name in EXAMPLES]
    rows = [rules(path, report) for path in (shipped if asked.rules is None else asked.rules)]
    if not asked.without_trees:
        points = {f"{point:.1%}": point for point in POINTS}
        points |= {f"as {row.name}": float(row.outcome.friction) for row in rows}
        rows = [*trees(can, training, report, points, asked.seed), *rows]
    if asked.json:
        about = {"training": training.payments, "reported": report.payments, "seed": asked.seed}
        print(json.dumps({**about, "rows": [r.described() for r in rows]}, indent=2))
        return 0
    print(f"{training.payments:,} payments to train, {report.payments:,} reported\n")
    print("| | rules | honest stopped | frauds caught | money caught | precision |\n|---|---:|---:|---:|---:|---:|")
    for row in rows:
        o = row.outcome
        print(f"| {row.name} | {row.rules or '-'} | {float(o.friction):.3%} | {float(o.caught_share):.1%} "
              f"| {float(o.money_share):.1%} | {float(o.precision):.1%} |")  # fmt: skip
    print(f"\n{time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
