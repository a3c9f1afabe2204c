"""What a trace found: the way of the stolen money as a journal of entries, and every question answered from it.

A trace is kept as entries, one for each payment and victim whose money was on it, and never as a set of balances: where
the money was at any moment is the sum of the entries until then, so that a question about last Tuesday costs no second
trace, and so that conservation can be asserted from the journal itself.

Every amount is whole minor units of one currency. For each victim, at every moment:

    stolen + swept = returned + stolen_again + held + left + lost

`swept` is not zero for `poison` only: money that was never the victim's and was tainted by touch. So what is still
tainted, `held + left + lost`, is what was stolen, less what came back, less what another thief took over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .printed import Printed

if TYPE_CHECKING:
    from .following import Followed
    from .ledger import Ledger
    from .sharing import Sharing

Method: TypeAlias = Literal["direct", "fifo", "lifo", "pro_rata", "poison", "pari_passu", "cn_article_8"]
METHODS: tuple[Method, ...] = ("direct", "fifo", "lifo", "pro_rata", "poison", "pari_passu", "cn_article_8")

Way: TypeAlias = Literal["theft", "moved", "returned", "stolen again", "left", "lost"]
WAYS: tuple[Way, ...] = ("theft", "moved", "returned", "stolen again", "left", "lost")
"""What an entry did with a victim's money:

theft         the theft itself: from the victim's account, hop 1
moved         on to another account that the history shows
returned      into an account of the victim it was stolen from: the taint ends
stolen again  taken from its holder by another theft: it is the later victim's from here
left          out of what the history shows: cash, or an account outside (a theft may do this at once: see `hop`)
lost          no longer followed, at the account `to`: beyond a limit, or not identifiable by `direct`
"""
THEFT, MOVED, RETURNED, STOLEN_AGAIN, LEFT, LOST = range(6)


class TraceError(ValueError):
    """A history or a theft that cannot be traced; a sentence that names the row and what to change."""


@dataclass(frozen=True, slots=True, repr=False)
class Theft(Printed):
    """One stolen payment. `payment`: its id in the history. `victim`: a name, the paying account's where None; several
    thefts may have one victim. `amount_minor`: the stolen part, all of the payment where None."""

    payment: str
    victim: str | None = None
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a trace ends, each with what happens there. What lies beyond is told in `Trace.cut`, never dropped.

    `smallest_minor`: a victim's part of one payment that is smaller is `lost` (1: every part is followed).
    `hops`: money that makes a further transfer than this many is `lost` where it arrives.
    `until_us`: later rows are not read (microseconds since 1970). `entries`, `lots`: the trace stops at the row
    that would need more; they bound the memory (about 35 and 60 bytes each)."""

    smallest_minor: int = 1
    hops: int = 64
    until_us: int | None = None
    entries: int = 50_000_000
    lots: int = 50_000_000


@dataclass(frozen=True, slots=True)
class Cut:
    """Why a trace is not whole. `because`: a sentence for each reason. `lost_minor`: stolen money that is no longer
    followed, in all. `stopped_at_us`: where the trace had to stop (too many lots or entries), else None.
    `rows_not_read`: rows after that, or after `until_us`. `open_minor`: what was held in accounts that those rows go on
    to pay from, so that where it is now is not known."""

    because: tuple[str, ...]
    lost_minor: int
    stopped_at_us: int | None
    rows_not_read: int
    open_minor: int


@dataclass(frozen=True, slots=True, repr=False)
class Edge(Printed):
    """One entry: a victim's part of one payment. `hop`: 1 for the theft, else one more than the fewest transfers by
    which this money had come to `from_account`. `from_account` and `to_account` are None for cash and the like."""

    payment: str
    at_us: int
    from_account: str | None
    to_account: str | None
    victim: str
    amount_minor: int
    hop: int
    way: Way


@dataclass(frozen=True, slots=True, repr=False)
class Holding(Printed):
    """What one account holds for one victim at one moment.

    `amount_minor`: by the method; for `pari_passu` and `cn_article_8` the victim's share of the balance.
    `brought_minor`: how much of the victim's money came in since the account was last empty.
    `lowest_minor`: the lowest intermediate balance as a cap on the claim (Roscoe v Winder): what came in, cut down to
    the balance at each payment out. `balance_minor`: the whole balance. `since_us`: when the victim's money first came.
    `hop`: the fewest transfers by which it came. `institution`: who keeps the account, "" where not known.
    `why`: how the share was worked out: "direct", "time stamps", "in proportion", or the method."""

    account: str
    victim: str
    amount_minor: int
    brought_minor: int
    lowest_minor: int
    balance_minor: int
    since_us: int
    hop: int
    institution: str
    why: str


@dataclass(frozen=True, slots=True, repr=False)
class Totals(Printed):
    """One victim's money at one moment; see the identity at the top. `held_minor` is what was followed there; where
    balances are shared out (`pari_passu`, a pool of `cn_article_8`), the shares are in `Trace.where`."""

    victim: str
    stolen_minor: int
    swept_minor: int
    returned_minor: int
    stolen_again_minor: int
    held_minor: int
    left_minor: int
    lost_minor: int

    @property
    def tainted_minor(self) -> int:
        """Still tainted, wherever it is."""
        return self.held_minor + self.left_minor + self.lost_minor


@dataclass(frozen=True)
class Entries:
    """The journal, in the order of the history: arrays of one length. `row`: place in the ledger's rows; `source` and
    `target`: accounts; `victim`: place in `Trace.victims`; `way`: place in WAYS."""

    row: NDArray[np.int64]
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    victim: NDArray[np.int32]
    amount: NDArray[np.int64]
    hop: NDArray[np.int32]
    way: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, repr=False)
class Trace(Printed):
    """Where the stolen money went. `assumptions`: a sentence for each thing that the history did not say."""

    method: Method
    currency: str
    victims: tuple[str, ...]
    entries: Entries
    ledger: Ledger = field(repr=False)
    cut: Cut | None
    assumptions: tuple[str, ...]
    limits: Limits = field(repr=False)
    sharing: Sharing = field(repr=False)
    followed: Followed = field(repr=False)

    def where(self, at_us: int | None = None) -> tuple[Holding, ...]:
        """Every account that held a victim's money after the rows of that moment (the end where None): in the order
        in which it first came there, at one time by account and then by victim."""
        from .claiming import holdings

        return holdings(self, at_us)

    def totals(self, at_us: int | None = None) -> tuple[Totals, ...]:
        """Each victim's money at that moment, in the order of `victims`. Asserted to conserve."""
        from .standing import totals

        return totals(self, at_us)

    def edges(self) -> Iterator[Edge]:
        """The journal, one entry after the other."""
        from .standing import edges

        return edges(self)

    def left(self) -> tuple[Edge, ...]:
        """What went out of sight: cash-outs and payments to outside."""
        return tuple(edge for edge in self.edges() if edge.way == "left")

    def returned(self) -> tuple[Edge, ...]:
        """What came back to the victims."""
        return tuple(edge for edge in self.edges() if edge.way == "returned")

    def to_dict(self, at_us: int | None = None) -> dict[str, Any]:
        """Plain values for JSON: method, currency, victims, totals, where, edges, cut, assumptions."""
        from .standing import described

        return described(self, at_us)

    def to_arrow(self) -> Any:
        """The journal as a table that speaks Arrow: payment, at, from, to, victim, amount_minor, hop, way."""
        from .standing import arrow_of

        return arrow_of(self)
