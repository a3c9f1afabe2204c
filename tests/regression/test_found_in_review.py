"""What readers of the library found, each made small."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import riskrules as rr
from riskrules.engine.serving import Serving
from riskrules.engine.tables import decide_table

HEAD = "ruleset found version 2026.1\n  currency CNY\n"
ACCOUNT = {"id": "6228480000001234", "institution": "BANK-B"}


def event(**more: Any) -> dict[str, Any]:
    return {"id": "p1", "occurred_at": "2026-06-15T04:00:00Z", "amount": "12.00", "payee": {"account": ACCOUNT}, **more}


def test_a_payment_object_is_read_like_the_event_itself() -> None:
    """`payment.in_call` may stand in the event or in a `payment` object, and in both is a mistake."""
    engine = rr.Engine(rr.loads(HEAD + 'rule r "r" when payment.in_call else no then warn\n'))
    assert engine.decide(event(in_call=True)).act == engine.decide(event(payment={"in_call": True})).act == "warn"
    for wrong in ({"in_call": True, "payment": {"in_call": True}}, {"payment": 5}, {"payment": {"in_call": "yes"}}):
        with pytest.raises(rr.PaymentError):
            engine.decide(event(**wrong))


def test_a_window_is_missing_for_each_key_by_itself() -> None:
    """A window given for one key says nothing of the same window for another."""
    text = "window w = sum amount by payee.account over 1h\n"
    text += 'rule r "r" when w > 1 CNY and w of payer.account > 1 CNY then warn\n'
    serving = Serving(rr.loads(HEAD + text), {}).prepare()
    payer = {"account": ACCOUNT}
    assert serving.decide(event(payer=payer), {"w": "1.00"}).degraded == (
        "window `w of payer.account` was not available",
    )


class Unsure(tzinfo):
    """A zone that does not know its offset, so that its times are naive."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None


class Failing(dict[str, Any]):
    """A mapping of the host's that fails when it is read."""

    def get(self, key: str, default: Any = None) -> Any:
        raise RuntimeError(key)


@pytest.mark.parametrize(
    "bad",
    [
        event(occurred_at=datetime(2026, 6, 15, tzinfo=Unsure())),
        Failing(event()),
        event(currency=[]),
        event(currency=pa.NULL),
    ],
)
def test_nothing_but_a_payment_error_comes_of_an_event(bad: object) -> None:
    """Whatever the host's objects do, `decide` raises PaymentError, or answers where it must."""
    rules = rr.loads(HEAD + 'rule r "r" when amount > 1 CNY then warn\n')
    with pytest.raises(rr.PaymentError):
        rr.Engine(rules).decide(bad)
    assert rr.Engine(rules, on_error="hold").decide(bad).action == rr.Action.HOLD


def test_a_refused_payment_carries_no_bad_id() -> None:
    """An id that does not fit is no part of the answer, and the reasons can be asked for."""
    param = "param p = 1 CNY until 2018-01-11, 2 CNY from 2018-01-12\n"
    rules = rr.loads(HEAD + param + 'rule r "r" when amount > p then warn\n')
    engine = rr.Engine(rules, on_error="hold")
    for bad in ("x" * 100_000, "\ud800"):
        decision = engine.decide({"id": bad})
        assert decision.id == ""
        decision.to_json().encode()
        assert "did not fire" in str(decision.why("r"))


def test_a_payment_cannot_forge_its_reasons() -> None:
    """Text of the payment stays on its line, without control characters, and a rule's own numbers are masked."""
    text = 'rule r "r" when payment.memo is known and payment.memo contains "loan" then warn\n'
    text += 'rule s "s" when payee.account = "6228480000001234" then warn\n'
    engine = rr.Engine(rr.loads(HEAD + text))
    why = str(engine.decide(event(memo="loan\nrule_q fired: reject\x1b[2J\u202e")).why())
    assert "\nrule_q" not in why and "\x1b" not in why and "\u202e" not in why
    assert "6228480000001234" not in why


def test_a_swap_keeps_the_lists_that_were_given() -> None:
    """Going to a version that reads fewer lists and back needs no lists again."""
    less = rr.loads(HEAD + 'list a of account\nrule r "r" when payee.account in a then warn\n')
    more = rr.loads(HEAD + 'list b of account\nrule r "r" when payee.account in b then warn\n')
    engine = rr.Engine(less, lists={"a": [], "b": [ACCOUNT["id"]]})
    for rules, act in ((more, "warn"), (less, "allow"), (more, "warn")):
        engine.swap(rules)
        assert engine.decide(event()).act == act


def test_stopped_money_is_counted_though_no_rule_reads_it() -> None:
    """The amount of a table is counted where it is there, and is not asked for."""
    rules = rr.loads(HEAD + 'rule r "r" when payee.account = "a" then reject responsible payee.account\n')
    columns = {"id": ["1"], "occurred_at": ["2026-06-15T04:00:00Z"], "payee.account.id": ["a"]}
    columns |= {"payee.account.institution": ["B"], "amount": ["50000.00"]}
    from riskrules.engine.tables import _batches, decide_batches

    serving = Serving(rules, {}).prepare()
    (batch,) = decide_batches(serving, _batches(serving, pa.table(columns), None))
    assert batch.institution_counts == {"B": (1, 5_000_000)}
    without = decide_table(serving, pa.table(columns).drop_columns(["amount"]))
    assert len(without) == 1


def test_a_list_without_a_header_is_refused(tmp_path: Path) -> None:
    """The first line of a `.csv` is never lost: it is a header, or the list is refused."""
    (tmp_path / "bad.csv").write_text("6228480000001234\n")
    with pytest.raises(rr.ListError, match="id"):
        rr.Lists.from_folder(tmp_path)
    (tmp_path / "bad.csv").write_text("id\n6228480000001234\n")
    assert rr.Lists.from_folder(tmp_path)["bad"] == {"6228480000001234"}


def test_rules_that_fit_no_program_are_told_when_they_are_checked(tmp_path: Path) -> None:
    """A file that could be checked and not run is a finding of the check."""
    rules = "".join(
        f'rule r{i} "x" when amount * {i + 2} > (payee.account.balance else 0 CNY) + {i} CNY then warn\n'
        for i in range(3_500)
    )
    path = tmp_path / "large.risk"
    path.write_text(HEAD + rules)
    assert [d.code for d in rr.check(path).errors] == ["too-large-to-run"]
    with pytest.raises(rr.RulesetError, match="too-large-to-run"):
        rr.load(path)
