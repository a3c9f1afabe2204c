"""The engine and its windows: `decide` reads, `record` moves, `process` does both."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from typing import Any

import pytest

import riskrules as rr
from riskrules.state.store import Answers, Moment

from .window_samples import RULES, START, payment


def engine(**more: Any) -> rr.Engine:
    return rr.Engine(rr.loads(RULES), **more)


def values(decision: rr.Decision) -> dict[str, Any]:
    return dict(decision.facts.values)


def test_deciding_changes_nothing() -> None:
    """However often a payment is decided, the windows stand still."""
    e = engine()
    for _ in range(3):
        assert values(e.decide(payment(1)))["sent_today"] == 0
    e.record(payment(1))
    assert values(e.decide(payment(2)))["sent_today"] == 10_000


def test_a_window_sees_what_was_recorded() -> None:
    """Every aggregate, by hand."""
    e = engine()
    for i, (payer, amount) in enumerate([("x", "10.00"), ("y", "20.00"), ("x", "30.00")]):
        assert e.record(payment(i, payer, "m", amount))
    got = values(e.decide(payment(9, "x", "m", "1.00")))
    assert got["payers_1d"] == 2
    assert got["received_1h of payer.account"] == 0
    assert (got["average_7d.sum"], got["average_7d.count"]) == (4_000, 2)
    assert got["largest"] == 3_000
    assert got["since_last"] == 7 * 60_000_000
    assert values(e.decide(payment(10, "m", "z")))["received_1h of payer.account"] == 6_000


def test_an_average_is_compared_exactly_and_shown_rounded() -> None:
    """10.00, 10.00 and 10.01 average 10.00333…: three times that is 30.01 and no more."""
    e = engine()
    for i, amount in enumerate(["10.00", "10.00", "10.01"]):
        e.record(payment(i, "x", f"m{i}", amount))
    assert "unusual" not in e.decide(payment(9, "x", "m", "30.01")).fired
    fired = e.decide(payment(9, "x", "m", "30.02"))
    assert "unusual" in fired.fired
    assert fired.notices[0].text == "You mostly pay 10.00 CNY."
    assert "average_7d is 10.00 CNY" in str(fired.why())


def test_recording_twice_is_once() -> None:
    """The same payment moves a window once; another under its id is an error that changes nothing."""
    e = engine()
    assert e.record(payment(1)) is True
    assert e.record(payment(1)) is False
    with pytest.raises(rr.WindowConflict):
        e.record(payment(1, amount="100.01"))
    assert values(e.decide(payment(2)))["sent_today"] == 10_000


def test_the_payment_itself_never_counts() -> None:
    """A payment that is decided once more after it was recorded does not see itself."""
    e = engine()
    e.record(payment(1))
    e.record(payment(2))
    assert values(e.decide(payment(2)))["sent_today"] == 10_000
    assert values(e.decide(payment(3, minutes=2)))["sent_today"] == 20_000


def test_only_what_took_effect_counts_unless_the_window_says_otherwise() -> None:
    """Failed and cancelled payments stay out of every window but that of attempts."""
    e = engine()
    for i, status in enumerate(["settled", "failed", "cancelled", "initiated"]):
        e.record(payment(i, status=status))
    got = values(e.decide(payment(9)))
    assert got["sent_today"] == 10_000
    assert got["attempts"] == 2
    assert "tries" in e.decide(payment(9)).fired


def test_a_report_counts_from_when_it_was_made() -> None:
    """A report is an event of its own, with its own id and time."""
    e = engine()
    e.record({**payment(1), "id": "r1", "occurred_at": START + timedelta(days=2)}, event="report")
    assert values(e.decide(payment(2)))["reported"] == 0
    assert values(e.decide(payment(3, minutes=3 * 24 * 60)))["reported"] == 1
    assert e.record({"id": "p1", "occurred_at": START, "payee": {"account": {"id": "c"}}}, event="report")
    assert e.record(payment(1)), "the ids of reports and of payments do not meet"
    with pytest.raises(ValueError, match="payment, report"):
        e.record(payment(4), event="claim")


def test_process_records_what_goes_ahead() -> None:
    """What is held or rejected moves nothing until the host records it."""
    e = engine()
    for i in range(3):
        assert e.process(payment(i, f"s{i}", "m")).action < rr.Action.HOLD
    held = e.process(payment(5, "s5", "m"))
    assert held.action == rr.Action.HOLD
    assert values(e.decide(payment(6, "s6", "m")))["payers_1d"] == 3
    assert e.record(payment(5, "s5", "m"))
    assert values(e.decide(payment(6, "s6", "m")))["payers_1d"] == 4


def test_a_payment_that_does_not_fit_moves_nothing() -> None:
    """A wrong amount is refused by `record` and `process`, or decided as the host said and not recorded."""
    bad = payment(1, amount="1.001")
    with pytest.raises(rr.PaymentError, match="amount"):
        engine().record(bad)
    with pytest.raises(rr.PaymentError, match="amount"):
        engine().process(bad)
    e = engine(on_error="allow")
    decision = e.process(bad)
    assert decision.action == rr.Action.ALLOW
    assert decision.degraded
    assert values(e.decide(payment(2)))["sent_today"] == 0


@pytest.mark.parametrize("side", ["payer", "payee"])
def test_process_refuses_whatever_decide_refuses(side: str) -> None:
    """Also a payment that lacks an account which a window is kept by: it could be recorded, and not decided."""
    for lacking in ({}, {"account": {}}, {"account": {"id": None, "institution": "BANK-A"}}, None):
        bad = {**payment(1), side: lacking}
        for decide in (engine().decide, engine().process):
            with pytest.raises(rr.PaymentError, match=f"{side}.account"):
                decide(bad)


def test_what_the_host_gives_is_used_instead() -> None:
    """Values of windows that the host worked out come before those of the store."""
    e = engine()
    decision = e.decide(payment(1), windows={"payers_1d": 7, "average_7d": "12.34"})
    assert values(decision)["payers_1d"] == 7
    assert decision.fired == ("many_strangers", "unusual")
    assert not decision.degraded


class Down:
    """A store that cannot be reached."""

    def bind(self, plan: Any) -> Down:
        self.plan = plan
        return self

    def read(self, moment: Moment) -> Answers:
        count = len(self.plan.readings)
        return Answers([None] * count, tuple(range(count)), "the store did not answer within 5 ms")

    def record(self, happened: Any) -> bool:
        raise rr.WindowStoreError("the store did not answer within 5 ms")


def test_a_store_that_is_down_leaves_the_windows_unread_and_says_so() -> None:
    """No rule fires on what is not known, but by its own words; `process` answers, and says that it did not record."""
    e = engine(windows=Down())
    decision = e.process(payment(1, amount="4900.00"))
    assert decision.fired == ("first_time",), "its own words: `is missing`"
    assert "window `payers_1d` was not available: the store did not answer within 5 ms" in decision.degraded
    assert "window `average_7d` was not available: the store did not answer within 5 ms" in decision.degraded
    assert any(note.startswith("the payment was not recorded") for note in decision.degraded)
    with pytest.raises(rr.WindowStoreError):
        e.record(payment(1))


def test_windows_go_on_over_a_swap_and_a_new_one_knows_only_what_comes() -> None:
    """A version with one more window keeps the others' past; the new one is unread until it has seen enough."""
    e = engine()
    e.record(payment(1))
    more = RULES.replace("over 30d\n", "over 30d\nwindow sent_3h = sum amount by payer.account over 3h\n", 1).replace(
        "when    payers_1d >= 3", "when    payers_1d >= 3\n  and     sent_3h >= 0 CNY"
    )
    e.swap(rr.loads(more))
    soon = e.decide(payment(2))
    assert values(soon)["sent_today"] == 10_000
    assert values(soon)["sent_3h"] == 10_000, "it is kept as the day's sum is: one history"
    other = RULES.replace("over 30d\n", "over 30d\nwindow tried_3h = count by payee.account over 3h\n", 1).replace(
        "when    payers_1d >= 3", "when    payers_1d >= 3\n  and     tried_3h >= 0"
    )
    fresh = engine()
    fresh.record(payment(1, payee="q"))
    fresh.swap(rr.loads(other))
    assert values(fresh.decide(payment(2, payee="q")))["tried_3h"] == 1, "received_1h kept the same history"
    third = RULES.replace("over 30d\n", "over 30d\nwindow t = count by payer.account.institution over 3h\n", 1).replace(
        "when    payers_1d >= 3", "when    payers_1d >= 3\n  and     t >= 0"
    )
    fresh.swap(rr.loads(third))
    unread = fresh.decide(payment(2))
    assert values(unread)["t"] is None
    assert any("window `t`" in note for note in unread.degraded)
    late = fresh.decide(payment(3, minutes=5 * 60))
    assert values(late)["t"] == 0


