"""Orders to stop and to freeze: each once, never beyond the law or the traced money, and kept through a kill."""

from __future__ import annotations

import ast
import json
import random
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from order_model import ACCOUNTS, BEGUN, DAY, HOUR, Model, Step, differences, engine, given, random_order, random_steps

from riskrules.funds import journal, order_book
from riskrules.funds.journal import JournalError
from riskrules.funds.order_book import OrderBook, OrderConflict, Outcome
from riskrules.funds.orders import FITS, Fit, Order, OrderError, Transfer, fit_of, order_of, order_of_record
from riskrules.funds.restraints import Restraint

HERE = Path(__file__).resolve().parent


def an_order(name: str = "O1", kind: str = "stop", starts: int = BEGUN, **more: object) -> Order:
    told = {"case": "C1", **more}
    return Order(name, kind, "ACC-1", "BANK", "POLICE", "county", starts, **told)  # type: ignore[arg-type]  # a table of fields


# -- the law of it -----------------------------------------------------------------------------------------------------


def test_48_hours_twice_and_no_third_time() -> None:
    """Each from its own stop point; at the last microsecond stopped, at the next not."""
    book = OrderBook(engine(), "CNY")
    for number, starts in enumerate((BEGUN, BEGUN + 48 * HOUR), 1):
        outcome = book.give(an_order(f"S{number}", starts=starts), starts, fit=FITS)
        assert (outcome.carried_out, outcome.until_us) == (True, starts + 48 * HOUR)
        assert book.standing("ACC-1", starts + 48 * HOUR - 1).stopped_until_us == starts + 48 * HOUR
    third = book.give(an_order("S3", starts=BEGUN + 96 * HOUR), BEGUN + 96 * HOUR, fit=FITS)
    assert not third.carried_out
    assert "twice before" in third.because[0]
    assert book.standing("ACC-1", BEGUN + 96 * HOUR).stopped_until_us is None
    assert third.feedback()["result"] == "not carried out"


@pytest.mark.parametrize("wrong", ["number", "name", "amount", "time"])
def test_a_particular_that_does_not_match_stops_nothing(wrong: str) -> None:
    """Each of the four in turn, and the feedback says which."""
    book = OrderBook(engine(), "CNY")
    outcome = book.give(an_order(), BEGUN, fit=replace(FITS, **{wrong: False}))
    assert not outcome.carried_out
    assert any(word in " ".join(outcome.because) for word in (wrong, "transfer of the amount", "at the time"))
    assert book.restraints("ACC-1") == ()


def test_a_freeze_lasts_six_months_or_a_year_and_each_renewal_follows_on() -> None:
    """From the end of the term that runs; one renewal at a time; not renewed in time, it is over by itself."""
    book = OrderBook(engine(), "CNY")
    outcome = book.give(an_order("F", "freeze", amount_minor=100), BEGUN)
    first = book.standing("ACC-1", BEGUN).frozen_until_us
    assert outcome.feedback()["until"] == "2026-12-15T04:00:00Z"
    assert first is not None
    renewal = book.give(an_order("R1", "extend", BEGUN + 100 * DAY, of="F"), BEGUN + 100 * DAY)
    assert (renewal.from_us, renewal.feedback()["until"]) == (first, "2027-06-15T04:00:00Z")
    assert not book.give(an_order("R2", "extend", BEGUN + 101 * DAY, of="F"), BEGUN + 101 * DAY).carried_out
    major = an_order("R3", "extend", first, of="F", major_case=True, approval_level="prefecture")
    assert book.give(major, first).feedback()["until"] == "2028-06-15T04:00:00Z"
    end = book.restraints("ACC-1")[0].ends_us
    assert book.standing("ACC-1", end - 1).frozen_minor == 100
    assert book.standing("ACC-1", end).frozen_minor == 0
    late = book.give(an_order("R4", "extend", end, of="F"), end)
    assert (late.carried_out, len(late.because)) == (False, 1)
    assert "renewed in time" in late.because[0]


