"""How the command line starts and ends: quickly, in colour only where a person looks, and never in a traceback."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from .samples import RULES, environment, process, run, written

Call = Callable[..., Result]
HEAVY = {"numba", "llvmlite", "pyarrow", "numpy", "nanoarrow", "rich"}
BROKEN = RULES.replace("then    reject", "then    rejet")
ESCAPE = "\x1b["


@pytest.mark.parametrize("arguments", [("check",), ("format", "--check"), ("explain", "no-or")], ids=lambda a: a[0])
def test_checking_loads_nothing_heavy(rules: str, arguments: tuple[str, ...]) -> None:
    """An editor and a commit hook call these on every save; they must not pay for kernels and tables."""
    code = (
        "import sys\n"
        "from riskrules.cli.main import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print('loaded', *sorted(name for name in sys.modules if '.' not in name), file=sys.stderr)\n"
    )
    files = [] if arguments[0] == "explain" else [rules]
    ended = subprocess.run(
        process(*arguments, *files, code=code), capture_output=True, text=True, env=environment(), check=False
    )
    loaded = set(ended.stderr.splitlines()[-1].split())
    assert {"click", "riskrules"} <= loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("chek", "x"), "No such command 'chek'. Did you mean 'check'?"),
        (("check",), "Missing argument 'FILE...'"),
        (("check", "--jsn", "x"), "No such option"),
        (("decide", "absent.risk", "h.csv"), "there is no file `absent.risk`"),
        (("decide", "cn/whose_acount", "h.csv"), "there is no folder `cn`"),
        (("explain", "absent.risk"), "name the payment too"),
        (("explain", "no-orr"), "did you mean `no-or`"),
        (("test", "absent/absent.risk"), "there is no folder `absent`"),
        (("map", "absent.csv"), "cannot read `absent.csv`"),
        (("demo", "--people", "0"), "0 is not in the range"),
    ],
    ids=lambda x: "-".join(x) if isinstance(x, tuple) else "",
)
def test_a_slip_ends_in_a_sentence(
    call: Call, arguments: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, on standard error, with what was probably meant."""
    monkeypatch.chdir(tmp_path)
    result = call(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


def test_every_command_has_help_that_tells_of_json(call: Call) -> None:
    """A program that reads the output finds its shape in --help."""
    commands = ("check", "decide", "demo", "explain", "format", "map", "test")
    listed = call("--help").output
    assert [name for name in commands if f"\n  {name} " not in listed] == []
    assert [name for name in commands if "With --json: " not in call(name, "--help").output] == []


def test_the_version_is_one_line(call: Call) -> None:
    """`riskrules 0.1.0`."""
    name, number = call("--version").output.split()
    assert name == "riskrules"
    assert len(number.split(".")) == 3


@pytest.mark.parametrize(
    ("more", "colour"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
    ids=["pipe", "forced", "refused"],
)
def test_a_pipe_gets_no_colour(tmp_path: Path, more: dict[str, str], colour: bool) -> None:
    """Unless it is asked for; NO_COLOR has the last word."""
    ended = run("check", written(tmp_path / "broken.risk", BROKEN), **more)
    assert ended.returncode == 1
    assert (ESCAPE in ended.stdout) is colour


@pytest.mark.parametrize(
    ("more", "colour"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=["", "NO_COLOR", "dumb"],
)
def test_a_terminal_gets_colour(tmp_path: Path, more: dict[str, str], colour: bool) -> None:
    """Unless it cannot show any, or its owner wants none. The words are the same."""
    path = written(tmp_path / "broken.risk", BROKEN)
    shown = on_terminal("check", path, **more)
    assert (ESCAPE in shown) is colour
    plain = run("check", path).stdout
    assert without_colour(shown).replace("\r\n", "\n") == plain


def test_output_that_nobody_reads_is_no_fault(tmp_path: Path) -> None:
    """`riskrules check … | head -1`: no traceback, and the exit code of a command whose reader went away."""
    path = written(tmp_path / "broken.risk", "\n".join(f"rule {i}" for i in range(3_000)))
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(process("check", path), env=environment(), **piped) as started:
        assert started.stdout is not None
        assert started.stderr is not None
        assert started.stdout.readline().startswith("error[")
        started.stdout.close()
        assert started.stderr.read() == ""
        assert started.wait(timeout=60) == 141


def test_interrupting_is_no_fault(tmp_path: Path) -> None:
    """Ctrl-C: one word, and the exit code that shells give."""
    pipe = tmp_path / "pipe.risk"
    os.mkfifo(pipe)
    waits = process("check", str(pipe))
    with subprocess.Popen(waits, stderr=subprocess.PIPE, text=True, env=environment()) as started:
        writer = once_read(pipe)
        started.send_signal(signal.SIGINT)
        _, said = started.communicate(timeout=30)
        os.close(writer)
    assert said.strip() == "stopped"
    assert started.returncode == 130


def test_nothing_of_a_file_reaches_the_terminal_as_a_command(call: Call, tmp_path: Path) -> None:
    """An escape sequence in a rule or in a file's name is shown, not obeyed."""
    path = written(tmp_path / "a\x1b[2J.risk", RULES.replace("A large amount", "A \x1b[31mlarge amount"))
    result = call("check", path)
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert "<U+001B>" in result.output
    assert "\x1b" not in call("check", path + "x").output


def once_read(pipe: Path) -> int:
    """The pipe for writing, as soon as somebody waits to read it."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def without_colour(text: str) -> str:
    for code in range(120):
        text = text.replace(f"{ESCAPE}{code}m", "")
    return text


def on_terminal(*arguments: str, **more: str) -> str:
    """What a terminal is sent."""
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        process(*arguments), stdout=theirs, stderr=theirs, stdin=theirs, env=environment(**{"TERM": "xterm", **more})
    )
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 65_536):
            shown += block
    except OSError:  # Linux says so when the other end is closed
        pass
    started.wait(timeout=60)
    os.close(ours)
    return shown.decode()
