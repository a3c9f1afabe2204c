"""Frozen money given back: who gets what, exact and conserved, and what each part waits for."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskrules as rr
from riskrules.base.times import format_instant, parse_instant
from riskrules.funds import returns
from riskrules.funds.result import Holding
from riskrules.funds.return_basis import Record, frozen_from_records, frozen_from_trace
from riskrules.funds.return_case import ReturnCase
from riskrules.funds.return_facts import Approval, Notice, Objection, Payment
from riskrules.funds.return_file import case_of
from riskrules.funds.return_page import page_of
from riskrules.funds.returns import BASES, Basis, Frozen, ReturnError, Victim, divided, in_proportion


def victim(name: str, loss: int, returned: int = 0) -> Victim:
    return Victim(name, loss, f"6222-{name}", "BANK-V", returned)


def given_to(accounts: Sequence[Frozen], victims: Sequence[Victim]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in divided(accounts, victims, "CNY").lines:
        found[line.victim] = found.get(line.victim, 0) + line.amount_minor
    return found


# -- the golden vectors ----------------------------------------------------------------------------------------------


def test_the_mule_account_divides_to_the_cent() -> None:
    """Own 300, V1 1000, V2 500, out 1200, V3 700, out 900: the 400 left go 181.82, 90.91 and 127.27 to the victims."""
    records = [
        Record(1, 100_000, "V1"), Record(2, 50_000, "V2"), Record(3, -120_000), Record(4, 70_000, "V3"),
        Record(5, -90_000),
    ]  # fmt: skip
    frozen = frozen_from_records("MULE", "BANK-M", 40_000, records, opening_minor=30_000)
    assert frozen.basis == "in proportion"
    victims = [victim("V1", 100_000), victim("V2", 50_000), victim("V3", 70_000)]
    assert given_to([frozen], victims) == {"V1": 18_182, "V2": 9_091, "V3": 12_727}


def test_equal_victims_share_equally_and_the_odd_cent_is_given_once() -> None:
    """Ten from each of three and ten left: 3.34, 3.33, 3.33."""
    frozen = Frozen("A", "B", 1_000, "in proportion", {"M": 1_000, "P": 1_000, "K": 1_000}, "pooled")
    assert given_to([frozen], [victim(name, 1_000) for name in "MPK"]) == {"K": 334, "M": 333, "P": 333}


# -- division against fractions ----------------------------------------------------------------------------------------


def water(pool: Fraction, weights: dict[str, int], caps: dict[str, int]) -> dict[str, Fraction]:
    """The oracle, in another style: one level rises until the pool is used; each holds level times weight, at most its
    cap. Found between the levels at which somebody is full."""
    pool = min(pool, Fraction(sum(caps.values())))
    levels = sorted({Fraction(caps[name], weights[name]) for name in weights if weights[name]})

    def held(level: Fraction) -> Fraction:
        return sum((min(level * weights[name], Fraction(caps[name])) for name in weights), Fraction(0))

    low = max((level for level in [Fraction(0), *levels] if held(level) <= pool), default=Fraction(0))
    rising = sum(weights[name] for name in weights if weights[name] and Fraction(caps[name], weights[name]) > low)
    level = low if not rising else low + (pool - held(low)) / rising
    return {name: min(level * weights[name], Fraction(caps[name])) for name in weights}


def faults(pool: int, weights: dict[str, int], caps: dict[str, int], shares: dict[str, int]) -> list[str]:
    """What is wrong with shares, by the oracle and by the laws of largest remainder."""
    exact = water(Fraction(pool), weights, caps)
    found = []
    if sum(shares.values()) != min(pool, sum(caps.values())):
        found.append("the sum is not the pool")
    if any(not 0 <= shares[name] <= caps[name] for name in weights):
        found.append("a share is out of bounds")
    if any(abs(shares[name] - exact[name]) >= 1 for name in weights):
        found.append("a share is a unit or more from its exact one")
    up = [exact[n] - int(exact[n]) for n in weights if shares[n] > exact[n]]
    down = [(exact[n] - int(exact[n])) for n in weights if shares[n] < exact[n]]
    if up and down and min(up) < max(down):
        found.append("a smaller remainder was rounded up")
    return found


def random_division(source: random.Random) -> tuple[int, dict[str, int], dict[str, int]]:
    count = source.choice((1, 2, 3, 5, 9))
    top = source.choice((1, 5, 100, 10**6, 10**15))
    weights = {f"V{i}": source.randrange(0, top + 1) for i in range(count)}
    caps = {name: source.choice((w, w, w // 2, source.randrange(0, w + 1))) for name, w in weights.items()}
    pool = source.choice(
        (0, sum(caps.values()) // 2, sum(caps.values()), source.randrange(0, sum(weights.values()) + 3))
    )
    return pool, weights, caps


def hunted(divide: Callable[[int, dict[str, int], dict[str, int]], dict[str, int]], cases: int = 2_000) -> Counter[str]:
    source, found = random.Random(17), Counter[str]()
    for _ in range(cases):
        pool, weights, caps = random_division(source)
        found.update(faults(pool, weights, caps, divide(pool, weights, caps)))
    return found


def test_division_is_that_of_exact_fractions() -> None:
    """To less than a unit each, in sum exactly, nobody above the cap, the larger remainder first."""
    assert hunted(lambda *case: in_proportion(*case)) == Counter()


def test_the_divisions_are_of_every_shape() -> None:
    """Caps that bind and that do not, pools that are short, just enough and too much, ties and nothing."""
    source, shapes = random.Random(17), Counter[str]()
    for _ in range(2_000):
        pool, weights, caps = random_division(source)
        exact = water(Fraction(pool), weights, caps)
        binding = [n for n in weights if 0 < exact[n] == caps[n]]
        shapes["some full, some not"] += 0 < len(binding) < len([n for n in weights if weights[n]])
        shapes["more than all caps"] += pool > sum(caps.values())
        shapes["rounding"] += any(x.denominator > 1 for x in exact.values())
        remainders = [x - int(x) for x in exact.values() if x.denominator > 1]
        shapes["equal remainders"] += len(set(remainders)) < len(remainders)
        shapes["nothing"] += pool == 0
    assert {name: n for name, n in shapes.items() if n < 50} == {}
    assert len(shapes) == 5


def floor_only(pool: int, weights: dict[str, int], caps: dict[str, int]) -> dict[str, int]:
    return {n: min(caps[n], pool * weights[n] // max(1, sum(weights.values()))) for n in weights}


def literal_ratio(pool: int, weights: dict[str, int], caps: dict[str, int]) -> dict[str, int]:
    """Art. 8 read word by word: each victim's money over the frozen funds."""
    return {n: min(caps[n], weights[n] * weights[n] // max(1, pool)) for n in weights}


def remainder_to_the_first(pool: int, weights: dict[str, int], caps: dict[str, int]) -> dict[str, int]:
    shares = {n: int(x) for n, x in water(Fraction(pool), weights, caps).items()}
    shares[next(iter(shares))] += min(pool, sum(caps.values())) - sum(shares.values())
    return shares


def smallest_remainder(pool: int, weights: dict[str, int], caps: dict[str, int]) -> dict[str, int]:
    exact = water(Fraction(pool), weights, caps)
    shares = {n: int(x) for n, x in exact.items()}
    over = min(pool, sum(caps.values())) - sum(shares.values())
    for n in sorted((n for n in exact if exact[n] > shares[n]), key=lambda n: exact[n] - shares[n])[:over]:
        shares[n] += 1
    return shares


def no_caps(pool: int, weights: dict[str, int], caps: dict[str, int]) -> dict[str, int]:
    return in_proportion(min(pool, sum(weights.values())), weights, weights)


def cut_and_lost(pool: int, weights: dict[str, int], caps: dict[str, int]) -> dict[str, int]:
    """What a cap leaves is not given to the others."""
    return {n: min(caps[n], x) for n, x in in_proportion(min(pool, sum(weights.values())), weights, weights).items()}


@pytest.mark.parametrize(
    "planted", [floor_only, literal_ratio, remainder_to_the_first, smallest_remainder, no_caps, cut_and_lost]
)
def test_a_planted_bug_in_the_division_is_found(
    planted: Callable[[int, dict[str, int], dict[str, int]], dict[str, int]],
) -> None:
    """Each of six ways to divide almost rightly."""
    assert sum(hunted(planted, 1_000).values()) > 10


# -- whole cases -------------------------------------------------------------------------------------------------------


def random_case(source: random.Random) -> tuple[list[Frozen], list[Victim]]:
    victims = []
    for i in range(source.randrange(1, 7)):
        loss = source.randrange(1, source.choice((3, 1_000, 10**9)))
        victims.append(victim(f"V{i}", loss, source.choice((0, 0, loss, source.randrange(0, loss + 1)))))
    accounts = []
    for i in range(source.randrange(1, 5)):
        basis: Basis = source.choice(BASES)
        whose = source.sample(victims, source.randrange(0, len(victims) + 1))
        into = {v.id: source.randrange(0, v.loss_minor + 1) for v in whose}
        least = sum(into.values()) if basis != "in proportion" else 0
        frozen = least + source.randrange(0, source.choice((2, 1_000, 10**9)))
        accounts.append(Frozen(f"A{i}", "BANK-M", frozen, basis, into, "made up"))
    return accounts, victims


def test_every_case_is_conserved() -> None:
    """By account what is given and what stays is what was frozen; by victim what it gets, had and lacks is the loss;
    nobody gets money that never came into the account. Whatever the accounts' bases and the order they stand in."""
    source, seen = random.Random(23), Counter[str]()
    for _ in range(1_500):
        accounts, victims = random_case(source)
        division = divided(accounts, victims, "CNY")
        for account in accounts:
            own = {line.victim: line.amount_minor for line in division.lines if line.account == account.account}
            assert sum(own.values()) + division.residue[account.account] == account.frozen_minor
            assert division.residue[account.account] >= 0
            assert all(0 < amount <= account.into[v] for v, amount in own.items())
        for v in victims:
            got = sum(line.amount_minor for line in division.lines if line.victim == v.id)
            assert got + v.returned_minor + division.lacking[v.id] == v.loss_minor
            assert division.lacking[v.id] >= 0
        seen.update(line.basis for line in division.lines)
        seen["residue"] += any(division.residue.values())
        seen["several accounts for one victim"] += len({x.victim for x in division.lines}) < len(division.lines)
    assert min(seen[name] for name in (*BASES, "residue", "several accounts for one victim")) > 150


def test_nothing_stays_frozen_that_a_victim_of_the_account_lacks() -> None:
    """The residue is what nobody may have: every victim has what came in from it, or all its loss."""
    source = random.Random(29)
    for _ in range(1_000):
        accounts, victims = random_case(source)
        division = divided(accounts, victims, "CNY")
        for account in accounts:
            if not division.residue[account.account]:
                continue
            got = {line.victim: line.amount_minor for line in division.lines if line.account == account.account}
            assert all(got.get(v, 0) == into or division.lacking[v] == 0 for v, into in account.into.items())


def test_the_fingerprint_is_of_all_that_matters() -> None:
    """Another amount, another victim, another basis: another fingerprint; the same case, the same."""
    frozen = Frozen("A", "B", 100, "in proportion", {"V1": 60, "V2": 60}, "x")
    victims = [victim("V1", 60), victim("V2", 60)]
    base = divided([frozen], victims, "CNY").fingerprint
    assert divided([frozen], list(victims), "CNY").fingerprint == base
    others = [
        divided([replace(frozen, frozen_minor=101)], victims, "CNY"),
        divided([replace(frozen, into={"V1": 60, "V2": 59})], victims, "CNY"),
        divided([frozen], [*victims, victim("V3", 1)], "CNY"),
        divided([frozen], [victims[0], replace(victims[1], account="other")], "CNY"),
        divided([frozen], victims, "USD"),
    ]
    assert len({base, *(d.fingerprint for d in others)}) == 6


@pytest.mark.parametrize(
    ("accounts", "victims", "said"),
    [
        ([Frozen("A", "B", 10, "direct", {"V1": 11}, "x")], [victim("V1", 20)], "only 0.10 CNY is frozen"),
        ([Frozen("A", "B", 10, "direct", {"V2": 1}, "x")], [victim("V1", 20)], "is no victim of the case"),
        ([Frozen("A", "B", -1, "direct", {}, "x")], [victim("V1", 20)], "is not an amount"),
        ([Frozen("A", "B", 10, "guess", {}, "x")], [victim("V1", 20)], "is one of direct"),  # type: ignore[arg-type]  # on purpose
        ([Frozen("A", "B", 10, "direct", {"V1": -1}, "x")], [victim("V1", 20)], "is not an amount"),
        ([], [victim("V1", 0)], "not an amount above zero"),
        ([], [victim("V1", 10, 11)], "more back than it lost"),
        ([], [victim("V1", 10), victim("V1", 10)], "stands in the case twice"),
        ([Frozen("A", "B", 1, "direct", {}, "x")] * 2, [], "stands in the case twice"),
    ],
)
def test_a_case_that_does_not_add_up_is_refused(accounts: list[Frozen], victims: list[Victim], said: str) -> None:
    """In a sentence that names whom it is about."""
    with pytest.raises(ReturnError, match=said):
        divided(accounts, victims, "CNY")


# -- whose money is in an account --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "opening", "basis", "into"),
    [
        ([(100, "V1")], 0, "direct", {"V1": 100}),
        ([(100, "V1")], 5, "time stamps", {"V1": 100}),
        ([(100, "V1"), (100, "V2")], 0, "time stamps", {"V1": 100, "V2": 100}),
        ([(100, "V1"), (70, "V2"), (-100, None)], 0, "time stamps", {"V2": 70}),
        ([(100, "V1"), (100, "V2"), (-100, None)], 0, "in proportion", {"V1": 100, "V2": 100}),
        ([(100, "V1"), (100, "V1"), (-100, None)], 0, "time stamps", {"V1": 100}),
        ([(100, "V1"), (-60, None)], 0, "in proportion", {"V1": 100}),
        ([(100, "V1"), (-60, None), (-40, None), (30, "V2")], 0, "time stamps", {"V2": 30}),
        ([(100, "V1"), (-100, None), (30, "V2")], 50, "time stamps", {"V2": 30}),
        ([(100, None), (100, "V1"), (-100, None)], 0, "in proportion", {"V1": 100}),
        ([(100, None)], 0, "in proportion", {}),
    ],
)
def test_the_first_step_of_article_8_that_can_say_it_says_it(
    records: list[tuple[int, str | None]], opening: int, basis: str, into: dict[str, int]
) -> None:
    """Direct, else time stamps, else in proportion; an account that was empty in between starts afresh."""
    told = [Record(at, amount, whose) for at, (amount, whose) in enumerate(records)]
    left = opening + sum(r.amount_minor for r in told)
    frozen = frozen_from_records("A", "B", left, told, opening_minor=opening)
    assert (frozen.basis, dict(frozen.into)) == (basis, into)


def owner_sets(records: list[tuple[int, str]], opening: int) -> set[tuple[tuple[str, int], ...]]:
    """By brute force, every way to say which records in were used by each record out, one to one or by emptying the
    account: whose money may be left, as sums by owner."""
    ways: set[tuple[tuple[str, int], ...]] = {(("", opening),) if opening else ()}
    balance = opening
    for amount, owner in records:
        following: set[tuple[tuple[str, int], ...]] = set()
        balance += amount
        for way in ways:
            if amount > 0:
                following.add(tuple(sorted((*way, (owner, amount)))))
            else:
                following |= {way[:i] + way[i + 1 :] for i, (_, a) in enumerate(way) if a == -amount}
        ways = following if balance else {()}  # an empty account starts afresh, however it came to that
    return ways


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.sampled_from(["V1", "V2", ""])), max_size=7), st.integers(0, 2))
def test_time_stamps_say_it_only_where_there_is_one_way(steps: list[tuple[int, str]], opening: int) -> None:
    """Whatever is identified is what every one-to-one matching leaves to each victim."""
    records, balance = [], opening
    for amount, owner in steps:
        if amount and balance + amount >= 0:
            records.append((amount, owner))
            balance += amount
    told = [Record(at, amount, owner or None) for at, (amount, owner) in enumerate(records)]
    frozen = frozen_from_records("A", "B", balance, told, opening_minor=opening)
    if frozen.basis == "in proportion":
        return
    assert owner_sets(records, opening)
    for way in owner_sets(records, opening):
        theirs = {owner: sum(a for o, a in way if o == owner) for owner, _ in way if owner}
        assert theirs == dict(frozen.into)


