"""Three cases worked out by hand: what each method leaves in an account through which several people's money went."""

from __future__ import annotations

from fractions import Fraction

import pytest

from riskrules.funds import Limits, Theft, Trace, TraceError, Transfer, trace

A = [
    Transfer("p", 0, "P", "M", 1000),
    Transfer("m", 1, "N", "M", 1000),
    Transfer("o1", 2, "M", "X", 1000),
    Transfer("k", 3, "K", "M", 1000),
    Transfer("o2", 4, "M", "X", 1000),
]
"""P, N and K pay 10 each into M, which pays 10 after the second and after the third."""
A_THEFTS = [Theft("p", "P"), Theft("m", "N"), Theft("k", "K")]

B = [
    Transfer("own", 0, None, "M", 30_000),
    Transfer("v1", 1, "A1", "M", 100_000),
    Transfer("v2", 2, "A2", "M", 50_000),
    Transfer("o1", 3, "M", "X", 120_000),
    Transfer("v3", 4, "A3", "M", 70_000),
    Transfer("o2", 5, "M", "X", 90_000),
]
"""A mule with 300 of its own; victims of 1000, 500 and 700; 1200 and 900 go; 400 are left."""
B_THEFTS = [Theft("v1", "V1"), Theft("v2", "V2"), Theft("v3", "V3")]

C = [Transfer("s", 0, "V", "M", 300), Transfer("c", 1, None, "M", 700), Transfer("o", 2, "M", "X", 300)]
"""3 stolen, then 7 clean; 3 are spent."""
C_THEFTS = [Theft("s", "V")]


def left_in(found: Trace, account: str = "M") -> dict[str, int]:
    return {h.victim: h.amount_minor for h in found.where() if h.account == account}


def run(rows: list[Transfer], thefts: list[Theft], method: str, **more: object) -> Trace:
    return trace(rows, thefts, currency="CNY", method=method, outside=["X"], **more)  # type: ignore[arg-type]  # spread out


@pytest.mark.parametrize(
    ("method", "more", "expected"),
    [
        ("fifo", {}, {"K": 1000}),
        ("lifo", {}, {"P": 1000}),
        ("pro_rata", {}, {"P": 250, "N": 250, "K": 500}),
        ("pari_passu", {}, {"P": 334, "N": 333, "K": 333}),
        ("pari_passu", {"pool": "all"}, {"P": 334, "N": 333, "K": 333}),
        ("pari_passu", {"lowest_balance": True}, {"P": 334, "N": 333, "K": 333}),
        ("direct", {}, {}),
        ("poison", {}, {"P": 1000, "N": 1000, "K": 1000}),
        ("cn_article_8", {}, {"K": 1000}),
    ],
)
def test_vector_a(method: str, more: dict[str, object], expected: dict[str, int]) -> None:
    """Of 10 left: FIFO K 10, LIFO P 10, rolling 2.50, 2.50 and 5, pari passu a third each; time stamps as FIFO, since
    each payment out is one credit whole."""
    found = run(A, A_THEFTS, method, **more)
    assert left_in(found) == expected
    assert {h.lowest_minor for h in found.where()} <= {1000}


@pytest.mark.parametrize(
    ("method", "more", "expected"),
    [
        ("fifo", {}, {"V3": 40_000}),
        ("lifo", {}, {"V1": 10_000}),
        ("pro_rata", {}, {"V1": 10_256, "V2": 5_128, "V3": 21_539}),
        ("pari_passu", {"pool": "all"}, {"V1": 16_000, "V2": 8_000, "V3": 11_200}),
        ("pari_passu", {}, {"V1": 18_182, "V2": 9_091, "V3": 12_727}),
        ("pari_passu", {"lowest_balance": True}, {"V1": 13_334, "V2": 13_333, "V3": 13_333}),
        ("cn_article_8", {}, {"V1": 18_182, "V2": 9_091, "V3": 12_727}),
        ("cn_article_8", {"share_by": "loss"}, {"V1": 18_182, "V2": 9_091, "V3": 12_727}),
        ("cn_article_8", {"lowest_balance": True}, {"V1": 13_334, "V2": 13_333, "V3": 13_333}),
        ("direct", {}, {}),
        ("poison", {}, {"V1": 40_000, "V2": 40_000, "V3": 40_000}),
    ],
)
def test_vector_b(method: str, more: dict[str, object], expected: dict[str, int]) -> None:
    """Of 400 left: FIFO V3 400; LIFO the mule's own 300 and V1 100; rolling 102.56, 51.28, 215.38 and own 30.77, of
    which one unit goes to V3, since four rounded numbers sum to 399.99; pari passu 160, 80, 112 and own 48; among the
    victims only (Article 8) 181.82, 90.91, 127.27; by the lowest balance a third each."""
    assert left_in(run(B, B_THEFTS, method, **more)) == expected


