"""`when … expect at least ACTION`: tried on payments that meet the condition, whatever else happens to them."""

from __future__ import annotations

from ..engine.shown import shown_act
from ..meaning import nodes as n
from ..meaning.promises import Expected, Law
from .counterexample_text import as_test
from .law_drafts import Draft
from .law_trials import Counterexample, LawResult, Trial, single, with_neighbours
from .law_windows import essential, fits


def try_expected(trial: Trial, law: Law, what: Expected) -> LawResult:
    when = trial.space.conditions[what.rule]
    met_by = trial.memory.truth(when)
    payments = trial.payments(law.name)
    tried = met = 0

    def breaks(draft: Draft) -> bool:
        return trial.awake(draft) and met_by(draft.values, draft.lists) and what.broken(trial.decide(draft).action)

    plots = payments.following(trial.plots)
    while tried < trial.examples:
        for draft in with_neighbours(payments, payments.payment(next(plots), (when,)), trial.examples - tried):
            tried += 1
            met += trial.awake(draft) and met_by(draft.values, draft.lists)
            if breaks(draft) and fits(draft, trial.relations):
                found = single(trial, draft, breaks)
                return LawResult(law.name, law.line, law.words, tried, met, _unexpected(trial, law, what, found))
    warning = "" if met else f"its condition was met by none of {tried:_} payments"
    return LawResult(law.name, law.line, law.words, tried, met, None, warning)


def _unexpected(trial: Trial, law: Law, what: Expected, draft: Draft) -> Counterexample:
    outcome = trial.decide(draft)
    wanted = _wanted(trial, what)
    of = trial.beside((*outcome.fired, *outcome.lifted), outcome, draft)
    how = "" if what.how == "exactly" else f"{what.how} "
    level = shown_act(wanted) if what.how == "exactly" else n.LEVELS[what.act.level]
    says = f"expected {how}{level}, got {shown_act(outcome.action)}"
    remark = "" if what.how == "exactly" else f"{how}{level}, says the law"
    test = as_test(draft, of, law.name, wanted, remark)
    return Counterexample(says, of, (test,), essential(draft, trial.relations), (draft.values,), draft.lists)


def _wanted(trial: Trial, what: Expected) -> n.Act:
    """An action that the law allows; of a level, the weakest that the rules can take."""
    if what.how == "exactly":
        return what.act
    meaning = trial.rules.meaning
    acts = [r.action for r in meaning.rules if r.action] + [b.action for b in meaning.bands]
    found = sorted((a for a in acts if a.level == what.act.level), key=lambda a: a.strength)
    if found:
        return found[0] if what.how == "at least" else found[-1]
    day = 24 * 3_600 * 10**6
    return n.Act(what.act.level, day if what.act.level == n.DELAY else None)