def test_a_ledger_that_does_not_follow_is_refused() -> None:
    """Out of order, below zero, or with less in it than is frozen."""
    for records, frozen, said in (
        ([Record(2, 5), Record(1, 5)], 10, "not in order of time"),
        ([Record(1, 5), Record(2, -6), Record(3, 9)], 1, "pays out more than was there"),
        ([Record(1, 5)], 6, "more is frozen"),
    ):
        with pytest.raises(ReturnError, match=said):
            frozen_from_records("A", "B", frozen, records)


def test_a_trace_says_whose_it_is() -> None:
    """Identified holdings go back as they are; pooled ones by what was brought in; an account without any keeps all."""

    def holding(account: str, who: str, amount: int, brought: int, why: str) -> Holding:
        return Holding(account, who, amount, brought, amount, 500, 1, 1, "BANK-M", why)

    held = [
        holding("A", "V1", 100, 100, "time stamps"), holding("B", "V1", 30, 60, "in proportion"),
        holding("B", "V2", 20, 40, "in proportion"),
    ]  # fmt: skip
    frozen = frozen_from_trace(held, {"A": 120, "B": 50, "C": 9})
    assert [(f.account, f.basis, dict(f.into)) for f in frozen] == [
        ("A", "time stamps", {"V1": 100}),
        ("B", "in proportion", {"V1": 60, "V2": 40}),
        ("C", "in proportion", {}),
    ]
    division = divided(frozen, [victim("V1", 200), victim("V2", 100)], "CNY")
    assert division.residue == {"A": 20, "B": 0, "C": 9}