def test_threads_record_and_process_without_loss() -> None:
    """Eight threads at once: every payment counts once."""
    e = engine()
    e.decide(payment(0))

    def work(thread: int) -> None:
        for i in range(100):
            e.record(payment(1_000 * thread + i, f"t{thread}", "same", "1.00", minutes=1))

    threads = [threading.Thread(target=work, args=(t,)) for t in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    got = values(e.decide(payment(9_999, "same", "z", minutes=2)))
    assert got["received_1h of payer.account"] == 800 * 100


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_after_load_is_safe() -> None:
    """A child that was forked while other threads record decides and records by itself, and leaves the parent's
    windows alone."""
    e = engine()
    e.record(payment(1))
    stop = threading.Event()

    def work() -> None:
        i = 0
        while not stop.is_set():
            i += 1
            e.record(payment(10_000 + i, "busy", "same", "1.00", minutes=1))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(5):
            child = os.fork()
            if child == 0:
                ok = e.record(payment(2)) and values(e.decide(payment(3)))["sent_today"] == 20_000
                os._exit(0 if ok else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        thread.join()
    assert values(e.decide(payment(3)))["sent_today"] == 10_000


def test_one_rule_by_itself_reads_windows_too() -> None:
    """A predicate sees what the engine's windows hold."""
    e = engine()
    for i in range(3):
        e.record(payment(i, f"s{i}", "m"))
    holds = e.predicate("many_strangers")
    assert holds(payment(9, "x", "m")) is True
    assert holds(payment(9, "x", "n")) is False


def test_a_ruleset_may_have_more_conditions_on_windows_than_a_word_has_bits() -> None:
    """Seventy windows, each with a condition of its own, count what theirs says and nothing else."""
    lines = ["ruleset many version 2026.1", "  currency CNY"]
    lines += [f"window w{i} = count by payer.account over 1h where amount >= {i + 1} CNY" for i in range(70)]
    for i in range(70):
        lines += [f"rule r{i}", f'  "{i}"', f"  when w{i} >= 1", "  then warn"]
    e = rr.Engine(rr.loads("\n".join(lines) + "\n"))
    assert e.record(payment(1, amount="40.00"))
    assert not e.record(payment(1, amount="40.00"))
    assert set(e.process(payment(2, amount="70.00")).fired) == {f"r{i}" for i in range(40)}
    assert set(e.decide(payment(3)).fired) == {f"r{i}" for i in range(70)}
