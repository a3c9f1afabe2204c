"""`model` blocks: the score of a file as rules read it, for one payment and for tables; what makes it missing."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import riskrules as rr
from riskrules.bridges import onnx
from riskrules.bridges.onnx import ModelError, Session
from riskrules.checker.ruleset import check_text
from riskrules.engine.rules import Rules
from riskrules.program.saved import SavedProgramError

from . import model_files

RULES = """
ruleset scored version 2026.1
  currency CNY
  timezone Asia/Shanghai

field  payment.fee   money, optional   "a fee"
field  payment.rush  yes/no, optional  "paid in haste"
field  payee.account.opened_at time, optional "when it was opened"
window paid_1d    = count by payer.account over 1d
window average_1d = average amount by payer.account over 1d
model  risk from "risk.onnx" of (amount, paid_1d, average_1d, payee.account.age, payment.rush, payment.fee)

rule risky
  "The model finds it risky"
  when    risk else 0% >= 50%
  then    verify
  responsible payer.account

rule unscored
  "Nobody knows"
  when    risk is missing
  then    warn
  tell    payer "No score."
"""
COLUMNS = 6


def loaded(content: bytes, text: str = RULES) -> Rules:
    return rr.loads(text, models={"risk.onnx": content})


def payment(i: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "id": f"p{i}", "occurred_at": f"2026-06-15T04:{i // 60 % 60:02}:{i % 60:02}Z", "amount": "10.00",
        "currency": "CNY", "payer": {"account": {"id": "A1", "institution": "B1"}}, "payee": {"account": {"id": "A2"}},
        "channel": "mobile", **more,
    }  # fmt: skip


# -- what the model sees and gives -------------------------------------------------------------
@pytest.mark.parametrize(
    ("weights", "more", "windows", "score"),
    [
        ((0.01, 0, 0, 0, 0, 0), {"amount": "57.16"}, {}, 0.5716),  # money in its currency
        ((0, 0.1, 0, 0, 0, 0), {}, {"paid_1d": 3}, 0.3),
        ((0, 0, 0.01, 0, 0, 0), {}, {"average_1d": "20.50"}, 0.205),
        ((0, 0, 0, 0, 0.25, 0), {"rush": True}, {}, 0.25),
        ((0, 0, 0, 0, 0, 2), {"fee": "0.07"}, {}, 0.14),
        ((0, 0, 0, 1 / 864_000, 0, 0), {}, {}, 0.5),  # a duration in seconds: five days
    ],
)
def test_each_column_is_seen_in_its_unit(
    weights: tuple[float, ...], more: dict[str, Any], windows: dict[str, object], score: float
) -> None:
    """A weighted sum tells what the model was shown: only one column weighs, and all have a value."""
    engine = rr.Engine(loaded(model_files.weighted(*weights)))
    event = payment(**{"rush": False, "fee": "0.00", **more})
    event["payee"]["account"]["opened_at"] = "2026-06-10T04:00:00Z"
    decision = engine.decide(event, windows={"paid_1d": 0, "average_1d": "1.00", **windows})
    found = decision.facts.values["risk"]
    assert isinstance(found, int)
    assert found == pytest.approx(score * 10**9, rel=1e-6)
    assert (decision.action >= rr.Action.VERIFY) is (score >= 0.5)


def test_a_missing_value_is_nan_to_the_model_and_no_score_to_the_rules() -> None:
    """The sum of something missing is not a number: the score is missing, and the decision says why."""
    engine = rr.Engine(loaded(model_files.weighted(*[1.0] * COLUMNS)))
    decision = engine.decide(payment())
    assert decision.fired == ("unscored",)
    assert any(x == "model `risk` gave no score: it gave no number between -1,000 and 1,000" for x in decision.degraded)
    assert decision.facts.values["risk"] is None
    assert "risk" in str(decision.why())


@pytest.mark.parametrize(("weight", "known"), [(99.9, True), (100.1, False), (-100.1, False), (1e38, False)])
def test_a_score_has_bounds(weight: float, known: bool) -> None:
    """Beyond a thousand either way it is missing, and nothing wraps."""
    engine = rr.Engine(loaded(model_files.weighted(weight, 0, 0, 0, 0, 0)))
    event = payment(rush=False, fee="0.00")
    event["payee"]["account"]["opened_at"] = "2026-06-10T04:00:00Z"
    decision = engine.decide(event, windows={"average_1d": "1.00", "paid_1d": 1})
    assert (decision.facts.values["risk"] is not None) is known


def test_a_classifier_gives_its_second_class() -> None:
    engine = rr.Engine(loaded(model_files.two_outputs(COLUMNS)))
    event = payment(rush=False, fee="0.00")
    event["payee"]["account"]["opened_at"] = "2026-06-10T04:00:00Z"
    assert engine.decide(event, windows={"average_1d": "1.00"}).facts.values["risk"] == 250_000_000


def test_the_host_may_bring_the_score_itself() -> None:
    """As it may bring a window; the model is not asked then."""
    engine = rr.Engine(loaded(model_files.weighted(*[1.0] * COLUMNS)))
    decision = engine.decide(payment(), windows={"risk": "0.6"})
    assert decision.fired == ("risky",)
    assert not any("risk" in note for note in decision.degraded)


def test_a_model_that_fails_leaves_the_score_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One payment and a table: decided all the same, and told."""
    engine = rr.Engine(loaded(model_files.forest(COLUMNS)))

    def failing(self: Session, rows: object) -> object:
        raise ModelError("it failed: out of memory")

    monkeypatch.setattr(Session, "scores", failing)
    decision = engine.decide(payment())
    assert decision.fired == ("unscored",)
    assert "model `risk` gave no score: it failed: out of memory" in decision.degraded
    many = engine.decide_many(table(20))
    assert "model `risk` gave no score for 20 payments" in many.degraded
    assert set(pa.table(many)["action"].to_pylist()) == {"warn"}


