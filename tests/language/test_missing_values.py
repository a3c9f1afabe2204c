"""The checker's promise about missing values, held against every payment there is.

Small random conditions over three optional fields and one required one, with `let`s, `unless`, groups, defaults and
sums. Two laws, each from its own side:

- Sound: in an accepted file, whatever is missing, no decision hangs on an atom that reads a missing value. Every
  payment is tried, in three values: such an atom is unknown, and so is whatever hangs on it.
- Complete, as far as one looks at the form: a file is refused only where its conditions would be unknown for some
  payment, were its atoms free to come out either way. So what is refused beyond need is what only the atoms' own
  meaning shows (`f else no and f`), a guard that stands outside of the `let` that needs it, and a rule whose guards
  contradict each other, which no payment fires and which chance writes more often than people do.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest

from riskrules.checker.conditions import Conditions
from riskrules.checker.ruleset import Checked, check_text
from riskrules.checker.scope import Built
from riskrules.meaning import nodes as n
from riskrules.meaning.interpreter import Values, holds
from riskrules.meaning.walk import reads_in

HEAD = """ruleset guards version 2026.1
  currency CNY
field payment.n count, from 0 to 9, optional "a number"
field payment.m count, from 0 to 9, optional "another"
field payment.f yes/no, optional "yes or no"
field payment.r yes/no "always there"
"""
N, M, F, R = "payment.n", "payment.m", "payment.f", "payment.r"
VALUES: dict[str, tuple[n.Value | None, ...]] = {
    N: (None, 0, 3, 5),
    M: (None, 0, 3, 5),
    F: (None, False, True),
    R: (False, True),
}
ATOMS = (
    "N > 2", "N = M", "N + M >= 5", "N in (3, 4)", "N is known", "N is missing", "M is known", "M is missing",
    "N else 0 > 2", "(N + M) else 1 < 4", "M != 3", "F", "F = no", "F else no", "F is known", "F is missing", "R",
    "R = no", "(N + M) is known", "(N + M) is missing", "((N / M) else 50%) > 60%", "N is not in (0, 3)",
)  # fmt: skip
SOUND_FILES, COMPLETE_FILES = 500, 1_000
MOST_BEYOND_NEED = 0.1
TRUE, FALSE, UNKNOWN = True, False, None


def test_what_is_accepted_is_plainly_true_or_false() -> None:
    """In an accepted file no payment finds a condition unknown."""
    counts: Counter[str] = Counter()
    for seed in range(SOUND_FILES):
        text = _file(random.Random(seed))
        checked = check_text(text)
        if checked.ruleset is None:
            assert {d.code for d in checked.errors} <= {"may-be-missing", "constant-condition"}, text
            continue
        counts["accepted"] += 1
        counts["guarded"] += any(f"{x} is {how}" in text for x in (N, M, F) for how in ("known", "missing"))
        assert not _unknown_for_somebody(checked), text
    assert counts["accepted"] >= SOUND_FILES // 5
    assert counts["guarded"] >= SOUND_FILES // 10


def test_what_is_refused_could_be_unknown() -> None:
    """A file is refused where some payment could find its rule, or one of its `let`s, unknown; hardly any other is."""
    counts: Counter[str] = Counter()
    for seed in range(COMPLETE_FILES):
        text = _file(random.Random(seed))
        refused = "may-be-missing" in {d.code for d in check_text(text).errors}
        built: list[Built] = []
        checked = _without_proof(text, built)
        whole = [*(b.node for b in built), *_conditions_of(checked)]
        unknown = any(UNKNOWN in _possible(c, missing) for c in whole for missing in _subsets())
        assert refused or not unknown, text
        counts["refused" if refused else "accepted"] += 1
        counts["beyond need"] += refused and not unknown
    assert min(counts["refused"], counts["accepted"]) >= COMPLETE_FILES // 5
    assert counts["beyond need"] <= MOST_BEYOND_NEED * counts["refused"]


def test_the_laws_can_fail() -> None:
    """A condition without its guard is unknown for some payment, one with it for none."""
    plain = f'{HEAD}rule q "q"\n  when {N} > 2\n  then warn\n'
    guarded = f'{HEAD}rule q "q"\n  when {N} > 2 and {N} is known\n  then warn\n'
    assert check_text(plain).errors and _unknown_for_somebody(_without_proof(plain, []))
    assert not check_text(guarded).errors and not _unknown_for_somebody(check_text(guarded))


def test_nothing_missing_is_the_specification() -> None:
    """Where nothing is unknown, the three-valued reading is the interpreter's."""
    text = f'{HEAD}rule q "q"\n  when any of ({N} else 0 > 2, none of ({R}, {M} else 3 > 1))\n  then warn\n'
    (rule,) = check_text(text).or_raise().rules
    for values in _payments():
        assert _truth(rule.when, values) is holds(rule.when, values, {})