def test_a_freeze_never_takes_more_than_was_traced() -> None:
    """Several orders of a case together: what is above is left free, and said; when nothing is left nothing is frozen.
    A lift makes room again. Another case has a trace of its own."""
    book = OrderBook(engine(), "CNY")

    def freeze(name: str, **more: object) -> Outcome:
        return book.give(an_order(name, "freeze", amount_minor=100, **more), BEGUN, traced_minor=130)

    assert [freeze("A").held_minor, freeze("B").held_minor] == [100, 30]
    assert freeze("B").left_free_minor == 70
    assert freeze("C").because == ("all the traced money in the account, 1.30 CNY, is frozen already",)
    assert freeze("D", case="C2").held_minor == 100
    book.give(an_order("L", "lift", of="A"), BEGUN + 1)
    again = book.give(an_order("E", "freeze", amount_minor=100), BEGUN + 1, traced_minor=130)
    assert again.held_minor == 100
    with pytest.raises(OrderError, match="would take everything"):
        book.give(an_order("G", "freeze"), BEGUN + 1)
    assert book.give(an_order("H", "freeze", case="C3"), BEGUN + 1, traced_minor=7).held_minor == 7


def test_an_order_is_given_once() -> None:
    """Again: the same answer and no change, also later; with other content: an error, and no change."""
    book = OrderBook(engine(), "CNY")
    first = book.give(an_order(), BEGUN, fit=FITS)
    assert book.give(an_order(), BEGUN + 5 * DAY) == first
    assert len(book.restraints("ACC-1")) == 1
    with pytest.raises(OrderConflict, match="other content"):
        book.give(an_order(starts=BEGUN + 1), BEGUN)
    with pytest.raises(OrderError, match="arrived before one"):
        book.give(an_order("O2"), BEGUN - 1)
    assert book.outcome("O2") is None


def test_a_stop_is_not_given_uncompared() -> None:
    """Whoever forgets to compare the four particulars is told; a freeze and a lift do not rest on them."""
    book = OrderBook(engine(), "CNY")
    with pytest.raises(OrderError, match="compare its four particulars"):
        book.give(an_order(), BEGUN)
    assert book.give(an_order(), BEGUN, fit=FITS).carried_out
    with pytest.raises(OrderError, match="compare its four particulars"):
        book.give(an_order("E", "extend", of="O1"), BEGUN)
    assert book.give(an_order("L", "lift", of="O1"), BEGUN).carried_out


def test_threads_that_give_the_same_orders_give_each_once() -> None:
    """Each gets the same answers, and the account is frozen once by each order."""
    book, answers = OrderBook(engine(), "CNY"), []
    orders = [an_order(f"F{i}", "freeze", amount_minor=1) for i in range(20)]

    def work() -> None:
        answers.append([book.give(order, BEGUN, traced_minor=15) for order in orders])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert all(told == answers[0] for told in answers)
    assert book.standing("ACC-1", BEGUN).frozen_minor == 15


def test_what_ends_soon_is_listed() -> None:
    """The first first; what was lifted is not in it."""
    book = OrderBook(engine(), "CNY")
    for name, starts in (("F1", BEGUN + 2), ("F2", BEGUN), ("F3", BEGUN + 1)):
        book.give(an_order(name, "freeze", starts, amount_minor=1), BEGUN)
    book.give(an_order("L", "lift", of="F3"), BEGUN + 5)
    assert [r.order for r in book.ending(BEGUN, BEGUN + 190 * DAY)] == ["F2", "F1"]
    assert book.ending(BEGUN, BEGUN + 10 * DAY) == ()


# -- against the books, and as it is written -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "holder", "transfers", "fit"),
    [
        ({}, "Zhang San", [(100, 0)], FITS),
        ({}, "  zhang   SAN ", [(100, 0)], FITS),
        ({"account_name": "Ｚhang San"}, "Zhang San", [(100, 0)], FITS),
        ({}, "Zhang Sun", [(100, 0)], Fit(True, False, True, True)),
        ({}, None, [(100, 0)], Fit(False, False, False, False)),
        ({}, "Zhang San", [(101, 0)], Fit(True, True, False, True)),
        ({}, "Zhang San", [(100, 1_000_000)], Fit(True, True, True, False)),
        ({}, "Zhang San", [(100, 999_999)], FITS),
        ({}, "Zhang San", [(100, 1_000_000), (5, 0)], Fit(True, True, True, False)),
        ({"account_name": None}, "Zhang San", [(100, 0)], Fit(True, False, True, True)),
        ({"transfer_minor": None}, "Zhang San", [(100, 0)], Fit(True, True, False, True)),
        ({}, "Zhang San", [], Fit(True, True, False, False)),
    ],
)
def test_the_four_particulars_are_compared_each_by_itself(
    changed: dict[str, object], holder: str | None, transfers: list[tuple[int, int]], fit: Fit
) -> None:
    """Names without what keyboards make of them, times by the second, amount and time of one transfer."""
    order = replace(an_order(account_name="Zhang San", transfer_minor=100, transfer_at_us=BEGUN), **changed)  # type: ignore[arg-type]  # a table of fields
    assert fit_of(order, holder, [Transfer(amount, BEGUN + after) for amount, after in transfers]) == fit


