"""A first draft of MAP.toml for a history that nobody has mapped yet.

The columns' names and a few rows are looked at, and what looks right is written down with the word "guess" behind
it, for a person to confirm or strike out. Columns that seem to feed nothing, and fields that a ruleset may ask
for, stand below as comments. The draft always loads: it is read back before it is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from ..base.times import InstantError, parse_instant
from ..schema.errors import PaymentError
from ..schema.fields import Field, Schema
from .maps import read_map
from .reading import AS_IT_IS, Reading, cell_text, read_cell

SAMPLE_ROWS = 1_000
"""Rows that a draft looks at."""
MOST_WORDS = 30
"""Distinct values of a column that are still taken for choices."""

_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("transactionid", "txid", "paymentid", "transid", "reference", "uuid", "id"),
    "occurred_at": ("occurredat", "timestamp", "txdatetime", "datetime", "createdat", "time", "date", "step"),
    "amount": ("amount", "txamount", "amt", "transactionamount", "value"),
    "currency": ("currency", "ccy"),
    "channel": ("channel", "action", "type", "txtype"),
    "rail": ("rail", "scheme", "network"),
    "payer.account.id": (
        "nameorig", "payeraccount", "fromaccount", "debtoraccount", "senderaccount", "sender", "payer", "debtor",
        "customerid", "accountid", "account", "source",
    ),
    "payee.account.id": (
        "namedest", "payeeaccount", "toaccount", "creditoraccount", "receiveraccount", "receiver", "payee",
        "creditor", "beneficiary", "destination",
    ),
    "payer.account.balance": ("oldbalanceorig", "oldbalanceorg", "payerbalance", "balance"),
    "payee.account.balance": ("oldbalancedest", "payeebalance"),
    "payer.account.institution": ("payerbank", "frombank", "debtoragent", "bankorig"),
    "payee.account.institution": ("payeebank", "tobank", "creditoragent", "bankdest"),
    "payee.merchant.id": ("merchantid", "merchant"),
    "payee.merchant.category": ("mcc", "merchantcategory", "category"),
    "payee.terminal": ("terminalid", "terminal"),
    "payer.device": ("deviceid", "device", "payerdevice"),
    "payee.device": ("payeedevice",),
    "memo": ("memo", "remittanceinfo", "description"),
}  # fmt: skip
"""Names, without case and punctuation, under which systems keep a field; the likeliest first."""

_ORIGIN = "2026-01-01T00:00:00Z"
_EPOCH_UNITS = ((10**17, "us"), (10**14, "us"), (10**11, "ms"), (10**8, "s"))  # numbers that large since 1970


def draft_map(columns: Sequence[str], schema: Schema, rows: Mapping[str, Sequence[object]]) -> str:
    """A map's text. `rows`: for each column some of its values, as Python has them (None: missing)."""
    fed: dict[str, str] = {}
    lines = []
    for f in schema:
        column = None if f.of is not None else _column_for(f, [c for c in columns if c not in fed])
        if column is None:
            if f.name == "id":
                lines.append('id = { numbered = "row-" }  # guess: no column looked like an id of its own')
            continue
        line = _line(f, column, rows.get(column, ()), schema)
        fed[column] = f.name
        lines.append(line)
    required = [f for f in schema if not f.optional and f.of is None and f.name not in (*fed.values(), "id")]
    text = "\n".join(
        [
            "# A first draft: look at every line, above all at those that say guess.",
            "[payment]",
            *lines,
            "",
            "# Required when a ruleset reads them, and fed by nothing yet. A constant serves where all rows are alike:",
            *(f"# {_quoted(f.key)} = {{ constant = {_constant(f)} }}  # {f.text}" for f in required),
            "",
            "# Columns that feed nothing yet:",
            *(f"# {_toml(column)}" for column in columns if column not in fed),
            "",
        ]
    )
    read_map(text, schema)
    return text


