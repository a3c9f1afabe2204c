"""Some of a ruleset's rules as a ruleset of their own: what they read, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..checker.named import names_in
from ..meaning import nodes as n
from ..meaning.averages import window_of
from ..meaning.linear import reads_of
from .rules import Rules


def with_only(
    rules: Rules, kept: Iterable[n.Rule], exempts: Iterable[n.Exempt] = (), bands: Iterable[n.Band] = ()
) -> Rules:
    """A version of these rules about payments, of the ruleset's own or changed ones that read nothing new."""
    return Rules(part_of(rules.meaning, kept, exempts, bands), models=rules.models)


def part_of(
    meaning: n.Ruleset, kept: Iterable[n.Rule], exempts: Iterable[n.Exempt] = (), bands: Iterable[n.Band] = ()
) -> n.Ruleset:
    """The same of a meaning. Inline tests, liabilities and rules on other events are left out."""
    kept, exempts = tuple(kept), tuple(exempts)
    found = names_in((*kept, *exempts), meaning.event)
    models = tuple(m for m in meaning.models if m.name in found.reads)
    read = {*found.reads, *found.acted_on, "occurred_at"}
    read |= {r.name for m in models for column in m.reads for r in reads_of(column)}
    inputs = tuple(i for i in meaning.inputs if i.name in read)
    windows = {window_of(i.name) for i in inputs if i.origin == "window"}
    return replace(
        meaning, rules=kept, exempts=exempts, bands=tuple(bands), inputs=inputs, models=models,
        lists=tuple(x for x in meaning.lists if x[0] in found.lists),
        windows=tuple(w for w in meaning.windows if w.name in windows),
        tests=(), others=(), liabilities=(),
    )  # fmt: skip
