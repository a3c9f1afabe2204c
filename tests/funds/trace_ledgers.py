"""Random histories with everything in them that a trace may stumble over, and the comparison of the two ways.

Accounts are few and amounts small, so that money meets again: circles, splits, merges, equal amounts, equal times.
Most payments are of what the payer has, and some of more. `SHAPES` says what the histories must contain; a run counts
them and fails where one is too rare.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

import numpy as np
from trace_oracle import OUT, Found, Movement, Row, Rules
from trace_oracle_claims import follow

from riskrules.funds.ledger import Ledger, make_ledger
from riskrules.funds.result import METHODS, WAYS, Limits, Method, Theft, Trace
from riskrules.funds.sharing import Sharing
from riskrules.funds.tracing import trace_ledger
from riskrules.funds.transfers import Transfers
from riskrules.schema.limits import MISSING

NAMES = [f"A{n}" for n in range(8)]
CURRENCY = "CNY"
LARGE = 10**14
"""An amount whose product with another needs more than 64 bits."""


@dataclass
class Case:
    """A history, its thefts (row -> victim) and how it is traced."""

    rows: list[Row]
    outside: frozenset[str]
    opening: dict[str, int]
    adjust: bool
    rules: Rules
    parts: dict[int, int] = field(default_factory=dict)
    """Rows of which only a part was stolen."""


CROWD_OF = 40
"""One history of so many has a crowd of victims in few accounts."""


def draw_crowd(random: Random) -> Case:
    """Some thirty to eighty victims whose money meets, so that remainders are many."""
    names = NAMES[:4]
    crowd = random.randint(30, 80)
    rows = [
        Row(n // 3, None, random.choice(names[:2]), random.randint(1, 1000), f"V{n:02}") for n in range(crowd)
    ]
    held = Counter({name: sum(r.amount for r in rows if r.payee == name) for name in names})
    for n in range(random.randint(4, 12)):
        payer = random.choice([name for name in names if held[name]])
        amount, payee = random.randint(1, held[payer]), random.choice(names)
        rows.append(Row(crowd + n, payer, payee, amount))
        held[payer] -= amount
        held[payee] += amount
    return Case(rows, frozenset(), dict.fromkeys(names, 0), False, _rules(random, 100))


def draw_case(random: Random) -> Case:
    if random.randrange(CROWD_OF) == 0:
        return draw_crowd(random)
    names = NAMES[: random.randint(2, len(NAMES))]
    outside = frozenset(name for name in names[2:] if random.random() < 0.1)
    stating = random.choice(("none", "none", "all", "some", "wrong"))
    most = LARGE if random.random() < 0.1 else random.choice((3, 10, 100, 1000))
    opening = {n: random.randint(-most // 2 if random.random() < 0.2 else 0, most) for n in names if n not in outside}
    given = {n: v for n, v in opening.items() if random.random() < 0.4} if stating in ("none", "some") else {}
    rows = _rows(random, names, outside, dict(opening), most, stating)
    case = Case(rows, outside, given, stating in ("some", "wrong") or bool(given), _rules(random, most))
    _steal(random, case)
    return case


def _rows(
    random: Random, names: list[str], outside: frozenset[str], balance: dict[str, int], most: int, stating: str
) -> list[Row]:
    rows = []
    at, last, twins = 0, most, random.random() < 0.15
    for _ in range(random.choice((3, 6, 12, 25))):
        at += random.choice((0, 0, 1))
        holders = [n for n in names if balance.get(n, 0) > 0] or names
        payer = random.choice(holders) if random.random() < 0.7 else random.choice([*names, None])
        payee = random.choice([*names, *names, None])
        has = balance.get(payer or "", most)
        drawn = random.randint(0, most), random.randint(0, max(has, 0)), random.choice((0, 1))
        amount = random.choice((last, has, has // 2, has // 3, *drawn))
        if twins and random.random() < 0.7:
            amount = max(most // 4, 1)
        amount = max(amount, 0) if random.random() < 0.15 else min(max(amount, 0), max(has, 0))
        last = amount
        row = Row(at, payer, payee, amount, moved=random.random() > 0.05)
        before = balance.get(payer or ""), balance.get(payee or "")
        if row.moved and payer != payee:
            if payer in balance:
                balance[payer] -= amount
            if payee in balance:
                balance[payee] += amount
        after = balance.get(payer or ""), balance.get(payee or "")
        if stating != "none" and payer != payee:
            stated = [before[0], after[0], before[1], after[1]]
            if stating in ("some", "wrong"):
                stated = [s if random.random() < 0.5 else None for s in stated]
            if stating == "wrong":
                stated = [
                    s + random.randint(-most, most) if s is not None and random.random() < 0.2 else s for s in stated
                ]
            row.stated = (stated[0], stated[1], stated[2], stated[3])
        rows.append(row)
    return rows


def _rules(random: Random, most: int) -> Rules:
    return Rules(
        "fifo",
        smallest=random.choice((1, 1, 1, 2, max(1, most // 10))),
        hops=random.choice((64, 64, 64, 1, 2, 3)),
        pool=random.choice(("victims", "all")),
        share_by=random.choice(("brought", "loss")),
        lowest=random.random() < 0.3,
    )


def _steal(random: Random, case: Case) -> None:
    """At least one theft; an account has one victim."""
    can = [n for n, r in enumerate(case.rows) if r.moved and r.payer != r.payee and (r.amount or n % 4 == 0)]
    if random.random() < 0.8:
        can = can[: max(3, len(can) // 2)]
    whose: dict[str, str] = {}
    for place in random.sample(can, min(len(can), random.choice((1, 1, 2, 3, 5)))):
        row = case.rows[place]
        victim = random.choice(("V1", "V2", "V3", row.payer or "V4"))
        if row.payer is not None and row.payer not in case.outside:
            victim = whose.setdefault(row.payer, victim)
        row.victim = victim
        if random.random() < 0.15:
            case.parts[place] = random.randint(0, row.amount)


def to_ledger(case: Case) -> Ledger:
    rows = case.rows
    place = {name: n for n, name in enumerate(NAMES)}
    columns = tuple(
        np.array([MISSING if r.stated[n] is None else r.stated[n] for r in rows], np.int64) for n in range(4)
    )
    transfers = Transfers(
        np.array([f"p{n}" for n in range(len(rows))], np.object_),
        np.array([r.at for r in rows], np.int64),
        np.array([place.get(r.payer or "", -1) for r in rows], np.int32),
        np.array([place.get(r.payee or "", -1) for r in rows], np.int32),
        np.array([r.amount for r in rows], np.int64),
        np.array([r.moved for r in rows], np.bool_),
        columns,  # type: ignore[arg-type]  # four of them
        NAMES,
        {},
    )
    thefts = [Theft(f"p{n}", r.victim, case.parts.get(n)) for n, r in enumerate(rows) if r.victim is not None]
    return make_ledger(transfers, thefts, CURRENCY, case.outside, case.opening, "adjust")


def split_rows(case: Case) -> list[Row]:
    """A payment of which a part was stolen is two."""
    out = []
    for n, row in enumerate(case.rows):
        if n in case.parts:
            first, second, third, fourth = row.stated
            stolen = case.parts[n]
            out.append(Row(row.at, row.payer, row.payee, stolen, row.victim, True, (first, None, third, None)))
            rest = row.amount - stolen
            out.append(Row(row.at, row.payer, row.payee, rest, None, True, (None, second, None, fourth)))
        else:
            out.append(row)
    return out


def victims_of(case: Case) -> list[str]:
    """In the order of the thefts."""
    return list(dict.fromkeys(row.victim for row in case.rows if row.victim is not None))


def homes_of(case: Case) -> dict[str, str]:
    return {r.payer: r.victim for r in case.rows if r.victim and r.payer and r.payer not in case.outside}


def found_by_library(trace: Trace) -> Found:
    ledger, entries, found = trace.ledger, trace.entries, Found()
    names = [*(OUT if ledger.outside[n] else name for n, name in enumerate(ledger.accounts)), OUT]
    named = [*ledger.accounts, OUT]
    for n in range(len(entries)):
        key = (
            int(entries.row[n]), named[entries.source[n]], named[entries.target[n]],
            trace.victims[entries.victim[n]], int(entries.hop[n]), WAYS[entries.way[n]],
        )  # fmt: skip
        found.entries[key] = found.entries.get(key, 0) + int(entries.amount[n])
    assert len(names) == len(named)
    held = trace.followed
    for account, victim, amount, hop in zip(held.account, held.victim, held.amount, held.hop, strict=True):
        found.held[named[account], trace.victims[victim]] = int(amount), int(hop)
    for h in trace.where():
        found.shares[h.account, h.victim] = h.amount_minor, h.brought_minor, h.lowest_minor
    return found


def disagreement(
    case: Case, method: Method, ledger: Ledger, seen: Counter[str], every_moment: bool = True
) -> str | None:
    """What the two ways say differently; None where nothing. `every_moment`: conservation at each, and not at the
    end alone."""
    rules = case.rules
    rules.method, rules.outside = method, case.outside
    expected, moves = follow(split_rows(case), homes_of(case), victims_of(case), case.opening, rules)
    sharing = Sharing(rules.pool, rules.share_by, rules.lowest)  # type: ignore[arg-type]  # drawn from what there is
    limits = Limits(smallest_minor=rules.smallest, hops=rules.hops)
    try:
        traced = trace_ledger(ledger, method, limits, sharing)
        found = found_by_library(traced)
    except AssertionError as error:
        return f"{method}: not conserved: {error}"
    told = _movements_differ(ledger, moves)
    if told:
        return told
    for what in ("entries", "held", "shares"):
        one, other = getattr(expected, what), getattr(found, what)
        if one != other:
            missing = {k: v for k, v in one.items() if other.get(k) != v}
            extra = {k: v for k, v in other.items() if one.get(k) != v}
            return f"{method}: {what}: expected {missing}, found {extra}"
    count_ways(traced, seen)
    return conserved(traced) if every_moment else None


def _movements_differ(ledger: Ledger, moves: list[Movement]) -> str | None:
    named = [*ledger.accounts, OUT]
    own = [
        (int(ledger.at[n]), named[ledger.source[n]], named[ledger.target[n]], int(ledger.amount[n]))
        for n in range(len(ledger))
    ]
    other = [(m.at, m.source, m.target, m.amount) for m in moves]
    return None if own == other else f"movements: expected {other}, found {own}"


def conserved(trace: Trace) -> str | None:
    """At every moment, and for every account no more than is in it."""
    for at in dict.fromkeys(trace.ledger.at.tolist()):
        trace.totals(at)
        if trace.method == "poison":
            continue
        by_account: Counter[str] = Counter()
        for h in trace.where(at):
            by_account[h.account] += h.amount_minor
            if by_account[h.account] > h.balance_minor:
                return f"{trace.method}: more than there is in {h.account} at {at}"
    return None


def count_shapes(case: Case, ledger: Ledger, seen: Counter[str]) -> None:
    seen["histories"] += 1
    rows = [r for r in case.rows if r.moved]
    times, amounts = [r.at for r in rows], [r.amount for r in rows]
    seen["equal times"] += len(set(times)) < len(times)
    seen["equal amounts"] += len({a for a in amounts if a}) < len([a for a in amounts if a])
    seen["zero amounts"] += 0 in amounts
    seen["self-transfers"] += any(r.payer == r.payee and r.payer for r in rows)
    seen["nothing moved"] += len(rows) < len(case.rows)
    seen["many victims"] += len(victims_of(case)) > 1
    seen["crowds"] += len(victims_of(case)) >= 30
    seen["parts stolen"] += bool(case.parts)
    seen["outside accounts"] += bool(case.outside)
    seen["large amounts"] += max(amounts, default=0) > 2**40
    for name, kind in (("appeared", 1), ("vanished", 2), ("lent", 3), ("repaid", 4)):
        seen[name] += bool((ledger.kind == kind).any())


def count_ways(trace: Trace, seen: Counter[str]) -> None:
    for way in np.unique(trace.entries.way).tolist():
        seen[f"{trace.method} {WAYS[way]}"] += 1
    pairs = set(zip(trace.entries.source.tolist(), trace.entries.target.tolist(), strict=True))
    seen["circles"] += any((b, a) in pairs for a, b in pairs if a != b)
    seen["pools"] += bool(trace.followed.pooled.any())
    seen["shared accounts"] += len(set(trace.followed.account.tolist())) < len(trace.followed.account)


SHAPES = (
    *("equal times", "equal amounts", "zero amounts", "self-transfers", "nothing moved", "many victims", "crowds"),
    *("parts stolen", "outside accounts", "large amounts", "appeared", "vanished", "lent", "repaid"),
    *("circles", "pools", "shared accounts"),
    *(f"{m} {w}" for m in METHODS for w in WAYS if (m, w) != ("poison", "lost")),
)


def rare(seen: Counter[str]) -> list[str]:
    """Shapes in fewer than one history of a hundred."""
    return [shape for shape in SHAPES if seen[shape] * 100 < seen["histories"]]


EVERY_MOMENT_OF = 8
"""In one history of so many, conservation is asked for at every moment."""


def run(ledgers: int, seed: int, seen: Counter[str]) -> str | None:
    """Compare so many histories by every method; the first disagreement, with its seed."""
    for number in range(seed, seed + ledgers):
        case = draw_case(Random(number))
        if not victims_of(case):
            continue
        ledger = to_ledger(case)
        count_shapes(case, ledger, seen)
        for method in METHODS:
            told = disagreement(case, method, ledger, seen, number % EVERY_MOMENT_OF == 0)
            if told:
                return f"seed {number}: {told}\n" + "\n".join(map(str, case.rows)) + f"\n{case.rules}"
    return None


def run_conservation(ledgers: int, seed: int, seen: Counter[str]) -> str | None:
    """The library alone, by one method in turn: whether its own assertions hold at the end and half way."""
    for number in range(seed, seed + ledgers):
        case = draw_case(Random(number))
        if not victims_of(case):
            continue
        ledger = to_ledger(case)
        method = METHODS[number % len(METHODS)]
        seen["conserved"] += 1
        limits = Limits(smallest_minor=case.rules.smallest, hops=case.rules.hops)
        try:
            trace_ledger(ledger, method, limits, Sharing()).totals(int(ledger.at[len(ledger) // 2]))
        except AssertionError as error:
            return f"seed {number}: {method}: not conserved: {error}"
    return None
