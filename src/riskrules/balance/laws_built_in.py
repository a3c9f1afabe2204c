"""The laws that hold of every ruleset without being written, and what exactly each of them says.

* **An exempt payment is allowed.** Where an exempt holds, no rule that it lifts has a say: none that it names fires,
  and the action is none from warn up to just below its level. Where all rules that held are lifted, it is allow.
  And an exempt never makes a payment harder than it would be without it, which a ruleset can break: by lifting a rule
  that takes from the score.
* **Raising a score never softens.** Let one rule that fired add more to the score, up to the next band: the action is
  no softer.
* **An unused field changes nothing.** A payment with any value in the fields that no rule reads is decided as it is
  without them.
* **Every stop names who is responsible.** A payment that the rules verify, delay, hold or reject has an instrument of
  which the payment says which it is, and whose institution has the duty.

The checker asks for most of this when it reads a file. What was not checked as text, a meaning that a program made,
is found out here, and so is whoever decides otherwise than the language means.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from ..engine.duty import instrument_of
from ..engine.shown import shown_act
from ..meaning import nodes as n
from ..meaning.interpreter import Outcome
from ..schema.fields import Field
from .counterexample_text import as_test
from .law_drafts import Draft
from .law_events import event_of, fields_of
from .law_trials import Counterexample, LawResult, Trial, single, with_neighbours
from .law_windows import essential, fits

EXEMPT = "an exempt payment is allowed"
SCORE = "raising a score never softens"
UNUSED = "an unused field changes nothing"
RESPONSIBLE = "every stop names who is responsible"
MOST_RAISED = 3
"""Rules whose score is raised on one payment."""


@dataclass(frozen=True)
class BuiltIn:
    """`applies`: whether the ruleset can be tried by it. `met`: whether an outcome puts it to the test. `wrong`: what
    is wrong with the decision of a payment, in a sentence; "" for nothing. `never`: says that it was never met.
    `every`: one payment in so many is tried."""

    name: str
    applies: Callable[[n.Ruleset], bool]
    met: Callable[[Trial, Outcome], bool]
    wrong: Callable[[Trial, Draft, Outcome], str]
    never: str
    every: int = 1


def built_in_names(meaning: n.Ruleset) -> list[str]:
    """Those that the ruleset can be tried by."""
    return [law.name for law in _LAWS if law.applies(meaning)]


def try_built_in(trial: Trial, only: Collection[str] | None = None) -> list[LawResult]:
    """Each of them that the ruleset can be tried by, all on the same payments, half as many as a written law has."""
    laws = [law for law in _LAWS if law.applies(trial.rules.meaning) and (only is None or law.name in only)]
    payments = trial.payments("")
    met = dict.fromkeys((law.name for law in laws), 0)
    broken: dict[str, Counterexample] = {}
    plots = payments.following(trial.plots)
    if not laws:
        return []
    tried, most = 0, (trial.examples + 1) // 2
    while tried < most and len(broken) < len(laws):
        for draft in with_neighbours(payments, payments.payment(next(plots)), most - tried):
            tried += 1
            outcome = trial.decide(draft)
            for law in laws:
                if law.name not in broken and tried % law.every == 0 and law.met(trial, outcome):
                    met[law.name] += 1
                    if law.wrong(trial, draft, outcome) and fits(draft, trial.relations):
                        broken[law.name] = _counterexample(trial, law, draft)
    return [
        LawResult(
            law.name, 0, "", tried, met[law.name], broken.get(law.name),
            "" if met[law.name] else f"{law.never} in {tried:_} payments",
        )
        for law in laws
    ]  # fmt: skip


def _counterexample(trial: Trial, law: BuiltIn, draft: Draft) -> Counterexample:
    def breaks(d: Draft) -> bool:
        outcome = trial.decide(d)
        return law.met(trial, outcome) and bool(law.wrong(trial, d, outcome))

    draft = single(trial, draft, breaks)
    outcome = trial.decide(draft)
    says = law.wrong(trial, draft, outcome)
    of = trial.beside((*outcome.fired, *outcome.lifted), outcome, draft)
    test = as_test(draft, of, law.name, outcome.action)
    return Counterexample(says, of, (test,), essential(draft, trial.relations), (draft.values,), draft.lists)


# -- an exempt payment is allowed --------------------------------------------------------------------------------------
def _exempt_wrong(trial: Trial, draft: Draft, outcome: Outcome) -> str:
    meaning = trial.rules.meaning
    held = [e for e in meaning.exempts if e.name in outcome.exempts]
    for exempt in held:
        named = [name for name in outcome.fired if name in exempt.lifts]
        if named:
            return f"`{exempt.name}` lifts `{named[0]}`, which fires all the same"
        if exempt.below is not None and 0 < outcome.action.level < exempt.below:
            level = n.LEVELS[exempt.below]
            return f"`{exempt.name}` lifts all below {level}, and the action is {shown_act(outcome.action)}"
    if not outcome.fired and outcome.action.level > n.ALLOW:
        return f"every rule that held is lifted, and the action is {shown_act(outcome.action)}"
    without = trial.variant("", 0)(draft.values, draft.lists)
    if without.action.strength < outcome.action.strength:
        names = " and ".join(f"`{e.name}`" for e in held)
        return (
            f"{names} would soften and makes it harder: {shown_act(outcome.action)}, "
            f"and {shown_act(without.action)} without"
        )
    return ""


# -- raising a score never softens -------------------------------------------------------------------------------------
def _scoring(trial: Trial, outcome: Outcome) -> list[n.Rule]:
    return [r for r in map(trial.rules.by_name.__getitem__, outcome.fired) if r.score is not None]


def _score_wrong(trial: Trial, draft: Draft, outcome: Outcome) -> str:
    meaning = trial.rules.meaning
    ahead = sorted(b.at_least for b in meaning.bands if b.at_least > outcome.score)
    for rule in _scoring(trial, outcome)[:MOST_RAISED]:
        for more in dict.fromkeys((1, *(at - outcome.score for at in ahead))):
            raised = trial.variant(rule.name, more)(draft.values, draft.lists)
            if raised.action.strength < outcome.action.strength:
                return (
                    f"with {more} more for `{rule.name}` the action falls from {shown_act(outcome.action)} "
                    f"to {shown_act(raised.action)}"
                )
    return ""


# -- an unused field changes nothing -----------------------------------------------------------------------------------
def _unused_wrong(trial: Trial, draft: Draft, outcome: Outcome) -> str:
    """The payment as an event, and the same with a value in every field that no rule reads."""
    schema, reader = trial.rules.schema, trial.reader
    read = {f.name for f in reader.fields} | {"currency"}
    unused = {f.name: _any_value(f) for f in schema if f.name not in read and f.of is None}
    filled = fields_of(draft, reader.read)
    windows = {name: draft.values[name] for name in reader.windows}
    without = reader.values(reader.raw(event_of(schema, filled)), windows)
    with_all = reader.values(reader.raw(event_of(schema, {**unused, **filled})), windows)
    plain = trial.decides(without, draft.lists)
    full = trial.decides({**unused, **with_all}, draft.lists)
    if (full.action, full.score, full.fired) == (plain.action, plain.score, plain.fired):
        return ""
    return f"the action {shown_act(plain.action)} becomes {shown_act(full.action)} with fields that no rule reads"


def _any_value(field: Field) -> n.Value:
    """Not the harmless value, where there is another."""
    if field.kind.name == "yes/no":
        return True
    if field.kind.choices:
        return field.kind.choices[-1]
    if field.kind.numeric:
        return field.highest if field.kind.name != "time" else 0
    return "CN" if field.kind.name == "country" else "x"


# -- every stop names who is responsible -------------------------------------------------------------------------------
def _responsible_wrong(trial: Trial, draft: Draft, outcome: Outcome) -> str:
    named = [x for name in outcome.fired for x in trial.rules.by_name[name].responsible]
    if any(draft.values.get(instrument_of(x, draft.values).path) is not None for x in named):
        return ""
    names = ", ".join(f"`{x}`" for x in outcome.fired)
    return f"the action is {shown_act(outcome.action)}, and none of what fired ({names}) says whose duty it is"


_LAWS = (
    BuiltIn(
        EXEMPT,
        lambda meaning: bool(meaning.exempts),
        lambda trial, outcome: bool(outcome.exempts),
        _exempt_wrong,
        "no exempt was met",
    ),
    BuiltIn(
        SCORE,
        lambda meaning: bool(meaning.bands) and any(r.score is not None for r in meaning.rules),
        lambda trial, outcome: bool(_scoring(trial, outcome)),
        _score_wrong,
        "no rule added to a score",
        every=5,
    ),
    BuiltIn(
        UNUSED,
        lambda meaning: True,
        lambda trial, outcome: True,
        _unused_wrong,
        "nothing was tried",
        every=10,
    ),
    BuiltIn(
        RESPONSIBLE,
        lambda meaning: any(a.level > n.WARN for a in _acts(meaning)),
        lambda trial, outcome: outcome.action.level > n.WARN,
        _responsible_wrong,
        "no payment was stopped",
    ),
)


def _acts(meaning: n.Ruleset) -> list[n.Act]:
    return [r.action for r in meaning.rules if r.action] + [b.action for b in meaning.bands]