WRITTEN = {
    "id": "O1", "kind": "stop", "account": "ACC-1", "institution": "BANK", "issuer": "POLICE",
    "issuer_level": "county", "starts_at": "2026-06-15T04:00:00Z", "case": "C1", "amount": "12.00",
    "transfer": "15.50", "transfer_at": "2026-06-15T03:00:00+08:00", "officers": 2,
}  # fmt: skip


def test_an_order_is_read_as_it_is_written() -> None:
    """Amounts and times as text; what the journal keeps of it reads back the same."""
    order = order_of(WRITTEN, "CNY")
    assert (order.amount_minor, order.transfer_minor, order.starts_at_us) == (1_200, 1_550, BEGUN)
    assert order_of_record(json.loads(json.dumps(order.to_dict()))) == order


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": " "}, "`id` is a text"), ({"id": 7}, "`id` is a text"), ({"kind": "seize"}, "`kind` is one of"),
        ({"issuer_level": "king"}, "`issuer_level` is one of"), ({"amount": "12.001"}, "`amount`:"),
        ({"amount": 12}, "write it as text"), ({"amount": "0.00"}, "above zero"),
        ({"starts_at": "soon"}, "not an instant"),
        ({"starts_at": None}, "write it as text"), ({"of": "O0"}, "has no `of`"), ({"kind": "lift"}, "says by `of`"),
        ({"ends_at": "2026-06-15T04:00:00Z"}, "ends before it starts"), ({"nonsense": 1}, "has no `nonsense`"),
        ({"amount_minor": 1}, "has no `amount_minor`"), ({"officers": "2"}, "`officers` is a whole number"),
        ({"officers": True}, "`officers` is a whole number"), ({"account": "a\nb"}, "printable"),
        ({"account": "a" * 300}, "1 to 256"),
    ],
)  # fmt: skip
def test_a_slip_in_an_order_is_told(changed: dict[str, object], said: str) -> None:
    """By its name, before anything is given to a book."""
    with pytest.raises(OrderError, match=said):
        order_of({**WRITTEN, **changed}, "CNY")


def test_each_needed_field_is_asked_for() -> None:
    """Leaving it out is told by its name."""
    for name in ("id", "kind", "account", "institution", "issuer", "issuer_level", "starts_at", "case"):
        with pytest.raises(OrderError, match=f"the order lacks `{name}`"):
            order_of({key: value for key, value in WRITTEN.items() if key != name}, "CNY")


# -- against the model -------------------------------------------------------------------------------------------------


def hunted(make: Callable[[], OrderBook], books: int, seed: int = 5) -> Counter[str]:
    source, found = random.Random(seed), Counter[str]()
    for _ in range(books):
        found += differences(make(), random_steps(source, 40), source)
    return found


def test_the_book_is_the_model_and_the_steps_reach_every_answer() -> None:
    """Random sequences of all kinds of order; each kind is carried out and refused many times."""
    found = hunted(lambda: OrderBook(engine(), "CNY"), 60)
    assert {name: n for name, n in found.items() if not name.startswith("seen ")} == {}
    for kind in ("stop", "freeze", "temporary_freeze", "extend", "lift", "query"):
        assert found[f"seen {kind}: carried out"] >= 20, kind
        assert found[f"seen {kind}: not carried out"] >= 20 or kind == "query", kind
    assert sum(n for name, n in found.items() if name.endswith(("conflict", "error"))) > 60


class Forgets(OrderBook):
    """Every order is new."""

    def give(self, order: Order, at_us: int, **more: object) -> Outcome:  # type: ignore[override]  # a planted bug
        self._orders.pop(order.id, None)
        return super().give(order, at_us, **more)  # type: ignore[arg-type]  # the same


class TakesTwice(OrderBook):
    """What is frozen already is not taken off."""

    def _held(self, order: Order, traced_minor: int | None, outcome: Outcome) -> Outcome:
        kept, self._of_account = self._of_account, {}
        try:
            return super()._held(order, traced_minor, outcome)
        finally:
            self._of_account = kept