# -- tables ------------------------------------------------------------------------------------
def table(rows: int, seed: int = 1) -> pa.Table:
    rng = random.Random(seed)
    made = [
        {
            "id": f"p{i}", "occurred_at": 1_781_496_000_000_000 + i * 60_000_000, "amount": rng.randrange(1, 20_000),
            "currency": "CNY", "payer.account": f"A{rng.randrange(9)}", "payer.account.institution": "B1",
            "payee.account.opened_at": rng.choice([None, 1_781_496_000_000_000 - rng.randrange(10**9)]),
            "payment.rush": rng.choice([None, True, False]), "payment.fee": rng.choice([None, rng.randrange(10_000)]),
        }
        for i in range(rows)
    ]  # fmt: skip
    kinds = {
        "occurred_at": pa.timestamp("us", "UTC"), "payee.account.opened_at": pa.timestamp("us", "UTC"),
        "amount": pa.decimal128(12, 2), "payment.fee": pa.decimal128(12, 2),
    }  # fmt: skip
    columns = {}
    for name in made[0]:
        values = [r[name] for r in made]
        if name in ("amount", "payment.fee"):
            values = [None if v is None else f"{v // 100}.{v % 100:02}" for v in values]  # type: ignore[operator]  # the column holds whole numbers
            columns[name] = pa.array(values).cast(kinds[name])
        else:
            columns[name] = pa.array(values, kinds.get(name))
    return pa.table(columns)


@pytest.mark.parametrize("as_decided", [False, True])
def test_tables_get_the_scores_that_single_payments_get(as_decided: bool) -> None:
    """To the last bit, with a forest whose sum hangs on the order of its trees, and values missing here and there; by
    one pass of a table, payment by payment in a replay, and by the engine one at a time."""
    rules = loaded(model_files.forest(COLUMNS), RULES.replace("then    verify", "then    hold up to 24h"))
    history = table(600)
    many = rr.Engine(rules).decide_many(history, as_decided=as_decided)
    engine = rr.Engine(rules)
    got = pa.table(many)["action"].to_pylist()
    expected, scores = [], []
    for row in history.to_pylist():
        nested: dict[str, Any] = {
            "id": row["id"], "occurred_at": row["occurred_at"], "amount": row["amount"], "currency": "CNY",
            "payer": {"account": {"id": row["payer.account"], "institution": "B1"}},
            "payee": {"account": {"opened_at": row["payee.account.opened_at"]}},
            "payment": {"rush": row["payment.rush"], "fee": row["payment.fee"]},
        }  # fmt: skip
        decision = engine.decide(nested)
        scores.append(decision.facts.values["risk"])
        expected.append(str(decision.action.name).lower())
        if not as_decided or decision.action < rr.Action.HOLD:
            engine.record(nested)
    assert got == expected
    assert len(set(scores)) > 100
    assert {"hold", "allow"} <= set(expected)
    if not as_decided:
        assert columns_of(rules, history) == scores


