"""What does each typology pack catch in a world that its scores were not fitted to, and whom does it stop by mistake?

    python benchmarks/typologies.py --seed 1001 --setting coast [--people 3_000] [--days 45] [--packs mule_accounts ...]
                                    [--json] [--rules] [--history FILE.parquet]

Makes the world (`riskrules.testing.world`), has each pack of `rulesets/typologies` decide every payment of it with
windows replayed from the beginning, then takes all packs together: the strictest action of any. The scores of the packs
were fitted to the settings `city` and `county`, seeds 21 to 32, and the bands set with `coast`, seeds 2004 to 2007, in
view; a figure that is to mean anything is taken on another seed, and on a setting that no score was fitted to.
`--history` measures a file that `riskrules world` wrote instead.

- **stopped, caught**: the action is delay, hold or reject. A warning or a question stops nobody.
- **caught**: of all payments of the pack's own typology, every step of its chains and those that failed for want of
  money as well, how many and how much of their money.
- **precision**: of what the pack stops, how many payments are fraud of any typology.
- **look-alikes stopped**: of the honest occasions that look like the typology (a wedding, a market stall's day, a
  builder), those of which any payment was stopped.
- **honest people stopped**: a person who takes no part in a fraud, except as its victim, and of whose honest payments
  one was stopped.
- **worst segment**: the people of one age, region, kind of merchant paid or size of bank; by how much more often they
  are stopped than all people, with the interval that holds in 95 of 100 samples (Wilson's) and how many people stand
  behind it. Of all segments the one whose interval begins highest, so that two people of a few do not look like many.
- **lists** that a pack reads are empty: the world has none.
- **payments a second**: one thread of one process, compiled before, windows and all; measured side by side with nothing
  else, so it says how packs compare and no more.

The world was not measured on any bank: a figure says how the rules work, not what they would catch there.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow

from riskrules import Engine, Lists, load
from riskrules.base.resources import folder
from riskrules.testing.world import LIKE, SETTINGS, TYPOLOGIES, world
from riskrules.testing.world.files import write_world

OWN = {
    "mule_accounts": "mule",
    "run_points": "run_points",
    "fake_trade": "fake_trade",
    "virtual_currency": "virtual_currency",
    "underground_banks": "underground_bank",
    "trade_hedging": "trade_hedging",
    "second_clearing": "second_clearing",
    "victims": "scam",
}
"""The typology that each pack is for."""

TOGETHER = "all together"
STOPS = ("delay", "hold", "reject")
SEGMENTS = ("age", "region", "merchant_kind", "bank_size")
NORMAL_95 = 1.96
"""How many standard deviations 95 of 100 samples lie within."""
MOST_SEGMENTS = 6
"""Segments shown of each pack, the worst first."""
WARM_ROWS = 2_000

PERSON, FRAUD, MONEY = "payer.party.id", "label.fraud", "amount"


@dataclass
class Segment:
    """Honest people of one kind: how many, how many of them stopped, by how much more often than all, and the interval
    of that."""

    name: str
    people: int
    stopped: int
    ratio: float
    low: float
    high: float

    def __str__(self) -> str:
        interval_of = f"{self.low:.1f} to {self.high:.1f}; {self.stopped} of {self.people:,}"
        return f"{self.name}: {self.ratio:.1f} times ({interval_of})"


@dataclass
class Found:
    """What one pack does to a history. Shares are None where there is nothing to take a share of."""

    pack: str
    stopped_payments: int
    own_payments: int
    caught_payments: float | None
    caught_money: float | None
    precision: float | None
    lookalikes: int
    lookalikes_stopped: float | None
    honest_people: int
    honest_people_stopped: int
    honest_stopped_per_mille: float
    worst_segment: Segment | None
    payments_a_second: int
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    lookalikes_by_kind: dict[str, str] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=list)


def history_of(seed: int, setting: str, people: int, days: int) -> pyarrow.Table:
    """The whole history in memory, as a file of it would be read."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "history.parquet"
        write_world(world(seed=seed, people=people, days=days, setting=setting), path)
        return read(path)


def read(path: Path) -> pyarrow.Table:
    import pyarrow.parquet

    return pyarrow.parquet.read_table(path)


def without_labels(history: pyarrow.Table) -> pyarrow.Table:
    """What a gateway would see: no label, nor the balances after a payment."""
    return history.select([name for name in history.column_names if not name.startswith(("label.", "ledger."))])