class CountsStopsInForce(OrderBook):
    """A stop that ran out is not counted."""

    def _of(self, account: str) -> tuple[Restraint, ...]:
        return tuple(r for r in super()._of(account) if r.ahead(self._latest_us or 0))


class RenewsFromToday(OrderBook):
    """A renewal begins when it arrives."""

    def _kept(self, order: Order, of: Restraint | None, *more: object) -> Outcome:  # type: ignore[override]  # the same
        return super()._kept(order, None if of and of.measure == "freeze" else of, *more)  # type: ignore[arg-type]  # the same


class RenewsAhead(OrderBook):
    """Any number of renewals at once, and of anything."""

    def _wrong_reference(self, order: Order, of: Restraint | None, at_us: int) -> str:
        return "" if of is not None else super()._wrong_reference(order, of, at_us)


class LiftsNothing(OrderBook):
    """A lift is answered and forgotten."""

    def _apply(self, order: Order, outcome: Outcome) -> None:
        if order.kind != "lift":
            super()._apply(order, outcome)


class TakesLateOrders(OrderBook):
    """The order of arrival is not looked at."""

    def give(self, order: Order, at_us: int, **more: object) -> Outcome:  # type: ignore[override]  # the same
        self._latest_us = None
        return super().give(order, at_us, **more)  # type: ignore[arg-type]  # the same


class IgnoresTheFit(OrderBook):
    """The particulars always match."""

    def _outcome(self, order: Order, at_us: int, fit: Fit | None, traced_minor: int | None) -> Outcome:
        return super()._outcome(order, at_us, FITS, traced_minor)


@pytest.mark.parametrize(
    "planted",
    [
        Forgets, TakesTwice, CountsStopsInForce, RenewsFromToday, RenewsAhead, LiftsNothing, TakesLateOrders,
        IgnoresTheFit,
    ],
)  # fmt: skip
def test_a_planted_bug_in_the_book_is_found(planted: type[OrderBook]) -> None:
    """Each of eight books that are almost right."""
    found = hunted(lambda: planted(engine(), "CNY"), 15)
    assert found["answer"] + found["standing"] > 0


class Orders(RuleBasedStateMachine):
    """A book on disk, closed and opened again in between, and the model."""

    def __init__(self) -> None:
        super().__init__()
        self.at = BEGUN
        self.model = Model()
        self.given: list[Order] = []

    @initialize()
    def begin(self) -> None:
        type(self).number += 1  # type: ignore[attr-defined]  # set by the test
        self.folder = type(self).root / str(type(self).number)  # type: ignore[attr-defined]  # the same
        self.book = OrderBook(engine(), "CNY", self.folder)

    @rule(seed=st.integers(0, 2**32), wait=st.sampled_from([0, HOUR, 48 * HOUR, 90 * DAY]),
          traced=st.sampled_from([None, 0, 70]), fits=st.booleans())  # fmt: skip
    def order(self, seed: int, wait: int, traced: int | None, fits: bool) -> None:
        self.at += wait
        order = random_order(random.Random(seed), f"O{len(self.given)}", self.at, self.given)
        self.given.append(order)
        step = Step(order, self.at, FITS if fits else Fit(True, False, True, True), traced)
        assert given(self.book, step) == self.model.give(order, self.at, step.fit, traced)

    @rule(which=st.integers(0, 50), other=st.booleans())
    def again(self, which: int, other: bool) -> None:
        if self.given:
            order = self.given[which % len(self.given)]
            order = replace(order, issuer="SOMEBODY") if other else order
            step = Step(order, self.at, FITS, 10)
            assert given(self.book, step) == self.model.give(order, self.at, FITS, 10)

    @rule()
    def opened_again(self) -> None:
        before = [self.book.restraints(account) for account in ACCOUNTS]
        self.book.close()
        self.book = OrderBook(engine(), "CNY", self.folder)
        assert [self.book.restraints(account) for account in ACCOUNTS] == before

    @invariant()
    def stands_as_the_model(self) -> None:
        if hasattr(self, "book"):
            for account in ACCOUNTS:
                now = self.book.standing(account, self.at)
                assert (now.stopped_until_us, now.frozen_minor) == self.model.standing(account, self.at)

    def teardown(self) -> None:
        if hasattr(self, "book"):
            self.book.close()


def test_random_orders_against_the_model_with_closings(tmp_path: Path) -> None:
    """Whatever the sequence, also through any number of openings."""
    Orders.root, Orders.number = tmp_path, 0  # type: ignore[attr-defined]  # a place for each run
    run_state_machine_as_test(Orders, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))


