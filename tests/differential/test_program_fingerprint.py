"""A fingerprint changes with whatever can change a decision and with nothing else; JSON gives back what it took."""

from __future__ import annotations

import dataclasses
import json
import random

import pytest
from program_generator import ACTS, LISTS, Maker

from riskrules.meaning import nodes as n
from riskrules.meaning.codec import DEEPEST, SHAPES, MeaningError, left_out, node_from_json, to_json
from riskrules.meaning.fingerprint import fingerprint
from riskrules.schema.fields import Field
from riskrules.schema.kinds import DURATION, TEXT, YES_NO


def full() -> n.Ruleset:
    """One of everything that a ruleset can hold."""
    made = Maker(random.Random(4)).ruleset()
    while not (made.rules and made.exempts):
        made = Maker(random.Random(len(made.rules) + random.Random(5).randrange(9))).ruleset()
    span = n.Span(6, "months", "6 months")
    rule = n.Rule(
        "full",
        "what it is for",
        n.Known(n.Read("payer", TEXT), "payer is known"),
        (n.Equal(n.Read("payer", TEXT), n.Const("a", TEXT), words="payer = a"),),
        ACTS[5],
        40,
        (n.Measure("limit", "payee", "non_counter", 500_000, n.Span(1, "us"), span, "limit …"),),
        (n.Responsible("payee", (n.Instrument("payee.merchant", "payee.merchant.acquirer"),)),),
        (n.Notice("payer", (("en", ("Do you know ", n.Read("payee", TEXT), "?")),)),),
        (n.Citation("N261", "Yinfa", "item 2"),),
        n.InForce(5, 10**15),
    )
    test = n.Test(
        "t",
        "full",
        (("payer", "b"), ("few", 3), ("shared", None)),
        (("devices", ("d1",)),),
        (
            n.Expectation("action", ACTS[5], "hold"),
            n.Expectation("measure", ("limit", "payee")),
            n.Expectation("tell", "x"),
        ),
        7,
    )
    window = n.Window("sent_1d", "sum", "amount", "payment", ("payer",), 86_400_000_000, n.Known(n.Read("payee", TEXT)))
    return dataclasses.replace(
        made,
        rules=(*made.rules, rule),
        bands=(n.Band(40, ACTS[2]),),
        windows=(window, dataclasses.replace(window, name="sent_this_day", span="day", where=None)),
        fields=(Field("payment.known", YES_NO, "seen before", True), Field("age", DURATION, "", of=("age", "opened"))),
        tests=(test,),
    )


def test_json_gives_back_what_it_took() -> None:
    """Every ruleset survives, text and all, through JSON as text."""
    for seed in range(150):
        made = Maker(random.Random(seed), large=seed % 10 == 0).ruleset()
        assert node_from_json(n.Ruleset, json.loads(json.dumps(to_json(made)))) == made
    whole = node_from_json(n.Ruleset, json.loads(json.dumps(to_json(full()))))
    assert whole == full() and whole.tests == full().tests
    assert whole.rules[-1].unless[0].words == "payer = a"  # type: ignore[union-attr]  # an atom


def test_the_codec_knows_every_field_of_every_node() -> None:
    """A field that is added to a node cannot be forgotten in a saved program or in the fingerprint."""
    assert {t.__name__: f for t, f in left_out().items() if f} == {}
    nodes = {x for x in vars(n).values() if isinstance(x, type) and dataclasses.is_dataclass(x)}
    assert nodes - set(SHAPES) == set()


def test_depth_has_a_bound() -> None:
    """Nodes within nodes beyond the bound are refused, long before Python's own."""
    deep: n.Condition = n.Known(n.Read("payer", TEXT))
    for _ in range(DEEPEST):
        deep = n.Not(deep)
    told = to_json(dataclasses.replace(full(), rules=(n.Rule("r", "", deep),)))
    with pytest.raises(MeaningError):
        node_from_json(n.Ruleset, told)


def test_what_makes_no_difference_leaves_the_fingerprint() -> None:
    """Order of rules, the author's wording, tests, title and version."""
    made = full()
    assert made.tests and len(made.rules) > 1
    same = dataclasses.replace(made, rules=made.rules[::-1], inputs=made.inputs[::-1], exempts=made.exempts[::-1])
    assert fingerprint(same) == fingerprint(made)
    same = dataclasses.replace(made, tests=(), title="other", version="2", lists=LISTS[::-1])
    assert fingerprint(same) == fingerprint(made)
    reworded = dataclasses.replace(made.rules[-1], when=n.Known(n.Read("payer", TEXT), "other words"))
    assert fingerprint(dataclasses.replace(made, rules=(*made.rules[:-1], reworded))) == fingerprint(made)


def test_whatever_can_change_a_decision_changes_the_fingerprint() -> None:
    """Each field of the rule that has one of everything, of bands and exempts, and the dates, currency and zone."""
    made = full()
    seen = {fingerprint(made)}
    rule = made.rules[-1]
    for name, value in {
        "name": "other",
        "when": n.Not(rule.when),
        "unless": (),
        "action": ACTS[6],
        "score": 41,
        "measures": (),
        "responsible": (),
        "notices": (),
        "citations": (),
        "in_force": n.InForce(6, 10**15),
    }.items():
        changed = dataclasses.replace(rule, **{name: value})  # type: ignore[arg-type]  # by name
        seen.add(fingerprint(dataclasses.replace(made, rules=(*made.rules[:-1], changed))))
    for name, value in {
        "currency": "EUR",
        "timezone": "Asia/Shanghai",
        "in_force": n.InForce(1),
        "rules": made.rules[:-1],
        "exempts": (),
        "bands": (n.Band(41, ACTS[2]),),
        "lists": (),
        "inputs": made.inputs[:-1],
        "windows": made.windows[:-1],
        "fields": made.fields[:-1],
    }.items():
        seen.add(fingerprint(dataclasses.replace(made, **{name: value})))  # type: ignore[arg-type]  # by name
    assert len(seen) == 1 + 10 + 10