def decided(pack: str, seen: pyarrow.Table) -> tuple[pl.DataFrame, int]:
    """`stopped` and `fired` for each payment in its order, and payments a second."""
    rules = load(folder("rulesets") / "typologies" / f"{pack}.risk")
    engine = Engine(rules, lists=Lists({name: [] for name in rules.lists}))
    engine.decide_many(seen.slice(0, WARM_ROWS))
    began = time.perf_counter()
    decisions = engine.decide_many(seen)
    took = time.perf_counter() - began
    table = pyarrow.table(decisions)
    if table.num_rows != seen.num_rows:
        raise SystemExit(f"{pack}: {table.num_rows} of {seen.num_rows} payments decided; {decisions.errors[:3]}")
    found = pl.from_arrow(table.select(["action", "fired"]))
    assert isinstance(found, pl.DataFrame)
    action = pl.col("action").cast(pl.String).str.split(" ").list.first()
    return found.select(stopped=action.is_in(STOPS), fired="fired"), round(seen.num_rows / took)


def with_labels(history: pyarrow.Table) -> pl.DataFrame:
    """What a payment truly was, who is honest, and in which segments its payer is."""
    columns = ["id", MONEY, PERSON, "payer.party.type", "payee.party.id", "payee.party.type"]
    frame = pl.from_arrow(history.select([*columns, *(n for n in history.column_names if n.startswith("label."))]))
    assert isinstance(frame, pl.DataFrame)
    frame = frame.with_columns(pl.col(MONEY).cast(pl.Float64), pl.col(PERSON, "payee.party.id").cast(pl.String))
    guilty = frame.filter(pl.col(FRAUD) & (pl.col("label.role").cast(pl.String) != "victim"))[PERSON].unique()
    person = pl.col("payer.party.type").cast(pl.String) == "person"
    return frame.with_columns(honest=person & ~pl.col(FRAUD) & ~pl.col(PERSON).is_in(guilty.implode()))


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def measured(pack: str, frame: pl.DataFrame, speed: int) -> Found:
    """`frame` has the labels, `stopped`, and `fired`."""
    typologies = [OWN[pack]] if pack in OWN else list(TYPOLOGIES)
    own = frame.filter(pl.col("label.typology").cast(pl.String).is_in(typologies))
    caught = own.filter("stopped")
    stopped = frame.filter("stopped")
    alike = frame.filter(
        pl.col("label.lookalike").cast(pl.String).is_in([kind for typology in typologies for kind in LIKE[typology]])
    )
    occasions = alike.group_by(pl.col("label.chain").cast(pl.String)).agg(
        pl.col("stopped").any(), kind=pl.col("label.lookalike").cast(pl.String).first()
    )
    kinds = occasions.group_by("kind").agg(pl.col("stopped").sum(), pl.len()).sort("kind")
    people = frame.filter("honest").group_by(PERSON).agg(pl.col("stopped").any())
    unlucky = int(people["stopped"].sum())
    each = segments(frame, unlucky / max(len(people), 1))
    return Found(
        pack=pack,
        stopped_payments=len(stopped),
        own_payments=len(own),
        caught_payments=share(len(caught), len(own)),
        caught_money=share(float(caught[MONEY].sum()), float(own[MONEY].sum())),
        precision=share(int(stopped[FRAUD].sum()), len(stopped)),
        lookalikes=len(occasions),
        lookalikes_stopped=share(int(occasions["stopped"].sum()), len(occasions)),
        honest_people=len(people),
        honest_people_stopped=unlucky,
        honest_stopped_per_mille=1_000 * unlucky / max(len(people), 1),
        worst_segment=max(each, key=lambda one: one.low, default=None),
        payments_a_second=speed,
        rules=by_rule(frame, typologies),
        lookalikes_by_kind={kind: f"{hit} of {many}" for kind, hit, many in kinds.rows() if hit},
        segments=each,
    )


def segments(frame: pl.DataFrame, average: float) -> list[Segment]:
    """Each segment's honest people, and how often they are stopped beside all of them; none where nobody is stopped."""
    found = []
    for name in SEGMENTS if average else ():
        column = f"label.segment.{name}"
        known = frame.filter("honest", pl.col(column).is_not_null())
        people = known.group_by(pl.col(column).cast(pl.String).alias("segment"), PERSON).agg(pl.col("stopped").any())
        for segment, stopped, many in (
            people.group_by("segment").agg(pl.col("stopped").sum(), pl.len()).sort("segment").rows()
        ):
            low, high = interval(stopped, many)
            share_of = (stopped / many / average, low / average, high / average)
            found.append(Segment(f"{name} {segment}", many, stopped, *share_of))
    return found