# -- the case as it goes on --------------------------------------------------------------------------------------------

BEGUN = parse_instant("2026-06-10T02:00:00Z")
DAY = 86_400_000_000


@lru_cache(maxsize=1)
def engine() -> rr.Engine:
    return rr.Engine(rr.load(rr.ruleset_path("cn/returns")))


def a_case() -> ReturnCase:
    accounts = (
        Frozen("6217-POOL", "BANK-M", 40_000, "in proportion", {"V1": 100_000, "V2": 50_000, "V3": 70_000}, "pooled"),
        Frozen("6217-ONE", "BANK-N", 30_000, "direct", {"V4": 25_000}, "one record"),
    )
    victims = (victim("V1", 100_000), victim("V2", 50_000), victim("V3", 70_000), victim("V4", 25_000, 5_000))
    case = ReturnCase("C1", "CNY", accounts, victims)
    return replace(case, approval=Approval(case.division.fingerprint, BEGUN, BEGUN, "prefecture", 2))


def noticed(case: ReturnCase) -> ReturnCase:
    return replace(case, notices=(Notice(case.division.fingerprint, BEGUN + DAY),))


def states(case: ReturnCase, at_us: int) -> dict[str, str]:
    return {part.line.victim: part.state for part in case.parts(engine(), at_us)}


