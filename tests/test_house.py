"""Laws of the house that no linter knows: files stay small, text is for strangers, a suppression says why."""

from __future__ import annotations

import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LONGEST_FILE_LINES = 400  # more than one idea; most files stay under 300
REASON_WORDS = 2  # "as above" is a reason, "needed" is not

# The words are put together here, so that this file does not hold them.
LEFT_UNDONE = ("TO" + "DO", "FIX" + "ME")
BEHIND_THE_SCENES = ("sub" + "agent", "sub-" + "agent")
FOLDERS_OF_ONE_MACHINE = ("work", "root", "home", "Users", "tmp")

FORBIDDEN = {
    "left undone": re.compile(rf"\b(?:{'|'.join(LEFT_UNDONE)})\b"),
    "how it was made, not what it is": re.compile("|".join(BEHIND_THE_SCENES), re.IGNORECASE),
    "a path of one machine": re.compile(rf"(?<![\w.*$}})>/-])/(?:{'|'.join(FOLDERS_OF_ONE_MACHINE)})/[\w.]"),
}

SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore|mypy:|ruff:|pragma:|nosec)", re.IGNORECASE)
CODES = r"[A-Z]+\d+(?:,\s*[A-Z]+\d+)*"
WITH_REASON = re.compile(
    rf"#\s*(?:noqa:\s*{CODES}|type:\s*ignore\[[\w, -]+\]|(?:ruff|mypy|pragma):[^#]+)\s*"
    r"#(?!\s*(?:noqa|type:))\s*(?P<reason>.+)"
)


def files_of_the_project() -> list[Path]:
    """What is, or is about to be, under version control; of an unpacked source archive, everything."""
    if (ROOT / ".git").exists():
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
        return [ROOT / name for name in sorted(names) if name and (ROOT / name).is_file()]
    made = {"__pycache__", "build", "dist"}
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file()
        and not made & set(path.relative_to(ROOT).parts)
        and not path.relative_to(ROOT).parts[0].startswith(".")
    ]


def texts() -> Iterator[tuple[Path, str]]:
    """The files that are text, with it."""
    for path in files_of_the_project():
        held = path.read_bytes()
        if b"\0" not in held:
            yield path, held.decode("utf-8", errors="replace")


def forbidden(text: str) -> list[str]:
    """What strangers should not meet in the text, with its line."""
    return [
        f"line {number}: {match[0]}: {why}"
        for number, line in enumerate(text.splitlines(), 1)
        for why, pattern in FORBIDDEN.items()
        if (match := pattern.search(line))
    ]


def without_reason(source: str) -> list[str]:
    """The suppressions of a module that do not say what they suppress and, after a `#` of its own, why."""
    found = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or not SUPPRESSION.search(token.string):
            continue
        match = WITH_REASON.search(token.string)
        if not match or len(match["reason"].split()) < REASON_WORDS:
            found.append(f"line {token.start[0]}: {token.string}")
    return found


def test_no_source_file_is_long() -> None:
    """A file holds one idea."""
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in (ROOT / "src").rglob("*.py")
    }
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE_LINES} == {}


def test_text_is_for_strangers() -> None:
    """Nothing is left undone, and nothing speaks of how or where it was written."""
    found = {str(path.relative_to(ROOT)): said for path, text in texts() if (said := forbidden(text))}
    assert found == {}


def test_a_suppression_says_why() -> None:
    """What a linter or type checker is told to pass over names the rule, then the reason."""
    modules = [(path, text) for path, text in texts() if path.suffix == ".py"]
    assert modules
    found = {str(path.relative_to(ROOT)): said for path, text in modules if (said := without_reason(text))}
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        f"# {LEFT_UNDONE[0]}: later",
        f"x = 1  # {LEFT_UNDONE[1]}",
        f"asked a {BEHIND_THE_SCENES[0].title()}",
        f"see /{FOLDERS_OF_ONE_MACHINE[0]}/main/src",
        f'open("/{FOLDERS_OF_ONE_MACHINE[-1]}/x.json")',
        f"`/{FOLDERS_OF_ONE_MACHINE[1]}/.cache`",
    ],
)
def test_forbidden_text_is_found(text: str) -> None:
    """The search can fail."""
    assert len(forbidden(f"first line\n{text}\n")) == 1


@pytest.mark.parametrize("text", ["to do", "https://example.org/work/1", "a/work/b", "$HOME/home/x", "coursework/x"])
def test_other_text_is_not(text: str) -> None:
    """Nor does it find what is only alike."""
    assert forbidden(text) == []


@pytest.mark.parametrize(
    ("comment", "says_why"),
    [
        ("noqa", False),
        ("noqa: S101", False),
        ("noqa: S101  # needed", False),
        ("type: ignore", False),
        ("type: ignore  # the library has no types", False),
        ("type: ignore[arg-type]", False),
        ("type: ignore[arg-type] the library has no types", False),
        ("type: ignore[arg-type]  # the library has no types", True),
        ("noqa: S101, B008  # read once, when loaded", True),
        ("noqa: S101  # type: ignore[index]", False),
        ("an ordinary remark", True),
    ],
)
def test_suppressions_are_read(comment: str, says_why: bool) -> None:
    """A reason is words after a `#` of its own; a text that only looks like a suppression is none."""
    assert (without_reason(f"x = 1  # {comment}\n") == []) is says_why
    assert without_reason(f"x = '''# {comment}'''\n") == []
