"""Plant card and account numbers everywhere in events, and look for them in all that is said, logged and kept.

    python -m tests.versions.log_numbers --numbers 100_000 --seed 1

Numbers that pass Luhn, plain, in groups, in digits of other scripts, within sentences, with zeros before them, and in
fields where they do not belong; account numbers of any digits where accounts belong. Looked through is what a host may
print or keep: reprs, JSON, reasons, notices, errors with their causes, warnings, the log, a window store's files and
what Redis holds. All digits of all scripts are read as ASCII and their separators taken out before it is searched.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import random
import re
import sys
import tempfile
import time
import traceback
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pydantic

import riskrules as rr
from riskrules.base.hiding import is_luhn
from riskrules.engine.decision import Decision
from riskrules.versions.keys import SigningKey
from riskrules.versions.log import DecisionLog

from .log_samples import RULES, SECRET, payments

NUMBERED = (
    RULES.replace("ruleset logged", "ruleset numbered")
    + """
rule told_everything
  "A notice that repeats what the payer wrote"
  when    payment.memo is known
  then    warn
  responsible payee.account
  tell    payer "You wrote {payment.memo} on {payer.device}, to {payee.account} of {payee.account.institution}"

rule known_merchant
  "Reads merchants, wallets and parties"
  when    payee.merchant is known
  and     payer.wallet is known
  and     payer.party is known
  score   1
  responsible payee.merchant
  measure reverify payee.merchant
