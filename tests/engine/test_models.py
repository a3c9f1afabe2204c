"""A host's own pydantic model: its fields in the rules, its instances as events."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

import riskrules as rr

from .samples import payment


class Basket(BaseModel):
    """What a shop knows of an order."""

    total: Annotated[Decimal, rr.Kind("money")] = Field(description="what the goods cost", le=50_000)
    gift: bool | None = Field(None, description="the goods go to somebody else")
    shipping: Literal["post", "courier"] = Field(description="how the goods travel")


TEXT = """
ruleset shop version 2026.1
  currency EUR

rule gift_by_courier
  "A costly gift travels by courier"
  when    basket.gift else no
  and     basket.total >= 500.00 EUR
  and     basket.shipping = courier
  then    verify
  responsible payee.account
"""


def basket(**more: object) -> dict[str, object]:
    return {**payment(currency="EUR"), "basket": {"total": "500.00", "gift": True, "shipping": "courier", **more}}


def test_a_hosts_fields_are_fields_of_the_language() -> None:
    """Rules read a model's members by their path, with kind, bounds and optionality as the model says."""
    rules = rr.loads(TEXT, "shop.risk", fields=rr.fields_of(Basket, prefix="basket", currency="EUR"))
    engine = rr.Engine(rules)
    assert engine.decide(basket()).action == rr.Action.VERIFY
    assert engine.decide(basket(total="499.99")).action == rr.Action.ALLOW
    assert engine.decide(basket(gift=None)).action == rr.Action.ALLOW
    for changes in ({"total": "50000.01"}, {"shipping": "drone"}, {"shipping": None}, {"gift": "yes"}):
        with pytest.raises(rr.PaymentError, match=r"^at basket\."):
            engine.decide(basket(**changes))


def test_without_the_model_the_names_are_unknown() -> None:
    """A field that neither the payment nor the host nor the file declares is a mistake of the file."""
    with pytest.raises(rr.RulesetError, match="unknown-name"):
        rr.loads(TEXT, "shop.risk")


def test_the_fields_travel_with_the_ruleset(tmp_path: object) -> None:
    """A saved ruleset has the host's fields in it, and its fingerprint is the same."""
    rules = rr.loads(TEXT, "shop.risk", fields=rr.fields_of(Basket, prefix="basket", currency="EUR"))
    path = f"{tmp_path}/shop.rules"
    rules.save(path)
    saved = rr.load(path)
    assert saved.fingerprint == rules.fingerprint
    assert rr.Engine(saved).decide(basket()).fired == ("gift_by_courier",)


def test_a_host_cannot_turn_a_field_into_another_thing() -> None:
    """A host's field of the payment's own name has to be of the payment's kind."""

    class Wrong(BaseModel):
        amount: bool = Field(description="not an amount")

    with pytest.raises(ValueError, match="amount"):
        rr.loads(TEXT, "shop.risk", fields=rr.fields_of(Wrong, currency="CNY"))


def test_a_payment_model_is_an_event() -> None:
    """`rr.Payment` and a mapping are decided alike."""
    rules = rr.loads("ruleset a version 2026.1\n  currency CNY\nrule r \"r\" when amount > 99.99 CNY then warn\n")
    engine = rr.Engine(rules)
    event = {"id": "P-1", "occurred_at": "2026-06-15T10:00:00Z", "amount": "100.00"}
    assert engine.decide(rr.Payment(**event)).act == engine.decide(event).act == "warn"
