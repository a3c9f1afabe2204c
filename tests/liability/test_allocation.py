"""Who bears a loss: the library against a second reading, on generated files and claims."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
import second_reading as second

from riskrules.checker.ruleset import check_text
from riskrules.engine.rules import Rules, loads
from riskrules.engine.serving import Serving
from riskrules.meaning import allocation
from riskrules.meaning import nodes as n
from riskrules.meaning.losses import CAP, Liability, Part

FILES = 20
CLAIMS_A_FILE = 1_000
MORE_LOSSES = 25_000


def values_of(serving: Serving, claim: dict[str, object]) -> dict[str, n.Value | None]:
    reader = serving.reader
    return reader.values(reader.raw(second.event_of(claim)))


def serving_of(text: str) -> Serving:
    return Serving(loads(text), {}).on("claim")


def portions(serving: Serving, values: dict[str, n.Value | None]) -> list[tuple[str, int]]:
    found = allocation.allocate(serving.rules.meaning, values, serving.lists)
    assert found is not None
    return [(p.party, p.amount_minor) for p in found.portions]


def test_shares_are_those_of_the_second_reading() -> None:
    """On any file and claim both readings name the same parties and amounts; all sum to the loss, none is negative."""
    chance = random.Random(20260618)
    seen: Counter[str] = Counter()
    for _ in range(FILES):
        blocks = [second.made_block(chance, i) for i in range(chance.randint(1, 4))]
        serving = serving_of(second.text_of(blocks))
        for number in range(CLAIMS_A_FILE):
            claim = second.made_claim(chance, number)
            got = portions(serving, values_of(serving, claim))
            assert got == second.bears(blocks, claim), (second.text_of(blocks), claim)
            assert sum(amount for _, amount in got) == claim["loss_minor"]
            assert min(amount for _, amount in got) >= 0
            seen["uncovered"] += len(got) == 1 and got[0] == ("claim.victim", claim["loss_minor"])
            seen["shared"] += len(got) > 2
            seen["nothing for one"] += any(amount == 0 for _, amount in got)
            seen["twice"] += len({party for party, _ in got}) < len(got)
            seen["all"] += 1
    assert all(seen[x] > seen["all"] / 50 for x in ("uncovered", "shared", "nothing for one", "twice")), seen


def test_any_loss_is_shared_whole() -> None:
    """Many losses over random percentages: the parts sum to the loss, none is negative, and each is
    within one unit of its exact share. A `rest` is the percentage that is left."""
    chance = random.Random(7)
    for _ in range(MORE_LOSSES):
        size = chance.randint(1, 6)
        cuts = sorted(chance.sample(range(1, 10_000), size - 1))
        values = [b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
        parts = [Part(f"p{i}", f"p{i}", value, 4) for i, value in enumerate(values)]
        whole = chance.choice([0, 1, 2, 3, chance.randint(0, 100), chance.randint(0, 10**15)])
        got = allocation.parted(whole, parts)
        assert sum(got) == whole
        assert all(g >= 0 and abs(g * 10_000 - whole * v) < 10_000 for g, v in zip(got, values, strict=True))
        last = chance.randrange(size)
        assert (
            allocation.parted(whole, [replace(p, value=None) if i == last else p for i, p in enumerate(parts)]) == got
        )


def test_an_odd_unit_goes_to_the_share_written_first() -> None:
    """Of equal remainders the first share gets the unit, whether it is a percentage or the rest."""
    half = (Part("a", "a", 50, 2), Part("b", "b", 50, 2))
    assert allocation.parted(1, half) == [1, 0]
    assert allocation.parted(1, (Part("a", "a"), half[1])) == [1, 0]
    third = tuple(Part(x, x, 1, 0) if x == "a" else Part(x, x, 0, 0) for x in "ab")
    assert allocation.parted(5, third) == [5, 0]


def test_the_order_of_blocks_makes_no_difference() -> None:
    """Files that differ in the order of their blocks have one fingerprint and give every claim the same shares."""
    chance = random.Random(3)
    blocks = [second.made_block(chance, i) for i in range(4)]
    first, second_file = (loads(second.text_of(x)) for x in (blocks, blocks[::-1]))
    assert first.fingerprint == second_file.fingerprint
    one, other = (Serving(r, {}).on("claim") for r in (first, second_file))
    for number in range(300):
        claim = second.made_claim(chance, number)
        assert portions(one, values_of(one, claim)) == portions(other, values_of(other, claim))


def test_what_changes_a_share_changes_the_fingerprint() -> None:
    """The order of cases, and of excess and cap, means something; so does every percentage."""
    head = 'ruleset x version 2026.1\n  currency GBP\nliability a on claim\n  "a"\n'
    cases = [
        "  case claim.on_us\n    share 100% payer.account\n",
        "  case claim.authorised\n    share 100% payee.account\n",
    ]
    end = "  otherwise\n    share 100% claim.victim\n"
    texts = [
        head + cases[0] + cases[1] + end,
        head + cases[1] + cases[0] + end,
        head + "  excess up to 1 GBP\n  cap 5 GBP\n  share 100% payer.account\n",
        head + "  cap 5 GBP\n  excess up to 1 GBP\n  share 100% payer.account\n",
        head + "  cap 5 GBP\n  excess up to 1 GBP\n  share 99% payer.account\n  share rest payee.account\n",
    ]
    assert len({loads(t).fingerprint for t in texts}) == len(texts)


@pytest.mark.parametrize(
    ("order", "expected"),
    [("excess up to 100 GBP\n  cap 85_000 GBP", 85_000_00), ("cap 85_000 GBP\n  excess up to 100 GBP", 84_900_00)],
)
def test_excess_and_cap_apply_in_the_order_written(order: str, expected: int) -> None:
    """Excess first caps what is left; cap first takes the excess from the cap."""
    head = 'ruleset x version 2026.1\n  currency GBP\nliability a on claim\n  "a"\n'
    serving = serving_of(f"{head}  {order}\n  share 100% payer.account\n")
    claim = {**second.made_claim(random.Random(1), 1), "loss_minor": 90_000_00}
    assert portions(serving, values_of(serving, claim)) == [
        ("payer.account", expected),
        ("claim.victim", 90_000_00 - expected),
    ]


# -- the comparison can fail ---------------------------------------------------------------------
def _floor_all(whole: int, parts: object) -> list[int]:
    return [whole * (p.value or 0) // 10**p.digits for p in parts]  # type: ignore[attr-defined]  # a planted fault


def _last_gets_the_rest(whole: int, parts: object) -> list[int]:
    amounts = _floor_all(whole, parts)
    amounts[-1] += whole - sum(amounts)
    return amounts


def _cap_after(block: Liability) -> Liability:
    """Caps put before excesses, whatever the file says."""
    cases = tuple(replace(c, reductions=tuple(sorted(c.reductions, key=lambda r: r.what != CAP))) for c in block.cases)
    return replace(block, cases=cases)


def _cases_backwards(block: Liability) -> Liability:
    return replace(block, cases=(*block.cases[:-1][::-1], block.cases[-1]))


def _victim_bears_all(block: Liability) -> Liability:
    """Excesses stay with the victim, whoever the file says bears them."""
    cases = [replace(c, reductions=tuple(replace(r, party="", bearer="") for r in c.reductions)) for c in block.cases]
    return replace(block, cases=tuple(cases))


def _no_unless(block: Liability) -> Liability:
    return replace(block, unless=())


@pytest.mark.parametrize(
    "fault", [_floor_all, _last_gets_the_rest, _cap_after, _cases_backwards, _no_unless, _victim_bears_all]
)
def test_a_planted_fault_is_seen(fault: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fault makes some claim differ from the second reading."""
    chance = random.Random(99)
    files = [[second.made_block(chance, i) for i in range(4)] for _ in range(8)]
    rounding = fault in (_floor_all, _last_gets_the_rest)
    if rounding:
        monkeypatch.setattr(allocation, "parted", fault)
    differs = 0
    for blocks in files:
        rules = loads(second.text_of(blocks)).on("claim")
        if not rounding:
            wrong = tuple(fault(b) for b in rules.meaning.liabilities)  # type: ignore[operator]  # one of those above
            rules = Rules(replace(rules.meaning, liabilities=wrong))
        serving = Serving(rules, {})
        for number in range(150):
            claim = second.made_claim(chance, number)
            differs += portions(serving, values_of(serving, claim)) != second.bears(blocks, claim)
    assert differs > 0


def test_made_files_hold() -> None:
    """The generator's files check without an error, and no two of their blocks are thought to overlap."""
    chance = random.Random(5)
    for _ in range(30):
        text = second.text_of([second.made_block(chance, i) for i in range(4)])
        assert [d.code for d in check_text(text).diagnostics] == []
