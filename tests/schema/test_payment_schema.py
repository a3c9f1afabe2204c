"""The payment's table of fields."""

import re

import pytest

from riskrules.schema.fields import Field
from riskrules.schema.kinds import ENTITIES, KIND_NAMES
from riskrules.schema.models import natural
from riskrules.schema.payment import payment_schema
from riskrules.schema.values import read_value, show

FIELDS = list(payment_schema("CNY"))


def test_every_currency_has_its_own_amounts() -> None:
    """The sample amount is a hundred of the currency, whatever its digits."""
    for currency, amount in (("CNY", "100.00 CNY"), ("JPY", "100 JPY"), ("KWD", "100.000 KWD")):
        schema = payment_schema(currency)
        assert show(schema["amount"], int(schema["amount"].sample or 0)) == amount
        assert schema["currency"].sample == currency
        assert {f.kind.currency for f in schema if f.kind.name == "money"} == {currency}


def test_a_currency_that_cannot_be_counted_has_no_schema() -> None:
    """Gold has no minor unit, so nothing can be held in it."""
    with pytest.raises(ValueError):
        payment_schema("XAU")


@pytest.mark.parametrize("f", FIELDS, ids=lambda f: f.name)
def test_each_field_is_whole(f: Field) -> None:
    """A field has a known kind, a text of a line, bounds of its kind, and a place of its own in the event."""
    assert f.kind.name in KIND_NAMES
    assert 10 < len(f.text) < 80 and f.text[0].islower() and not f.text.endswith(".") and "the P" not in f.text
    assert re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*", f.name)
    if f.kind.numeric:
        assert f.lowest <= 0 and f.lowest < f.highest
    elif f.kind.name not in ("one of", "yes/no"):
        assert f.longest > 0
    assert [g.name for g in FIELDS if g.key == f.key] == [f.name]


@pytest.mark.parametrize("f", [f for f in FIELDS if f.sample is not None], ids=lambda f: f.name)
def test_a_sample_is_a_value_that_the_field_takes(f: Field) -> None:
    """A sample, given as a host would give it, is held as the sample."""
    assert f.sample is not None
    assert read_value(f, natural(f, f.sample)) == f.sample


def test_a_required_field_has_a_sample_or_is_worked_out() -> None:
    """An inline test can start from any required field; optional ones are missing unless it gives them."""
    for f in FIELDS:
        assert (f.sample is not None) == (f.of is None and (not f.optional or f.name == "currency")), f.name


def test_what_is_worked_out_has_its_base_and_is_there_when_the_base_is() -> None:
    """An age is of a time, an hour and a weekday of the payment's; it is required exactly when its base is."""
    schema = payment_schema("CNY")
    worked_out = [f for f in schema if f.of]
    assert len(worked_out) == 7
    for f in worked_out:
        assert f.of is not None
        base = schema[f.of[1]]
        assert base.kind.name == "time" and base.of is None and base.optional == f.optional
        assert f.kind.name == {"age": "duration", "hour": "count", "weekday": "one of"}[f.of[0]]


def test_every_instrument_of_a_duty_has_its_institution() -> None:
    """Accounts, merchants and wallets name the field of who has the duty for them."""
    schema = payment_schema("CNY")
    instruments = [f for f in schema if f.kind.name in ENTITIES - {"institution", "party"}]
    assert len(instruments) == 5
    for f in instruments:
        assert schema[f.partner].kind.name == "institution"


def test_names_are_the_payers_and_payees_alike() -> None:
    """What there is for the payer there is for the payee."""
    names = {f.name for f in FIELDS}
    assert {n.replace("payer.", "payee.") for n in names if n.startswith("payer.")} < names


def test_analysts_add_what_only_one_house_has() -> None:
    """The fields that the language's own page declares are not here, or the page would not check."""
    assert not {"payment.screen_shared", "payment.shown_in_chinese", "payment.fee"} & {f.name for f in FIELDS}
