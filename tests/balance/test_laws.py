"""Laws: what is planted is found within a thousand payments, shrunk to the fields that matter, and can be pasted; what
holds is not reported; what was not put to the test never passes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from law_pasting import is_as_said
from law_rulesets import PLANTS, monotone, planted

from riskrules.balance.law_outcomes import Deciding, Memory
from riskrules.balance.law_payments import Payments, Seeded, plots_of
from riskrules.balance.law_space import Space
from riskrules.balance.law_windows import fits, relations
from riskrules.balance.laws import LawResult, law_names, try_laws
from riskrules.base.resources import folder
from riskrules.engine.rules import Rules, load, loads
from riskrules.engine.serving import Serving
from riskrules.meaning import nodes as n
from riskrules.meaning.interpreter import Lists, Outcome, Values
from riskrules.meaning.interpreter import decide as interpret
from riskrules.meaning.walk import found_in

SEEDS = 110  # ten of each way in which something is planted
MORE_MONEY = "more money is never treated more softly"
AMOUNT_LAW = f'\nlaw "{MORE_MONEY}"\n  action never falls as amount rises\n'
MODEL_FILE = re.compile(r'^model .* from "([^"]+)"', re.MULTILINE)
SHIPPED = [
    path
    for path in sorted(folder("rulesets").rglob("*.risk"))
    if all((path.parent / name).exists() for name in MODEL_FILE.findall(path.read_text("utf-8")))
]
"""Those whose models are there: a model's file is made by a script, and need not lie in a checkout."""


def tried(rules: Rules, name: str, **more: object) -> LawResult:
    (result,) = try_laws(rules, only=[name], **more)  # type: ignore[arg-type]  # examples, seed and deciding
    return result


# -- more money is never treated more softly ---------------------------------------------------------------------------
def test_a_planted_rule_is_found_within_a_thousand_payments_and_shrunk_to_two_fields() -> None:
    """Each of eleven plants, each beside one of eleven other conditions, for 110 seeds; both tests can be pasted, and
    are those payments. The two values are neighbours: one unit apart."""
    found: Counter[str] = Counter()
    for seed in range(SEEDS):
        made = planted(seed)
        rules = loads(made.text)
        result = tried(rules, MORE_MONEY, examples=1_000, seed=seed)
        assert result.broken is not None, (seed, made.plant, made.other)
        assert frozenset(result.broken.fields) == made.fields, (seed, made.plant, made.other)
        low, high = (values["amount"] for values in result.broken.values)
        assert isinstance(low, int) and isinstance(high, int) and high - low == 1
        found[made.plant] += 1
        if seed < 2 * len(PLANTS):
            is_as_said(rules, made.text, result.broken, passes=True)
    assert set(found) == set(PLANTS) and min(found.values()) >= SEEDS // len(PLANTS)


def test_a_law_that_holds_is_not_reported() -> None:
    """Rulesets whose rules only rise with the amount, for twenty seeds: put to the test each time, never broken."""
    for seed in range(20):
        result = tried(loads(monotone(seed)), MORE_MONEY, seed=seed, examples=1_000)
        assert result.passed and not result.warning and result.met > 500


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_false_alarm_on_a_shipped_ruleset(path: Path) -> None:
    """With a law of the amount added: one that is reported is broken by the interpreter's own word, and its ruleset
    does ask somewhere for an amount that is not too large. The laws that every ruleset has hold of each."""
    text = path.read_text("utf-8") + AMOUNT_LAW
    rules = loads(text, models=load(path).models if MODEL_FILE.search(text) else {})
    for result in try_laws(rules, examples=max(300, 30 * len(rules.meaning.rules))):
        if result.name != MORE_MONEY:
            assert result.passed and not result.warning, result
        elif result.broken is not None:
            acts = [interpret(rules.meaning, values, result.broken.lists).action for values in result.broken.values]
            assert acts[1].strength < acts[0].strength
            assert _asks_for_less(rules)
            is_as_said(rules, text, result.broken, passes=True)


