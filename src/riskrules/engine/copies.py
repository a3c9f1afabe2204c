"""An event as it is now, for somebody who looks at it later.

The host's mapping is the host's: it may change it as soon as the decision is made. What is copied are the mappings in
it; the values are texts, numbers and times, which do not change. Nesting is bounded by that of any schema, so a
mapping that holds itself ends too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

DEEPEST = 8
"""A field's path has at most five parts; what lies deeper is read by nobody."""
_PLAIN = frozenset({str, int, float, bool, bytes, type(None), Decimal, datetime})


def copied(event: object) -> object:
    """The event's mappings anew. A pydantic model is dumped; what is no event stays what it is."""
    if type(event) is dict:
        return _copy(event, DEEPEST)
    if isinstance(event, BaseModel):
        return event.model_dump(exclude_none=True)
    return _copy(dict(event), DEEPEST) if isinstance(event, Mapping) else event


def _copy(mapping: dict[Any, Any], depth: int) -> dict[Any, Any]:
    found = mapping.copy()
    if depth:
        for key, value in found.items():
            kind = type(value)
            if kind is dict:
                found[key] = _copy(value, depth - 1)
            elif kind not in _PLAIN and isinstance(value, Mapping):
                found[key] = _copy(dict(value), depth - 1)
    return found