# -- three values ------------------------------------------------------------------------------
def _payments() -> Iterator[dict[str, n.Value | None]]:
    for values in product(*VALUES.values()):
        yield {"occurred_at": 0, **dict(zip(VALUES, values, strict=True))}


def _unknown_for_somebody(checked: Checked) -> bool:
    return any(_truth(c, values) is UNKNOWN for c in _conditions_of(checked) for values in _payments())


def _conditions_of(checked: Checked) -> list[n.Condition]:
    """What must hold for the rule to fire, as one condition."""
    return [n.All((r.when, *(n.Not(u) for u in r.unless))) for r in checked.or_raise().rules]


def _not(x: bool | None) -> bool | None:
    return UNKNOWN if x is UNKNOWN else not x


def _every(parts: tuple[bool | None, ...]) -> bool | None:
    return FALSE if FALSE in parts else UNKNOWN if UNKNOWN in parts else TRUE


def _truth(c: n.Condition, values: Values) -> bool | None:
    match c:
        case n.All(parts):
            return _every(tuple(_truth(p, values) for p in parts))
        case n.Any(parts):
            return _not(_every(tuple(_not(_truth(p, values)) for p in parts)))
        case n.Not(part):
            return _not(_truth(part, values))
        case n.Known():
            return holds(c, values, {})
    missing = frozenset(name for name, value in values.items() if value is None)
    return UNKNOWN if _reads(c, missing) else holds(c, values, {})


def _possible(c: n.Condition, missing: frozenset[str]) -> set[bool | None]:
    """What the condition may come out as where these fields are missing, were every atom free."""
    match c:
        case n.All(parts):
            return {_every(x) for x in product(*(_possible(p, missing) for p in parts))}
        case n.Any(parts):
            return {_not(_every(x)) for x in product(*({_not(y) for y in _possible(p, missing)} for p in parts))}
        case n.Not(part):
            return {_not(x) for x in _possible(part, missing)}
        case n.Known(read):
            return {read.name not in missing}
    return {UNKNOWN} if _reads(c, missing) else {TRUE, FALSE}


def _reads(piece: object, missing: frozenset[str]) -> bool:
    """Whether it reads a missing field that no default stands in for."""
    match piece:
        case n.Default() | n.Quotient():
            return False
        case n.Arithmetic(_, left, right) | n.Compare(_, left, right) | n.Equal(left, right):
            return _reads(left, missing) or _reads(right, missing)
    return any(r.name in missing for r in reads_in(piece))


def _subsets() -> Iterator[frozenset[str]]:
    for there in product((True, False), repeat=3):
        yield frozenset(name for name, known in zip((N, M, F), there, strict=True) if not known)


def _without_proof(text: str, lets: list[Built]) -> Checked:
    """The file checked as if nothing were ever missing: the meaning of what the proof refuses. Collects what was to be
    proven: the `let`s, and the rule's conditions with its `unless`."""

    def collect(self: Conditions, built: Built) -> bool:
        lets.append(built)
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Conditions, "proven", collect)
        return check_text(text)


# -- files -------------------------------------------------------------------------------------
def _file(rng: random.Random) -> str:
    """A file with one rule, and a `let` now and then."""
    lets = {f"let_{i}": _condition(rng, 1, ()) for i in range(rng.choice((0, 0, 1)))}
    parts = [_condition(rng, 0, tuple(lets)) for _ in range(rng.randint(1, 3))]
    lines = [f"  when {' and '.join(parts)}"]
    lines += [f"  unless {_condition(rng, 1, tuple(lets))}" for _ in range(rng.choice((0, 0, 1)))]
    rule = 'rule q "q"\n' + "\n".join(lines) + "\n  then warn\n"
    return HEAD + "".join(f"let {name} when {body}\n" for name, body in lets.items()) + rule


def _condition(rng: random.Random, depth: int, lets: tuple[str, ...]) -> str:
    if depth < 3 and rng.random() < 0.35:
        parts = ", ".join(_condition(rng, depth + 1, lets) for _ in range(rng.randint(2, 3)))
        return f"{rng.choice(('any', 'all', 'none'))} of ({parts})"
    if lets and rng.random() < 0.2:
        return rng.choice(lets)
    atom = rng.choice(ATOMS)
    for letter, name in (("N", N), ("M", M), ("F", F), ("R", R)):
        atom = atom.replace(letter, name)
    return atom
