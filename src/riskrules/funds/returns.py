"""Frozen money divided among the victims: who gets how much of which account, and why.

Art. 8 of the rules on returning frozen funds (银监发〔2016〕41号) has an order: money that one record of a transfer
shows to be a victim's goes back directly; so does what the time stamps of several records show; what cannot be told
apart is divided in proportion. The ratio in the text ("of the victim's defrauded amount to the frozen funds") would
give out more than there is; here it is normalised among the victims of the account, by the money of theirs that came
into it:

    share of i = frozen * into_i / sum of into_j     never above into_i, nor above what i still lacks

What a victim cannot take (because it has its loss back from elsewhere) goes on to the others in the same proportion,
until all have what they may have. It is reckoned exactly; the minor units that are left go to the largest
remainders, ties by the victims' names. What nobody may have stays frozen: it is the residue. Money of others in the
account is not shared out.

Accounts whose money is identified come first, those divided in proportion after them, each in the order given: what a
victim got from an earlier account it no longer lacks. For every account what is given and the residue are the frozen
amount, to the minor unit; this is asserted before anything is handed out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from ..base.hiding import masked
from ..base.money import format_minor
from .printed import Printed
from .sharing import capped

Basis: TypeAlias = Literal["direct", "time stamps", "in proportion"]
BASES: tuple[Basis, ...] = ("direct", "time stamps", "in proportion")
METHOD_OF: dict[Basis, str] = {"direct": "direct", "time stamps": "timestamp", "in proportion": "pro_rata"}
"""By what name the rules on returns know it (`return.method`)."""
MOST_ACCOUNTS, MOST_VICTIMS = 10_000, 100_000
"""Of one case. The largest cases known have some ten thousand victims."""
MOST_AMOUNT_MINOR = 10**17


class ReturnError(ValueError):
    """A case that does not add up or says too little; one sentence that says where."""


@dataclass(frozen=True, slots=True, repr=False)
class Victim(Printed):
    """Who lost `loss_minor` and has `returned_minor` of it back from elsewhere. `account`: the original remitting
    account, to which it goes back, at `institution`; or, where that one takes nothing in any more (`original_closed`),
    another bank account of the victim."""

    also = frozenset({"id"})

    id: str
    loss_minor: int
    account: str
    institution: str
    returned_minor: int = 0
    original_closed: bool = False

    @property
    def lacks_minor(self) -> int:
        return self.loss_minor - self.returned_minor


@dataclass(frozen=True, slots=True, repr=False)
class Frozen(Printed):
    """A frozen account and whose money is in it. `into`: by victim, what of it is theirs: for `direct` and `time
    stamps` what is identified as theirs, for `in proportion` what came into the account. `because`: how that was
    found, in a sentence. `order`: the freeze."""

    account: str
    institution: str
    frozen_minor: int
    basis: Basis
    into: Mapping[str, int]
    because: str
    order: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Line(Printed):
    """What one victim gets from one account. `because`: the reckoning, in words."""

    account: str
    institution: str
    victim: str
    to_account: str
    to_institution: str
    amount_minor: int
    basis: Basis
    because: str


@dataclass(frozen=True, slots=True, repr=False)
class Division(Printed):
    """The whole result. `residue`: by account, what stays frozen. `lacking`: by victim, what is still missing after
    it. `fingerprint`: SHA-256 of what it was worked out from and what came out, so that a notice or a decision can say
    which division it is about."""

    currency: str
    lines: tuple[Line, ...]
    residue: Mapping[str, int]
    lacking: Mapping[str, int]
    fingerprint: str

    @property
    def given_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, ids in full: mask them before it is handed on."""
        return {
            "currency": self.currency,
            "given_minor": self.given_minor,
            "lines": [asdict(line) for line in self.lines],
            "residue_minor": dict(self.residue),
            "lacking_minor": dict(self.lacking),
            "fingerprint": self.fingerprint,
        }


def divided(accounts: Sequence[Frozen], victims: Sequence[Victim], currency: str) -> Division:
    """Who gets what. ReturnError where the case does not add up."""
    _checked(accounts, victims, currency)
    known = {victim.id: victim for victim in victims}
    lacking = {victim.id: victim.lacks_minor for victim in victims}
    lines: list[Line] = []
    residue: dict[str, int] = {}
    for frozen in sorted(accounts, key=lambda a: a.basis == "in proportion"):  # stable: else in the order given
        shares = _shares(frozen, lacking)
        brought = sum(frozen.into.values())
        for victim, amount in sorted(shares.items()):
            lacking[victim] -= amount
            if amount:
                to = known[victim]
                lines.append(
                    Line(
                        frozen.account,
                        frozen.institution,
                        victim,
                        to.account,
                        to.institution,
                        amount,
                        frozen.basis,
                        _reckoned(frozen, victim, amount, brought, currency),
                    )
                )
        residue[frozen.account] = frozen.frozen_minor - sum(shares.values())
    _assert_conserved(accounts, victims, lines, residue, lacking)
    return Division(currency, tuple(lines), residue, lacking, _fingerprint(accounts, victims, lines, currency))


