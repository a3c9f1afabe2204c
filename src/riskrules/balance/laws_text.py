"""What is said of a law that was tried, in plain lines: the same on a terminal, in a test report and in an error."""

from __future__ import annotations

from collections.abc import Iterable

from .law_trials import LawResult

EVERY_RULESET = "holds of every ruleset without being written"


def told(result: LawResult, file: str) -> list[str]:
    """A law that is broken: which, where, how, and the tests to paste. Nothing for one that holds."""
    broken = result.broken
    if broken is None:
        return []
    place = f"{file}:{result.line}" if result.line else f"{file}, {EVERY_RULESET}"
    lines = [f'broken: law "{result.name}"', f"  {place}", f"  {broken.says}"]
    lines += [f"  found after {payments(result.tried)}, and made as small as it goes; beside rule `{broken.of}`:"]
    for test in broken.tests:
        lines += ["", *(f"  {line}" for line in test.split("\n"))]
    return lines


def warned(result: LawResult, file: str) -> str:
    """That a law was never put to the test, in a sentence; "" where it was."""
    if not result.warning or result.broken:
        return ""
    place = f"{file}:{result.line}: " if result.line else ""
    return f'{place}law "{result.name}" was not put to the test: {result.warning}'


def payments(count: int) -> str:
    return f"{count:_} payment{'' if count == 1 else 's'}"


def described(result: LawResult) -> dict[str, object]:
    """As plain values. `holds` is None where the law was not put to the test."""
    broken = result.broken
    return {
        "name": result.name,
        "line": result.line or None,
        "words": result.words,
        "tried": result.tried,
        "met": result.met,
        "holds": False if broken else None if result.warning else True,
        "warning": result.warning or None,
        "counterexample": broken
        and {"says": broken.says, "beside": broken.of, "fields": list(broken.fields), "tests": list(broken.tests)},
    }


def summary(results: Iterable[LawResult]) -> tuple[int, int, int]:
    """How many are broken, hold, and were not put to the test."""
    found = [(r.broken is not None, bool(r.warning)) for r in results]
    broken = sum(b for b, _ in found)
    untried = sum(w and not b for b, w in found)
    return broken, len(found) - broken - untried, untried