def test_a_case_goes_its_way() -> None:
    """What is direct may be paid at once; what is divided waits for its notice to the second; then all may be paid,
    each within its time."""
    case = a_case()
    assert set(states(replace(case, approval=None), BEGUN).values()) == {"to be decided"}
    assert states(case, BEGUN) == {"V4": "to be paid", "V1": "refused", "V2": "refused", "V3": "refused"}
    case = noticed(case)
    over = BEGUN + 31 * DAY
    assert states(case, over - 1_000_000) == {"V4": "overdue", "V1": "waits", "V2": "waits", "V3": "waits"}
    waiting = next(p for p in case.parts(engine(), BEGUN + 2 * DAY) if p.line.victim == "V1")
    assert waiting.until_us == over
    paid = Payment("P1", "6217-ONE", "V4", "6222-V4", 20_000, BEGUN + DAY)
    case = replace(case, paid=(paid,))
    assert states(case, over) == {"V4": "paid", "V1": "to be paid", "V2": "to be paid", "V3": "to be paid"}
    due = {p.line.victim: p.due_us for p in case.parts(engine(), over)}["V1"]
    assert due is not None
    assert format_instant(due) == "2026-07-15T16:00:00Z"  # the notice ends on a Saturday: Monday, Tuesday, Wednesday
    assert states(case, due - 1_000_000)["V1"] == "to be paid"
    assert states(case, due)["V1"] == "overdue"
    later = {p.line.victim: p.due_us for p in case.parts(engine(), due + 40 * DAY)}["V1"]
    assert later == due


