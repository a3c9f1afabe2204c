"""pytest over `.risk` files: every inline test and every law is an item of its own.

A folder of rulesets is often full of files that are not meant to be run: drafts, examples of mistakes. So a file is
collected only where somebody asked for it: it is named on the command line, it fits one of the patterns of `risk_files`
in the configuration, or `--risk` is given. Then `pytest rulesets/` runs what `riskrules test` runs, with pytest's own
selection, workers and JUnit.

Loaded by every pytest where riskrules is installed, so nothing is imported here before the first file is collected;
without the extra `riskrules[testing]` it does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..engine.inline_tests import TestResult
    from ..engine.rules import Rules

SUFFIX = ".risk"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("riskrules", "rules of fraud policy")
    group.addoption("--risk", action="store_true", help="collect every .risk file under the given paths")
    parser.addini("risk_files", "patterns of .risk files to collect, such as rulesets/*.risk", "args", [])
    parser.addini("risk_examples", "payments that each law is tried on", "string", "2000")
    parser.addini("risk_seed", "other payments for laws, the same for the same seed", "string", "0")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix != SUFFIX or find_spec("hypothesis") is None:
        return None
    config = parent.config
    wanted = config.getoption("--risk") or parent.session.isinitpath(file_path)
    if wanted or any(_fits(file_path, config.rootpath, str(p)) for p in config.getini("risk_files")):
        return RiskFile.from_parent(parent, path=file_path)
    return None


def _fits(path: Path, root: Path, pattern: str) -> bool:
    """Whether the path, as it is seen from the root, fits; `*` stands for any part of it."""
    return path.is_relative_to(root) and fnmatch(path.relative_to(root).as_posix(), pattern)


class BrokenTest(Exception):
    """An inline test or a law that does not hold; its text is the whole report."""


class RiskFile(pytest.File):
    """One rule file. Checked when it is collected, and only once."""

    rules: Rules

    def collect(self) -> Iterator[pytest.Item]:
        from ..balance.laws import law_names
        from ..base.diagnostics import RulesetError
        from ..engine.rules import load

        try:
            self.rules = load(self.path)
        except RulesetError as error:
            raise self.CollectError(str(error)) from None
        self._results: dict[tuple[str, str, int], TestResult] | None = None
        for event in self.rules.events:
            for test in self.rules.on(event).meaning.tests:
                yield RiskTest.from_parent(
                    self, name=f"{test.of}: {test.name}", of=test.of, test=test.name, line=test.line
                )
        for name, line in law_names(self.rules):
            yield RiskLaw.from_parent(self, name=f"law: {name}", law=name, line=line)

    def result(self, of: str, test: str, line: int) -> TestResult:
        """Of one inline test; all are run together, which takes milliseconds."""
        from ..engine.inline_tests import run_tests

        if self._results is None:
            self._results = {(r.of, r.name, r.line): r for r in run_tests(self.rules)}
        return self._results[of, test, line]


class _Item(pytest.Item):
    """`line` is where it stands in the file, 0 for nowhere."""

    parent: RiskFile

    def __init__(self, *, line: int, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]  # pytest's own arguments, handed through
        self.line = line

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, BrokenTest) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self.line - 1 if self.line else None, self.name


class RiskTest(_Item):
    """One inline test."""

    def __init__(self, *, of: str, test: str, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]  # the line, and pytest's own
        self.of = of
        self.test = test

    def runtest(self) -> None:
        result = self.parent.result(self.of, self.test, self.line)
        if result.passed:
            return
        why = result.decision.why(self.of) if not result.decision.fired else result.decision.why()
        lines = [
            f'failed: {self.of}, "{self.test}"',
            f"  {self.path}:{self.line}",
            *(f"  {x}" for x in result.failures),
        ]
        raise BrokenTest("\n".join([*lines, "", *(f"    {line}" for line in str(why).split("\n"))]))


class RiskLaw(_Item):
    """One law, tried. One that was never put to the test is skipped and says so: it has not passed."""

    def __init__(self, *, law: str, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]  # the line, and pytest's own
        self.law = law

    def runtest(self) -> None:
        from ..balance.laws import try_laws
        from ..balance.laws_text import told, warned

        examples, seed = (int(self.config.getini(name)) for name in ("risk_examples", "risk_seed"))
        for result in try_laws(self.parent.rules, examples=examples, seed=seed, only=(self.law,)):
            if lines := told(result, str(self.path)):
                raise BrokenTest("\n".join(lines))
            if warning := warned(result, str(self.path)):
                pytest.skip(warning)
