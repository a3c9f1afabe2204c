"""`DecisionLog`: what is appended is there, whatever happens to the process, the disk or the folder."""

from __future__ import annotations

import errno
import json
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

import riskrules as rr
from riskrules.cli.main import main
from riskrules.engine.decision import Decision
from riskrules.versions.keys import SigningKey
from riskrules.versions.log import DecisionLog
from riskrules.versions.tokens import Tokens, new_secret
from riskrules.versions.verifying import verify

from .log_kills import CALLS, exit_at, held_against, numbers_in, run
from .log_samples import ACCOUNTS, INVOLVED, SECRET, decisions, engine, payments, written


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.new()


@pytest.fixture(scope="module")
def made() -> list[Decision]:
    return list(decisions(60, 1, engine()))


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(folder.glob("0*.jsonl")) for line in path.read_text().splitlines()]


def test_a_record_says_what_was_read_and_what_came_of_it(tmp_path: Path, key: SigningKey) -> None:
    """Integers that the program read with the names of their columns, the outcome, the duties; no account."""
    by = engine()
    payment = next(p for p in payments(50, 1) if p["amount"] != "much")
    payment["payee"]["account"] = {"id": INVOLVED[0], "institution": "BANK-B"}
    decision = by.decide(payment)
    with DecisionLog(tmp_path, key=key, secret=SECRET) as log:
        assert log.append(decision) == 1
    header, basis, record = records(tmp_path)
    assert (header["kind"], header["format"], header["log"]) == ("segment", 1, log.id)
    assert basis["fingerprint"] == by.rules.fingerprint and set(basis["lists"]) == {"involved"}
    read = dict(zip([(c["name"], c["coding"]) for c in basis["columns"]], record["columns"], strict=True))
    assert read["amount", "number"] == round(float(payment["amount"]) * 100)
    assert record["action"] == "reject" and record["fired"][0] == "involved_account"
    assert record["id"] == payment["id"] and record["occurred_us"] == read["occurred_at", "number"]
    assert record["tokens"]["payee.account"] == Tokens(SECRET).of("account", INVOLVED[0])
    assert record["measures"][0]["token"] == record["tokens"]["payee.account"]
    assert ["payee.account", "BANK-B"] in record["responsible"]
    text = (tmp_path / "000001.jsonl").read_text()
    assert not any(account in text for account in (*ACCOUNTS, *INVOLVED, "6228480000003333"))


def test_kills_lose_nothing_that_was_appended(tmp_path: Path) -> None:
    """A writer killed at a random moment leaves a log that opens, verifies, and has every decision once."""
    assert run(24, 7, tmp_path) > 100


@pytest.mark.parametrize("sync", ["process", "always"])
def test_an_end_at_any_call_loses_nothing(tmp_path: Path, key: SigningKey, made: list[Decision], sync: str) -> None:
    """However far a writer came, a write half done among it, the log goes on: tried at every call of the system."""
    done, call, ended = False, 0, 0
    while not done:
        call += 1
        place = tmp_path / str(call)
        told, done = exit_at(call, place, key, sync, made[:9])
        held_against(place, key, sync, 0, told)
        ended += not done
    assert ended > (20 if sync == "process" else 40)


def test_a_last_line_that_is_not_whole_is_cut_off_and_told(tmp_path: Path, key: SigningKey) -> None:
    """What a crash left half done goes, and the log says how much that was."""
    written(tmp_path, 5, key=key)
    path = tmp_path / "000001.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind":"decision","num')
    written(tmp_path, 5, key=key)
    assert path.read_bytes() == whole
    told = next(r for r in records(tmp_path) if r.get("segment") == 2)
    assert told["cut_off"]["bytes"] == 23
    found = verify(tmp_path, key.public)
    assert found.ok and any("23 bytes" in note for note in found.notes)
    assert numbers_in(tmp_path) == list(range(1, 11))


