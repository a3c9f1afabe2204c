"""Follow stolen money through a history of transfers, hop by hop, by one of seven methods.

What "the stolen money" is, once it lies in an account with other money, is not a fact but a rule, and courts differ.
So the rule is chosen by name, and each is exact. In all of them: amounts are whole minor units and nothing is lost by
rounding; transfers come in order of time, those of equal time in the order of the history; a transfer of zero and one
from an account to itself move nothing; money goes round in circles as it does in truth, since each transfer is one step
in time. A victim's money that comes back to the victim's account (one that a theft of this victim was paid from) is
returned, and is the account's own money from then on. Money that a second theft takes is the second victim's from then
on. What an account held before, or gets from elsewhere, is its own money.

**fifo** (Clayton's Case). A payment takes the oldest money in the account first. What leaves together arrives in the
order in which it lay.
**lifo**. A payment takes the newest money first; it arrives in the order in which it lay, the oldest of it first.
**pro_rata** (rolling charge, haircut). A payment takes of every victim's money, and of the account's own, its part of
the balance: amount times share over balance, rounded down, and the units that are left over go one each to the largest
remainders, equal ones to the earlier victim (in the order of the thefts given) and to the account's own money last.
**direct**. Money is followed only where there is no question: while an account holds one victim's money and nothing
else, or pays out all that it has. At the first other payment out of a mixture its stolen money is `lost`.
**poison**. An account that stolen money touched is tainted whole, and so is all that it pays, until it is empty. Each
victim is followed alone, so amounts of several victims overlap, and exceed what was stolen: for screening only. What
was tainted by touch is counted as `swept`.
**pari_passu**. Followed as `pro_rata`; but at the end each account's balance is shared in proportion to what was
brought in since it was last empty (of a victim at most what was stolen), nobody gets more than that, and what one
cannot take goes to the others in the same proportion. `pool`: whether the account's own money shares ("all") or only
the victims do ("victims").
**cn_article_8** (银监发〔2016〕41号 Art 8). For each account and payment, the first that applies: (1) direct, as above;
(2) time stamps: a payment that takes up one credit whole, in the amount that is left of it, is that credit; of several
such the earliest, unless the two earliest bear one time stamp; (3) in proportion: the account is pooled until it is
empty. Out of a pool money goes on as in `pro_rata`; at the end its balance is shared among the victims as in
`pari_passu`. What an account held when the first stolen money came to it counts as one credit.

`lowest_balance`: the claims that are shared by, and every holding, are capped by the lowest intermediate balance (see
`Holding.lowest_minor`). Shares are rounded by largest remainder to the minor unit, equal remainders to the earlier
victim; all accounts together give a victim no more than what is still missing (cut down in proportion, accounts in the
order of their names), and what is cut off stays frozen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from .following import ENTRIES, LOTS, Followed, follow
from .ledger import Balances, Ledger, Outside, as_thefts, make_ledger
from .result import LOST, METHODS, Cut, Limits, Method, Theft, Trace, TraceError
from .sharing import Sharing
from .transfers import read_transfers

if TYPE_CHECKING:
    from ..bridges.maps import Map

Pool: TypeAlias = Literal["victims", "all"]

NO_LIMITS = Limits()


def trace(
    transfers: object,
    thefts: str | Theft | Iterable[str | Theft],
    *,
    currency: str,
    method: Method = "fifo",
    map: str | Path | Map | None = None,
    outside: Outside = (),
    opening: Mapping[str, int] | None = None,
    balances: Balances = "check",
    sort: bool = False,
    limits: Limits = NO_LIMITS,
    pool: Pool = "victims",
    share_by: Literal["brought", "loss"] = "brought",
    lowest_balance: bool = False,
) -> Trace:
    """Where the stolen money went. TraceError says what cannot be traced and why, TableError what cannot be read.

    `transfers`: a table that speaks Arrow, a file, `Transfer`s or mappings (`funds.transfers`); `map` says which column
    is what. `thefts`: ids of stolen payments, or `Theft`s. `outside`, `opening`, `balances`, `sort`: see
    `funds.ledger.make_ledger`. `limits`: where the trace ends. `pool`, `share_by` (what a victim's claim on an account
    counts as: what was brought into it, or the whole loss) and `lowest_balance`: see above.
    """
    _check(method, pool, share_by, balances, limits)
    chosen = as_thefts(thefts)
    ledger = make_ledger(read_transfers(transfers, currency, map), chosen, currency, outside, opening, balances, sort)
    return trace_ledger(ledger, method, limits, Sharing(pool, share_by, lowest_balance))


def trace_ledger(ledger: Ledger, method: Method, limits: Limits, sharing: Sharing) -> Trace:
    """The same for a ledger that was made before: several methods over one history."""
    stop = len(ledger)
    if limits.until_us is not None:
        stop = int(np.searchsorted(ledger.at, limits.until_us, side="right"))
    followed = follow(ledger, method, limits, stop)
    cut = _cut(ledger, followed, limits, stop)
    found = Trace(
        method, ledger.currency, ledger.victims, followed.entries, ledger, cut, ledger.assumptions, limits, sharing,
        followed,
    )  # fmt: skip
    found.totals()
    return found


def _check(method: str, pool: str, share_by: str, balances: str, limits: Limits) -> None:
    for name, given, known in (
        ("method", method, METHODS),
        ("pool", pool, ("victims", "all")),
        ("share_by", share_by, ("brought", "loss")),
        ("balances", balances, ("check", "adjust", "ignore")),
    ):
        if given not in known:
            raise TraceError(f"no {name} `{given}`; there are {', '.join(f'`{k}`' for k in known)}")
    for name in ("smallest_minor", "hops", "entries", "lots"):
        if getattr(limits, name) < 1:
            raise TraceError(f"the limit `{name}` must be at least 1")


def _cut(ledger: Ledger, followed: Followed, limits: Limits, stop: int) -> Cut | None:
    """What lies beyond the trace; None where it is whole."""
    entries = followed.entries
    because = []
    stopped = None
    if followed.stopped in (LOTS, ENTRIES):
        what = "lots of money" if followed.stopped == LOTS else "entries"
        most = limits.lots if followed.stopped == LOTS else limits.entries
        stopped = int(ledger.at[followed.stop])
        place = _id(ledger, followed.stop)
        because.append(f"the trace explodes: it needs more than {most:_} {what}, and stops before `{place}`")
    elif stop < len(ledger):
        because.append(f"{len(ledger) - stop:_} later movements are not read: they come after the time limit")
    lost = entries.way == LOST
    lost_minor = sum(entries.amount[lost].tolist())
    if lost.any():
        because.append(
            f"{int(lost.sum()):_} parts of payments are no longer followed: too small, too many hops, or not "
            "identifiable"
        )
    if not because:
        return None
    later = np.zeros(len(ledger.accounts) + 1, np.bool_)
    later[ledger.source[followed.stop :]] = True
    open_minor = sum(followed.amount[later[followed.account]].tolist())
    return Cut(tuple(because), lost_minor, stopped, len(ledger) - followed.stop, open_minor)


def _id(ledger: Ledger, movement: int) -> str:
    return str(ledger.ids[ledger.row[movement]])