"""
)

_TEXT_PLACES = ("memo", "purpose", "end_to_end_id", "id", "payer.name", "payer.device", "payee.device", "payee.name")
_ENTITIES = ("payer.account.id", "payee.account.id", "payee.merchant.id", "payer.wallet.id", "payer.party.id")
_WRONG_PLACES = (
    "amount", "occurred_at", "channel", "currency", "status", "payee.account.opened_at", "payer.account.balance",
    "payer.account.institution", "payee.account.institution", "payee.country", "unknown.nested.number", "payer",
    "payee.account", "payment", "risk_score", "face_to_face",
)  # fmt: skip
_SCRIPTS = ("0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")
_SEPARATORS = (" ", "-", ".", "\u00a0", " - ", "_", "\u200b", "/")
_BETWEEN = re.compile(r"(?<=[0-9])[\W_]{1,3}(?=[0-9])")
_DIGITS = {c: str(unicodedata.digit(chr(c))) for c in range(128, 0x20000) if unicodedata.digit(chr(c), -1) >= 0}
_FEWEST = 12
_LEAST = {"institution": 13, "amount": 14, "balance": 14}
"""Digits below which a number is taken for what belongs in its place: China's bank codes have twelve, and what is below
ten trillion may be an amount."""
NUMBERS_AN_EVENT = 4


def card_number(draw: random.Random) -> str:
    """Of 12 to 19 digits, with its check digit."""
    digits = draw.choice("23456") + "".join(draw.choices("0123456789", k=draw.choice((10, 11, 14, 14, 14, 14, 17))))
    return next(digits + check for check in "0123456789" if is_luhn(digits + check))


def written(number: str, draw: random.Random) -> str:
    """A card number as people write it."""
    if draw.random() < 0.5:
        size, between = draw.choice((4, 4, 4, 5, 6)), draw.choice(_SEPARATORS)
        number = between.join(number[i : i + size] for i in range(0, len(number), size))
    elif draw.random() < 0.2:
        number = number.rjust(24, "0")
    return number.translate(str.maketrans("0123456789", draw.choice(_SCRIPTS)))


def planted(event: dict[str, Any], number: str, draw: random.Random, seen: Counter[str]) -> None:
    """Put a number into an event, somewhere."""
    way = draw.random()
    if way < 0.35:
        place, text = draw.choice(_TEXT_PLACES), written(number, draw)
        text = draw.choice((text, f"card {text} exp 12/28", f"退款到{text}谢谢", f"refund ({text})"))
    elif way < 0.7:
        place, text = draw.choice(_ENTITIES), number
    else:
        place, text = draw.choice(_WRONG_PLACES), written(number, draw)
        if len(number) < _LEAST.get(place.rpartition(".")[2], 0):
            place = "memo"
    put(event, place, text)
    seen[f"in {place}"] += 1


def put(event: dict[str, Any], place: str, value: object) -> None:
    *path, last = place.split(".")
    here = event
    for part in path:
        inside = here.get(part)
        if not isinstance(inside, dict):
            inside = here[part] = {}
        here = inside
    here[last] = value
    for instrument, institution in (("wallet", "operator"), ("merchant", "acquirer")):
        if instrument in path:
            here.setdefault(institution, "BANK-W")


def figures(text: str) -> str:
    """The text with every digit in ASCII and nothing between digits."""
    return _BETWEEN.sub("", text if text.isascii() else text.translate(_DIGITS))


def found_in(text: str, numbers: Iterable[str]) -> list[str]:
    """Which of the numbers stand in the text; also as its parts that were decoded, where it is JSON."""
    looked = figures(text)
    return [number for number in numbers if number in looked]


def all_found(text: str, numbers: frozenset[str]) -> set[str]:
    """The same for many numbers and a long text: every run of digits, cut at every place."""
    found = set()
    for line in text.splitlines():
        for run in re.findall(rf"[0-9]{{{_FEWEST},}}", figures(line)):
            for start in range(len(run) - _FEWEST + 1):
                for end in range(start + _FEWEST, min(start + 20, len(run) + 1)):
                    if run[start:end] in numbers:
                        found.add(run[start:end])
    return found


class Looking:
    """Two engines with one ruleset, one that refuses and one that answers always, and all that they say."""

    def __init__(self, folder: Path, redis_url: str | None) -> None:
        self.rules = rr.loads(NUMBERED, "numbered.risk")
        lists = {"involved": ["6228480000000007"], "bad_words": []}
        self.folder = folder
        self.store = (
            rr.RedisWindows(redis_url, secret=SECRET) if redis_url else rr.MemoryWindows(folder=folder / "windows")
        )
        self.engine = rr.Engine(self.rules, lists=lists, windows=self.store)
        self.always = rr.Engine(self.rules, lists=lists, windows=self.store, on_error="hold")
        self.log = DecisionLog(folder / "log", key=SigningKey.new(), secret=SECRET, segment_bytes=1_000_000)
        self.tables: list[dict[str, Any]] = []
        self.seen: Counter[str] = Counter()

    def said(self, event: dict[str, Any]) -> Iterator[str]:
        """Everything that is said about an event on all its ways."""
        self.seen["events"] += 1
        for way in (self.engine.decide, self.engine.process, self.engine.record, rr.Payment.model_validate):
            yield from self._tried(way, event)
        decision = self.always.decide(event)
        self.log.append(decision)
        yield from told(decision)
        self.seen["decided"] += "occurred_at" in decision.facts.values
        self.seen["fired"] += bool(decision.fired)
        yield from (repr(x) for x in (self.engine, self.log, self.rules, self.store, self.engine.lists))

    def _tried(self, way: Callable[[dict[str, Any]], object], event: dict[str, Any]) -> Iterator[str]:
        try:
            made = way(event)
        except (ValueError, pydantic.ValidationError) as error:
            self.seen["errors"] += 1
            yield from (str(error), repr(error), repr(vars(error)), "".join(_without_code(error)))
        else:
            self.seen["models"] += isinstance(made, pydantic.BaseModel)
            yield from (repr(made), str(made))

    def said_of_tables(self, events: list[dict[str, Any]]) -> Iterator[str]:
        """What a table's decisions say of the rows that do not fit."""
        rows = [{k: v for k, v in event.items() if isinstance(v, str)} for event in events]
        try:
            decided = self.engine.decide_many(pa.Table.from_pylist(rows))
        except rr.TableError as error:
            yield from (str(error), repr(error), "".join(_without_code(error)))
            return
        self.seen["bad rows"] += len(decided.errors)
        yield from (repr(decided), *map(repr, decided.errors), *map(str, decided.errors), *decided.degraded)

    def kept(self) -> Iterator[str]:
        """Every byte of the log and of the store's files, JSON decoded as well."""
        self.log.close()
        for path in sorted(p for p in self.folder.rglob("*") if p.is_file()):
            raw = path.read_bytes()
            yield raw.decode("latin-1")
            yield raw.decode("utf-8", "replace")
            if path.suffix == ".jsonl":
                yield "\n".join(json.dumps(json.loads(line), ensure_ascii=False) for line in raw.splitlines())


