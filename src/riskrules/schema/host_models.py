"""A host's own pydantic model as fields of the language.

The model is read, never run: types give kinds, constraints give bounds, a description says what the field is, the
first example is the harmless sample. What a type leaves open is said by a marker, which is one of the language's
kinds itself:

```python
class Basket(BaseModel):
    total: Annotated[Decimal, MONEY] = Field(description="what the goods cost", le=5_000)
    gift:  bool | None = Field(None, description="the goods go to somebody else")
```

A type that the language has no kind for is an error that names the field: a list, say, is for a window or a count.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from .errors import PaymentError
from .fields import Field, Schema
from .kinds import COUNT, DURATION, ENTITIES, NUMBER, TEXT, TIME, WORDS, YES_NO, Kind
from .payment import one_of, payment_schema, plain_field
from .values import read_value

_KINDS: dict[object, Kind] = {
    int: COUNT,
    float: NUMBER,
    Decimal: NUMBER,
    bool: YES_NO,
    str: TEXT,
    datetime: TIME,
    timedelta: DURATION,
}
_FITTING: dict[str, tuple[object, ...]] = {
    "money": (Decimal, int),
    "number": (Decimal, int, float),
    "ratio": (Decimal, int, float),
    "count": (int,),
    "time": (datetime,),
    "duration": (timedelta,),
    "yes/no": (bool,),
    **dict.fromkeys(WORDS - {"one of"}, (str,)),
}
_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_DEEPEST = 8  # of models within models; the payment's own are three deep


class ModelError(ValueError):
    """A model that does not become fields. `field` is the path of the member."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"at {field}: {problem}")
        self.field = field
        self.problem = problem


def schema_of(model: type[BaseModel], event: str = "payment", currency: str = "") -> Schema:
    """The model's fields as a schema of an event. ModelError for a member that cannot be one."""
    return Schema(event, fields_of(model, currency=currency))


def fields_of(model: type[BaseModel], prefix: str = "", currency: str = "") -> tuple[Field, ...]:
    """The fields of a model whose values stand in the event under `prefix` (dotted; empty: at its top).
    `currency` of money whose marker names none."""
    return tuple(_fields(model, tuple(prefix.split(".")) if prefix else (), currency, optional=False))


def _fields(model: type[BaseModel], path: tuple[str, ...], currency: str, optional: bool) -> Iterator[Field]:
    if len(path) > _DEEPEST:
        raise ModelError(".".join(path), f"models nested more than {_DEEPEST} deep")
    for member, info in model.model_fields.items():
        here = (*path, info.alias or member)
        key = ".".join(here)
        if not _NAME.fullmatch(here[-1]):
            raise ModelError(key, "names in the language are lower-case letters, digits and _; give it such an alias")
        inner, markers, missing = _unwrapped(info)
        missing = missing or optional
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _fields(inner, here, currency, missing)
            continue
        own = next((m for m in markers if isinstance(m, Field)), None)
        if own is not None:
            yield own
            continue
        yield _field(here, inner, markers, missing, info, currency)


def _unwrapped(info: FieldInfo) -> tuple[Any, list[object], bool]:
    """The bare type, everything that annotations say beside it, and whether it may be missing."""
    markers: list[object] = list(info.metadata)
    inner, missing = info.annotation, False
    while True:
        if get_origin(inner) is Annotated:
            inner, *more = get_args(inner)
            markers += more
            for one in more:
                markers += one.metadata if isinstance(one, FieldInfo) else []
        elif get_origin(inner) in (Union, types.UnionType):
            members = [m for m in get_args(inner) if m is not type(None)]
            if len(members) == len(get_args(inner)) or len(members) > 1:
                return inner, markers, missing
            inner, missing = members[0], True
        else:
            return inner, markers, missing


def _field(
    path: tuple[str, ...], inner: Any, markers: list[object], missing: bool, info: FieldInfo, currency: str
) -> Field:
    key = ".".join(path)
    kind = _kind(key, inner, next((m for m in markers if isinstance(m, Kind)), None), currency)
    name = _name(key, path, kind)
    text = info.description or path[-1].replace("_", " ")
    field = plain_field(name, kind, text, optional=missing)
    field = _bounded(key, field, markers)
    if info.examples:
        try:
            return replace(field, sample=read_value(field, info.examples[0]))
        except PaymentError as e:
            raise ModelError(key, f"its first example does not fit: {e.problem}") from None
    return field


def _kind(key: str, inner: Any, marker: Kind | None, currency: str) -> Kind:
    if marker is not None:
        if inner not in _FITTING.get(marker.name, ()):
            raise ModelError(key, f"marked as {marker}, which its type cannot be")
        if marker.name == "money" and not marker.currency:
            if not currency:
                raise ModelError(key, "money in no currency; say which when the model is taken in")
            return Kind("money", currency=currency)
        return marker
    if get_origin(inner) is Literal:
        return _choices(key, get_args(inner))
    if isinstance(inner, type) and issubclass(inner, Enum):
        return _choices(key, tuple(member.value for member in inner))
    try:
        return _KINDS[inner]
    except (KeyError, TypeError):
        raise ModelError(
            key, "its type is no kind of the language; use text, number, count, yes/no, time, duration or a choice"
        ) from None


def _choices(key: str, values: tuple[object, ...]) -> Kind:
    words = [v for v in values if isinstance(v, str) and _NAME.fullmatch(v)]
    if not words or len(words) < len(values):
        raise ModelError(key, "a choice must be among lower-case names; write it as a text instead")
    return one_of(*words)


def _name(key: str, path: tuple[str, ...], kind: Kind) -> str:
    """The path as the language says it: an entity without its `id`, the payment's own fields as payment.X."""
    if kind.name in ENTITIES and kind.name != "institution":
        if path[-1] != "id" or len(path) < 2:
            raise ModelError(key, f"the {kind} is known by its id: put it in a model of its own, as its `id`")
        path = path[:-1]
    if len(path) > 1 or path[0] in _BARE:
        return ".".join(path)
    return f"payment.{path[0]}"


_BARE = frozenset(f.name for f in payment_schema("EUR") if "." not in f.name)


def _bounded(key: str, field: Field, markers: list[object]) -> Field:
    """The field with the bounds that constraints give it."""
    for marker in markers:
        longest = getattr(marker, "max_length", None)
        if isinstance(longest, int) and field.longest:
            field = replace(field, longest=min(field.longest, longest))
        for side in ("ge", "gt", "le", "lt"):
            bound = getattr(marker, side, None)
            if bound is not None and field.kind.numeric:
                field = _with_bound(key, field, side, bound)
    return field


def _with_bound(key: str, field: Field, side: str, bound: object) -> Field:
    try:
        held = int(read_value(replace(field, lowest=-(2**62), highest=2**62), bound))
    except PaymentError as e:
        raise ModelError(key, f"its bound does not fit: {e.problem}") from None
    if side in ("ge", "gt"):
        return replace(field, lowest=max(field.lowest, held + (side == "gt")))
    return replace(field, highest=min(field.highest, held - (side == "lt")))
