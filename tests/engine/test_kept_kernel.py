"""The kernel's machine code on disk: taken from where nobody else can write, and from nowhere else."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from riskrules.kernel import deciding, kept

DECIDE = """
import sys
import riskrules as rr
from riskrules.kernel import kept
rules = rr.loads('''
ruleset one version 2026.1
  currency CNY

rule large
  "A large amount"
  when    amount > 50_000 CNY
  then    warn
  tell    payer "Is this right?"
''')
event = {"id": "p1", "occurred_at": "2026-06-15T04:00:00Z", "amount": sys.argv[1]}
print(rr.Engine(rules).decide(event).act, "numba" in sys.modules)
"""


def decided(folder: Path | str, amount: str = "60000.00") -> str:
    """What a new process says, and whether it had to load the compiler."""
    environment = {**os.environ, kept.PLACE: str(folder)}
    ran = subprocess.run(
        [sys.executable, "-c", DECIDE, amount], capture_output=True, text=True, env=environment, check=True, timeout=300
    )
    return ran.stdout.strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the code in it."""
    made = tmp_path_factory.mktemp("kernels")
    made.chmod(0o700)
    assert decided(made) == "warn True"
    assert len(list(made.iterdir())) == 1
    return made


def test_the_next_process_compiles_nothing(folder: Path) -> None:
    """It decides the same without loading Numba at all."""
    assert decided(folder) == "warn False"
    assert decided(folder, "50000.00") == "allow False"


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _bent(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _blank(path: Path) -> None:
    path.write_bytes(b"")


def _later(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8] += 1
    path.write_bytes(content)


def _writable(path: Path) -> None:
    path.chmod(0o620)


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def _open_folder(path: Path) -> None:
    path.parent.chmod(0o777)


def _sticky_folder(path: Path) -> None:
    path.parent.chmod(0o1777)


@pytest.mark.parametrize("spoil", [_cut, _bent, _blank, _later, _writable, _link, _open_folder, _sticky_folder])
def test_what_cannot_be_trusted_is_not_loaded(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]
) -> None:
    """A damaged file, one of another format, one that others may write or put in its place."""
    tmp_path.chmod(0o700)
    path = tmp_path / "kernels" / kept.file_name()
    path.parent.mkdir(mode=0o700)
    path.write_bytes((folder / kept.file_name()).read_bytes())
    monkeypatch.setenv(kept.PLACE, str(path.parent))
    assert kept.load() is not None
    spoil(path)
    assert kept.load() is None


def test_a_folder_above_that_others_may_write_is_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They could put another folder there; in one with the sticky bit they cannot."""
    place = tmp_path / "above" / "kernels"
    place.mkdir(mode=0o700, parents=True)
    monkeypatch.setenv(kept.PLACE, str(place))
    place.parent.chmod(0o777)
    assert kept.place() is None
    place.parent.chmod(0o1777)
    assert kept.place() == place


@pytest.mark.parametrize("given", ["", "relative/folder", "/dev/null/folder"])
def test_without_a_place_nothing_is_kept(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.PLACE, given)
    assert kept.place(make=True) is None
    assert kept.load() is None
    kept.save("name", b"code")
    assert not Path("relative").exists()


def test_other_sources_have_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of a kernel, of a library's version or of the processor is not answered with older code."""
    name = kept.file_name()
    assert name == kept.file_name()
    monkeypatch.setattr(kept, "_processor", lambda: ["another"])
    assert kept.file_name() != name


def test_loaded_code_answers_as_compiled_code(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads objects of all kinds rightly."""
    monkeypatch.setenv(kept.PLACE, str(folder))
    loaded = kept.load()
    assert loaded is not None
    enter = ctypes.PYFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 4)(loaded.address)
    monkeypatch.setattr(deciding, "kernel", lambda: enter)
    assert deciding.works.__wrapped__()