def _column_for(f: Field, columns: Sequence[str]) -> str | None:
    """The column that seems to feed a field: one of its very name, or of a name that systems use for it."""
    plain = {_plain(column): column for column in reversed(columns)}
    for name in (_plain(f.key), _plain(f.name), *_NAMES.get(f.key, ())):
        if name in plain:
            return plain[name]
    return None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _line(f: Field, column: str, values: Sequence[object], schema: Schema) -> str:
    """The field's line, with what its values seem to need."""
    given = [v for v in values[:SAMPLE_ROWS] if v is not None and v != ""]
    settings, remark = _settings(f, given)
    name = _toml(column)
    value = name if not settings else "{ column = " + ", ".join([name, *settings]) + " }"
    sure = _plain(column) == _plain(f.key) and not settings
    line = f"{_quoted(f.key)} = {value}" + ("" if sure else f"  # guess{remark}")
    try:
        read_map(f"[payment]\n{line}\n", schema)
    except ValueError:
        return f"{_quoted(f.key)} = {name}  # guess"
    return line


def _settings(f: Field, given: Sequence[object]) -> tuple[list[str], str]:
    if not given:
        return [], ""
    if f.kind.name == "time":
        return _time_settings(given)
    if f.kind.name == "money":
        currency = f'currency = "{f.kind.currency}"'
        wrong = {_misfit(f, v) for v in given} - {""}
        if wrong == {"not-exact"}:
            return [currency, 'round = "half even"'], ": some values have more decimals than the currency"
        return [currency], ": some values are no amounts" if wrong else ""
    if f.kind.name == "one of" and not all(_fits(f, v) for v in given):
        return _choice_settings(f, given)
    return [], ""


def _misfit(f: Field, value: object) -> str:
    """The kind of error that the value gives; nothing where it fits."""
    try:
        read_cell(f, value, AS_IT_IS)
    except PaymentError as error:
        return error.kind
    return ""


def _fits(f: Field, value: object, how: Reading = AS_IT_IS) -> bool:
    try:
        read_cell(f, value, how)
    except PaymentError:
        return False
    return True


def _time_settings(given: Sequence[object]) -> tuple[list[str], str]:
    first = given[0]
    if isinstance(first, str) and first.lstrip("-").isascii() and first.lstrip("-").isdigit():
        first = int(first)
    if isinstance(first, int | float) and not isinstance(first, bool):
        for least, unit in _EPOCH_UNITS:
            if abs(first) >= least:
                return [f'unit = "{unit}"'], ": the numbers look like a count since 1970"
        return ['unit = "h"', f'origin = "{_ORIGIN}"'], ": which unit, and since when?"
    naive = isinstance(first, datetime) and first.tzinfo is None
    if isinstance(first, str):
        try:
            parse_instant(first)
        except InstantError:
            naive = True
    return (['zone = "UTC"'], ": the times say no zone; whose clock was it?") if naive else ([], "")


def _choice_settings(f: Field, given: Sequence[object]) -> tuple[list[str], str]:
    """A table from the column's words to the field's own, by likeness of their letters; the rest to one of them."""
    words = sorted({text for v in given if (text := cell_text(v)) is not None})
    if not words or len(words) > MOST_WORDS:
        return [], ""
    alike = {word: choice for word in words for choice in f.kind.choices if _plain(word) == _plain(choice)}
    other = str(f.sample) if f.sample in f.kind.choices else f.kind.choices[-1]
    table = ", ".join(f"{_toml(word)} = {_toml(alike.get(word, other))}" for word in words)
    return [f"values = {{ {table} }}"], f": its choices are {', '.join(f.kind.choices)}"


def _constant(f: Field) -> str:
    """A constant that would fit, for a comment."""
    if isinstance(f.sample, str):
        return _toml(f.sample)
    return '"…"'


def _quoted(key: str) -> str:
    return f'"{key}"' if "." in key else key


def _toml(text: str) -> str:
    """A text as TOML writes it."""
    escaped = "".join(_ESCAPES.get(c, c if c.isprintable() else f"\\U{ord(c):08X}") for c in text)
    return f'"{escaped}"'


_ESCAPES = {'"': '\\"', "\\": "\\\\"}