def test_damage_is_refused_and_left_as_it_is(tmp_path: Path, key: SigningKey) -> None:
    """A log whose end does not follow, or that another key signed, is not gone on with."""
    written(tmp_path, 5, key=key)
    path = tmp_path / "000001.jsonl"
    damaged = path.read_bytes().replace(b'"number":3', b'"number":9')
    with pytest.raises(rr.LogError, match="another key"):
        DecisionLog(tmp_path, key=SigningKey.new(), secret=SECRET)
    path.write_bytes(damaged)
    with pytest.raises(rr.LogError, match="damaged at byte"):
        DecisionLog(tmp_path, key=key, secret=SECRET)
    assert path.read_bytes() == damaged
    path.unlink()
    with pytest.raises(rr.LogError, match="none of its records"):
        DecisionLog(tmp_path, key=key, secret=SECRET)


def test_records_lost_after_they_were_signed_for_are_told(tmp_path: Path, key: SigningKey) -> None:
    """What a power cut took although a head had been signed for it stays a finding for ever."""
    written(tmp_path, 30, key=key, sign_every=10)
    path = tmp_path / "000001.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(True)[:-4]))
    written(tmp_path, 5, key=key)
    found = verify(tmp_path, key.public)
    assert any("4 lines were lost" in problem for problem in found.problems)