def test_an_objection_suspends_its_part_alone() -> None:
    """Until it is reviewed, and for good when it is upheld; others go on."""
    over = BEGUN + 31 * DAY
    case = replace(noticed(a_case()), objections=(Objection("O1", BEGUN + 2 * DAY, victim="V2"),))
    assert states(case, over)["V2"] == "suspended"
    assert states(case, over)["V1"] == "to be paid"
    reviewed = replace(case, objections=(replace(case.objections[0], reviewed_at_us=over + DAY),))
    assert states(reviewed, over)["V2"] == "suspended"
    assert states(reviewed, over + DAY)["V2"] == "to be paid"
    upheld = replace(case, objections=(replace(reviewed.objections[0], upheld=True),))
    assert states(upheld, over)["V2"] == "suspended"
    assert states(upheld, over + 9 * DAY)["V2"] == "suspended"
    whole = replace(case, objections=(Objection("O2", BEGUN + DAY),))
    assert set(states(whole, BEGUN + DAY).values()) == {"suspended"}


def test_an_account_of_the_victims_own_where_the_original_is_closed() -> None:
    """The rules are told, and let it be paid there; the file says so by a name of its own."""
    case = a_case()
    victims = tuple(replace(v, account="6222-NEW", original_closed=v.id == "V4") for v in case.victims)
    case = replace(case, victims=victims)
    case = replace(case, approval=Approval(case.division.fingerprint, BEGUN, BEGUN, "prefecture", 2))
    part = next(p for p in case.parts(engine(), BEGUN) if p.line.victim == "V4")
    assert (part.state, part.line.to_account) == ("to be paid", "6222-NEW")
    told = json.loads(json.dumps(FILE))
    told["victims"][0]["original_closed"] = True
    assert case_of(told).victims[0].original_closed


