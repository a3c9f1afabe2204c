"""A checked ruleset in the hands of a host: its meaning, its program, its fingerprint, its warnings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..base.diagnostics import Diagnostic
from ..base.source import Source
from ..checker.models import Beside, beside
from ..checker.ruleset import Checked, check_bytes, check_text
from ..meaning import nodes as n
from ..meaning.deadlines import is_dated
from ..meaning.fingerprint import fingerprint
from ..meaning.promises import NO_PROMISES, Param, Promises
from ..schema.events import event_schema
from ..schema.fields import Field, Schema
from .capacity import with_program
from .decision import Version

if TYPE_CHECKING:
    from ..program.model import Program
    from ..program.saved import Saved


class Rules:
    """One version of a ruleset. Immutable; compiles when its program is first asked for. `promises`: its balance and
    its laws, `params`: what was declared and may be tuned; a saved ruleset has neither, as they change no decision.
    `models`: the files of its models, by name."""

    def __init__(
        self,
        meaning: n.Ruleset | Saved,
        *,
        warnings: tuple[Diagnostic, ...] = (),
        program: Program | None = None,
        promises: Promises = NO_PROMISES,
        params: tuple[Param, ...] = (),
        models: Mapping[str, bytes] | None = None,
    ) -> None:
        """`meaning`: a checked one, or one from a file whose origin is proven, which serves with that file's program
        and reads what a rule says when it is asked for."""
        self.warnings = warnings
        self.promises = promises
        self.params = params
        self.models = dict(models or {})
        self._whole: Rules | None = None
        self._saved: Saved | None = None
        self.by_name: Mapping[str, n.Rule]
        self.exempt_by_name: Mapping[str, n.Exempt]
        if isinstance(meaning, n.Ruleset):
            self.frame: n.Frame = meaning
            self.meaning = meaning
            self._program = program
            self.by_name = {r.name: r for r in meaning.rules}
            self.exempt_by_name = {e.name: e for e in meaning.exempts}
            self.dated = frozenset(r.name for r in meaning.rules if is_dated(r))
        else:
            self.frame = meaning.frame
            self._saved, self._program = meaning, meaning.program
            self.by_name, self.exempt_by_name, self.dated = meaning.rules, meaning.exempts, meaning.dated
            self.fingerprint = meaning.fingerprint
        self.liability_by_name = {x.name: x for x in self.frame.liabilities}

    @cached_property
    def meaning(self) -> n.Ruleset:
        """The whole of it. Raises `SavedProgramError` where a saved one holds what is no rule."""
        assert self._saved is not None
        return self._saved.ruleset

    @property
    def whole(self) -> Rules:
        """The ruleset that these rules on one event are of; of a whole one itself. Not kept as a reference to itself:
        a version that nobody serves any more goes at once, and not when the collector of cycles comes by."""
        return self if self._whole is None else self._whole

    @property
    def name(self) -> str:
        return self.frame.name

    @property
    def version(self) -> str:
        return self.frame.version

    @property
    def lists(self) -> tuple[str, ...]:
        """The names of the lists that the rules read; an `Engine` wants each."""
        own = (self.frame, *self.frame.others)
        return tuple(dict.fromkeys(name for one in own for name, _ in one.lists))

    @property
    def events(self) -> tuple[str, ...]:
        """What the file decides: payment always, then the others that it has rules or a `liability` for."""
        return (self.frame.event, *(x.event for x in self.frame.others))

    def on(self, event: str) -> Rules:
        """The rules about one event. ValueError when the file has none."""
        if event == self.frame.event:
            return self
        if event not in self.events:
            raise ValueError(f"{self.name} decides {', '.join(self.events)}, not {event!r}")
        return self._others[event]

    @cached_property
    def _others(self) -> dict[str, Rules]:
        made = {x.event: Rules(x, warnings=self.warnings) for x in self.frame.others}
        for rules in made.values():
            rules._whole = self
        return made

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the meaning, in hexadecimal. Comments, layout, the order of blocks and the names of `let`s do not
        change it; whatever can change a decision or its texts does."""
        return fingerprint(self.meaning) if self.whole is self else self.whole.fingerprint

    @cached_property
    def version_of(self) -> Version:
        return Version(self.frame.name, self.frame.version, self.fingerprint)

    @cached_property
    def schema(self) -> Schema:
        """The event's fields, with those that the ruleset adds or declares again."""
        schema = event_schema(self.frame.event, self.frame.currency)
        for field in self.frame.fields:
            schema = schema.with_field(field)
        return schema

    @property
    def program(self) -> Program:
        """The compiled form. Two threads that ask at once may compile twice; both programs are the same."""
        if self._program is None:
            from ..program.compile import from_meaning

            self._program = from_meaning(self.meaning)
        return self._program

    def save(self, path: str | Path) -> str:
        """Write the rules and their tables to one file, which `load` reads without the text. Its SHA-256, in
        hexadecimal: whoever is told it apart from the file may load it at once (`load(path, sha256=…)`)."""
        from ..program.saved import save

        return save(self.program, self.meaning, Path(path))

    def __repr__(self) -> str:
        return f"<Rules {self.name} {self.version}, {len(self.by_name)} rules, {self.fingerprint[:12]}>"


