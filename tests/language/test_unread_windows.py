"""A condition that hangs on a window which could not be read is not met, and neither is its opposite.

Small random conditions over windows that count, add up and average, with groups, `let`s, defaults, `unless` and an
exempt. Each is written twice: as the author writes it, and as a function in three truth values, in which an atom that
reads an unread window is unknown. The two share nothing; the checker never sees the second.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from riskrules.checker import comparisons
from riskrules.checker.ruleset import check_text
from riskrules.meaning import nodes as n
from riskrules.meaning.interpreter import Values, decide, holds_whole

HEAD = """ruleset unread version 2026.1
  currency CNY
field payment.r yes/no "always there"
window a = count by payer.account over 7d
window c = distinct payee.account by payer.account over 7d
window b = sum amount by payer.account over 7d
window m = average amount by payer.account over 7d
"""
VALUES: dict[str, tuple[n.Value | None, ...]] = {
    "a": (None, 0, 1, 3),
    "c": (None, 0, 4),
    "b": (None, 0, 500),
    "m.sum": (None, 0, 700),
    "m.count": (None, 0, 2),
    "payment.r": (False, True),
}
AMOUNT_MINOR = 300
FILES = 100
Truth = Callable[[Values], bool | None]


@dataclass(frozen=True)
class Condition:
    """What the author writes, and what it is for given values; None is unknown."""

    text: str
    truth: Truth


def reading(text: str, *names: str, meant: Callable[..., bool]) -> Condition:
    """An atom that is unknown where one of its inputs is."""

    def truth(values: Values) -> bool | None:
        given = [values[x] for x in names]
        return None if None in given else meant(*given)

    return Condition(text, truth)


def plain(text: str, meant: Callable[[Values], bool]) -> Condition:
    return Condition(text, meant)


def mean_minor(values: Values) -> float | None:
    """Exact for the few values here."""
    total, count = values["m.sum"], values["m.count"]
    return None if total is None or not count else int(total) / int(count)


def above_mean(values: Values) -> bool:
    mean = mean_minor(values)
    return mean is not None and mean < AMOUNT_MINOR


ATOMS = (
    reading("a >= 1", "a", meant=lambda a: a >= 1),
    reading("a = 0", "a", meant=lambda a: a == 0),
    reading("a != 3", "a", meant=lambda a: a != 3),
    reading("a < c", "a", "c", meant=lambda a, c: a < c),
    reading("a + c > 3", "a", "c", meant=lambda a, c: a + c > 3),
    reading("b > 4 CNY", "b", meant=lambda b: b > 400),
    reading("amount <= 80% * b", "b", meant=lambda b: 8 * b >= 10 * AMOUNT_MINOR),
    reading("b + amount >= 5 CNY", "b", meant=lambda b: b + AMOUNT_MINOR >= 500),
    reading("a in (1, 3)", "a", meant=lambda a: a in (1, 3)),
    reading("a is not in (0, 3)", "a", meant=lambda a: a not in (0, 3)),
    plain("a else 0 >= 1", lambda v: (0 if v["a"] is None else v["a"]) >= 1),  # type: ignore[operator]  # it is a number
    plain("(a + c) else 5 > 3", lambda v: None in (v["a"], v["c"]) or v["a"] + v["c"] > 3),  # type: ignore[operator]  # both are numbers
    plain("a is known", lambda v: v["a"] is not None),
    plain("b is missing", lambda v: v["b"] is None),
    plain("(a + c) is known", lambda v: None not in (v["a"], v["c"])),
    plain("m is missing", lambda v: mean_minor(v) is None),
    plain("m is known", lambda v: mean_minor(v) is not None),
    plain("m else 9 CNY < amount", above_mean),
    plain("all of (m is known, amount > m)", above_mean),
    plain("any of (m is missing, amount > m)", lambda v: mean_minor(v) is None or above_mean(v)),
    plain("((b / 1) else 2 CNY) > 4 CNY", lambda v: (200 if v["b"] is None else v["b"]) > 400),  # type: ignore[operator]  # it is a number
    plain("payment.r", lambda v: bool(v["payment.r"])),
    plain("payment.r = no", lambda v: not v["payment.r"]),
)


def every(parts: list[bool | None]) -> bool | None:
    return False if False in parts else None if None in parts else True


def negated(x: bool | None) -> bool | None:
    return None if x is None else not x


def group(word: str, parts: list[Condition]) -> Condition:
    def truth(values: Values) -> bool | None:
        found = [p.truth(values) for p in parts]
        if word == "all":
            return every(found)
        none = every([negated(x) for x in found])
        return none if word == "none" else negated(none)

    return Condition(f"{word} of ({', '.join(p.text for p in parts)})", truth)


def made(r: random.Random, depth: int, lets: list[Condition]) -> Condition:
    if depth and r.random() < 0.5:
        word = r.choice(("any", "all", "none", "none"))
        return group(word, [made(r, depth - 1, lets) for _ in range(r.choice((2, 2, 3)))])
    return r.choice(lets) if lets and r.random() < 0.25 else r.choice(ATOMS)


@dataclass(frozen=True)
class File:
    text: str
    when: Condition
    unless: tuple[Condition, ...]
    spared: Condition


def file(seed: int) -> File:
    r = random.Random(seed)
    text, lets = HEAD, list[Condition]()
    for k in range(r.choice((0, 1, 2))):
        body = made(r, 2, lets)
        text += f"let let_{k} when {body.text}\n"
        lets.append(Condition(f"let_{k}", body.truth))
    lines = [made(r, 3, lets) for _ in range(r.choice((1, 2)))]
    unless = tuple(made(r, 2, lets) for _ in range(r.choice((0, 1, 2))))
    spared = made(r, 2, lets)
    text += 'rule q "q"\n  when ' + "\n  and ".join(x.text for x in lines)
    text += "".join(f"\n  unless {x.text}" for x in unless) + "\n  then warn\n"
    text += f'exempt e "e"\n  when {spared.text}\n  lifts q\n'
    return File(text, group("all", lines), unless, spared)


def payments() -> Iterator[dict[str, n.Value | None]]:
    for values in product(*VALUES.values()):
        yield {"occurred_at": 0, "amount": AMOUNT_MINOR, **dict(zip(VALUES, values, strict=True))}


EVERY_PAYMENT = list(payments())


def compared(made: File, counts: Counter[str]) -> list[str]:
    """What a decision does otherwise than the law says."""
    checked = check_text(made.text)
    if checked.ruleset is None:
        assert {d.code for d in checked.errors} <= {"constant-condition"}, made.text
        return []
    (rule,), (exempt,) = checked.ruleset.rules, checked.ruleset.exempts
    wrong = []
    for values in EVERY_PAYMENT:
        when, unless = made.when.truth(values), [u.truth(values) for u in made.unless]
        spared = made.spared.truth(values)
        counts["payments"] += 1
        counts["unknown"] += when is None
        counts["unless unknown"] += None in unless
        counts["exempt unknown"] += spared is None
        fires = when is True and True not in unless
        counts["fires"] += fires
        counts["fires beside what is unread"] += fires and None in values.values()
        if holds_whole(rule, values, {}, 0) is not fires or holds_whole(exempt, values, {}, 0) is not (spared is True):
            wrong.append(f"{values}\n{made.text}")
        if fires and spared is not True and "q" not in decide(checked.ruleset, values, {}).fired:
            wrong.append(f"{values}\n{made.text}")
    return wrong


def test_what_hangs_on_an_unread_window_is_not_met() -> None:
    """A rule fires where its conditions surely hold and no `unless` does; an exempt lifts where it surely holds."""
    counts: Counter[str] = Counter()
    for seed in range(FILES):
        assert not compared(file(seed), counts)
    tenth = counts["payments"] / 10
    assert min(counts["unknown"], counts["fires"], counts["fires beside what is unread"]) > tenth / 2, counts
    assert min(counts["unless unknown"], counts["exempt unknown"]) > tenth / 2, counts


def test_the_law_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were an opposite plainly the opposite, `none of (a >= 1, …)` would hold where `a` could not be read."""
    monkeypatch.setattr(comparisons, "with_windows", lambda compare: None)
    assert any(compared(file(seed), Counter()) for seed in range(30))


def test_each_of_the_three_ways_to_say_no() -> None:
    """`none of`, a choice inside it and a `let` of either: not met where nothing could be read, met where it is."""
    rules = check_text(
        HEAD + "let some when a >= 1 and payment.r\n"
        'rule one "1"\n  when none of (a >= 1, payment.r)\n  then warn\n'
        'rule two "2"\n  when none of (all of (a >= 1, c >= 1), payment.r)\n  then warn\n'
        'rule three "3"\n  when none of (some, b > 5 CNY)\n  then warn\n'
        'rule four "4"\n  when payment.r = no\n  unless none of (a >= 1, c >= 1)\n  then warn\n'
    ).or_raise()
    bare: dict[str, n.Value | None] = {"occurred_at": 0, "amount": 1, "payment.r": False}
    assert decide(rules, {**bare, "a": None, "c": None, "b": None}, {}).fired == ("four",)
    assert decide(rules, {**bare, "a": None, "c": 0, "b": 0}, {}).fired == ("four", "three", "two")
    assert decide(rules, {**bare, "a": 0, "c": 0, "b": 0}, {}).fired == ("one", "three", "two")
