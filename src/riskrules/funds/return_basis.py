"""Whose money is in a frozen account, by the first of the steps of Art. 8 that can say so.

1. direct: the account has one credit record, a victim's, and no other money, so all that is there is that victim's.
2. time stamps: each record out of the account is matched with the records in before it. One that empties the account
   used them all; one that is exactly as large as a record in that is still there used that one. Where two records in
   of that size are still there, they must be of one owner. What is left over in this way has known owners.
3. in proportion: a record out cannot be matched, so what is left cannot be told apart; what came in since the account
   was last empty then stands for each victim.

The price of 2: it is a matching of amounts and times as an investigator would make it on paper, and it gives up
where that one would. A trace across accounts (`riskrules.funds.trace`) says how much of a transfer was which victim's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..base.hiding import masked
from .result import Holding
from .returns import Basis, Frozen, ReturnError

MOST_RECORDS = 1_000_000
"""Of one account's ledger; each record out looks at those in that are still there."""
_OTHERS = ""
"""The owner of money that is no victim's."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the account's ledger: into it (`amount_minor` above zero) or out of it (below). `victim`: whose money
    came in, None where it is not a victim's."""

    at_us: int
    amount_minor: int
    victim: str | None = None


@dataclass
class _Credit:
    owner: str
    amount_minor: int


def frozen_from_records(
    account: str,
    institution: str,
    frozen_minor: int,
    records: Sequence[Record],
    *,
    opening_minor: int = 0,
    order: str = "",
) -> Frozen:
    """The account with its basis, from its ledger in order of time until the freeze; `opening_minor`: what was in it
    before. ReturnError where the ledger does not add up."""
    if len(records) > MOST_RECORDS:
        raise ReturnError(f"the ledger of `{masked(account)}` has more than {MOST_RECORDS:_} records")
    credits, exact, since_empty = _matched(account, records, opening_minor)
    balance = opening_minor + sum(r.amount_minor for r in records)
    if not 0 <= frozen_minor <= balance:
        raise ReturnError(f"more is frozen in `{masked(account)}` than its ledger leaves there")
    theirs = _by_victim(credits)
    came_in = [r for r in records if r.amount_minor > 0]
    if exact and theirs and sum(theirs.values()) <= frozen_minor:
        if len(came_in) == 1 and not opening_minor:
            return Frozen(account, institution, frozen_minor, "direct", theirs,
                          "one credit record, a victim's, and no other money", order)  # fmt: skip
        because = f"{len(records)} records, each one out matched with those in before it"
        return Frozen(account, institution, frozen_minor, "time stamps", theirs, because, order)
    if exact and theirs:
        because = "what is frozen is less than what the time stamps show to be the victims'"
        return Frozen(account, institution, frozen_minor, "in proportion", theirs, because, order)
    because = (
        "records out cannot be matched one to one with records in" if theirs or since_empty else "no victim's money"
    )
    return Frozen(account, institution, frozen_minor, "in proportion", _by_victim(since_empty), because, order)


def _matched(account: str, records: Sequence[Record], opening_minor: int) -> tuple[list[_Credit], bool, list[_Credit]]:
    """The credits that are left, whether every record out could be matched, and all credits since the account was
    last empty."""
    if opening_minor < 0:
        raise ReturnError(f"`{masked(account)}` cannot begin below zero")
    left = [_Credit(_OTHERS, opening_minor)] if opening_minor else []
    since_empty = list(left)
    balance, exact = opening_minor, True
    before = records[0].at_us if records else 0
    for record in records:
        if record.at_us < before:
            raise ReturnError(f"the ledger of `{masked(account)}` is not in order of time")
        before, balance = record.at_us, balance + record.amount_minor
        if record.amount_minor > 0:
            credit = _Credit(record.victim or _OTHERS, record.amount_minor)
            left.append(credit)
            since_empty.append(credit)
        elif record.amount_minor < 0:
            if balance < 0:
                raise ReturnError(f"the ledger of `{masked(account)}` pays out more than was there")
            exact = _pay(left, -record.amount_minor, balance) and exact
        if balance == 0:
            left, since_empty, exact = [], [], True
    return left, exact, since_empty


def _pay(left: list[_Credit], amount: int, balance: int) -> bool:
    """Take the credit that a record out used; False where it cannot be told."""
    if balance == 0:
        return True
    same = [credit for credit in left if credit.amount_minor == amount]
    if not same or len({credit.owner for credit in same}) > 1:
        return False
    left.remove(same[0])
    return True


def _by_victim(credits: Iterable[_Credit]) -> dict[str, int]:
    found: dict[str, int] = {}
    for credit in credits:
        if credit.owner != _OTHERS:
            found[credit.owner] = found.get(credit.owner, 0) + credit.amount_minor
    return found


def frozen_from_trace(holdings: Iterable[Holding], frozen: dict[str, int], *, order: str = "") -> tuple[Frozen, ...]:
    """Frozen accounts from what a trace found in them (`Trace.where` of method `cn_article_8`); `frozen`: by account,
    how much is. An account that the trace does not name has no victim's money: all of it stays frozen."""
    by_account: dict[str, list[Holding]] = {account: [] for account in frozen}
    for holding in holdings:
        if holding.account in by_account:
            by_account[holding.account].append(holding)
    return tuple(_from_holdings(account, frozen[account], found, order) for account, found in by_account.items())


def _from_holdings(account: str, frozen_minor: int, found: Sequence[Holding], order: str) -> Frozen:
    institution = found[0].institution if found else ""
    whys = {holding.why for holding in found}
    identified = {h.victim: h.amount_minor for h in found}
    if found and whys <= {"direct", "time stamps"} and sum(identified.values()) <= frozen_minor:
        basis: Basis = "direct" if whys == {"direct"} else "time stamps"
        return Frozen(account, institution, frozen_minor, basis, identified, f"the trace found it: {basis}", order)
    into = {h.victim: h.brought_minor for h in found}
    because = "the trace cannot tell it apart" if found else "the trace found no victim's money in it"
    return Frozen(account, institution, frozen_minor, "in proportion", into, because, order)