def check(path: str | Path, *, fields: Iterable[Field] = ()) -> Checked:
    """Check a rule file. `fields`: the host's own, from `fields_of(Model)`. OSError when the file cannot be read;
    never raises on what it says."""
    file = Path(path)
    return with_program(check_bytes(str(path), file.read_bytes(), fields, beside(file)))[0]


def load(path: str | Path, *, fields: Iterable[Field] = (), sha256: str | None = None) -> Rules:
    """A ruleset from a `.risk` file or from one that `Rules.save` wrote. `fields`: the host's own, beside the
    payment's, from `fields_of(Model)`; a saved one has its fields in it.

    `sha256`: what `Rules.save` returned, from where nobody changes it who may change the file (a configuration, a
    signature). The file is then the one that was saved, which serves in milliseconds with the tables in it. Without,
    the rules of a saved file are compiled again: it is not checked again as its text was, so whoever can write it
    writes policy; keep it where only you can.

    RulesetError with every diagnostic when the file does not hold, SavedProgramError when a saved one is damaged or is
    another one, OSError when it cannot be read.
    """
    file = Path(path)
    from ..program.saved import MAGIC, SavedProgramError, compiled_anew, from_bytes, read

    content = read(file)
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256.lower():
        raise SavedProgramError(f"{path} is not the file whose SHA-256 was given")
    if content[: len(MAGIC)] != MAGIC:
        if sha256 is not None:
            raise SavedProgramError("this is not a saved ruleset; a text is loaded without `sha256`")
        return _from_checked(check_bytes(str(path), content, fields, beside(file)))
    saved = from_bytes(content)
    models = _models_of(saved.frame, beside(file))
    if sha256 is not None:
        return Rules(saved, models=models)
    from .inline_tests import tried_out

    rules = Rules(saved.ruleset, program=compiled_anew(saved), models=models)
    try:
        tried_out(rules)
    except (ArithmeticError, AssertionError, LookupError, StopIteration, TypeError, ValueError) as problem:
        raise SavedProgramError("the saved ruleset cannot decide even a harmless payment") from problem
    return rules


def loads(
    text: str,
    name: str = "ruleset.risk",
    *,
    fields: Iterable[Field] = (),
    models: Mapping[str, bytes] = MappingProxyType({}),
) -> Rules:
    """A ruleset from text; `name` stands in its diagnostics. `models`: the content of the files that its `model`
    blocks name. RulesetError as `load`."""

    def given(file: str) -> bytes:
        if file not in models:
            raise FileNotFoundError(file)
        return models[file]

    return _from_checked(check_text(text, name, fields, given))


def _models_of(meaning: n.Frame, read: Beside) -> dict[str, bytes]:
    """The files that a saved ruleset was saved with. SavedProgramError where one is not there, or is another."""
    from ..program.saved import SavedProgramError

    found = {}
    for model in meaning.models:
        if Path(model.file).name != model.file:
            raise SavedProgramError(f"the saved ruleset names a model by `{model.file}`, which is no plain name")
        try:
            content = read(model.file)
        except OSError as error:
            raise SavedProgramError(f"`{model.file}` does not lie beside the saved ruleset") from error
        if hashlib.sha256(content).hexdigest() != model.sha256:
            raise SavedProgramError(f"`{model.file}` is not the file that the ruleset was saved with")
        found[model.file] = content
    return found


def _from_checked(checked: Checked) -> Rules:
    checked, program = with_program(checked)
    return Rules(
        checked.or_raise(),
        warnings=checked.warnings,
        program=program,
        promises=checked.promises,
        params=checked.params,
        models=checked.models,
    )


__all__ = ["Checked", "Rules", "Source", "check", "load", "loads"]