def interval(part: int, whole: int) -> tuple[float, float]:
    """Between which shares a share lies, by Wilson."""
    seen, weight = part / whole, NORMAL_95**2 / whole
    middle, half = seen + weight / 2, NORMAL_95 * math.sqrt(seen * (1 - seen) / whole + weight / whole / 4)
    return (middle - half) / (1 + weight), (middle + half) / (1 + weight)


def by_rule(frame: pl.DataFrame, typologies: list[str]) -> dict[str, dict[str, Any]]:
    """Of each rule that fired: payments, how many are of the pack's typologies, of others, of honest look-alikes, and
    honest ones. A rule that only warns is here as well."""
    each = frame.explode("fired").filter(pl.col("fired").is_not_null())
    own = pl.col("label.typology").cast(pl.String).is_in(typologies).fill_null(value=False)
    counted = each.group_by(pl.col("fired").cast(pl.String).alias("rule")).agg(
        payments=pl.len(),
        own=own.sum(),
        own_money=pl.col(MONEY).filter(own).sum().round(0),
        other_fraud=(pl.col(FRAUD) & ~own).sum(),
        honest=(~pl.col(FRAUD)).sum(),
        honest_people=pl.col(PERSON).filter("honest").n_unique(),
    )
    return {row.pop("rule"): row for row in counted.sort("rule").to_dicts()}


def shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def printed(found: list[Found], rules: bool) -> None:
    """The table, in the Markdown that the README has."""
    print("| pack | payments stopped | caught, count | caught, money | precision | look-alikes stopped "
          "| honest people stopped | worst segment | payments a second |")  # fmt: skip
    print("|---|---:|---:|---:|---:|---:|---:|---|---:|")
    for f in found:
        segment = str(f.worst_segment or "-")
        print(f"| {f.pack} | {f.stopped_payments:,} | {shown(f.caught_payments)} of {f.own_payments:,} "
              f"| {shown(f.caught_money)} | {shown(f.precision)} | {shown(f.lookalikes_stopped)} of {f.lookalikes} "
              f"| {f.honest_people_stopped} of {f.honest_people:,} ({f.honest_stopped_per_mille:.1f} ‰) | {segment} "
              f"| {f.payments_a_second:,} |")  # fmt: skip
    if rules:
        for f in found:
            print(f"\n{f.pack}: look-alikes stopped: {f.lookalikes_by_kind or 'none'}")
            for name, row in f.rules.items():
                print(f"  {name:40} " + "  ".join(f"{key} {value:,}" for key, value in row.items()))
            for one in sorted(f.segments, key=lambda one: -one.low)[:MOST_SEGMENTS]:
                print(f"  segment {one}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=1001)
    parser.add_argument("--setting", choices=sorted(SETTINGS), default="coast")
    parser.add_argument("--people", type=int, default=3_000)
    parser.add_argument("--days", type=int, default=45)
    parser.add_argument("--packs", nargs="*", help="these packs only; all that are there if left out")
    parser.add_argument("--history", type=Path, help="a history in Parquet that `riskrules world` wrote")
    parser.add_argument("--rules", action="store_true", help="also what each rule found")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    asked = parser.parse_args()
    there = [name for name in OWN if (folder("rulesets") / "typologies" / f"{name}.risk").is_file()]
    if strangers := set(asked.packs or ()) - set(there):
        raise SystemExit(f"no pack {', '.join(sorted(strangers))}; there are {', '.join(there)}")
    packs = [name for name in there if not asked.packs or name in asked.packs]
    if asked.history:
        history = read(asked.history)
    else:
        history = history_of(asked.seed, asked.setting, asked.people, asked.days)
    seen, frame = without_labels(history), with_labels(history)
    found, together = [], []
    for pack in packs:
        decisions, speed = decided(pack, seen)
        found.append(measured(pack, frame.hstack(decisions), speed))
        together.append(decisions)
    if len(packs) > 1:
        stopped = pl.any_horizontal([d["stopped"] for d in together])
        fired = pl.concat_list([d["fired"] for d in together])
        all_of_them = pl.select(stopped=stopped, fired=fired)
        speed = round(1 / sum(1 / f.payments_a_second for f in found))
        found.append(measured(TOGETHER, frame.hstack(all_of_them), speed))
    if asked.json:
        about = {"history": str(asked.history)} if asked.history else {
            "seed": asked.seed, "setting": asked.setting, "people": asked.people, "days": asked.days}  # fmt: skip
        print(json.dumps({**about, "payments": history.num_rows, "packs": [asdict(f) for f in found]}, indent=2))
    else:
        print(f"{history.num_rows:,} payments\n")
        printed(found, asked.rules)
    return 0


if __name__ == "__main__":
    sys.exit(main())
