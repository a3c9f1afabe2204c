"""A case of frozen money that goes back: what was divided, decided, announced, objected to and paid, and what follows.

A case is facts that do not change, each with its time; what each victim's part is waiting for at a moment is worked out
from them and from the rules on returns, which are asked about every part. Periods and ranks stand in those rules
alone. A decision and a notice are about one division, by its fingerprint: a new victim or another amount makes another
division, which needs both anew. What was paid stays paid; the next division starts from what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .order_book import Decides
from .return_facts import MOST_FACTS, Approval, Notice, Objection, Part, Payment
from .returns import Division, Frozen, ReturnError, Victim, divided


@dataclass(frozen=True)
class ReturnCase:
    """The facts of a case. ReturnError where they contradict each other. `earlier`: payments of divisions before this
    one; `victims` and `accounts` are as they were before those."""

    id: str
    currency: str
    accounts: tuple[Frozen, ...]
    victims: tuple[Victim, ...]
    approval: Approval | None = None
    notices: tuple[Notice, ...] = ()
    objections: tuple[Objection, ...] = ()
    paid: tuple[Payment, ...] = ()
    earlier: tuple[Payment, ...] = ()

    def __post_init__(self) -> None:
        facts = (*self.notices, *self.objections, *self.paid, *self.earlier)
        if len(facts) > MOST_FACTS:
            raise ReturnError(f"a case has at most {MOST_FACTS:_} notices, objections and payments")
        names = [*(o.id for o in self.objections)], [p.reference for p in (*self.paid, *self.earlier)]
        for what, given in zip(("objections have the id", "payments have the reference"), names, strict=True):
            twice = next((x for x in given if given.count(x) > 1), None) if len(set(given)) < len(given) else None
            if twice is not None:
                raise ReturnError(f"two {what} `{twice}`")
        lines = {(line.account, line.victim): line for line in self.division.lines}
        done: set[tuple[str, str]] = set()
        for payment in self.paid:
            key = (payment.account, payment.victim)
            line = lines.get(key)
            if (
                line is None
                or key in done
                or (line.amount_minor, line.to_account)
                != (
                    payment.amount_minor,
                    payment.to_account,
                )
            ):
                why = "was paid before" if key in done else "is no part of the division"
                raise ReturnError(f"the payment `{payment.reference}` {why}, in its amount and its account")
            done.add(key)

    @cached_property
    def division(self) -> Division:
        """Who gets what, of what earlier payments left. What a victim got from an account is no longer its there."""
        out, to, both = _sums(self.earlier)
        accounts = tuple(
            replace(
                a,
                frozen_minor=a.frozen_minor - out.get(a.account, 0),
                into={v: max(0, m - both.get((a.account, v), 0)) for v, m in a.into.items()},
            )
            for a in self.accounts
        )
        victims = tuple(replace(v, returned_minor=v.returned_minor + to.get(v.id, 0)) for v in self.victims)
        return divided(accounts, victims, self.currency)

    def revised(self, accounts: Sequence[Frozen] | None = None, victims: Sequence[Victim] | None = None) -> ReturnCase:
        """The case with other accounts or victims: a new division, which needs a decision and a notice of its own.
        Objections that were not reviewed go on."""
        return replace(
            self,
            accounts=self.accounts if accounts is None else tuple(accounts),
            victims=self.victims if victims is None else tuple(victims),
            approval=None,
            notices=(),
            objections=tuple(o for o in self.objections if o.reviewed_at_us is None),
            paid=(),
            earlier=(*self.earlier, *self.paid),
        )

    def parts(self, engine: Decides, at_us: int) -> tuple[Part, ...]:
        """What each line of the division is waiting for at a moment. Later facts do not count."""
        from .return_parts import parts_of

        return parts_of(self, engine, at_us)

    def paper_trail(self, engine: Decides, at_us: int, *, whole_ids: bool = True) -> dict[str, Any]:
        """All of it as plain values for JSON; with `whole_ids=False` account numbers and people's ids are masked."""
        from .return_paper import paper_trail

        return paper_trail(self, engine, at_us, whole_ids)


def _sums(payments: Sequence[Payment]) -> tuple[dict[str, int], dict[str, int], dict[tuple[str, str], int]]:
    """By account, by victim, and by both."""
    out: dict[str, int] = {}
    to: dict[str, int] = {}
    both: dict[tuple[str, str], int] = {}
    for p in payments:
        out[p.account] = out.get(p.account, 0) + p.amount_minor
        to[p.victim] = to.get(p.victim, 0) + p.amount_minor
        both[p.account, p.victim] = both.get((p.account, p.victim), 0) + p.amount_minor
    return out, to, both
