"""The fingerprint of the fields that a ruleset reads: what a gateway must bring, and in which form.

Only what is read counts, so that a later release with more fields of a payment still takes the versions that were
published before it, and refuses one whose fields are others now. What a field says to people makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..meaning import nodes as n
from ..meaning.codec import to_json
from ..meaning.walk import reads_in
from ..schema.fields import Schema
from .canonical import digest_of, encoded

if TYPE_CHECKING:
    from ..engine.rules import Rules


def fingerprint_of(*schemas: Schema) -> str:
    """SHA-256 over the fields of the schemas, each of another event: names, kinds, bounds. In hexadecimal."""
    told = {
        schema.event: [
            [f.name, to_json(f.kind), f.optional, f.lowest, f.highest, f.longest, to_json(f.of), f.partner]
            for f in sorted(schema, key=lambda f: f.name)
        ]
        for schema in schemas
    }
    return digest_of(encoded(told))


def read_by(rules: Rules) -> tuple[Schema, ...]:
    """For each event that the rules decide, the schema of what they read of it."""
    return tuple(_read(rules.on(event)) for event in rules.events)


def _read(rules: Rules) -> Schema:
    schema = rules.schema
    names = {i.name for i in rules.frame.inputs} | set(_read_by_windows(rules.frame.windows))
    names |= {f.of[1] for f in schema if f.name in names and f.of}
    return Schema(schema.event, [f for f in schema if f.name in names])


def _read_by_windows(windows: Iterable[n.Window]) -> Iterable[str]:
    for window in windows:
        yield from (window.of, *window.keys, *(read.name for read in reads_in(window.where)))
