"""Schemas as pydantic models, and hosts' models as fields."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from riskrules.schema.errors import PaymentError
from riskrules.schema.host_models import ModelError, fields_of, schema_of
from riskrules.schema.kinds import RATIO, Kind
from riskrules.schema.models import Payment, model_of
from riskrules.schema.payment import ACCOUNT, COUNTRY, INSTITUTION, MONEY, payment_schema
from riskrules.schema.values import read_value

SCHEMA = payment_schema("CNY")
MODEL = model_of(SCHEMA)
LEAST: dict[str, Any] = {"id": "P1", "occurred_at": "2026-06-15T12:00:00+08:00", "amount": "12.50"}


def test_schema_to_model_and_back_loses_nothing() -> None:
    """The fields of a schema's model are the schema's given fields."""
    assert set(schema_of(MODEL)) == {f for f in SCHEMA if f.of is None}


def test_a_model_holds_what_programs_expect() -> None:
    """Values come out as decimals, aware datetimes and texts, parts as submodels."""
    payment = MODEL(**LEAST, payee={"account": {"id": "A2", "class": "ii"}})
    dumped = payment.model_dump(exclude_none=True)
    assert dumped == {
        "id": "P1",
        "occurred_at": datetime(2026, 6, 15, 4, tzinfo=UTC),
        "amount": Decimal("12.50"),
        "payee": {"account": {"id": "A2", "class": "ii"}},
    }
    assert dumped["amount"].as_tuple().exponent == -2


@pytest.mark.parametrize(
    "more",
    [
        {"amount": 0.1 + 0.2}, {"amount": True}, {"amount": "1e2"}, {"occurred_at": "2026-06-15T12:00:00"},
        {"payer": {"account": {"colour": "red"}}}, {"on_us": 1}, {"channel": "fax"}, {"risk_score": 2},
        {"payee": {"party": {"country": "cn"}}}, {"hour": 3},
    ],
)  # fmt: skip
def test_a_model_refuses_what_a_decision_would(more: dict[str, Any]) -> None:
    """The models' errors are the decisions' errors; unknown and worked-out fields are no part of it."""
    with pytest.raises(ValidationError):
        MODEL(**{**LEAST, **more})


def test_an_error_repeats_no_account() -> None:
    """Nothing of an id that was refused stands in the model's own message."""
    with pytest.raises(ValidationError) as e:
        MODEL(**LEAST, payer={"account": {"id": "6228SECRET" * 50}})
    assert "SECRET" not in str(e.value)


def test_the_model_of_no_currency_takes_amounts_of_any() -> None:
    """Four decimals fit some currency, five none; the decision refuses what does not fit its own."""
    assert Payment(**{**LEAST, "amount": "1.2345"}).model_dump()["amount"] == Decimal("1.2345")
    with pytest.raises(ValidationError):
        Payment(**{**LEAST, "amount": "1.23456"})
    with pytest.raises(PaymentError):
        read_value(SCHEMA["amount"], Decimal("1.2345"))


def test_a_model_is_frozen_and_says_what_fields_are() -> None:
    """A payment does not change under a decision, and its JSON schema tells what is what."""
    payment = MODEL(**LEAST)
    with pytest.raises(ValidationError):
        payment.amount = Decimal(1)  # type: ignore[attr-defined]  # built from the schema
    amount = MODEL.model_json_schema()["properties"]["amount"]
    assert amount["description"] == SCHEMA["amount"].text and MODEL.model_json_schema()["required"] == list(LEAST)


class Mood(Enum):
    CALM = "calm"
    HURRIED = "hurried"


class Courier(BaseModel):
    id: Annotated[str, ACCOUNT]
    bank: Annotated[str, INSTITUTION]


class Basket(BaseModel):
    total: Annotated[Decimal, MONEY] = Field(description="what the goods cost", le=5_000, examples=["3.50"])
    gift: bool | None = Field(None, description="the goods go to somebody else")
    items: int = Field(ge=1, lt=10)
    share: Annotated[float, RATIO, Field(le=1)]
    how: Literal["fast", "slow"]
    mood: Mood
    since: Annotated[datetime | None, Field(ge=datetime(2020, 1, 1, tzinfo=UTC))] = None
    wait: timedelta
    note: Annotated[str, Field(max_length=20)] | None = None
    to: Annotated[str, COUNTRY]


class Order(BaseModel):
    basket: Basket
    courier: Courier | None = None
    remark: str


def test_a_hosts_model_becomes_fields() -> None:
    """Types give kinds, constraints bounds, None optional, examples samples, markers what types leave open."""
    found = {f.name: f for f in fields_of(Order, currency="CNY")}
    kinds = {name: str(f.kind) for name, f in found.items()}
    assert kinds == {
        "basket.total": "money in CNY", "basket.gift": "yes/no", "basket.items": "count", "basket.share": "ratio",
        "basket.how": "one of (fast, slow)", "basket.mood": "one of (calm, hurried)", "basket.since": "time",
        "basket.wait": "duration", "basket.note": "text", "basket.to": "country", "payment.courier": "account",
        "courier.bank": "institution", "payment.remark": "text",
    }  # fmt: skip
    optional = {name for name, f in found.items() if f.optional}
    assert optional == {"basket.gift", "basket.since", "basket.note", "payment.courier", "courier.bank"}
    total = found["basket.total"]
    assert (total.lowest, total.highest, total.sample, total.text) == (0, 500_000, 350, "what the goods cost")
    assert (found["basket.items"].lowest, found["basket.items"].highest) == (1, 9)
    assert found["basket.share"].highest == 10**9 and found["basket.note"].longest == 20
    assert found["basket.since"].lowest == 1_577_836_800_000_000
    assert found["payment.courier"].key == "courier.id" and found["payment.remark"].key == "remark"


def refused(annotation: Any, **more: Any) -> str:
    class Host(BaseModel):
        member: annotation = Field(**more)

    with pytest.raises(ModelError) as e:
        list(fields_of(Host, "shop"))
    assert e.value.field == "shop.member"
    return e.value.problem


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (list[int], "no kind of the language"),
        (Any, "no kind of the language"),
        (int | str, "no kind of the language"),
        (dict[str, int], "no kind of the language"),
        (Literal["A-B"], "lower-case names"),
        (Literal[1], "lower-case names"),
        (Annotated[Decimal, MONEY], "in no currency"),
        (Annotated[str, RATIO], "which its type cannot be"),
        (Annotated[str, Kind("wallet")], "known by its id"),
    ],
)
def test_what_the_language_has_no_kind_for_is_an_error_at_the_member(annotation: Any, words: str) -> None:
    """A member that cannot be a field is named, and never left out."""
    assert words in refused(annotation)


def test_an_example_must_fit() -> None:
    """A sample is a value of the field, or the model is wrong."""
    assert "example" in refused(int, examples=[-1])


def test_a_model_within_itself_ends() -> None:
    """A model that holds itself is refused, not followed without end."""

    class Node(BaseModel):
        next: "Node | None" = None

    Node.model_rebuild(_types_namespace={"Node": Node})
    with pytest.raises(ModelError, match="deep"):
        list(fields_of(Node))