def test_rolling_by_fractions() -> None:
    """Vector B, rolling: each victim's exact share lies within one minor unit of what is found."""
    mixed = {"V1": Fraction(100_000), "V2": Fraction(50_000), "own": Fraction(30_000)}
    mixed = {name: share * (1 - Fraction(120_000, 180_000)) for name, share in mixed.items()}
    mixed["V3"] = Fraction(70_000)
    exact = {name: share * (1 - Fraction(90_000, 130_000)) for name, share in mixed.items()}
    found = left_in(run(B, B_THEFTS, "pro_rata"))
    assert all(abs(exact[name] - amount) < 1 for name, amount in found.items())
    assert [round(float(exact[name]) / 100, 2) for name in ("own", "V1", "V2", "V3")] == [30.77, 102.56, 51.28, 215.38]


@pytest.mark.parametrize(
    ("method", "gone", "stays"),
    [("fifo", 300, 0), ("lifo", 0, 300), ("pro_rata", 90, 210), ("poison", 300, 700), ("direct", 0, 0)],
)
def test_vector_c(method: str, gone: int, stays: int) -> None:
    """3 stolen, 7 clean, 3 spent: poison taints the 3 and the 7 that stay, haircut 0.9 and 2.1, FIFO 3 and 0."""
    found = run(C, C_THEFTS, method)
    (total,) = found.totals()
    assert (total.left_minor, left_in(found).get("V", 0)) == (gone, stays)
    assert total.swept_minor == (700 if method == "poison" else 0)


def test_a_return_ends_the_taint() -> None:
    """What comes back to the victim's account is the victim's own again: spending it is no second loss."""
    rows = [
        Transfer("s", 0, "V", "M", 500),
        Transfer("b", 1, "M", "V", 200),
        Transfer("spent", 2, "V", "M", 200),
    ]
    found = trace(rows, "s", currency="CNY")
    (total,) = found.totals()
    assert (total.stolen_minor, total.returned_minor, total.held_minor) == (500, 200, 300)
    assert [e.way for e in found.edges()] == ["theft", "returned"]


def test_stolen_again() -> None:
    """Stolen money that another theft takes is the later victim's: it is counted once."""
    rows = [Transfer("s", 0, "V", "W", 500), Transfer("t", 1, "W", "M", 500)]
    found = trace(rows, ["s", "t"], currency="CNY")
    first, second = found.totals()
    assert (first.stolen_again_minor, first.tainted_minor) == (500, 0)
    assert (second.stolen_minor, second.held_minor) == (500, 500)


def test_a_moment_in_between() -> None:
    """`where` and `totals` of an earlier moment are those of a trace that ends there."""
    for method in ("fifo", "pro_rata", "poison", "pari_passu", "cn_article_8"):
        whole = run(B, B_THEFTS, method)
        for at in range(6):
            short = run(B, B_THEFTS, method, limits=Limits(until_us=at))
            assert whole.where(at) == short.where()
            assert whole.totals(at) == short.totals()


def test_overdraft_takes_stolen_money() -> None:
    """Stolen money that comes to an overdrawn account repays the bank first, and only the rest is there."""
    rows = [Transfer("o", 0, "M", None, 100), Transfer("s", 1, "V", "M", 150)]
    found = trace(rows, "s", currency="CNY", opening={"M": 0, "V": 150})
    (total,) = found.totals()
    assert (total.left_minor, total.held_minor) == (100, 50)
    assert any("went below zero" in text for text in found.assumptions)


def test_cut_is_told() -> None:
    """Each limit ends the trace with a sentence and with how much lies beyond it."""
    chain = [Transfer(str(n), n, f"A{n}", f"A{n + 1}", 100) for n in range(10)]
    hops = trace(chain, "0", currency="CNY", limits=Limits(hops=4))
    assert hops.cut is not None
    assert hops.cut.lost_minor == 100
    until = trace(chain, "0", currency="CNY", limits=Limits(until_us=3))
    assert until.cut is not None
    assert (until.cut.rows_not_read, until.cut.open_minor, until.cut.stopped_at_us) == (6, 100, None)
    for limits in (Limits(entries=8), Limits(lots=6)):
        spread = [Transfer("s", 0, "V", "B0", 64)]
        spread += [Transfer(f"{n}-{k}", n, f"B{k}", f"B{k + n}", 1) for n in (1, 2, 3, 4) for k in range(n)]
        cut = trace(spread, "s", currency="CNY", method="pro_rata", limits=limits).cut
        assert cut is not None
        assert "explodes" in cut.because[0]
        assert cut.rows_not_read > 0
        assert cut.stopped_at_us is not None
    assert trace(chain, "0", currency="CNY").cut is None