def columns_of(rules: Rules, history: pa.Table) -> list[int | None]:
    """The scores of a table, as held."""
    from riskrules.bridges.tables import table_batches
    from riskrules.engine.history import Replaying, Unread
    from riskrules.engine.replaying import with_windows
    from riskrules.engine.serving import Serving
    from riskrules.engine.tables import table_schema, wanted_fields

    serving = Serving(rules, {}).prepare()
    from riskrules.base.times import zone_of

    batches = table_batches(history, table_schema(serving), wanted_fields(serving), zone_of("Asia/Shanghai"))
    assert serving.models is not None
    found: list[int | None] = []
    for batch in serving.models.batches(with_windows(serving, batches, Replaying(), Unread()), Unread()):
        found += [batch.columns["risk"][i] for i in range(batch.rows)]  # type: ignore[misc]  # scores are whole numbers
    return found


def test_one_row_and_many_are_scored_alike() -> None:
    """The session itself, over forests of every size and rows with holes: no difference in any bit."""
    rng = np.random.default_rng(5)
    for seed, trees in enumerate((1, 7, 200)):
        session = Session(model_files.forest(4, trees, seed), 4)
        rows = np.where(rng.random((300, 4)) < 0.1, math.nan, rng.uniform(-10, 110, (300, 4)))
        together = session.scores(rows)
        alone = np.concatenate([session.scores(rows[i : i + 1]) for i in range(len(rows))])
        assert (together.view(np.int64) == alone.view(np.int64)).all()
        assert len(np.unique(together)) > 2


def test_threads_share_a_model() -> None:
    engine = rr.Engine(loaded(model_files.forest(COLUMNS)))
    expected = engine.decide(payment(amount="33.00")).facts.values["risk"]
    found: list[object] = []
    workers = [
        threading.Thread(target=lambda: found.extend(
            engine.decide(payment(i, amount="33.00")).facts.values["risk"] for i in range(50)))
        for _ in range(4)
    ]  # fmt: skip
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [expected] * 200


# -- the file is part of the version -----------------------------------------------------------
def test_another_file_is_another_fingerprint(tmp_path: Path) -> None:
    """One weight changed by the smallest step; and a model that no rule reads is none of the version's."""
    first, second = model_files.weighted(*[1.0] * COLUMNS), model_files.weighted(*[1.0] * 5, 1.0000001)
    assert loaded(first).fingerprint != loaded(second).fingerprint
    assert loaded(first).fingerprint == loaded(first).fingerprint
    path = tmp_path / "scored.risk"
    path.write_text(RULES, "utf-8")
    (tmp_path / "risk.onnx").write_bytes(first)
    assert rr.load(path).fingerprint == loaded(first).fingerprint
    assert not rr.check(path).errors


def test_a_saved_ruleset_wants_its_own_file(tmp_path: Path) -> None:
    """Absent, or another one, is refused; and its name leads nowhere else."""
    content = model_files.forest(COLUMNS)
    rules, saved = loaded(content), tmp_path / "scored.rules"
    rules.save(saved)
    with pytest.raises(SavedProgramError, match=r"`risk\.onnx` does not lie beside the saved ruleset"):
        rr.load(saved)
    (tmp_path / "risk.onnx").write_bytes(model_files.forest(COLUMNS, seed=2))
    with pytest.raises(SavedProgramError, match="not the file that the ruleset was saved with"):
        rr.load(saved)
    (tmp_path / "risk.onnx").write_bytes(content)
    again = rr.load(saved)
    assert again.fingerprint == rules.fingerprint
    event = payment()
    assert rr.Engine(again).decide(event).facts.values["risk"] == rr.Engine(rules).decide(event).facts.values["risk"]


