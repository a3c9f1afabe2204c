"""The history as a ledger that follows: openings, movements in which nobody pays what they do not hold, and thefts.

A trace is only as good as the balances under it, so they come first. What the history does not say is settled here, by
one rule each, and each time said: an opening balance that nobody stated is the least that fits; a stated balance that
does not follow is an error, or with `balances="adjust"` money that moved unseen; an overdraft is lent and repaid.
What moved no money is left out before anything is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..base.hiding import masked
from ..base.money import format_minor
from ..schema.limits import HIGHEST_MONEY_MINOR, MISSING
from .printed import Printed
from .result import Theft, TraceError
from .transfers import Transfers

Integers: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int32]
Outside: TypeAlias = Collection[str] | Callable[[str], bool]
Balances: TypeAlias = Literal["check", "adjust", "ignore"]

MOST_MONEY = 2**60
"""Minor units of all movements and openings together: what the kernels can divide without a wider number."""
MOST_NAMED = 3
OUTSIDE = -1
NO_THEFT = -1
_HALF = 31
_WHOSE = ("the payer's balance before", "the payer's balance after",
          "the payee's balance before", "the payee's balance after")  # fmt: skip
_KINDS = ("payment", "appeared", "vanished", "lent", "repaid")


@dataclass(frozen=True, repr=False)
class Ledger(Printed):
    """Movements in order: `row` is the transfer each belongs to (several where something was lent, repaid or unseen),
    `theft` the victim or -1, `kind` a place in payment, appeared, vanished, lent, repaid. Accounts are numbered as in
    `accounts`; the last number, one more than there are, is the world outside. `opening`, `outside` (0 or 1) and `home`
    (the victim whose account it is, or -1) are by account, the world included. `closing`: the balances at the end."""

    currency: str
    accounts: list[str]
    institutions: dict[str, str]
    victims: tuple[str, ...]
    ids: NDArray[np.object_]
    row: Integers
    at: Integers
    source: Codes
    target: Codes
    amount: Integers
    theft: Codes
    kind: NDArray[np.int8]
    opening: Integers
    closing: Integers
    outside: NDArray[np.int8]
    home: Codes
    assumptions: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.row)

    @property
    def world(self) -> int:
        return len(self.accounts)


@dataclass
class _Work:
    """The history on its way to a ledger."""

    currency: str
    accounts: list[str]
    row: Integers
    at: Integers
    source: Codes
    target: Codes
    amount: Integers
    theft: Codes
    stated: tuple[Integers, Integers, Integers, Integers]
    ids: NDArray[np.object_]
    outside: NDArray[np.int8]
    notes: list[str] = field(default_factory=list)

    def money(self, minor: int) -> str:
        return format_minor(int(minor), self.currency)


def make_ledger(
    transfers: Transfers,
    thefts: Sequence[Theft],
    currency: str,
    outside: Outside = (),
    opening: Mapping[str, int] | None = None,
    balances: Balances = "check",
    sort: bool = False,
) -> Ledger:
    """The ledger of a history. TraceError for whatever cannot be traced.

    `outside`: accounts that are not followed (merchants, cash desks), or a function that says so of a name: money that
    gets there has left. `opening`: minor
    units by account, before the first transfer. `balances`: whether stated ones are checked, made to fit, or not
    looked at. `sort`: put the history in order of time, equal times as they came; else a row out of order is an error.
    """
    if not thefts:
        raise TraceError("no theft: say which payment was stolen")
    work = _moved(transfers, currency, outside, balances, sort)
    victims, home = _mark(work, transfers, thefts)
    begun, _known = _openings(work, opening or {})
    rows, source, target, amount, kind, closing = _walk(work, begun, balances == "adjust")
    theft = np.where(kind == 0, work.theft[rows], NO_THEFT).astype(np.int32)
    kept = {name: transfers.institutions[name] for name in work.accounts if name in transfers.institutions}
    return Ledger(
        currency, work.accounts, kept, victims, work.ids, work.row[rows], work.at[rows], source, target, amount, theft,
        kind, np.maximum(begun, 0), closing, work.outside, home, tuple(work.notes),
    )  # fmt: skip


def _moved(given: Transfers, currency: str, outside: Outside, balances: Balances, sort: bool) -> _Work:
    """Only what moved money, in order."""
    keep = np.flatnonzero(given.moved)
    notes = []
    idle = len(given) - len(keep)
    if idle:
        notes.append(f"{_count(idle, 'transfer')} moved no money and {'was' if idle == 1 else 'were'} left out")
    at = given.at[keep]
    back = np.flatnonzero(at[1:] < at[:-1])
    if len(back) and not sort:
        place = int(keep[back[0] + 1])
        raise TraceError(
            f"the history is out of order: `{given.ids[place]}` (row {place + 1}) is earlier than the transfer before "
            "it; sort it by time, or ask for `sort`"
        )
    if len(back):
        keep = keep[np.argsort(at, kind="stable")]
        notes.append(
            f"the history was out of order in {_count(len(back), 'place')} and was put in order of time; transfers of "
            "equal time stayed in the order in which they came"
        )
    world = len(given.accounts)
    beyond = np.zeros(world + 1, np.int8)
    beyond[world] = 1
    if not callable(outside):
        named = frozenset(outside)
        outside = named.__contains__
    beyond[[place for place, name in enumerate(given.accounts) if outside(name)]] = 1
    source, target = (np.where(side < 0, world, side).astype(np.int32)[keep] for side in (given.payer, given.payee))
    none = np.empty(0, np.int64)
    stated = (none, none, none, none)
    if len(given.stated[0]) and balances != "ignore":
        first, second, third, fourth = (column[keep] for column in given.stated)
        stated = (first, second, third, fourth)
    amount = given.amount[keep]
    if len(amount) and (int(amount.min()) < 0 or int(amount.max()) > HIGHEST_MONEY_MINOR):
        raise TraceError("an amount below zero or above what one payment can be; amounts are whole minor units")
    free = np.full(len(keep), NO_THEFT, np.int32)
    return _Work(currency, given.accounts, keep, at if not len(back) else given.at[keep], source, target, amount, free,
                 stated, given.ids, beyond, notes)  # fmt: skip


def _count(number: int, what: str) -> str:
    return f"{number:_} {what}{'' if number == 1 else 's'}"


def _mark(work: _Work, given: Transfers, thefts: Sequence[Theft]) -> tuple[tuple[str, ...], Codes]:
    """Mark the stolen movements; a theft of a part of a payment makes two of it, the stolen part first."""
    places = _places(work, thefts)
    victims: dict[str, int] = {}
    home = np.full(len(work.accounts) + 1, NO_THEFT, np.int32)
    split: dict[int, int] = {}
    for theft in thefts:
        place = _place(places[theft.payment], given, theft)
        account = int(work.source[place])
        name = theft.victim
        if name is None:
            if account == len(work.accounts):
                raise TraceError(f"the theft `{theft.payment}` was paid from outside: name its victim")
            name = work.accounts[account]
        victim = victims.setdefault(name, len(victims))
        if work.theft[place] != NO_THEFT:
            raise TraceError(f"the payment `{theft.payment}` is named as a theft twice")
        if account == work.target[place]:
            raise TraceError(f"the payment `{theft.payment}` goes back to its own account: nothing was stolen by it")
        work.theft[place] = victim
        if not work.outside[account]:
            if home[account] not in (NO_THEFT, victim):
                raise TraceError(
                    f"account `{masked(work.accounts[account])}` has two victims: give its thefts one name"
                )
            home[account] = victim
        if theft.amount_minor is not None:
            if not 0 <= theft.amount_minor <= int(work.amount[place]):
                raise TraceError(
                    f"of `{theft.payment}`, which is {work.money(work.amount[place])}, no "
                    f"{work.money(theft.amount_minor)} can be stolen"
                )
            split[place] = theft.amount_minor
    _split(work, split)
    return tuple(victims), home


def _places(work: _Work, thefts: Sequence[Theft]) -> dict[str, list[int]]:
    """Where the payments that thefts name are, among those that moved."""
    places: dict[str, list[int]] = {theft.payment: [] for theft in thefts}
    for place, name in enumerate(work.ids[work.row].tolist()):
        if name in places:
            places[name].append(place)
    return places


def _place(places: list[int], given: Transfers, theft: Theft) -> int:
    """The one place of a stolen payment."""
    if len(places) == 1:
        return places[0]
    if len(places) > 1:
        raise TraceError(f"{len(places)} transfers have the id `{theft.payment}`, so it says not which was stolen")
    if (given.ids == theft.payment).any():
        raise TraceError(f"the payment `{theft.payment}` moved no money, so nothing was stolen by it")
    raise TraceError(f"no transfer has the id `{theft.payment}`")


def _split(work: _Work, split: Mapping[int, int]) -> None:
    if not split:
        return
    places = np.array(sorted(split), np.int64)
    parts = np.array([split[int(place)] for place in places], np.int64)
    copies = np.ones(len(work.amount), np.int64)
    copies[places] = 2
    index = np.repeat(np.arange(len(work.amount)), copies)
    second = np.zeros(len(index), np.bool_)
    second[1:] = index[1:] == index[:-1]
    first = np.zeros(len(index), np.bool_)
    first[:-1] = second[1:]
    amount = work.amount[index]
    amount[second] -= parts
    amount[first] = parts
    work.row, work.at, work.amount = work.row[index], work.at[index], amount
    work.source, work.target, work.theft = work.source[index], work.target[index], work.theft[index]
    work.theft[second] = NO_THEFT
    if len(work.stated[0]):
        columns = [column[index] for column in work.stated]
        for place, column in enumerate(columns):
            column[second if place % 2 == 0 else first] = MISSING
        work.stated = (columns[0], columns[1], columns[2], columns[3])


def _sum(values: Integers) -> int:
    """Exact, however large: the halves are summed apart."""
    return (int((values >> _HALF).sum()) << _HALF) + int((values & ((1 << _HALF) - 1)).sum())


def _openings(work: _Work, given: Mapping[str, int]) -> tuple[Integers, NDArray[np.int8]]:
    from ..kernel.trace_balances import openings

    if _sum(work.amount) > MOST_MONEY // 4:
        raise TraceError("more money than can be counted in one trace; trace a part of the history")
    opening = np.zeros(len(work.accounts) + 1, np.int64)
    known = np.zeros(len(work.accounts) + 1, np.int8)
    places = {name: place for place, name in enumerate(work.accounts)} if given else {}
    for name, minor in given.items():
        if name not in places:
            raise TraceError(f"an opening balance is given for account `{masked(name)}`, which is in no transfer")
        if abs(minor) > HIGHEST_MONEY_MINOR:
            raise TraceError(f"the opening balance of account `{masked(name)}` is beyond what an account can hold")
        opening[places[name]], known[places[name]] = minor, 1
    openings(work.source, work.target, work.amount, work.outside, work.stated, opening, known)
    if _sum(np.abs(opening)) > MOST_MONEY // 4:
        raise TraceError("more money than can be counted in one trace; trace a part of the history")
    guessed = np.flatnonzero((known == 0) & (opening > 0))
    if len(guessed):
        named = ", ".join(f"`{work.accounts[a]}` {work.money(opening[a])}" for a in guessed[:MOST_NAMED])
        work.notes.append(
            f"no balance is stated for {_count(len(guessed), 'account')} that paid more than came in: the least with "
            f"which no payment overdraws is taken as their own money from the start ({named}"
            f"{', ...' if len(guessed) > MOST_NAMED else ''})"
        )
    return opening, known


def _walk(
    work: _Work, opening: Integers, adjust: bool
) -> tuple[Integers, Codes, Codes, Integers, NDArray[np.int8], Integers]:
    """The movements, counted first and then written down; and the closing balances."""
    from ..kernel.trace_balances import walk

    size = 0
    while True:
        balances, debts = np.maximum(opening, 0), np.maximum(-opening, 0)
        rows, amounts, used = np.empty(size, np.int64), np.empty(size, np.int64), np.zeros(1, np.int64)
        sources, targets = np.empty(size, np.int32), np.empty(size, np.int32)
        kinds = np.empty(size, np.int8)
        row, whose = walk(
            work.source, work.target, work.amount, work.outside, work.stated, int(adjust), balances, debts,
            (rows, sources, targets, amounts, kinds, used),
        )  # fmt: skip
        if row >= 0:
            raise TraceError(_differs(work, int(row), int(whose), balances, debts))
        if int(used[0]) == len(work.amount):
            every = np.arange(len(work.amount), dtype=np.int64)
            return every, work.source, work.target, work.amount, np.zeros(len(every), np.int8), balances
        if size:
            if _sum(amounts) > MOST_MONEY:
                raise TraceError("more money than can be counted in one trace; trace a part of the history")
            _tell(work, kinds, amounts, sources, targets)
            return rows, sources, targets, amounts, kinds, balances
        size = int(used[0])


def _differs(work: _Work, row: int, whose: int, balances: Integers, debts: Integers) -> str:
    account = int(work.source[row] if whose < 2 else work.target[row])
    stated = work.money(work.stated[whose][row])
    found = work.money(balances[account] - debts[account])
    return (
        f"{_WHOSE[whose]} `{work.ids[work.row[row]]}` (row {work.row[row] + 1}) does not follow: account "
        f"`{work.accounts[account]}` is stated to have {stated}, and its payments so far leave {found}; a transfer is "
        "missing or its balance is wrong. With `adjust`, the difference counts as money that moved unseen"
    )


def _tell(work: _Work, kinds: NDArray[np.int8], amounts: Integers, sources: Codes, targets: Codes) -> None:
    said = {
        1: "money appeared in {n}, {m} in all, that no transfer brought: it counts as nobody's stolen money",
        2: "money vanished from {n}, {m} in all, by no transfer: it counts as paid to outside",
        3: "{n} went below zero: the bank lent {m} in all, which what came in next repaid first",
    }
    for kind, sentence in said.items():
        mine = kinds == kind
        if mine.any():
            accounts = np.unique((sources if kind == 2 else targets)[mine])
            total = work.money(_sum(amounts[mine]))
            work.notes.append(sentence.format(n=_count(len(accounts), "account"), m=total))


def as_thefts(given: str | Theft | Iterable[str | Theft]) -> list[Theft]:
    """One theft or many; a text is a payment's id."""
    many = [given] if isinstance(given, str | Theft) else list(given)
    return [Theft(each) if isinstance(each, str) else each for each in many]
