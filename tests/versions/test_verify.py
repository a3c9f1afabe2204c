"""`verify`: an untouched log is untouched, and every way to change one is found."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from riskrules.cli.main import main
from riskrules.versions.keys import SigningKey
from riskrules.versions.log import DecisionLog
from riskrules.versions.log_folder import LogError
from riskrules.versions.verifying import verify

from .log_samples import SECRET, decisions, engine, written
from .log_tampering import WAYS, Log, read, run


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return Log(tmp_path_factory.mktemp("logs"))


def test_every_way_of_tampering_is_found(log: Log) -> None:
    """Whatever is changed, added, taken out, moved or cut off in records or heads is found, hashed anew or not."""
    tried, missed = run(log, 12 * len(WAYS), seed=5)
    assert missed == []
    assert len(tried) == len(WAYS) and min(tried.values()) >= 12


def test_the_untouched_log_is_untouched(log: Log) -> None:
    """No fault is found where there is none, with a head kept elsewhere and without, also an older one."""
    for head in (None, log.head):
        found = log.verified(log.files, head)
        assert found is not None and found.ok, found
    older = log.folder / "older"
    older.write_bytes(log.files["heads.jsonl"].splitlines(True)[2])
    found = log.verified(log.files, older)
    assert found is not None and found.ok, found
    assert found.signed == found.decisions > 100 and found.segments > 2


def test_put_back_as_a_whole_is_seen_only_with_a_head_from_elsewhere(log: Log) -> None:
    """What cannot be known from the folder is not claimed, and said."""
    found = log.verified(log.early)
    assert found is not None and found.ok and "cannot be known" in found.notes[-1]
    found = log.verified(log.early, log.head)
    assert found is not None and "put back" in found.problems[0]


def test_records_after_the_last_head_are_told(tmp_path: Path) -> None:
    """What is not signed for yet is counted as such, and a line that is not whole is no fault at the end of the log."""
    with DecisionLog(tmp_path / "log", key=SigningKey.new(), secret=SECRET, sign_every=10, sign_seconds=1e6) as log:
        public = log._key.public
        for decision in decisions(17, 1, engine()):
            log.append(decision)
        found = verify(log.folder, public)
        assert found.ok and (found.decisions, found.signed) == (17, 10)
        assert found.notes[-1].startswith("7 decisions come after the last head")
        files = read(log.folder)
    other = tmp_path / "other"
    other.mkdir()
    for name, content in files.items():
        (other / name).write_bytes(content[:-5] if name == "000001.jsonl" else content)
    found = verify(other, public)
    assert found.ok and "is not whole" in found.notes[0] and found.decisions == 16


def test_a_log_may_be_verified_while_it_is_written(tmp_path: Path) -> None:
    """A writer at work is no fault."""
    key, stop = SigningKey.new(), threading.Event()
    made = list(decisions(20, 2, engine()))

    def write() -> None:
        with DecisionLog(tmp_path / "log", key=key, secret=SECRET, sign_every=3) as log:
            while not stop.is_set():
                for decision in made:
                    log.append(decision)
                    stop.wait(0.0005)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while not (tmp_path / "log" / "HEAD").exists():
            pass
        for _ in range(10):
            found = verify(tmp_path / "log", key.public)
            assert found.ok, found.problems
    finally:
        stop.set()
        writer.join()


def test_another_key_signs_for_nothing(log: Log) -> None:
    """Heads of a key that was not given are as good as none; several keys may be given."""
    place = log.folder / "log"
    assert not verify(place, log.stranger.public).ok
    assert verify(place, (log.stranger.public, log.key.public)).ok


def test_the_command(log: Log, tmp_path: Path) -> None:
    """Exit code 0 for an untouched log, 1 with the place for a changed one, 2 where there is none."""
    place, public = str(log.folder / "log"), log.key.public
    told = CliRunner().invoke(main, ["verify", place, "--public", public])
    assert told.exit_code == 0 and "as it was written" in told.output and "cannot be known" in told.output
    file = tmp_path / "key"
    file.write_text(public)
    told = CliRunner().invoke(main, ["verify", place, "--public", str(file), "--head", str(log.head), "--json"])
    assert told.exit_code == 0 and json.loads(told.output)["ok"] is True
    written(tmp_path / "log", 5, key=log.key)
    path = tmp_path / "log" / "000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"number":3', b'"number":4'))
    told = CliRunner().invoke(main, ["verify", str(tmp_path / "log"), "--public", public])
    assert told.exit_code == 1 and "000001.jsonl` was changed" in told.output
    told = CliRunner().invoke(main, ["verify", str(tmp_path / "nowhere"), "--public", public])
    assert told.exit_code == 2 and "nowhere" in told.stderr
    told = CliRunner().invoke(main, ["verify", place, "--public", "no key"])
    assert told.exit_code == 2 and "public key" in told.stderr


def test_a_copy_that_is_no_head_is_refused(log: Log, tmp_path: Path) -> None:
    """`--head` with a file of another kind, or of another key, proves nothing and says so."""
    file = tmp_path / "head"
    for content in (b"", b"{}\n", log.files["heads.jsonl"], log.files["HEAD"].replace(b"signed_us", b"signed_at")):
        file.write_bytes(content)
        with pytest.raises(LogError, match="is no head of a log"):
            verify(log.folder / "log", log.key.public, head=file)