def _asks_for_less(rules: Rules) -> bool:
    """Whether any comparison or exempt could turn against a larger amount: read off its signs, not by evaluation."""
    compares = found_in(rules.meaning.rules, n.Compare)
    on_the_small_side = [c for c in compares if _reads(c.left) and c.op in ("<", "<=", "=")]
    on_the_large_side = [c for c in compares if _reads(c.right) and c.op in (">", ">=", "=")]
    negated = [x for x in found_in(rules.meaning.rules, n.Not) if _reads(x)]
    lifting = [x for r in (*rules.meaning.rules, *rules.meaning.exempts) for x in r.unless if _reads(x)]
    return bool(on_the_small_side or on_the_large_side or negated or lifting or _reads(rules.meaning.exempts))


def _reads(piece: object) -> bool:
    return any(r.name == "amount" for r in found_in(piece, n.Read))


# -- the other wordings ------------------------------------------------------------------------------------------------
HEAD = """ruleset wordings version 2026.1
  currency CNY
  timezone Europe/Berlin
  appeal "Call."

field payment.remote yes/no, optional "a remote-control app was open"
list  involved of account
param limit = 1_000 CNY until 2026-03-31, 3_000 CNY from 2026-04-01
window payers_1d = distinct payer.account by payee.account over 24h

rule listed
  "Listed"
  when payee.account in involved
  then reject
  responsible payee.account

rule large
  "Large"
  when amount > limit
  then hold up to 24h
  responsible payee.account
"""

WORDINGS: dict[str, tuple[str, str, set[str]]] = {
    "at least, but an exempt": (
        'exempt known\n  "Known"\n  when payers_1d < 2\n  lifts large',
        "when amount > 5_000 CNY expect at least hold",
        {"amount"},
    ),
    "at least, but a condition more": (
        'rule young\n  "Young"\n  when payee.account.age < 90d\n  and payment.remote else no\n  then verify\n'
        "  responsible payee.account",
        "when payee.account.age < 30d expect at least verify",
        {"payee.account.age"},
    ),
    "at least, but another list": (
        "list others of account",
        "when any of (payee.account in involved, payee.account in others) expect at least reject",
        {"others"},
    ),
    "at least, but a limit of its day": (
        "",
        "when amount > 1_500 CNY expect at least hold",
        {"amount"},
    ),
    "at most, but another rule": (
        'rule remote\n  "Remote"\n  when payment.remote else no\n  then delay 48h\n  responsible payee.account',
        "when all of (amount < 500 CNY, payee.account is not in involved) expect at most verify",
        {"payment.remote"},
    ),
    "at most, but a list": ("", "when amount < 500 CNY expect at most hold", {"involved"}),
    "exactly, but longer": (
        'rule longer\n  "Longer"\n  when payment.remote else no\n  then hold up to 48h\n  responsible payee.account',
        "when all of (amount > 9_000 CNY, payee.account is not in involved) expect hold up to 24h",
        {"amount", "payment.remote"},
    ),
    "never rises as an age rises": (
        'rule old\n  "Old"\n  when payee.account.age > 400d\n  and payment.remote else no\n  then verify\n'
        "  responsible payee.account",
        "action never rises as payee.account.age rises",
        {"payee.account.age", "payment.remote"},
    ),
    "never falls as an age falls": (
        'rule young\n  "Young"\n  when payee.account.age > 3d\n  and payee.account.age < 90d\n  then verify\n'
        "  responsible payee.account",
        "action never falls as payee.account.age falls",
        {"payee.account.age"},
    ),
    "never rises as a window falls": (
        'rule few\n  "Few"\n  when payers_1d < 3\n  and payment.remote else no\n  then verify\n'
        "  responsible payee.account",
        "action never rises as payers_1d falls",
        {"payers_1d", "payment.remote"},
    ),
    "never falls as the hour rises": (
        'rule early\n  "Early"\n  when hour < 5\n  and payment.remote else no\n  then verify\n'
        "  responsible payee.account",
        "action never falls as hour rises",
        {"hour", "payment.remote"},
    ),
    "never falls as time goes on": (
        "",
        "action never falls as occurred_at rises",
        {"occurred_at", "amount"},
    ),
}
"""By name: what is added to the ruleset, a law that it breaks, and what matters in the payment that breaks it."""