def test_a_new_victim_is_a_new_computation() -> None:
    """It needs a decision and a notice of its own; what was paid stays paid and is not paid again."""
    case = replace(noticed(a_case()), paid=(Payment("P1", "6217-ONE", "V4", "6222-V4", 20_000, BEGUN),))
    pool = replace(case.accounts[0], into={**case.accounts[0].into, "V5": 80_000})
    again = case.revised((pool, case.accounts[1]), (*case.victims, victim("V5", 80_000)))
    assert again.division.fingerprint != case.division.fingerprint
    assert set(states(again, BEGUN + 60 * DAY).values()) == {"to be decided"}
    got = {line.victim: line.amount_minor for line in again.division.lines}
    assert got == {"V1": 13_333, "V2": 6_667, "V3": 9_333, "V5": 10_667}
    assert again.division.residue == {"6217-POOL": 0, "6217-ONE": 10_000}
    old = replace(again, approval=case.approval, notices=case.notices)
    assert set(states(old, BEGUN + 60 * DAY).values()) == {"to be decided"}
    assert again.division.given_minor + 20_000 + 10_000 == 70_000


def test_a_payment_that_was_not_decided_is_refused() -> None:
    """Another amount, another account, a stranger, the same part twice, a reference twice."""
    case = a_case()
    paid = Payment("P1", "6217-ONE", "V4", "6222-V4", 20_000, BEGUN)
    for wrong, said in (
        ((replace(paid, amount_minor=20_001),), "is no part of the division"),
        ((replace(paid, to_account="6222-V1"),), "is no part"),
        ((replace(paid, victim="V9"),), "is no part"),
        ((paid, replace(paid, reference="P2")), "was paid before"),
        ((paid, paid), "two payments have the reference"),
    ):
        with pytest.raises(ReturnError, match=said):
            replace(case, paid=wrong)