# -- kept through a kill ---------------------------------------------------------------------------------------------

KILLS = 30


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there")
def test_a_killed_writer_leaves_exactly_what_it_wrote() -> None:
    """`order_kills.py` by itself, with few kills: nothing that was answered is lost, nothing is there by half. A
    thousand: `python tests/funds/order_kills.py --kills 1000 --seed 1`."""
    done = subprocess.run(
        [sys.executable, str(HERE / "order_kills.py"), "--kills", str(KILLS), "--seed", "3"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    counts = ast.literal_eval(done.stdout)
    assert counts["kills"] == KILLS
    assert counts["mid_way"] > KILLS // 3
    assert counts["orders"] > 3 * counts["books"]


def a_book_on_disk(folder: Path) -> tuple[Path, list[Order]]:
    book = OrderBook(engine(), "CNY", folder)
    orders = [an_order(f"O{i}", "freeze", amount_minor=10 + i) for i in range(4)]
    for order in orders:
        book.give(order, BEGUN)
    book.close()
    (path,) = folder.glob("*.journal")
    return path, orders


def test_a_damaged_journal_is_refused_and_never_half_read(tmp_path: Path) -> None:
    """Any byte of it exchanged: refused in a sentence with the file's name."""
    path, _ = a_book_on_disk(tmp_path / "book")
    whole = path.read_bytes()
    source = random.Random(11)
    places = [*range(100), *source.sample(range(100, len(whole)), 200)]
    for at in places:
        bent = bytearray(whole)
        bent[at] ^= source.randrange(1, 256)
        path.write_bytes(bytes(bent))
        with pytest.raises(JournalError, match=r"\.journal"):
            OrderBook(engine(), "CNY", tmp_path / "book")
    path.write_bytes(whole)
    OrderBook(engine(), "CNY", tmp_path / "book").close()


def test_a_journal_cut_anywhere_has_the_orders_before_the_cut(tmp_path: Path) -> None:
    """A prefix, to the order; the book then goes on from there."""
    path, orders = a_book_on_disk(tmp_path / "book")
    whole, counts = path.read_bytes(), Counter[int]()
    source = random.Random(13)
    for cut in sorted(source.sample(range(len(whole) + 1), 60)):
        folder = tmp_path / f"cut{cut}"
        shutil.copytree(tmp_path / "book", folder)
        (folder / path.name).write_bytes(whole[:cut])
        try:
            book = OrderBook(engine(), "CNY", folder)
        except JournalError:
            counts[-1] += 1
            assert cut < 100
            continue
        have = [book.outcome(order.id) is not None for order in orders]
        assert have == sorted(have, reverse=True)
        counts[sum(have)] += 1
        book.give(orders[-1], BEGUN)
        book.close()
    assert set(counts) >= {0, 1, 2, 3}


def test_a_folder_is_of_one_kind_and_one_process(tmp_path: Path) -> None:
    """Another currency, a second opening, a record of tomorrow: each a sentence."""
    book = OrderBook(engine(), "CNY", tmp_path / "book")
    with pytest.raises(JournalError, match="another process"):
        OrderBook(engine(), "CNY", tmp_path / "book")
    book.close()
    with pytest.raises(JournalError, match=r"keeps .*currency CNY.*, not .*currency USD"):
        OrderBook(engine(), "USD", tmp_path / "book")
    records = journal.Records(tmp_path / "book", {"about": "orders", "currency": "CNY"})
    records.append({"order": {**an_order().to_dict(), "invented": 1}, "outcome": {}})
    records.close()
    with pytest.raises(JournalError, match="cannot read"):
        OrderBook(engine(), "CNY", tmp_path / "book")


def test_what_cannot_be_kept_did_not_happen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full, a book that is full: the order is not carried out, and may be given again."""
    book = OrderBook(engine(), "CNY", tmp_path / "book")
    monkeypatch.setattr(journal, "MOST_RECORDS", 1)
    with pytest.raises(JournalError, match="begin another"):
        book.give(an_order(), BEGUN, fit=FITS)
    assert book.restraints("ACC-1") == ()
    monkeypatch.undo()
    assert book.give(an_order(), BEGUN, fit=FITS).carried_out
    assert book.outcome("O1") is not None
    assert order_book.MOST_TERMS > 0
    book.close()
