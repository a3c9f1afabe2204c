"""Log decisions of rulesets of many kinds and replay them: every one must come out the same, bit for bit.

    python -m tests.versions.log_replays --decisions 1_000_000 --seed 1 \
        --history HISTORY.parquet MAP.toml RULESET.risk --history …

A part is decided by the rules of `log_samples`, with windows that move, lists, texts and claims; the greater part by
generated rule files, each with payments at and beside what it compares; and, of each history that is given, as many
payments by its ruleset, its windows and models worked out on the way. All of it goes into one log, which is
verified and replayed with nothing but the rules.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import riskrules as rr
from riskrules.checker.ruleset import check_text
from riskrules.engine.decision import Decision
from riskrules.engine.rules import Rules
from riskrules.engine.serving import Serving
from riskrules.engine.tables import decide_file
from riskrules.versions.keys import SigningKey
from riskrules.versions.log import DecisionLog
from riskrules.versions.replaying import Replay
from riskrules.versions.verifying import verify

from .log_samples import SECRET, decisions, engine

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "differential"))

from path_payments import Payments  # after the path above
from rulefiles import rule_file  # after the path above

PAYMENTS_A_FILE = 1_000

Known = dict[str, Rules]


def of_samples(count: int, seed: int, known: Known) -> Iterator[Decision]:
    by = engine()
    known[by.rules.fingerprint] = by.rules
    yield from decisions(count, seed, by)


def of_generated(count: int, seed: int, known: Known, a_file: int = PAYMENTS_A_FILE) -> Iterator[Decision]:
    """Decisions of generated rule files, their windows given by the host; payments that do not fit among them."""
    while count > 0:
        seed += 1
        file = rule_file(seed)
        meaning = check_text(file.text).ruleset
        if meaning is None:
            continue
        rules = Rules(meaning)
        known[rules.fingerprint] = rules
        by = rr.Engine(rules, lists=file.lists, on_error="reject")
        drawn = Payments(meaning, rules.schema, file.lists, random.Random(seed), Counter())
        for _ in range(min(count, a_file)):
            payment = drawn.payment()
            yield by.decide(payment.event, windows=payment.windows)
        count -= a_file


def of_history(count: int, history: str, mapped: str, ruleset: str, known: Known) -> Iterator[Decision]:
    """Decisions of a history as a table gives them, one by one."""
    rules = rr.load(ruleset)
    known[rules.fingerprint] = rules
    serving = Serving(rules, {name: frozenset() for name in rules.lists}).prepare()
    batches = decide_file(serving, history, mapped, limit=count)
    rows = (batch.batch.values(row) for batch in batches for row in range(batch.rows))
    yield from (serving.decide_values(values) for values in islice(rows, count))


def logged(folder: Path, made: Iterator[Decision]) -> tuple[SigningKey, Counter[str], float]:
    """The key, what kinds of decisions there were, and seconds that appending took."""
    key, seen, seconds = SigningKey.new(), Counter[str](), 0.0
    with DecisionLog(folder, key=key, secret=SECRET) as log:
        for decision in made:
            began = time.perf_counter()
            log.append(decision)
            seconds += time.perf_counter() - began
            seen[f"level {decision.level}"] += 1
            seen["with rules that fired"] += bool(decision.fired)
            seen["with rules that were lifted"] += bool(decision.lifted)
            seen["degraded"] += bool(decision.degraded)
            seen["with shares"] += bool(decision.shares)
            seen["with an end"] += decision.until is not None
            seen["decisions"] += 1
    return key, seen, seconds


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--decisions", type=int, default=1_000_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--history", nargs=3, action="append", default=[], metavar=("HISTORY", "MAP", "RULESET"))
    given = asked.parse_args()
    share = given.decisions // (len(given.history) + 2)
    known: Known = {}

    def made() -> Iterator[Decision]:
        yield from of_samples(share // 4, given.seed, known)
        for history in given.history:
            yield from of_history(share, *history, known)
        yield from of_generated(given.decisions - share // 4 - share * len(given.history), given.seed, known)

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        key, seen, seconds = logged(folder, made())
        size = sum(path.stat().st_size for path in folder.glob("0*.jsonl"))
        told = [f"{count:>12,}  {name}" for name, count in sorted(seen.items())]
        told.append(f"{len(known)} rulesets, {size / seen['decisions']:.0f} bytes and"
                    f" {seconds / seen['decisions'] * 1e6:.0f} us a record")  # fmt: skip
        began = time.perf_counter()
        found = verify(folder, key.public)
        told.append(f"verified in {time.perf_counter() - began:.0f} s: {found.problems or 'untouched'}")
        began = time.perf_counter()
        replay = Replay(folder, known.get, SECRET)
        differences = list(islice(replay, 20))
        told.append(f"replayed in {time.perf_counter() - began:.0f} s: {replay.same:,} the same, {replay.unread:,}"
                    f" made by no rule, {replay.differing:,} otherwise, {replay.unknown:,} not replayed")  # fmt: skip
        told += [str(d) for d in differences] + [f"{count}: {why}" for why, count in replay.reasons.items()]
    sys.stdout.write("\n".join(told) + "\n")
    sys.exit(0 if replay.ok and found.ok and not differences else 1)


if __name__ == "__main__":
    main()
