"""The second way, its second half: who may claim what of each account, by Fractions; and the whole of it, `follow`."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from trace_oracle import Found, Movement, Poisoner, Row, Rules, Tracer, movements, opening_balances


def follow(
    rows: list[Row], thieves: dict[str, str], victims: list[str], given: dict[str, int], rules: Rules
) -> tuple[Found, list[Movement]]:
    """`thieves`: home account -> victim."""
    rows = [r for r in rows if r.moved]
    opening = opening_balances(rows, given, rules.outside)
    moves = movements(rows, opening, rules.outside)
    tracer = (Poisoner if rules.method == "poison" else Tracer)(opening, victims, thieves, rules)
    claims = Claims(tracer)
    for m in moves:
        tracer.move(m)
        claims.see(m, tracer.fresh)
    found = tracer.found
    if isinstance(tracer, Poisoner):
        for name, touched in tracer.touched.items():
            for victim, hop in touched.items():
                found.held[name, victim] = tracer.balances[name], hop
    else:
        for name, lots in tracer.lots.items():
            for victim in victims:
                mine = [lot for lot in lots if lot.victim == victim]
                if mine:
                    found.held[name, victim] = sum(lot.amount for lot in mine), min(lot.hop for lot in mine)
    claims.finish()
    return found, moves


class Claims:
    """Claims on each account, kept as a banker would: a line for each sum that came in, cut down at each payment."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self.balance = dict(tracer.opening)
        self.brought: dict[tuple[str, str], int] = {}
        self.lowest: dict[tuple[str, str], int] = {}
        self.own = dict(tracer.opening)

    def see(self, m: Movement, fresh: dict[tuple[int, str, str, str, int, str], int]) -> None:
        if m.amount == 0 or m.source == m.target:
            return
        if m.source in self.balance:
            self.balance[m.source] -= m.amount
            for key in list(self.lowest):
                if key[0] == m.source:
                    self.lowest[key] = min(self.lowest[key], self.balance[m.source])
                    if not self.balance[m.source]:
                        self.brought[key] = 0
            if not self.balance[m.source]:
                self.own[m.source] = 0
        if m.target not in self.balance:
            return
        self.balance[m.target] += m.amount
        self.own[m.target] += m.amount
        for (_, source, target, victim, _, way), amount in fresh.items():
            if target != m.target:
                continue
            sign = 1 if way in ("theft", "moved") else -1 if source == target else 0
            if sign:
                key = (target, victim)
                self.brought[key] = self.brought.get(key, 0) + sign * amount
                self.lowest[key] = self.lowest.get(key, 0) + sign * amount
                self.own[target] -= sign * amount

    def finish(self) -> None:
        found, rules, victims = self.tracer.found, self.tracer.rules, self.tracer.victims
        stolen = {v: _sum(found, v, "theft") for v in victims}
        missing = {v: stolen[v] - _sum(found, v, "returned") - _sum(found, v, "stolen again") for v in victims}
        amounts = {key: held[0] for key, held in found.held.items()}
        for name in self.balance:
            if rules.method == "pari_passu" or (rules.method == "cn_article_8" and name in self.tracer.pooled):
                for victim, share in self.shares(name, stolen).items():
                    amounts[name, victim] = share
        if rules.method in ("pari_passu", "cn_article_8"):
            for victim in victims:
                mine = sorted(key for key in amounts if key[1] == victim)
                total = sum(amounts[key] for key in mine)
                if total > missing[victim]:
                    exact = [Fraction(missing[victim] * amounts[key], total) for key in mine]
                    for key, part in zip(mine, _rounded(exact, missing[victim]), strict=True):
                        amounts[key] = part
        for key, amount in amounts.items():
            lowest = self.lowest.get(key, 0)
            if rules.lowest and rules.method != "poison":
                amount = min(amount, lowest)
            if amount:
                found.shares[key] = amount, self.brought.get(key, 0), lowest

    def shares(self, name: str, stolen: dict[str, int]) -> dict[str, int]:
        rules = self.tracer.rules
        weights: dict[str | None, int] = {}
        for victim in self.tracer.victims:
            brought = self.brought.get((name, victim), 0)
            weight = min(brought, stolen[victim])
            if rules.share_by == "loss" and brought:
                weight = stolen[victim]
            if rules.lowest:
                weight = min(weight, self.lowest.get((name, victim), 0))
            weights[victim] = weight
        caps: dict[str | None, int] = dict(weights)
        if rules.pool == "all":
            weights[None], caps[None] = self.own[name], self.balance[name]
        left, given = self.balance[name], dict.fromkeys(weights, 0)
        sharing = [who for who, weight in weights.items() if weight > 0]
        while sharing and left:
            total = sum(weights[who] for who in sharing)
            exact = [Fraction(left * weights[who], total) for who in sharing]
            full = [who for who, part in zip(sharing, exact, strict=True) if part >= caps[who]]
            if not full:
                given.update(zip(sharing, _rounded(exact, left), strict=True))
                break
            for who in full:
                given[who] = caps[who]
                left -= caps[who]
            sharing = [who for who in sharing if who not in full]
        return {who: amount for who, amount in given.items() if who is not None}


def _sum(found: Found, victim: str, way: str) -> int:
    return sum(amount for key, amount in found.entries.items() if key[3] == victim and key[5] == way)


def _rounded(exact: list[Fraction], total: int) -> list[int]:
    parts = [floor(part) for part in exact]
    order = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for place in order[: total - sum(parts)]:
        parts[place] += 1
    return parts
