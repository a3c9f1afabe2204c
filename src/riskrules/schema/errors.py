"""What is wrong with an event."""

from __future__ import annotations


class PaymentError(ValueError):
    """An event that cannot be decided. `field` is the path in the event (`payee.account.opened_at`), `problem` a
    sentence that never repeats an account or card number, `kind` a stable word: missing, wrong-kind,
    out-of-range, too-long, not-a-choice, wrong-currency, not-exact, not-an-event, no-calendar (a deadline lies in a
    year that the calendar lacks); of a claim also claimed-twice (two `liability` blocks hold)."""

    def __init__(self, field: str, problem: str, kind: str) -> None:
        super().__init__(f"at {field}: {problem}")
        self.field = field
        self.problem = problem
        self.kind = kind