# -- what is refused ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"no model at all", "onnxruntime cannot load it"),
        (model_files.weighted(1.0, 2.0), "takes tensor(float) [None, 2], and the rules give any number of rows of 6"),
        (model_files.labels_only(COLUMNS), "no numbers; export a classifier with `zipmap=False`"),
        (model_files.three_wide(COLUMNS), "and not one or two a row"),
        (model_files.two_tables(COLUMNS), "and not one table of floats"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_when_the_engine_is_made(content: bytes, what: str) -> None:
    """In a sentence that names the model and its file, before the first payment."""
    with pytest.raises(ModelError, match="model `risk` ") as raised:
        rr.Engine(loaded(content))
    assert what in str(raised.value)
    assert "`risk.onnx`" in str(raised.value)


def test_without_onnxruntime_the_engine_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name == "onnxruntime":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ModelError, match=r"install it with `pip install 'riskrules\[onnx\]'`"):
        rr.Engine(loaded(model_files.forest(COLUMNS)))


BAD: Mapping[str, tuple[str, str, str]] = {
    "no default": ("risk else 0% >= 50%", "risk >= 50%", "may-be-missing"),
    "no file": ('"risk.onnx"', '"other.onnx"', "model-file"),
    "a folder": ('"risk.onnx"', '"../risk.onnx"', "model-file"),
    "another kind of file": ('"risk.onnx"', '"risk.pkl"', "model-file"),
    "a text": ("payment.fee)", "payee.account)", "not-for-a-model"),
    "a time": ("payment.fee)", "occurred_at)", "not-for-a-model"),
    "itself": ("payment.fee)", "risk)", "not-for-a-model"),
    "nothing of that name": ("payment.fee)", "payment.fees)", "unknown-name"),
    "in a window": ("over 1d\nmodel", "over 1d where risk else 0% > 5%\nmodel", "window-in-window"),
    "a name of something else": ("model  risk", "model  paid_1d", "duplicate-name"),
    "a name of a field": ("model  risk", "model  amount", "duplicate-name"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_block_is_found_when_the_rules_are_checked(case: str) -> None:
    """With its place; nothing of it comes to the engine."""
    old, new, code = BAD[case]
    assert old in RULES

    def given(name: str) -> bytes:
        if name != "risk.onnx":
            raise FileNotFoundError(name)
        return model_files.forest(COLUMNS)

    found = check_text(RULES.replace(old, new, 1), beside=given)
    assert code in {d.code for d in found.errors}, found.diagnostics
    assert found.ruleset is None


def test_an_empty_or_endless_file_is_refused() -> None:
    from riskrules.checker.models import MOST_BYTES

    for content, what in ((b"", "is empty"), (bytes(MOST_BYTES + 1), "is larger than 64 megabytes")):
        found = check_text(RULES, beside=lambda name, content=content: content)  # type: ignore[misc]  # a lambda with a default
        assert [d.message for d in found.errors] == [f"`risk.onnx` {what}"]


def test_a_score_is_a_name_of_payments_only() -> None:
    text = RULES + '\nrule claimed on claim\n  "A claim"\n  when risk else 0% > 5%\n  then warn\n  tell payer "x"\n'
    found = check_text(text, beside=lambda name: b"x")
    assert {d.code for d in found.errors} == {"window-elsewhere"}


def test_inline_tests_give_the_score() -> None:
    """No file is run for a test: what is not given is missing."""
    text = RULES + """
  test "known"
    given risk = 49%
    expect allow

  test "on the line"
    given risk = 50%
    expect verify

  test "missing"
    given risk is missing
    expect warn
"""
    from riskrules.engine.inline_tests import run_tests

    results = run_tests(loaded(b"never run", text), kernel=True)
    assert [r.failures for r in results] == [(), (), ()]


def test_bounds_here_and_in_the_bridge_are_the_same() -> None:
    from riskrules.schema.limits import HIGHEST_SCORE

    assert onnx.MOST * 10**9 == HIGHEST_SCORE


def test_a_rule_by_itself_has_its_score() -> None:
    """As a predicate, of one payment and of a table, with the windows that only the model reads."""
    rules = loaded(model_files.forest(COLUMNS))
    engine, history = rr.Engine(rules), table(50)
    expected = ["risky" in fired for fired in pa.table(engine.decide_many(history))["fired"].to_pylist()]
    assert engine.predicate("risky")(history).tolist() == expected  # type: ignore[attr-defined]  # an array for a table
    assert {True, False} == set(expected)
    decision = engine.decide(payment())
    assert engine.predicate("risky")(payment()) is ("risky" in decision.fired)