def test_the_paper_trail_adds_up_and_can_be_handed_on() -> None:
    """Its JSON is the same each time; masked, neither it nor the page has an account or a person in full; the page
    needs nothing from a network and runs no script."""
    case = replace(
        noticed(a_case()),
        objections=(Objection("O1", BEGUN, "6217-POOL", "V2", "<script>alert(1)</script> \u202e"),),
        victims=tuple(replace(v, id=f"victim-{v.id}-long") for v in a_case().victims),
        accounts=tuple(
            replace(a, into={f"victim-{v}-long": m for v, m in a.into.items()}) for a in a_case().accounts
        ),
    )  # fmt: skip
    case = replace(case, objections=(replace(case.objections[0], victim="victim-V2-long"),))
    at_us = BEGUN + 40 * DAY
    trail = case.paper_trail(engine(), at_us)
    assert json.dumps(trail) == json.dumps(case.paper_trail(engine(), at_us))
    assert trail["frozen_minor"] == trail["given_minor"] + trail["residue_minor"]
    masked = json.dumps(case.paper_trail(engine(), at_us, whole_ids=False), ensure_ascii=False)
    page = page_of(case, engine(), at_us)
    for secret in [a.account for a in case.accounts] + [x for v in case.victims for x in (v.id, v.account)]:
        assert secret in json.dumps(trail)
        assert secret not in masked
        assert secret not in page
    assert "<script" not in page
    assert "\u202e" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "&lt;script&gt;" in page
    for amount in ("181.82 CNY", "90.91 CNY", "127.27 CNY", "200.00 CNY"):
        assert amount in page


FILE = {
    "case": "C1", "currency": "CNY",
    "victims": [{"id": "V1", "loss": "10.00", "account": "A1", "institution": "B1", "returned": "1.00"}],
    "accounts": [
        {"account": "M", "institution": "BM", "frozen": "10.00",
         "records": [{"at": "2026-06-01T00:00:00Z", "amount": "10.00", "victim": "V1"}]},
        {"account": "N", "institution": "BN", "frozen": "0.50", "basis": "direct", "into": {"V1": "0.50"},
         "because": "a trace"},
    ],
}  # fmt: skip


def test_a_file_is_read_as_it_is_written() -> None:
    """Both ways to tell of an account, and what is divided of them."""
    case = case_of(FILE)
    assert [(line.account, line.amount_minor) for line in case.division.lines] == [("M", 900)]
    assert case.division.residue == {"M": 100, "N": 50}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("currency",), "XXQ", "`XXQ` is not known"),
        (("currency",), None, "`currency` is missing"),
        (("victims", 0, "loss"), 10.0, r"at victims\[0\]: `loss`: write it as text"),
        (("victims", 0, "loss"), "10.001", "at most 2"),
        (("victims", 0, "los"), "1.00", r"at victims\[0\]: there is no `los`"),
        (("victims", 0, "id"), "", "printable characters"),
        (("accounts", 0, "records", 0, "at"), "2026-06-01", r"at accounts\[0\].records\[0\]: `at`: not an instant"),
        (("accounts", 0, "basis"), "direct", "there is no `basis`"),
        (("accounts", 1, "into"), [1], "an object with names"),
        (("accounts", 1, "basis"), "guess", "is one of direct"),
        (("notices",), {}, "a list of at most"),
        (("approval",), {"of": "x", "at": "2026-06-01T00:00:00Z"}, "at approval: `served_at` is missing"),
        (("extra",), 1, "there is no `extra`"),
    ],
)
def test_a_slip_in_a_file_is_told_by_its_place(path: tuple[str | int, ...], value: object, said: str) -> None:
    """A misspelt name, a number where text belongs, a time without a zone."""
    whole = json.loads(json.dumps(FILE))
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ReturnError, match=said):
        case_of(whole)


def test_the_sums_are_asserted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in the shares does not get out: one unit too many or too few is stopped before a division is handed out."""
    frozen = Frozen("A", "B", 100, "in proportion", {"V1": 60, "V2": 60}, "x")
    plain = returns._shares
    for wrong in (1, -101):
        monkeypatch.setattr(
            returns, "_shares", lambda *case, wrong=wrong: {**plain(*case), "V1": plain(*case)["V1"] + wrong}
        )
        with pytest.raises(AssertionError):
            divided([frozen], [victim("V1", 60), victim("V2", 60)], "CNY")