BAD = {
    "negative": ([Transfer("s", 0, "V", "M", -1)], "s", {}, "below 0"),
    "no such payment": ([Transfer("s", 0, "V", "M", 1)], "z", {}, "no transfer has the id `z`"),
    "two of one id": ([Transfer("s", 0, "V", "M", 1)] * 2, "s", {}, "2 transfers have the id `s`"),
    "moved no money": ([Transfer("s", 0, "V", "M", 1, moved=False)], "s", {}, "moved no money"),
    "another currency": ([Transfer("s", 0, "V", "M", 1, currency="USD")], "s", {}, "another currency"),
    "out of order": ([Transfer("s", 5, "V", "M", 1), Transfer("t", 4, "V", "M", 1)], "s", {}, "out of order: `t`"),
    "balance before": (
        [Transfer("s", 0, "V", "M", 10, payee_after=10), Transfer("t", 1, "M", "X", 5, payer_before=9)],
        "s", {}, "the payer's balance before `t` (row 2) does not follow",
    ),
    "balance after": (
        [Transfer("s", 0, "V", "M", 10, payee_before=0, payee_after=11)],
        "s", {}, "account `M` is stated to have 0.11 CNY",
    ),
    "unknown account": ([Transfer("s", 0, "V", "M", 1)], "s", {"opening": {"Q": 5}}, "account `…`, which is in no"),
    "theft of more": ([Transfer("s", 0, "V", "M", 1)], Theft("s", amount_minor=2), {}, "no 0.02 CNY can be stolen"),
    "to itself": ([Transfer("s", 0, "V", "V", 1)], "s", {}, "nothing was stolen"),
    "theft twice": ([Transfer("s", 0, "V", "M", 1)], ["s", "s"], {}, "named as a theft twice"),
    "two victims": (
        [Transfer("s", 0, "V", "M", 1), Transfer("t", 0, "V", "M", 1)],
        [Theft("s", "one"), Theft("t", "two")], {}, "account `…` has two victims",
    ),
    "from outside": ([Transfer("s", 0, None, "M", 1)], "s", {}, "paid from outside: name its victim"),
    "method": ([Transfer("s", 0, "V", "M", 1)], "s", {"method": "clayton"}, "no method `clayton`"),
    "no theft": ([Transfer("s", 0, "V", "M", 1)], [], {}, "no theft"),
    "two institutions": (
        [Transfer("s", 0, "V", "M", 1, payee_institution="B1"), Transfer("t", 0, "M", "Q", 1, payer_institution="B2")],
        "s", {}, "two institutions",
    ),
    "too much money": ([Transfer(f"s{n}", 0, "V", "M", 10**15) for n in range(300)], "s0", {}, "more money than"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "thefts", "more", "said"), BAD.values(), ids=BAD)
def test_bad_input(rows: list[Transfer], thefts: object, more: dict[str, object], said: str) -> None:
    """What cannot be traced is refused, with the place and what is wrong, in the house's style."""
    with pytest.raises(TraceError) as error:
        trace(rows, thefts, currency="CNY", **more)  # type: ignore[arg-type]  # wrong on purpose
    assert said in str(error.value)
    assert not str(error.value).endswith(".")
    assert not str(error.value)[0].isupper()


def test_assumptions_are_told() -> None:
    """Sorting, gaps made good, openings guessed and transfers left out each stand in the result."""
    rows = [
        Transfer("t", 4, "M", "X", 4, payer_before=12, payer_after=8),
        Transfer("s", 2, "V", "M", 10),
        Transfer("u", 3, "V", "M", 10, moved=False),
        Transfer("w", 5, "M", "X", 4, payer_before=5),
    ]
    found = trace(rows, "s", currency="CNY", sort=True, balances="adjust", opening={"M": 0})
    told = "\n".join(found.assumptions)
    for said in ("out of order in 1 place ", "1 transfer moved no money", "`V` 0.10 CNY", "appeared", "vanished"):
        assert said in told, told
    (total,) = found.totals()
    assert total.held_minor + total.left_minor == 10