@pytest.mark.parametrize("name", WORDINGS)
def test_every_wording_is_found_out(name: str) -> None:
    """Within a thousand payments, for ten seeds, shrunk to what matters. The tests of a pair pass as they stand; the
    one of an expectation fails until the rules are mended."""
    more, law, matters = WORDINGS[name]
    text = f'{HEAD}\n{more}\n\nlaw "it"\n  {law}\n'
    rules = loads(text)
    for seed in range(10):
        result = tried(rules, "it", examples=1_000, seed=seed)
        assert result.broken is not None, seed
        assert set(result.broken.fields) <= matters | {"occurred_at"}, (seed, result.broken)
        assert set(result.broken.fields) >= matters - {"amount"}
        is_as_said(rules, text, result.broken, passes="never" in law)


def test_what_holds_of_every_wording_is_not_reported() -> None:
    """Laws that follow from the rules, for ten seeds."""
    laws = (
        "when payee.account in involved expect at least reject",
        "when amount > 3_000 CNY expect at least hold",
        "when all of (amount <= 1_000 CNY, payee.account is not in involved) expect allow",
        "when payee.account is not in involved expect at most hold",
        "action never falls as amount rises",
    )
    text = HEAD + "".join(f'\nlaw "law {i}"\n  {law}\n' for i, law in enumerate(laws))
    rules = loads(text)
    for seed in range(10):
        for result in try_laws(rules, seed=seed, examples=500):
            assert result.passed and not result.warning and result.met >= 25, result


def test_a_law_that_is_never_put_to_the_test_says_so() -> None:
    """A condition that nothing meets, and a field that no rule reads: a warning, and not a law that holds."""
    text = HEAD + (
        '\nlaw "never met"\n  when all of (amount < 1 CNY, amount > 2 CNY) expect reject\n'
        '\nlaw "not read"\n  action never falls as payer.account.age rises\n'
        '\nlaw "reads and changes nothing"\n  action never falls as payers_1d rises\n'
        '\nrule nothing\n  "Nothing"\n  when payers_1d > 5\n  and amount > 3_000 CNY\n  then warn\n'
    )
    never, unread, nothing = try_laws(loads(text), examples=300)[:3]
    assert (never.met, never.warning) == (0, "its condition was met by none of 300 payments")
    assert (unread.tried, unread.warning) == (0, "no rule reads `payer.account.age`")
    assert nothing.warning.endswith("payments the action never changed with `payers_1d`")


# -- the laws that every ruleset has -----------------------------------------------------------------------------------
SCORES = (
    HEAD
    + """
rule a_score
  "A score"
  when payment.remote else no
  score 30
  responsible payee.account

rule another_score
  "Another score"
  when payers_1d > 5
  score 30
  responsible payee.account

bands
  score >= 60 then delay 24h
  score >= 30 then verify

exempt small
  "Small"
  when amount < 100 CNY
  lifts all below hold

exempt named
  "Named"
  when payee.account.age > 1000d
  lifts large
"""
)


def deciding(change: object) -> Deciding:
    """A fault: what is made of the interpreter's outcome, from the ruleset, the values and the outcome."""

    def made(ruleset: n.Ruleset) -> object:
        def decide(values: Values, lists: Lists) -> Outcome:
            return change(ruleset, values, interpret(ruleset, values, lists))  # type: ignore[operator]  # a function

        return decide

    return made  # type: ignore[return-value]  # decides as the interpreter does


