"""What comparing the ways through the library found, each made small."""

from __future__ import annotations

from typing import Any

import pytest

from riskrules.checker.ruleset import check_text
from riskrules.engine.engine import Engine
from riskrules.engine.rules import loads
from riskrules.schema.errors import PaymentError

HEAD = "ruleset found version 2026.1\n  currency CNY\n"
PAYEE = {"id": "a1", "institution": "BANK-A"}


def engine(text: str) -> Engine:
    return Engine(loads(HEAD + text))


def event(**more: Any) -> dict[str, Any]:
    return {"id": "p1", "occurred_at": "2026-06-15T04:00:00Z", "amount": "12.00", **more}


@pytest.mark.parametrize("product", ["{} * 50%", "50% * {}", "{} * rate", "rate * {}", "{} * {}"])
@pytest.mark.parametrize("factor", ["people", "rate", "50%", "2"])
def test_a_product_has_one_kind_in_either_order(product: str, factor: str) -> None:
    """What may be multiplied, and what comes of it, does not depend on the order."""
    fields = 'field rate number "r"\nfield people count "p"\n'
    left, right = product.format(factor, factor).split(" * ")
    said = []
    for one in (f"{left} * {right}", f"{right} * {left}"):
        for limit in ("3", "3%"):
            checked = check_text(f'{HEAD}{fields}rule r "r" when {one} >= {limit} then warn\n')
            said.append([d.code for d in checked.errors])
    assert said[:2] == said[2:]


def test_a_rule_answers_once_for_an_instrument() -> None:
    """A rule that names the same instrument in two ways stands once among those that say so."""
    made = engine('rule r "r" when amount > 1 CNY then reject responsible payee responsible payee.account\n')
    (duty,) = made.decide(event(payee={"account": PAYEE})).duties
    assert duty.rule == "r"


def test_an_age_that_only_a_notice_shows_is_read_before_the_payment_is_decided() -> None:
    """A payment that cannot be read is refused by `decide`, never by a later look at the decision."""
    made = engine('rule r "r" when amount > 1 CNY then warn tell payer "{payee.account.age}"\n')
    late = event(payee={"account": {**PAYEE, "opened_at": "2026-06-16T04:00:00Z"}})
    with pytest.raises(PaymentError) as told:
        made.decide(late)
    assert (told.value.field, told.value.kind) == ("payee.account.age", "out-of-range")


def test_a_window_that_only_a_notice_shows_is_read_before_the_payment_is_decided() -> None:
    """The same for a window that the host gives."""
    made = engine(
        "window w = count by payee.account over 1h\n"
        'rule r "r" when amount > 1 CNY then warn tell payer "{w}"\n'
    )  # fmt: skip
    with pytest.raises(PaymentError) as told:
        made.decide(event(payee={"account": PAYEE}), windows={"w": "many"})
    assert (told.value.field, told.value.kind) == ("w", "wrong-kind")


@pytest.mark.parametrize("far", [10**15 + 1, 10**18, -(10**18)])
def test_a_window_is_read_alike_by_a_decision_and_by_its_reasons(far: int) -> None:
    """A sum that a decision took can be shown; one that cannot be shown is refused at once."""
    made = engine(
        "window w = sum payment.factors by payee.account over 1h\n"
        'rule r "r" when w != 1 then warn tell payer "{w}"\n'
    )  # fmt: skip
    refused_at, fired = "", ("r",)
    try:
        decision = made.decide(event(payee={"account": PAYEE}), windows={"w": far})
    except PaymentError as e:
        refused_at = e.field
    else:
        fired = decision.fired if decision.notices else ()
    assert refused_at in ("", "w") and fired == ("r",)
