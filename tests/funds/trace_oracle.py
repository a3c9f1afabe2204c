"""A second way to trace, written to be read and not to be quick: lists of lots, Fractions, one account after the other.

It shares nothing with the library but the names of the methods and of the ways. It expands a history into movements
itself (openings, loans, repayments, gaps), follows every lot by hand, and shares balances by Fractions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

OUT = "(outside)"


@dataclass
class Row:
    """A transfer; None is outside."""

    at: int
    payer: str | None
    payee: str | None
    amount: int
    victim: str | None = None
    moved: bool = True
    stated: tuple[int | None, int | None, int | None, int | None] = (None, None, None, None)


@dataclass
class Lot:
    victim: str | None
    amount: int
    hop: int
    credit: int | None = None


@dataclass
class Rules:
    method: str
    outside: frozenset[str] = frozenset()
    smallest: int = 1
    hops: int = 64
    pool: str = "victims"
    share_by: str = "brought"
    lowest: bool = False


@dataclass
class Movement:
    at: int
    source: str
    target: str
    amount: int
    victim: str | None


@dataclass
class Found:
    """`entries`: (movement, source, target, victim, hop, way) -> amount. `held`: (account, victim) -> amount, hop.
    `shares`: (account, victim) -> amount, brought, lowest."""

    entries: dict[tuple[int, str, str, str, int, str], int] = field(default_factory=dict)
    held: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    shares: dict[tuple[str, str], tuple[int, int, int]] = field(default_factory=dict)


def opening_balances(rows: list[Row], given: dict[str, int], outside: frozenset[str]) -> dict[str, int]:
    names = {n for r in rows for n in (r.payer, r.payee) if n is not None and n not in outside}
    opening = {}
    for name in sorted(names):
        if name in given:
            opening[name] = given[name]
            continue
        net, lowest, first = 0, 0, None
        for r in rows:
            mine = [(r.payer == name, r.stated[0], r.stated[1]), (r.payee == name, r.stated[2], r.stated[3])]
            for is_mine, before, _ in mine:
                if is_mine and before is not None and first is None:
                    first = before - net
            if r.payer != r.payee:
                net += (r.payee == name) * r.amount - (r.payer == name) * r.amount
            lowest = min(lowest, net)
            for is_mine, _, after in mine:
                if is_mine and after is not None and first is None:
                    first = after - net
        opening[name] = -lowest if first is None else first
    return opening


def movements(rows: list[Row], opening: dict[str, int], outside: frozenset[str]) -> list[Movement]:
    """What the ledger should be: nobody pays what is not there."""
    actual = dict(opening)
    out: list[Movement] = []

    def pay(at: int, source: str, target: str, amount: int, victim: str | None) -> None:
        if source == target:
            out.append(Movement(at, source, target, amount, victim))
            return
        if source in actual:
            lack = amount - max(actual[source], 0)
            if lack > 0:
                out.append(Movement(at, OUT, source, lack, None))
            actual[source] -= amount
        out.append(Movement(at, source, target, amount, victim))
        if target in actual:
            owed = max(-actual[target], 0)
            actual[target] += amount
            if min(owed, amount) > 0:
                out.append(Movement(at, target, OUT, min(owed, amount), None))

    def fit(at: int, name: str, stated: int | None) -> None:
        if stated is None or name not in actual or stated == actual[name]:
            return
        if stated > actual[name]:
            pay(at, OUT, name, stated - actual[name], None)
        else:
            pay(at, name, OUT, actual[name] - stated, None)

    for r in rows:
        source, target = r.payer or OUT, r.payee or OUT
        fit(r.at, source, r.stated[0])
        fit(r.at, target, r.stated[2])
        pay(r.at, source, target, r.amount, r.victim)
        fit(r.at, source, r.stated[1])
        fit(r.at, target, r.stated[3])
    return out


class Tracer:
    def __init__(self, opening: dict[str, int], victims: list[str], home: dict[str, str], rules: Rules) -> None:
        self.rules, self.victims, self.home = rules, victims, home
        self.lots = {name: [Lot(None, amount, 0)] if amount > 0 else [] for name, amount in opening.items()}
        self.pooled: set[str] = set()
        self.found = Found()
        self.moves: list[Movement] = []
        self.fresh: dict[tuple[int, str, str, str, int, str], int] = {}
        self.opening = {name: max(amount, 0) for name, amount in opening.items()}

    def order(self, victim: str | None) -> int:
        return len(self.victims) if victim is None else self.victims.index(victim)

    def note(self, source: str, target: str, lot: Lot, way: str) -> None:
        assert lot.victim is not None
        key = (len(self.moves) - 1, source, target, lot.victim, lot.hop, way)
        self.found.entries[key] = self.found.entries.get(key, 0) + lot.amount
        self.fresh[key] = self.found.entries[key]

    def move(self, m: Movement) -> None:
        self.moves.append(m)
        self.fresh = {}
        if m.amount == 0 or m.source == m.target:
            return
        taken = self.take(m.source, m.amount)
        assert sum(lot.amount for lot in taken) == m.amount
        origin = m.source
        if m.victim is not None:
            for lot in taken:
                if lot.victim is not None:
                    self.note(m.source, m.target, Lot(lot.victim, lot.amount, lot.hop + 1), "stolen again")
            taken = [Lot(m.victim, m.amount, 0)]
            self.note(m.source, m.target, Lot(m.victim, m.amount, 1), "theft")
            origin = m.target
        for lot in taken:
            self.arrive(m, origin, lot)
        for name in {m.source, m.target} & set(self.lots):
            self.tidy(name)

    def arrive(self, m: Movement, origin: str, lot: Lot) -> None:
        inside = m.target in self.lots
        if lot.victim is None:
            if inside:
                self.lots[m.target].append(Lot(None, lot.amount, 0, len(self.moves)))
            return
        lot = Lot(lot.victim, lot.amount, lot.hop + 1, len(self.moves))
        if self.home.get(m.target) == lot.victim:
            way = "returned"
        elif not inside:
            way = "left"
        elif lot.amount < self.rules.smallest or lot.hop > self.rules.hops:
            way = "lost"
        else:
            way = "moved"
        if way != "moved" or m.victim is None:
            self.note(origin, m.target, lot, way)
        if inside:
            self.lots[m.target].append(lot if way == "moved" else Lot(None, lot.amount, 0, len(self.moves)))

    def tidy(self, name: str) -> None:
        """Adjacent lots of one kind are one; without stolen money an account has one lot; a pool has one a victim."""
        lots = self.lots[name]
        if all(lot.victim is None for lot in lots):
            total = sum(lot.amount for lot in lots)
            self.lots[name] = [Lot(None, total, 0)] if total else []
            self.pooled.discard(name)
            return
        if self.rules.method in ("pro_rata", "pari_passu", "direct") or name in self.pooled:
            merged = []
            for victim in [*self.victims, None]:
                mine = [lot for lot in lots if lot.victim == victim]
                if mine:
                    merged.append(Lot(victim, sum(lot.amount for lot in mine), min(lot.hop for lot in mine)))
            self.lots[name] = merged
            return
        by_credit = self.rules.method == "cn_article_8"
        together: list[Lot] = []
        for lot in lots:
            last = together[-1] if together else None
            same = last and (last.victim, last.hop) == (lot.victim, lot.hop)
            if last and same and (not by_credit or last.credit == lot.credit):
                last.amount += lot.amount
            else:
                together.append(Lot(lot.victim, lot.amount, lot.hop, lot.credit))
        self.lots[name] = together

    def take(self, name: str, amount: int) -> list[Lot]:
        if name not in self.lots:
            return [Lot(None, amount, 0)]
        lots = self.lots[name]
        balance = sum(lot.amount for lot in lots)
        assert amount <= balance, (name, amount, balance)
        if amount == balance:
            self.lots[name] = []
            return lots
        kinds = {lot.victim for lot in lots}
        method = self.rules.method
        if method == "direct" and len(kinds) > 1:
            for lot in lots:
                if lot.victim is not None:
                    self.note(name, name, lot, "lost")
            self.lots[name] = [Lot(None, balance, 0)]
            return self.take(name, amount)
        if method == "fifo" or (len(kinds) == 1 and method in ("direct", "cn_article_8")):
            return self.first(name, amount)
        if method == "lifo":
            self.lots[name] = lots[::-1]
            taken = self.first(name, amount)
            self.lots[name] = self.lots[name][::-1]
            return taken[::-1]
        if method == "cn_article_8" and name not in self.pooled:
            whole = self.credit_of(name, amount)
            if whole:
                self.lots[name] = [lot for lot in lots if lot.credit != whole[0]]
                return [lot for lot in lots if lot.credit == whole[0]]
            self.pooled.add(name)
            self.tidy(name)
        return self.parts(name, amount, balance)

    def first(self, name: str, amount: int) -> list[Lot]:
        taken, kept = [], []
        for lot in self.lots[name]:
            part = min(amount, lot.amount)
            amount -= part
            if part:
                taken.append(Lot(lot.victim, part, lot.hop, lot.credit))
            if lot.amount - part:
                kept.append(Lot(lot.victim, lot.amount - part, lot.hop, lot.credit))
        self.lots[name] = kept
        return taken

    def credit_of(self, name: str, amount: int) -> list[int | None]:
        sums: dict[int | None, int] = {}
        for lot in self.lots[name]:
            sums[lot.credit] = sums.get(lot.credit, 0) + lot.amount
        whole = [credit for credit, total in sums.items() if total == amount]
        times = [-1 if c is None else self.moves[c - 1].at for c in whole[:2]]
        if not whole or (len(whole) > 1 and times[0] == times[1]):
            return []
        return whole[:1]

    def parts(self, name: str, amount: int, balance: int) -> list[Lot]:
        lots = self.lots[name]
        exact = [Fraction(amount * lot.amount, balance) for lot in lots]
        rounded = [floor(part) for part in exact]
        order = sorted(range(len(lots)), key=lambda i: (rounded[i] - exact[i], self.order(lots[i].victim)))
        for place in order[: amount - sum(rounded)]:
            rounded[place] += 1
        self.lots[name] = [
            Lot(lot.victim, lot.amount - part, lot.hop)
            for lot, part in zip(lots, rounded, strict=True)
            if lot.amount > part
        ]
        return [Lot(lot.victim, part, lot.hop) for lot, part in zip(lots, rounded, strict=True) if part]

    def balance(self, name: str) -> int:
        return sum(lot.amount for lot in self.lots[name])


class Poisoner(Tracer):
    """Balances, and for each account the victims whose money touched it, with the fewest hops."""

    def __init__(self, opening: dict[str, int], victims: list[str], home: dict[str, str], rules: Rules) -> None:
        super().__init__(opening, victims, home, rules)
        self.balances = dict(self.opening)
        self.touched: dict[str, dict[str, int]] = {name: {} for name in opening}

    def move(self, m: Movement) -> None:
        self.moves.append(m)
        self.fresh = {}
        if m.amount == 0 or m.source == m.target:
            return
        carried = {v: hop + 1 for v, hop in self.touched.get(m.source, {}).items()}
        origin = m.source
        if m.victim is not None:
            for victim, hop in carried.items():
                self.note(m.source, m.target, Lot(victim, m.amount, hop), "stolen again")
            carried = {m.victim: 1}
            self.note(m.source, m.target, Lot(m.victim, m.amount, 1), "theft")
            origin = m.target
        if m.source in self.balances:
            self.balances[m.source] -= m.amount
            if self.balances[m.source] == 0:
                self.touched[m.source] = {}
        for victim, hop in carried.items():
            lot = Lot(victim, m.amount, hop)
            there = self.touched.get(m.target, {})
            if self.home.get(m.target) == victim:
                self.note(origin, m.target, lot, "returned")
            elif m.target not in self.balances:
                self.note(origin, m.target, lot, "left")
            elif victim not in there and (m.amount < self.rules.smallest or hop > self.rules.hops):
                self.note(origin, m.target, lot, "lost")
            else:
                if m.victim is None:
                    self.note(origin, m.target, lot, "moved")
                there[victim] = min(hop, there.get(victim, hop))
        if m.target in self.balances:
            self.balances[m.target] += m.amount

    def balance(self, name: str) -> int:
        return self.balances[name]
