"""One rule file, checked for one event: what its blocks mean there, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace

from ..base.diagnostics import ERROR
from ..base.source import Span
from ..meaning import nodes as n
from ..meaning.averages import window_of
from ..meaning.linear import reads_of
from ..meaning.promises import NO_PROMISES
from ..meaning.walk import reads_in
from ..schema.events import EVENTS, event_schema
from ..schema.fields import Field, Schema
from ..syntax.parse import Parsed
from ..syntax.tree import Node, Token
from .conditions import Conditions
from .declarations import Declarations
from .disjoint import find_overlaps
from .effects import Effects
from .fields import Fields
from .findings import Findings, find_no_appeal
from .head import Head, read_head
from .inline_tests import InlineTests
from .lets import Lets
from .liabilities import Liabilities
from .literals import Literals, token
from .models import Beside, ModelBlocks
from .named import Named, names_in, names_in_liabilities
from .notices import Notices
from .params import Params
from .problems import Problems
from .promises import PromiseBlocks
from .quantities import Quantities
from .rules import Rules
from .scope import Scope
from .windows import Windows

OF_THE_WHOLE = frozenset({"may-be-missing", "no-effect", "limit-without-amount"})
"""Findings that a missing clause can cause."""


def event_of(block: Node) -> str:
    """What a block is about, where it says so; "" for a block that all events share."""
    if block.kind == "liability":
        return "claim"
    if block.kind in ("exempt", "bands"):
        return "payment"
    if block.kind != "rule":
        return ""
    on = block.parts[1]
    name = token(on).text if isinstance(on, Node) else "payment"
    return name if name in EVENTS else "payment"


class Run:
    """One file being checked for one event. `earlier`: the runs for other events before it."""

    def __init__(
        self,
        parsed: Parsed,
        problems: Problems,
        fields: tuple[Field, ...],
        event: str,
        events: tuple[str, ...],
        earlier: list[Run],
        beside: Beside,
    ) -> None:
        self.event = event
        self.events = events
        self.earlier = earlier
        self.blocks = [b for b in parsed.blocks if event_of(b) in ("", event) and self._speaks_of(b)]
        self.mended = [(b, places) for b, places in parsed.mended if event_of(b) in ("", event)]
        self.problems = problems
        self.made: n.Ruleset | None = None
        self.promises = NO_PROMISES
        broken = any(kind == "ruleset" for kind, _ in parsed.broken)
        self.head: Head = read_head(parsed.blocks, broken, problems)
        for block, places in parsed.mended:
            if block.kind == "ruleset" and broken:
                self.head = self._mended_head(block, places)
        schema = event_schema(event, self.head.currency)
        self.host = {f.name: f for f in fields}
        if event != "payment":
            carried = {**self.host, **(earlier[0].fields.fields if earlier else {})}
            self.host = {
                x: replace(f, optional=True, sample=None, event=event) for x, f in carried.items() if x not in schema
            }
        for field in self.host.values():
            schema = _with_host_field(schema, field)
        self.scope = Scope(schema, self.head.currency, self.head.timezone)
        self.scope.lost = {name for _, name in parsed.broken if name}
        self.lost_rules = {name for kind, name in parsed.broken if kind in ("rule", "exempt")}
        self.literals = Literals(problems, self.head.timezone)
        self.declarations = Declarations(self.scope, problems, self.literals)
        self.fields: Fields = Fields(self.scope, problems, self.literals, self.declarations)
        self.quantities = Quantities(self.scope, problems, self.literals)
        self.conditions = Conditions(self.scope, problems, self.quantities)
        self.lets = Lets(self.scope, problems, self.quantities, self.conditions)
        self.scope.let = self.lets.read
        self.models = ModelBlocks(self.scope, problems, self.declarations, self.quantities, beside)

    def _speaks_of(self, block: Node) -> bool:
        """Whether a declaration is made for this event: an event's own fields are, and what all share."""
        if block.kind in ("window", "model"):
            return self.event == "payment"
        if block.kind != "field":
            return True
        ref = block.parts[0]
        assert isinstance(ref, Node)
        own = token(ref).text.partition(".")[0]
        return (own if own in self.events else "payment") == self.event

    def _of(self, *kinds: str) -> list[Node]:
        return [b for b in self.blocks if b.kind in kinds]

    def check(self) -> None:
        """Reads every block; `made` is what they mean."""
        in_force = self.declarations.in_force(self.head.dates)
        windows = self._declare(in_force)
        unverified = frozenset(self.declarations.unverified)
        sources, calendar = self.declarations.sources, self.head.calendar
        effects = Effects(self.scope, self.problems, self.literals, sources, unverified, calendar)
        notices = Notices(self.problems, self.quantities, self.head.language)
        rules = Rules(self.problems, self.declarations, self.conditions, effects, notices, self.head.appeal)
        rules.failed |= self.lost_rules
        for run in self.earlier:
            for name, said in run.scope.declared.items():
                if said[0] in ("rule", "exempt", "liability", "window", "model"):
                    self.scope.declared.setdefault(name, said)
        for block in self.blocks:
            if block.kind == "rule":
                rules.rule(block)
            elif block.kind == "exempt":
                rules.exempt(block)
        liabilities = Liabilities(rules, self.declarations)
        for block in self._of("liability"):
            liabilities.liability(block)
        rules.check_lifts(self.blocks)
        rules.check_size(Span(self.head.start, self.head.end))
        bands_blocks = self._of("bands")
        bands = rules.bands(bands_blocks)
        rules.check_scores(bands)
        used = set(self.scope.used)
        inline = InlineTests(
            self.scope, self.problems, self.literals, self.quantities, self.conditions.comparisons, effects, notices
        )
        tests = self._tests(inline)
        self._look_at_mended(rules)
        self.scope.used = used  # a test alone is no use
        promised = PromiseBlocks(self.problems, self.literals, self.quantities, self.conditions, effects)
        if self.event == "payment":
            promised.read(self.blocks)
        windows.finish()
        if len(self.events) == 1:
            self.lets.tell(list(self.lets.untold))
        self.made = self._meaning(in_force, rules, liabilities, bands, tests)
        if not self.problems.errors:
            self.promises = promised.made(lambda watched: self._watch(in_force, watched))
        self.rules, self.liabilities, self.cited, self.given = rules, liabilities, effects.cited, inline.given

    def warn(self, runs: list[Run]) -> None:
        """What is not wrong and yet not meant; asked only where nothing is wrong. `runs`: those for every event."""
        assert self.made is not None
        self.scope.spread_use()
        findings = Findings(self.made, self.rules.places, self.problems)
        findings.find(next(iter(self._of("bands")), None))
        find_overlaps(self.made, self.liabilities.places, self.problems)
        if self is runs[-1]:
            used = {x for run in runs for x in run.scope.used | run.cited}
            for run in runs:
                findings.find_unused(run.scope, used)
            if self.head.appeal is not None and not any(run.rules.appeal_used for run in runs):
                findings.find_unused_appeal(self.head.appeal)
            elif self.head.appeal is None:
                find_no_appeal([(run.made, run.rules.places) for run in runs if run.made], self.problems)
        findings.find_unread_given(self.given, self.scope.schema)

    def _declare(self, in_force: n.InForce) -> Windows:
        self.params = params = Params(self.scope, self.problems, self.literals, self.declarations, self.fields)
        windows = Windows(self.scope, self.problems, self.literals, self.declarations, self.conditions)
        for block in self._of("source"):
            self.declarations.source(block)
        self.fields.read(self._of("field"))
        self.scope.elsewhere = frozenset(x for run in self.earlier for x in (*run.scope.windows, *run.scope.models))
        for block in self._of("param"):
            params.param(block, in_force)
        for block in self._of("list"):
            params.list(block)
        for block in self._of("window"):
            windows.declare(block)
        for block in self._of("model"):
            self.models.declare(block)
        for block in self._of("let", "let_value"):
            if self.declarations.declare("let", _name(block)):
                self.scope.lets[_name(block).text] = block
        self.lets.resolve_all()
        self.models.finish()
        return windows

    def _look_at_mended(self, rules: Rules) -> None:
        """The clauses that are sound in a rule that is not, so that one slip does not hide the rest of it. What may
        follow from the clause at fault is left unsaid."""
        for block, places in self.mended:
            if block.kind not in ("rule", "exempt"):
                continue
            before = len(self.problems.found)
            (rules.rule if block.kind == "rule" else rules.exempt)(block)
            self.problems.found[before:] = [
                d
                for d in self.problems.found[before:]
                if d.severity == ERROR and d.code not in OF_THE_WHOLE and d.labels[0].span.start not in places
            ]

    def _tests(self, inline: InlineTests) -> tuple[n.Test, ...]:
        made = []
        for block in self._of("rule", "exempt", "liability"):
            for part in block.parts:
                if isinstance(part, Node) and part.kind == "test":
                    test = inline.test(part, _name(block).text)
                    if test is not None:
                        made.append(test)
        return tuple(made)

    def _mended_head(self, block: Node, places: frozenset[int]) -> Head:
        """What the sound clauses of a broken head say, and what is wrong with them."""
        before = len(self.problems.found)
        head = read_head([block, *(b for b in self.blocks if b.kind != "ruleset")], True, self.problems)
        found = self.problems.found[before:]
        self.problems.found[before:] = [d for d in found if d.labels[0].span.start not in places]
        return head

    def _own_fields(self, read: set[str], windows: set[str]) -> list[Field]:
        """The fields that the file declares, and those of the host that it reads."""
        kept = [self.scope.windows[x] for x in windows]
        names = {x for w in kept for x in (w.of, *w.keys)} | {r.name for r in reads_in(tuple(kept))} | read
        names |= {of[1] for x in names if (f := self.scope.schema.get(x)) and (of := f.of)}
        own = {**{x: f for x, f in self.host.items() if x in names}, **self.fields.fields}
        return [own[x] for x in sorted(own)]

    def _meaning(
        self,
        in_force: n.InForce,
        rules: Rules,
        liabilities: Liabilities,
        bands: tuple[n.Band, ...],
        tests: tuple[n.Test, ...],
    ) -> n.Ruleset:
        ordered = tuple(rules.rules[x] for x in sorted(rules.rules))
        exempts = tuple(rules.exempts[x] for x in sorted(rules.exempts))
        found = names_in((*ordered, *exempts), self.event)
        names_in_liabilities(liabilities.blocks.values(), found)
        return replace(
            self._reading(in_force, found),
            rules=ordered,
            exempts=exempts,
            bands=bands,
            tests=tests,
            liabilities=tuple(liabilities.blocks[x] for x in sorted(liabilities.blocks)),
        )

    def _watch(self, in_force: n.InForce, rules: tuple[n.Rule, ...]) -> n.Ruleset:
        """A ruleset of these rules alone."""
        return replace(self._reading(in_force, names_in(rules, self.event)), rules=rules)

    def _reading(self, in_force: n.InForce, found: Named) -> n.Ruleset:
        """A ruleset that reads what was found, as yet without rules."""
        read = {*found.reads, *found.acted_on, "occurred_at"}
        models = [m for x, m in self.scope.models.items() if x in read and m is not None]
        read |= {r.name for m in models for column in m.reads for r in reads_of(column)}
        for name in read - self.scope.inputs.keys():
            self.scope.read_field(name, Span(0, 0))
        window_names = {window_of(x) for x in read if self.scope.inputs[x].origin == "window"}
        return n.Ruleset(
            name=self.head.name,
            version=self.head.version,
            title=self.head.title,
            currency=self.head.currency,
            timezone=self.head.timezone,
            language=self.head.language,
            in_force=in_force,
            inputs=tuple(self.scope.inputs[x] for x in sorted(read)),
            rules=(),
            exempts=(),
            bands=(),
            lists=tuple((x, self.scope.lists[x]) for x in sorted(found.lists)),
            windows=tuple(self.scope.windows[x] for x in sorted(window_names)),
            fields=tuple(self._own_fields(read, window_names)),
            calendar=self.head.calendar,
            event=self.event,
            models=tuple(sorted(models, key=lambda m: m.name)),
        )


def _with_host_field(schema: Schema, field: Field) -> Schema:
    before = schema.get(field.name)
    if before is not None and (before.kind.name != field.kind.name or before.of):
        raise ValueError(f"the host's field {field.name} is {field.kind}, and the payment's is {before.kind}")
    return schema.with_field(field)


def _name(block: Node) -> Token:
    name = block.parts[0]
    assert isinstance(name, Token)
    return name
