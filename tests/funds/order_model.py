"""What a book of orders must do, once more and plainly: lists, no journal, every legal figure written out by hand.

And random orders that reach every answer: repeated, late, about nothing, about each other, for two accounts and cases.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import riskrules as rr
from riskrules.funds.order_book import OrderBook, OrderConflict, Outcome
from riskrules.funds.orders import FITS, Fit, Order, OrderError

HOUR = 3_600_000_000
DAY = 24 * HOUR
BEGUN = 1_781_496_000_000_000  # 2026-06-15T04:00:00Z
ACCOUNTS = ("ACC-1", "ACC-2")
_CHINA = timedelta(hours=8)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1)
def engine() -> rr.Engine:
    return rr.Engine(rr.load(rr.ruleset_path("cn/orders")))


def months_later(us: int, months: int) -> int:
    """The same day and time of day in China, or the last day of a shorter month."""
    local = _EPOCH + timedelta(microseconds=us) + _CHINA
    month = local.month - 1 + months
    year, month = local.year + month // 12, month % 12 + 1
    for day in range(local.day, 27, -1):
        try:
            return int((local.replace(year=year, month=month, day=day) - _CHINA - _EPOCH) / timedelta(microseconds=1))
        except ValueError:
            continue
    return int((local.replace(year=year, month=month) - _CHINA - _EPOCH) / timedelta(microseconds=1))


@dataclass
class Keeping:
    """One stop or freeze: `spans` are its terms."""

    id: str
    kind: str
    account: str
    case: str
    held: int | None
    spans: list[tuple[int, int]]
    lifted: int | None = None

    def end(self) -> int:
        return self.spans[-1][1] if self.lifted is None else min(self.lifted, self.spans[-1][1])


@dataclass(frozen=True)
class Answer:
    carried_out: bool
    until: int | None = None
    held: int | None = None
    free: int | None = None


NO = Answer(False)


@dataclass
class Model:
    keepings: list[Keeping] = field(default_factory=list)
    answers: dict[str, tuple[Order, Answer]] = field(default_factory=dict)
    last: int = 0

    def give(self, order: Order, at: int, fit: Fit, traced: int | None) -> Answer | str:
        """The answer; "conflict" or "error" where nothing may change."""
        if order.id in self.answers:
            return self.answers[order.id][1] if self.answers[order.id][0] == order else "conflict"
        if at < self.last:
            return "error"
        answer = self._answer(order, at, fit, traced)
        if isinstance(answer, Answer):
            self.answers[order.id] = (order, answer)
            self.last = at
        return answer

    def _answer(self, order: Order, at: int, fit: Fit, traced: int | None) -> Answer | str:
        about = next((k for k in self.keepings if k.id == order.of), None)
        if order.kind == "query":
            return Answer(True)
        if order.of is not None and (about is None or about.account != order.account or about.lifted is not None):
            return NO
        if order.kind == "lift":
            assert about is not None
            if at >= about.end():
                return NO
            about.lifted = at
            return Answer(True, at)
        if order.kind == "stop" or (about is not None and about.kind == "stop"):
            return self._stop(order, at, fit)
        if about is not None:
            return self._renew(order, about, at)
        return self._freeze(order, at, traced)

    def _stop(self, order: Order, at: int, fit: Fit) -> Answer:
        stops = [k for k in self.keepings if k.kind == "stop" and k.account == order.account]
        end = order.starts_at_us + 48 * HOUR
        end = min(end, order.ends_at_us or end)
        if len(stops) >= 2 or fit != FITS or end <= max(at, order.starts_at_us):
            return NO
        self._keep(order, "stop", None, (order.starts_at_us, end))
        return Answer(True, end)

    def _term(self, order: Order) -> int:
        major = order.major_case and order.approval_level in ("prefecture", "province", "national")
        return 12 if major else 6

    def _renew(self, order: Order, about: Keeping, at: int) -> Answer:
        if about.kind == "temporary_freeze" or at >= about.end() or at < about.spans[-1][0]:
            return NO
        begin = about.end()
        end = months_later(begin, self._term(order))
        end = min(end, order.ends_at_us or end)
        if order.starts_at_us > begin or end <= begin:
            return NO
        about.spans.append((begin, end))
        return Answer(True, end, about.held, 0)

    def _freeze(self, order: Order, at: int, traced: int | None) -> Answer | str:
        end = order.starts_at_us + 48 * HOUR
        if order.kind == "freeze":
            end = months_later(order.starts_at_us, self._term(order))
        end = min(end, order.ends_at_us or end)
        if end <= max(at, order.starts_at_us):
            return NO
        if order.amount_minor is None and traced is None:
            return "error"
        wanted = order.amount_minor if order.amount_minor is not None else traced
        assert wanted is not None
        held = wanted
        if traced is not None:
            others = [k for k in self.keepings if (k.account, k.case) == (order.account, order.case)]
            held = min(wanted, traced - sum(k.held or 0 for k in others if at < k.end()))
        if held <= 0:
            return NO
        self._keep(order, order.kind, held, (order.starts_at_us, end))
        return Answer(True, end, held, wanted - held)

    def _keep(self, order: Order, kind: str, held: int | None, span: tuple[int, int]) -> None:
        self.keepings.append(Keeping(order.id, kind, order.account, order.case, held, [span]))

    def standing(self, account: str, at: int) -> tuple[int | None, int]:
        """Until when it is stopped, and how much is frozen."""
        now = [k for k in self.keepings if k.account == account and k.spans[0][0] <= at < k.end()]
        stops = [k.end() for k in now if k.kind == "stop"]
        return (max(stops) if stops else None), sum(k.held or 0 for k in now)


@dataclass(frozen=True)
class Step:
    order: Order
    at: int
    fit: Fit
    traced: int | None


def random_steps(source: random.Random, count: int) -> list[Step]:
    """Orders in order of arrival, a few late ones and repetitions among them."""
    at, given, steps = BEGUN, [], []
    for number in range(count):
        at += source.choice((0, 1, HOUR, 20 * HOUR, 47 * HOUR, 48 * HOUR, 10 * DAY, 60 * DAY, 100 * DAY))
        if given and source.random() < 0.1:
            again = source.choice(given)
            other = replace(again, case="other") if source.random() < 0.3 else again
            steps.append(Step(other, at, FITS, None))
            continue
        order = random_order(source, f"O{number}", at, given)
        given.append(order)
        fit = FITS if source.random() < 0.8 else Fit(*(source.random() < 0.7 for _ in range(4)))
        late = source.random() < 0.03
        steps.append(Step(order, at - 150 * DAY if late else at, fit, source.choice((None, 0, 50, 100, 1_000))))
    return steps


def random_order(source: random.Random, name: str, at: int, before: list[Order]) -> Order:
    kind = source.choice(("stop", "freeze", "freeze", "temporary_freeze", "extend", "extend", "lift", "query"))
    account, of = source.choice(ACCOUNTS), None
    if kind in ("extend", "lift"):
        known = source.choice(before[-6:]) if before and source.random() < 0.9 else None
        of, account = ("nothing", account) if known is None else (known.id, known.account)
        if source.random() < 0.05:
            account = source.choice(ACCOUNTS)
    starts = at + source.choice((0, 0, 0, -HOUR, -49 * HOUR, HOUR, 5 * DAY, 200 * DAY if kind == "extend" else 0))
    ends = source.choice((None, None, None, starts + HOUR, starts + 300 * DAY))
    return Order(
        name, kind, account, "BANK", "POLICE", "county", starts, source.choice(("C1", "C2")), of,
        amount_minor=source.choice((None, 30, 100)) if kind in ("freeze", "temporary_freeze") else None,
        ends_at_us=ends, major_case=source.choice((None, True, False)),
        approval_level=source.choice((None, "county", "prefecture", "national")),
    )  # fmt: skip


def told(outcome: Outcome) -> Answer:
    if not outcome.carried_out:
        return NO
    return Answer(True, outcome.until_us, outcome.held_minor, outcome.left_free_minor)


def given(book: OrderBook, step: Step) -> Answer | str:
    try:
        return told(book.give(step.order, step.at, fit=step.fit, traced_minor=step.traced))
    except OrderConflict:
        return "conflict"
    except OrderError:
        return "error"


def differences(book: OrderBook, steps: list[Step], source: random.Random) -> Counter[str]:
    """Where the book differs from the model, by what differs; and, named `seen …`, what the steps reached."""
    model, found = Model(), Counter[str]()
    for step in steps:
        expected, got = model.give(step.order, step.at, step.fit, step.traced), given(book, step)
        if got != expected:
            found["answer"] += 1
        said = expected if isinstance(expected, str) else "carried out" if expected.carried_out else "not carried out"
        found[f"seen {step.order.kind}: {said}"] += 1
        for account in ACCOUNTS:
            moments = [step.at, step.at + source.choice((1, HOUR, 48 * HOUR, 200 * DAY))]
            moments += [k.end() - source.choice((0, 1)) for k in model.keepings[-2:]]
            for at in moments:
                now = book.standing(account, at)
                if (now.stopped_until_us, now.frozen_minor) != model.standing(account, at):
                    found["standing"] += 1
    return found