def _shares(frozen: Frozen, lacking: Mapping[str, int]) -> dict[str, int]:
    caps = {victim: min(into, lacking[victim]) for victim, into in frozen.into.items()}
    if frozen.basis != "in proportion":
        return caps
    return in_proportion(frozen.frozen_minor, frozen.into, caps)


def in_proportion(pool_minor: int, weights: Mapping[str, int], caps: Mapping[str, int]) -> dict[str, int]:
    """At most `pool_minor` among the holders of `weights`, in their proportion, none above its cap (0 <= cap, 0 where
    the weight is). The sum is the smaller of the pool and of all caps; see `sharing.capped`."""
    names = sorted(weights)
    shares = capped(pool_minor, [weights[name] for name in names], [caps[name] for name in names])
    return dict(zip(names, shares, strict=True))


def _reckoned(frozen: Frozen, victim: str, amount: int, brought: int, currency: str) -> str:
    into = frozen.into[victim]
    money = format_minor
    if frozen.basis != "in proportion":
        less = "" if amount == into else f", of which {money(into - amount, currency)} is back already"
        return f"{money(into, currency)} in the account is the victim's{less}"
    return (
        f"{money(into, currency)} of {money(brought, currency)} that victims' transfers brought into the account, "
        f"where {money(frozen.frozen_minor, currency)} is frozen"
    )


def _checked(accounts: Sequence[Frozen], victims: Sequence[Victim], currency: str) -> None:
    if len(accounts) > MOST_ACCOUNTS or len(victims) > MOST_VICTIMS:
        raise ReturnError(f"a case has at most {MOST_ACCOUNTS:_} accounts and {MOST_VICTIMS:_} victims")
    for what, names in (("account", [a.account for a in accounts]), ("victim", [v.id for v in victims])):
        twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
        if twice:
            raise ReturnError(f"the {what} `{twice[0]}` stands in the case twice")
    for victim in victims:
        if not 0 < victim.loss_minor <= MOST_AMOUNT_MINOR:
            raise ReturnError(f"the loss of `{masked(victim.id)}` is not an amount above zero")
        if not 0 <= victim.returned_minor <= victim.loss_minor:
            raise ReturnError(f"`{masked(victim.id)}` has more back than it lost, or less than nothing")
    known = {victim.id for victim in victims}
    for frozen in accounts:
        _checked_account(frozen, known, currency)


def _checked_account(frozen: Frozen, known: set[str], currency: str) -> None:
    if not 0 <= frozen.frozen_minor <= MOST_AMOUNT_MINOR:
        raise ReturnError(f"what is frozen in `{masked(frozen.account)}` is not an amount")
    if frozen.basis not in BASES:
        raise ReturnError(f"the basis of `{masked(frozen.account)}` is one of {', '.join(BASES)}, not `{frozen.basis}`")
    for victim, into in frozen.into.items():
        if victim not in known:
            raise ReturnError(
                f"`{masked(victim)}`, whose money is in `{masked(frozen.account)}`, is no victim of the case"
            )
        if not 0 <= into <= MOST_AMOUNT_MINOR:
            raise ReturnError(f"the money of `{masked(victim)}` in `{masked(frozen.account)}` is not an amount")
    identified = sum(frozen.into.values())
    if frozen.basis != "in proportion" and identified > frozen.frozen_minor:
        raise ReturnError(
            f"in `{frozen.account}` {format_minor(identified, currency)} is said to be identified, but only "
            f"{format_minor(frozen.frozen_minor, currency)} is frozen; divide it in proportion"
        )


def _assert_conserved(
    accounts: Sequence[Frozen],
    victims: Sequence[Victim],
    lines: Sequence[Line],
    residue: Mapping[str, int],
    lacking: Mapping[str, int],
) -> None:
    from_account = dict.fromkeys(residue, 0)
    to_victim = {victim.id: 0 for victim in victims}
    into = {frozen.account: frozen.into for frozen in accounts}
    for line in lines:
        assert 0 < line.amount_minor <= into[line.account][line.victim]
        from_account[line.account] += line.amount_minor
        to_victim[line.victim] += line.amount_minor
    for frozen in accounts:
        assert residue[frozen.account] >= 0
        assert from_account[frozen.account] + residue[frozen.account] == frozen.frozen_minor
    for victim in victims:
        assert lacking[victim.id] >= 0
        assert to_victim[victim.id] + lacking[victim.id] + victim.returned_minor == victim.loss_minor


def _fingerprint(accounts: Sequence[Frozen], victims: Sequence[Victim], lines: Sequence[Line], currency: str) -> str:
    whole = {
        "currency": currency,
        "accounts": [{**asdict(a), "into": dict(sorted(a.into.items()))} for a in accounts],
        "victims": [asdict(v) for v in victims],
        "lines": [asdict(line) for line in lines],
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
