"""What could have stood in a place, in the analyst's words and never the grammar's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .quoting import one_of
from .tables import END

MOST_NAMED = 9
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_SIGNS = ("+", "-", "*", "/")
_PHRASES = (
    ("TEXT", 'a text in `"…"`'),
    ("CURRENCY", "a currency such as `CNY`"),
    ("SOURCE", "the name of a source such as `N261`"),
    ("VERSION", "a version such as `2026.11`"),
    ("ZONE", "a time zone such as `Asia/Shanghai`"),
    ("DATE", "a date such as `2026-12-01`"),
    ("DURATION", "a duration such as `24h`"),
    ("PERCENT", "a share such as `80%`"),
    ("NUMBER", "a number"),
    ("NAME", "a name"),
)
_UNITS = frozenset({"business", "day", "days", "month", "months", "year", "years"})
_LONGER = {"in": "in force", "no": "no segment"}


def clause_words(clauses: Iterable[str]) -> list[str]:
    """Clause words between backticks; `in` alone would say nothing."""
    return [f"`{_LONGER.get(x, x)}`" for x in clauses]


def spellings(words: Mapping[str, str], terminals: frozenset[str]) -> set[str]:
    """Of these terminals, the ones that are a fixed word or sign, as it is typed."""
    return {spelling for spelling, terminal in words.items() if terminal in terminals}


def phrase(words: Mapping[str, str], terminals: frozenset[str], clauses: tuple[str, ...], line_start: bool) -> str:
    """`a name, a number or "("`. At a line's start clause words come first, elsewhere they are left out if anything
    else can stand there. Empty when nothing can be said."""
    typed = spellings(words, terminals)
    found = [x for x in clauses if x in typed and not (x == "in" and "is" in typed)]
    here = _values(typed, terminals)
    rest = sorted(
        typed - set(found) - set(COMPARISONS) - set(_SIGNS) - {"(", "yes", "no", "yes/no", "any", "all", "none"}
    )
    if "any" in typed and "all" in typed and "none" in typed:
        rest = ["any of (…)", *rest]
    elif "all" in typed:
        rest = ["all", *rest]
    if "yes/no" in typed:
        rest = ["yes/no", *rest]
    if "=" in typed and ">" in typed:
        here.append("a comparison such as `>=`")
        rest = [x for x in rest if x not in ("contains", "starts")]
    else:
        here += [f"`{x}`" for x in COMPARISONS if x in typed]
    if "+" in typed and "*" in typed and not line_start:
        here.append("a sign such as `+`")
    if len(_UNITS & set(rest)) > 1:
        here.append("a unit such as `months`")
        rest = [x for x in rest if x not in _UNITS]
    here += [f"`{x}`" for x in rest]
    items = (clause_words(found) or here) if line_start else (here or clause_words(found))
    if END in terminals and (line_start or not here):
        items.append("the end of the block")
    if len(items) > MOST_NAMED:
        items = [*items[: MOST_NAMED - 1], "another word of the language"]
    return one_of(items)


def _values(typed: set[str], terminals: frozenset[str]) -> list[str]:
    """The kinds of value, `a value` standing for all of them together."""
    named = [(t, p) for t, p in _PHRASES if t in terminals]
    if {"TEXT", "DATE", "DURATION", "PERCENT", "NUMBER"} <= terminals:
        named = [("", "a value such as `5_000 CNY`")] + [(t, p) for t, p in named if t == "NAME"]
    elif {"NUMBER", "DURATION"} <= terminals:
        named = [(t, p) for t, p in named if t != "NUMBER"]
    return [p for _, p in named]