def _bands_forget_the_exempt(ruleset: n.Ruleset, values: Values, outcome: Outcome) -> Outcome:
    acts = [outcome.action, *(b.action for b in ruleset.bands if outcome.score >= b.at_least)]
    return replace(outcome, action=max(acts, key=lambda a: a.strength))


def _names_are_not_lifted(ruleset: n.Ruleset, values: Values, outcome: Outcome) -> Outcome:
    if "named" not in outcome.exempts or "large" not in outcome.lifted:
        return outcome
    return replace(outcome, fired=("large", *outcome.fired))


def _a_high_score_is_lost(ruleset: n.Ruleset, values: Values, outcome: Outcome) -> Outcome:
    return replace(outcome, action=n.Act(n.ALLOW)) if outcome.score >= 60 else outcome


def _a_score_wraps(ruleset: n.Ruleset, values: Values, outcome: Outcome) -> Outcome:
    return replace(outcome, action=n.Act(n.ALLOW)) if outcome.score in (31, 61) else outcome


def _an_unused_field_counts(ruleset: n.Ruleset, values: Values, outcome: Outcome) -> Outcome:
    return replace(outcome, action=n.Act(n.REJECT)) if values.get("payment.memo") else outcome


FAULTS = {
    "bands forget the exempt": (_bands_forget_the_exempt, "an exempt payment is allowed"),
    "what is named is not lifted": (_names_are_not_lifted, "an exempt payment is allowed"),
    "a high score is lost": (_a_high_score_is_lost, "raising a score never softens"),
    "a score wraps": (_a_score_wraps, "raising a score never softens"),
    "an unused field counts": (_an_unused_field_counts, "an unused field changes nothing"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_what_decides_breaks_the_law_that_it_should(name: str) -> None:
    """Each planted fault is found by its law alone, for five seeds."""
    fault, law = FAULTS[name]
    rules = loads(SCORES)
    for seed in range(5):
        results = try_laws(rules, examples=600, seed=seed, deciding=deciding(fault))
        assert [r.name for r in results if not r.passed] == [law], (seed, results)


def test_nobody_responsible_is_found_out() -> None:
    """A meaning whose rules lost their `responsible`, as no text that checks can: every stop of it is broken, and the
    counterexample is one field."""
    rules = loads(SCORES)
    bare = replace(rules.meaning, rules=tuple(replace(r, responsible=()) for r in rules.meaning.rules))
    result = tried(Rules(bare), "every stop names who is responsible")
    assert result.broken is not None and len(result.broken.fields) == 1
    assert "says whose duty it is" in result.broken.says


def test_an_exempt_that_makes_it_harder_is_found_out() -> None:
    """By lifting a rule that takes from the score, which a file may say: three fields, for five seeds."""
    text = SCORES + (
        '\nrule trusted\n  "Trusted"\n  when payer.account.age > 3000d\n  and channel = counter\n  score -20\n'
        '\nexempt at_the_counter\n  "At the counter"\n  when payee.party.type = charity\n  lifts trusted\n'
    )
    for seed in range(5):
        result = tried(loads(text), "an exempt payment is allowed", seed=seed)
        assert result.broken is not None
        assert "would soften and makes it harder" in result.broken.says
        assert set(result.broken.fields) <= {"payment.remote", "payers_1d", "channel", "payee.party.type"}


def test_the_four_laws_hold_of_what_decides() -> None:
    """All four apply to a ruleset with exempts and bands, and each is put to the test often."""
    results = try_laws(loads(SCORES), examples=1_000)
    assert [r.name for r in results] == [name for name, _ in law_names(loads(SCORES))]
    assert len(results) == 4
    assert all(r.passed and not r.warning and r.met >= 50 for r in results), results


# -- how they are tried ------------------------------------------------------------------------------------------------
def test_the_same_seed_gives_the_same_and_another_does_not() -> None:
    """A run can be repeated: every figure and every counterexample follow from the seed."""
    rules = loads(planted(3).text)
    first, again, other = (try_laws(rules, seed=seed, examples=300) for seed in (1, 1, 2))
    assert first == again
    assert [(r.tried, r.met) for r in first] != [(r.tried, r.met) for r in other]


def test_the_budget_is_kept() -> None:
    """No law decides more payments than it was given, whatever its kind."""
    for examples in (1, 7, 100):
        for result in try_laws(loads(HEAD + AMOUNT_LAW), examples=examples):
            assert (1 if examples > 1 else 0) <= result.tried <= examples
    with pytest.raises(ValueError, match="examples lie between"):
        try_laws(loads(HEAD), examples=0)


def test_remembering_changes_no_decision() -> None:
    """What remembers the interpreter's answers agrees with it on every payment, and so does the kernel."""
    for text in (SCORES, planted(6).text):
        rules = loads(text)
        space, memory = Space(rules), Memory()
        payments = Payments(space, memory, Seeded("it"), relations(space))
        decide, plots = memory.deciding(rules.meaning), payments.following(plots_of(space))
        for i in range(400):
            draft = payments.payment(next(plots))
            outcome = decide(draft.values, draft.lists)
            assert outcome == interpret(rules.meaning, draft.values, draft.lists)
            if i % 4 == 0:
                kernel = Serving(rules, draft.lists).prepare().decide_values(draft.values)
                assert (kernel.level, kernel.score) == (outcome.action.level, outcome.score)
                assert set(kernel.fired) == set(outcome.fired)


def test_what_is_drawn_meets_every_rule_and_stands_at_its_thresholds() -> None:
    """The generator, measured on every shipped ruleset: each rule and each exempt holds in three of 400 payments at
    least, optional fields are missing and known, lists are filled and empty, and windows fit each other nearly always,
    and half of the amounts that the rules compare with a fixed one lie at it or one unit beside it."""
    seen: Counter[str] = Counter()
    for path in SHIPPED:
        rules = load(path)
        if not rules.meaning.rules:
            continue
        space, memory = Space(rules), Memory()
        found = relations(space)
        payments = Payments(space, memory, Seeded("it"), found)
        plots = plots_of(space)
        turn, held = payments.following(plots), Counter[str]()
        decide = memory.deciding(rules.meaning)
        beside = _beside(space)
        for _ in range(400):
            draft = payments.payment(next(turn))
            if beside and "amount" in draft.changes:
                seen["amounts"] += 1
                seen["amounts beside"] += draft.changes["amount"] in beside
            outcome = decide(draft.values, draft.lists)
            held.update((*outcome.fired, *outcome.lifted, *outcome.exempts))
            seen["payments"] += 1
            seen["fit"] += fits(draft, found)
            for name in (s.name for s in space.slots.values() if s.optional):
                seen["optional"] += 1
                seen["missing"] += draft.get(name) is None
            for name in draft.lists:
                seen["list"] += 1
                seen["list filled"] += bool(draft.lists[name])
        names = {*rules.by_name, *rules.exempt_by_name}
        assert min(held[name] for name in names) >= 3, (path.name, {x: held[x] for x in names})
    assert seen["fit"] > 0.97 * seen["payments"], seen
    assert seen["amounts beside"] > 0.5 * seen["amounts"], seen
    assert 0.3 < seen["missing"] / seen["optional"] < 0.9, seen
    assert 0.05 < seen["list filled"] / seen["list"] < 0.9, seen


def _beside(space: Space) -> set[int]:
    """The amounts with which the rules compare the amount alone, and one unit on each side."""
    found: set[int] = set()
    for c in found_in(space.meaning.rules, n.Compare):
        if isinstance(c.left, n.Read) and c.left.name == "amount" and isinstance(c.right, n.Const):
            found |= {int(c.right.value) + step for step in (-1, 0, 1)}
    return found
