"""A schema as a pydantic model, so that a host's editor and its own checks know the payment's fields.

Each value passes through `read_value` first, so the model refuses exactly what a decision would refuse, and holds
what Python programs expect (`Decimal`, `datetime`, `timedelta`). The constraints stand beside it for readers and
for JSON Schema.

Which fields a payment needs depends on the ruleset: it must carry what the ruleset reads. A model cannot know
that, so it asks only for the few fields without which nothing is a payment; the rest may be left out there and is
asked for when a decision reads it.

`Payment` belongs to no currency, since one gateway may serve rulesets of several: its amounts have at most the
four minor digits that any currency has, and a decision checks them against the ruleset's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal

import pydantic
from pydantic import BaseModel, BeforeValidator, ConfigDict, create_model

from ..base.hiding import masked, without_card_numbers
from ..base.money import MOST_MINOR_DIGITS
from .fields import Field, Schema, Value
from .kinds import ENTITIES
from .limits import HIGHEST_MONEY_MINOR
from .payment import MONEY, payment_schema
from .values import decimals_of, read_value

ALWAYS = ("id", "occurred_at", "amount", "claim.loss")
"""Fields without which an event is no payment or no claim, where its schema asks for them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONFIG = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)  # an error repeats no account
_TYPES: dict[str, Any] = {
    "money": Decimal,
    "number": Decimal,
    "ratio": Decimal,
    "count": int,
    "time": datetime,
    "duration": timedelta,
    "yes/no": bool,
}
Tree = dict[str, "Field | Tree"]


class _Event(BaseModel):
    """A model that prints no account and no card number."""

    model_config = _CONFIG

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        fields = type(self).model_fields
        for name, value in super().__repr_args__():
            yield name, _printed(fields[name].metadata if name in fields else [], value)


def _printed(metadata: list[Any], value: Any) -> Any:
    if isinstance(value, Decimal | int) and (shown := without_card_numbers(str(value))) != str(value):
        return shown  # nobody pays a trillion; somebody puts a card's number where the amount belongs
    if not isinstance(value, str):
        return value
    entity = any(isinstance(x, Field) and x.kind.name in ENTITIES - {"institution"} for x in metadata)
    return masked(value) if entity else without_card_numbers(value)


def natural(field: Field, held: Value) -> object:
    """A held value as Python programs hold it: `Decimal`, `int`, `datetime` (UTC), `timedelta`, `bool` or `str`."""
    name = field.kind.name
    if name in ("money", "number", "ratio"):
        assert isinstance(held, int), field.name
        number = Decimal((int(held < 0), tuple(map(int, str(abs(held)))), -decimals_of(field)))
        return number if field.kind.currency else _shortest(number)
    if name == "time":
        return _EPOCH + timedelta(microseconds=int(held))
    if name == "duration":
        return timedelta(microseconds=int(held))
    return held


def model_of(schema: Schema, name: str = "", always: tuple[str, ...] = ALWAYS) -> type[BaseModel]:
    """The schema's given fields as a model with a submodel for each part of a path. Worked-out fields are none of
    the model's, since they are never given. `always`: names of the fields that it requires."""
    tree: Tree = {}
    for field in schema:
        if field.of is not None:
            continue
        here = tree
        for part in field.path[:-1]:
            inside = here.setdefault(part, {})
            assert isinstance(inside, dict), field.name
            here = inside
        here[field.path[-1]] = field
    return _model(name or schema.event.title(), tree, always)


def _model(name: str, tree: Tree, always: tuple[str, ...]) -> type[BaseModel]:
    members: dict[str, Any] = {}
    for part, inside in tree.items():
        if isinstance(inside, dict):
            submodel = _model(f"{name}{part.title().replace('_', '')}", inside, always)
            members[part] = (submodel | None, None)
        else:
            members[part] = _member(inside, inside.name in always and not inside.optional)
    return create_model(name, __base__=_Event, **members)


def _member(field: Field, required: bool) -> tuple[Any, Any]:
    """Type and default of one leaf. The field itself travels along, so that nothing is lost on the way back."""
    kind = Literal[field.kind.choices] if field.kind.name == "one of" else _TYPES.get(field.kind.name, str)
    limits: dict[str, Any] = {}
    if field.kind.numeric:
        limits = {"ge": natural(field, field.lowest), "le": natural(field, field.highest)}
    elif kind is str:
        limits = {"min_length": 1, "max_length": field.longest}
    about = pydantic.Field(description=field.text, examples=_examples(field), **limits)
    read = BeforeValidator(partial(_checked, field))
    if required:
        return Annotated[kind, read, about, field], ...
    return Annotated[kind | None, read, about, field], None


def _examples(field: Field) -> list[Any] | None:
    return None if field.sample is None else [natural(field, field.sample)]


def _checked(field: Field, given: object) -> object:
    """The value as the model holds it. PaymentError, which pydantic reports, when it does not fit."""
    return None if given is None else natural(field, read_value(field, given))


def _shortest(number: Decimal) -> Decimal:
    """Without zeros at the end: 0.8 rather than 0.800000000."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int), number
    while exponent < 0 and digits[-1] == 0 and len(digits) > 1:
        digits, exponent = digits[:-1], exponent + 1
    return Decimal((sign, digits, exponent if any(digits) else 0))


def schema_of_any_currency() -> Schema:
    """The payment's schema with amounts in no currency yet: as wide as the widest, as fine as the finest."""
    most = HIGHEST_MONEY_MINOR * 10**MOST_MINOR_DIGITS

    def neutral(field: Field) -> Field:
        if field.kind.name == "money":
            lowest = -most if field.lowest < 0 else 0
            return replace(field, kind=MONEY, lowest=lowest, highest=most, sample=None)
        return replace(field, sample=None) if field.name == "currency" else field

    return Schema("payment", map(neutral, payment_schema("EUR")))


Payment = model_of(schema_of_any_currency())
"""A payment of any currency, for hosts that like their events typed. A plain mapping serves as well."""