def _without_code(error: BaseException) -> list[str]:
    """What a traceback says of an error and of its causes."""
    made = traceback.TracebackException.from_exception(error, capture_locals=False)
    return list(made.format(chain=True))


def told(decision: Decision) -> Iterator[str]:
    """All that a decision says of itself."""
    yield from (repr(decision), str(decision), decision.to_json(), str(decision.why()), repr(decision.why()))
    if "occurred_at" in decision.facts.values:
        yield from (str(decision.why(rule)) for rule in ("told_everything", "known_merchant", "named"))
    parts = (decision.measures, decision.notices, decision.duties, decision.citations, decision.degraded)
    yield from (repr(parts), repr(decision.facts), repr(decision.facts.before), repr(decision.shares))


def run(
    numbers: int,
    seed: int,
    folder: Path,
    redis_url: str | None = None,
    progress: Callable[[int, int], None] = lambda done, leaks: None,
) -> tuple[Counter[str], list[str]]:
    """What was planted and met, and what leaked. `progress` is told how many numbers and leaks there are so far."""
    draw = random.Random(seed)
    looking, leaked, every = Looking(folder, redis_url), [], set[str]()
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    logging.getLogger().addHandler(handler)
    events = payments(10**9, seed)
    batch: list[dict[str, Any]] = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        while len(every) < numbers:
            event = next(events)
            event["payer"]["device"] = "DEVICE"
            here = {card_number(draw) for _ in range(NUMBERS_AN_EVENT)}
            for number in sorted(here):
                planted(event, number, draw, looking.seen)
            every |= here
            for text in looking.said(event):
                leaked += [f"{number} in: {text[:300]}" for number in found_in(text, here)]
            batch.append(event)
            if len(batch) == 200:
                leaked += _leaks(looking.said_of_tables(batch), every)
                batch = []
                progress(len(every), len(leaked))
    logging.getLogger().removeHandler(handler)
    leaked += _leaks((heard.getvalue(), *(str(w.message) for w in warned)), every)
    leaked += _leaks(looking.kept(), every)
    looking.seen["numbers"] = len(every)
    return looking.seen, leaked


def _leaks(texts: Iterable[str], every: set[str]) -> list[str]:
    held = frozenset(every)
    return [f"{number} in a text that begins {text[:60]!r}" for text in texts for number in all_found(text, held)]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--numbers", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    began = time.perf_counter()

    def told(done: int, leaks: int) -> None:
        sys.stdout.write(f"{done:,} numbers, {leaks} leaks, {time.perf_counter() - began:.0f} s\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory() as folder:
        seen, leaked = run(given.numbers, given.seed, Path(folder), progress=told)
    sys.stdout.write("\n".join(f"{count:>10,}  {name}" for name, count in sorted(seen.items())))
    sys.stdout.write(f"\n{len(leaked)} leaks, in {time.perf_counter() - began:.0f} s\n")
    sys.stdout.write("".join(f"{one}\n" for one in leaked[:40]))
    sys.exit(1 if leaked else 0)


if __name__ == "__main__":
    main()
