"""`[report]` of a map: a label column read as reports of fraud, each known only some time after its payment.

```toml
[report]
from = "TX_FRAUD"
delay = "7d"
equals = 1            # optional: what the column holds where a payment was reported
```

A history says of a payment that it was fraud as if that had been known at once. Rules may learn it only when it was
reported, so the map has to say how long that took.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ..base.times import parse_duration
from ..schema.fields import Field
from ..schema.kinds import YES_NO
from .reading import Reading, cell_text

REPORTED = Field("reported", YES_NO, "the payment was reported as fraud later", optional=True)
"""Stands in a batch beside the payment's own fields. No rule can read it: it is not in the schema."""

_TOLD: dict[str, str | bool] = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_SETTINGS = {"from", "delay", "equals"}


def read_report(given: object) -> tuple[str, int, Reading]:
    """(column, delay in microseconds, how its cells are read). ValueError whose arguments are all the faults."""
    if not isinstance(given, dict):
        raise ValueError('`[report]` takes `from = "COLUMN"` and `delay = "7d"`')
    faults = [f"`[report]` has no setting `{name}`" for name in given if name not in _SETTINGS]
    column, delay = given.get("from"), given.get("delay")
    if not isinstance(column, str) or not column:
        faults.append('`[report]` needs `from`: the column that says which payments were reported, such as "TX_FRAUD"')
    after = -1
    with suppress(ValueError):
        after = parse_duration(delay) if isinstance(delay, str) else -1
    if after < 0:
        faults.append('`[report]` needs `delay`: how long after its payment a report comes, such as "7d" or "0s"')
    values: dict[str, str | bool] = _TOLD
    if "equals" in given:
        listed: list[Any] = given["equals"] if isinstance(given["equals"], list) else [given["equals"]]
        texts = [cell_text(x) for x in listed]
        if not texts or None in texts:
            faults.append("`equals` of `[report]` takes a text, a whole number, true or false, or a list of these")
        values = {text: True for text in texts if text is not None}
    if faults:
        raise ValueError(*faults)
    return str(column), after, Reading(values=values, otherwise=False if "equals" in given else None)
