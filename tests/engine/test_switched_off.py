"""Rules that are switched off: nothing else about a version changes, and both ways to a decision agree."""

from __future__ import annotations

from random import Random

import pytest

import riskrules as rr
from riskrules.engine.serving import Serving
from riskrules.program.saved import SavedProgramError, to_bytes

TEXT = """
ruleset whose
  version 2026.1
  currency CNY
  timezone UTC

rule big "Much money"
  when amount >= 1_000 CNY
  score 30
  then hold up to 24h
  responsible payer.account

rule night "At night"
  when hour < 6
  score 20
  then verify
  responsible payer.account

rule either "Two ways to hold"
  when any of (amount >= 500 CNY, hour = 3)
  then delay 2h
  responsible payer.account

rule card "By card"
  when rail = card
  and rail is known
  then reject
  responsible payer.account

exempt small "Little"
  when amount < 2_000 CNY
  lifts big

bands
  score >= 40 then reject
"""
RULES = ("big", "night", "either", "card")


def payments(count: int, seed: int = 1) -> list[dict[str, object]]:
    r = Random(seed)
    return [
        {
            "id": f"p{i}",
            "occurred_at": f"2026-03-0{r.randrange(1, 9)}T{r.choice((1, 3, 12, 20)):02}:00:00Z",
            "amount": r.choice(("10.00", "600.00", "1500.00", "9000.00")),
            "channel": "mobile",
            "payer": {"account": {"id": "A1", "institution": "BANK-A"}},
            **({"rail": "card"} if r.random() < 0.1 else {}),
        }
        for i in range(count)
    ]


@pytest.fixture(scope="module")
def serving() -> Serving:
    return Serving(rr.loads(TEXT), {}).prepare()


@pytest.mark.parametrize("chosen", range(16))
def test_both_ways_agree_whatever_is_off(serving: Serving, chosen: int) -> None:
    """The kernel and the interpreter decide alike for each set of rules that is switched off, and none of it fires."""
    off = frozenset(name for i, name in enumerate(RULES) if chosen >> i & 1)
    less = serving.without(off)
    met = set()
    for payment in payments(200):
        quick, slow = less.decide(payment), less.interpret(payment)
        told = [(d.act, d.score, d.fired, d.lifted, d.exempts, d.degraded) for d in (quick, slow)]
        assert told[0] == told[1]
        assert off.isdisjoint((*quick.fired, *quick.lifted))
        assert quick.degraded == tuple(f"rule `{x}` is switched off" for x in sorted(off))
        met.update((*quick.fired, *quick.lifted))
    assert met == set(RULES) - off
    assert less.rules.fingerprint == serving.rules.fingerprint


def test_what_was_switched_off_is_as_if_it_were_not_there(serving: Serving) -> None:
    """The same decisions as by the ruleset without the rule, in a table too; and the whole version is as it was."""
    removed = rr.loads(TEXT.replace(TEXT[TEXT.index("rule night") : TEXT.index("rule either")], ""))
    other, less = Serving(removed, {}).prepare(), serving.without(frozenset({"night"}))
    for payment in payments(300, seed=2):
        assert less.decide(payment).fired == other.decide(payment).fired
        assert less.decide(payment).score == other.decide(payment).score
    assert any("night" in serving.decide(payment).fired for payment in payments(300, seed=2))
    assert less.without(frozenset({"big"})).switched_off == {"night", "big"}


def test_a_rule_that_is_not_there_cannot_be_switched_off(serving: Serving) -> None:
    with pytest.raises(KeyError, match="nonsense"):
        serving.without(frozenset({"nonsense"}))


def test_a_program_with_a_rule_off_cannot_be_saved(serving: Serving) -> None:
    """A file that decides otherwise than its fingerprint says is none."""
    with pytest.raises(SavedProgramError, match="switched off"):
        to_bytes(serving.program.without(frozenset({"big"})), serving.rules.meaning)