def failing(name: str, after: int, error: int | None) -> Callable[..., Any]:
    """The system's call, which fails from the n-th time on: with an error, or as a write that is cut short."""
    real, left = getattr(os, name), [after]

    def call(*given: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            return real(*given, **more)
        if error is None:
            return real(given[0], given[1][: len(given[1]) // 2])
        raise OSError(error, os.strerror(error))

    return call


@pytest.mark.parametrize(("name", "error"), [("write", errno.ENOSPC), ("write", None), ("fsync", errno.EIO)])
@pytest.mark.parametrize("after", range(4))
def test_a_full_disk_is_told_and_loses_no_other(
    tmp_path: Path,
    key: SigningKey,
    made: list[Decision],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    error: int | None,
    after: int,
) -> None:
    """An append that fails says so and leaves nothing behind; when there is room again the log goes on."""
    log = DecisionLog(tmp_path, key=key, secret=SECRET, sync="always", sign_every=2, segment_bytes=4_000)
    log.append(made[0])
    kept = 1
    with monkeypatch.context() as patched:
        patched.setattr(os, name, failing(name, after, error))
        for decision in made[1:8]:
            try:
                log.append(decision)
                kept += 1
            except rr.LogError as failure:
                said = str(failure)
                assert "cannot be" in said and "\n" not in said
    for decision in made[8:12]:
        log.append(decision)
        kept += 1
    log.close()
    assert numbers_in(tmp_path) == list(range(1, kept + 1))
    assert verify(tmp_path, key.public).ok


def test_many_threads_append_at_once(tmp_path: Path, key: SigningKey, made: list[Decision]) -> None:
    """Every decision is there once, and each has the number that it was told."""
    told: list[tuple[int, str]] = []
    with DecisionLog(tmp_path, key=key, secret=SECRET, segment_bytes=50_000, sign_every=10) as log:

        def write(seed: int) -> None:
            draw = random.Random(seed)
            for _ in range(100):
                decision = draw.choice(made)
                told.append((log.append(decision), decision.id))

        threads = [threading.Thread(target=write, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [(r["number"], r["id"]) for r in records(tmp_path) if r["kind"] == "decision"] == sorted(told)
    assert verify(tmp_path, key.public).ok


def test_a_forked_child_does_not_write_into_its_parents_log(
    tmp_path: Path, key: SigningKey, made: list[Decision]
) -> None:
    """The child is told so, closing there does nothing, and the parent goes on."""
    with DecisionLog(tmp_path, key=key, secret=SECRET) as log:
        log.append(made[0])
        child = os.fork()
        if child == 0:
            code = 1
            try:
                log.append(made[1])
            except rr.LogError as error:
                code = 0 if "before a fork" in str(error) else 2
            finally:
                log.close()
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert log.append(made[2]) == 2
    assert verify(tmp_path, key.public).ok


def test_one_process_at_a_time(tmp_path: Path, key: SigningKey, made: list[Decision]) -> None:
    """A second writer is refused, and a closed log takes nothing more."""
    with DecisionLog(tmp_path, key=key, secret=SECRET) as log, pytest.raises(rr.LogError, match="another process"):
        DecisionLog(tmp_path, key=key, secret=SECRET)
    log.close()
    with pytest.raises(rr.LogError, match="closed"):
        log.append(made[0])


@pytest.mark.parametrize("options", [{"sync": "never"}, {"segment_bytes": 0}, {"sign_every": 0}, {"sign_seconds": 0}])
def test_options_are_checked(tmp_path: Path, key: SigningKey, options: dict[str, Any]) -> None:
    """A slip is told before anything is written."""
    with pytest.raises(ValueError, match="`"):
        DecisionLog(tmp_path / "log", key=key, secret=SECRET, **options)
    with pytest.raises(rr.LogError, match="bytes"):
        DecisionLog(tmp_path / "log", key=key, secret=b"short")


def test_a_secret_is_for_its_owner_alone(tmp_path: Path, key: SigningKey, made: list[Decision]) -> None:
    """The secret may be the name of its file, which nobody else may read; the same secret gives the same tokens."""
    secret = tmp_path / "secret"
    held = new_secret(secret)
    with DecisionLog(tmp_path / "log", key=key, secret=secret) as log:
        log.append(made[0])
    own = Tokens(held).of("id", made[0].id)
    assert records(tmp_path / "log")[-1]["tokens"]["id"] == own != Tokens(SECRET).of("id", made[0].id)
    assert own != Tokens(held).of("account", made[0].id)
    secret.chmod(0o644)
    with pytest.raises(rr.LogError, match="chmod 600"):
        DecisionLog(tmp_path / "log", key=key, secret=secret)


def test_a_log_is_a_table(tmp_path: Path, key: SigningKey) -> None:
    """Every decision a row, through Arrow and as Parquet, with what the record says."""
    written(tmp_path / "log", 300, key=key, segment_bytes=60_000)
    table = pa.table(rr.read_log(tmp_path / "log")).to_pylist()
    told = [r for r in records(tmp_path / "log") if r["kind"] == "decision"]
    assert len(table) == len(told) == 300
    for row, record in zip(table, told, strict=True):
        for name in ("number", "id", "action", "act", "score", "fired", "lifted", "exempts"):
            assert row[name] == record[name]
        assert row["id_token"] == record["tokens"]["id"] and row["degraded"] == record.get("degraded", [])
        assert (row["until"] is None) == (record["until_us"] is None)
    out = tmp_path / "log.parquet"
    done = CliRunner().invoke(main, ["log", "table", str(tmp_path / "log"), str(out)])
    assert done.exit_code == 0, done.output
    assert pa.parquet.read_table(out).to_pylist() == table


def test_a_customer_is_found_with_the_secret(tmp_path: Path, key: SigningKey) -> None:
    """The decisions about an account are those that name it, as payer, payee or victim; without the secret none."""
    written(tmp_path / "log", 200, key=key)
    made = list(decisions(200, 1))
    wanted = {d.id for d in made if ACCOUNTS[3] in map(str, d.facts.values.values())}
    assert wanted
    secret = tmp_path / "secret"
    new_secret(secret)
    ask = ["log", "find", str(tmp_path / "log"), "--numbers", "-", "--json", "--secret", str(secret)]
    assert CliRunner().invoke(main, ask, input=ACCOUNTS[3]).exit_code == 1
    import base64

    secret.write_bytes(base64.b64encode(SECRET))
    done = CliRunner().invoke(main, ask, input=ACCOUNTS[3])
    assert {json.loads(line)["id"] for line in done.output.splitlines()} == wanted


def test_every_call_that_a_writer_makes_is_ended_at() -> None:
    """The calls that are ended at are those that change the disk."""
    assert {"write", "fsync", "replace", "ftruncate"} <= set(CALLS)
