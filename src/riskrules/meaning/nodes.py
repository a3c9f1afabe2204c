"""What a checked ruleset means: small, plain, immutable nodes, and nothing about files or speed.

Names are resolved, `let`s are inlined, params carry their dates as instants, every number is a whole
number. A node compares by meaning: `words` (the author's own text, for `why()`) takes no part in
equality. Evaluation is defined by `meaning.interpreter`, and only there.

Missing values: an atom (`Compare`, `Equal`, `Member`, `InList`, `Starts`, `Contains`) that reads a missing
value without a default is false, also when it is `negated`. The checker makes sure that no decision
hangs on that for a field. Where a window could not be read, it has built the meaning so that a condition which
hangs on the window is not met, nor its opposite (`checker.certainty`); the decision says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from ..schema.fields import Field
from ..schema.kinds import Kind
from .inline_tests import Expectation as Expectation
from .inline_tests import Test as Test
from .spans import Span as Span
from .spans import Within as Within

if TYPE_CHECKING:
    from .losses import Liability

Value: TypeAlias = int | str | bool


# -- values ------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Const:
    """A literal. A number is `value / 10**digits` of the kind's natural unit: 80% is (8, digits=1),
    50_000.00 CNY is 5_000_000 minor units with digits=0, 24h is microseconds."""

    value: Value
    kind: Kind
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """The value of one of the ruleset's inputs, by name: a field (`payee.account.age`), a window for the
    current key (`received_1h`) or for another (`received_1h of payer.account`). See `Ruleset.inputs`."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Average:
    """`total / count`, exact: what a window of averages is read as (`meaning.averages`). Missing where either is, or
    where the count is zero. `name` is the author's: `average_7d`, `average_7d of payer.account`."""

    name: str
    total: Read
    count: Read
    kind: Kind


@dataclass(frozen=True, slots=True)
class DatedValue:
    """One value of a param, in force over the half-open span [from_us, until_us); None is open."""

    from_us: int | None
    until_us: int | None
    value: int
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Dated:
    """A param whose value depends on the payment's own time. Its spans cover all time, without overlap."""

    name: str
    kind: Kind
    values: tuple[DatedValue, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left op right`, op one of + - *, exact."""

    op: str
    left: Quantity
    right: Quantity
    kind: Kind


@dataclass(frozen=True, slots=True)
class Quotient:
    """`(top / bottom) else default`, exact; the default when bottom is zero or either is missing."""

    top: Quantity
    bottom: Quantity
    default: Const
    kind: Kind


@dataclass(frozen=True, slots=True)
class Default:
    """`value else default`: the default when anything that the value reads is missing."""

    value: Quantity
    default: Const
    kind: Kind


Quantity: TypeAlias = Const | Read | Average | Dated | Arithmetic | Quotient | Default
Word: TypeAlias = Const | Read | Default


# -- conditions: plainly true or false ---------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Compare:
    """Two numeric values of one kind; op one of = != < <= > >=."""

    op: str
    left: Quantity
    right: Quantity
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Equal:
    """Two texts, entities, choices or yes/no values are the same (or, `negated`, are known and differ)."""

    left: Word
    right: Word
    negated: bool = False
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Member:
    """The value is one of those written out."""

    value: Word
    among: tuple[str, ...]
    negated: bool = False
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class InList:
    """The value is in a list that the host supplies with the engine."""

    value: Word
    list: str
    negated: bool = False
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Starts:
    """The text starts with `text`, letter for letter."""

    value: Word
    text: str
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Contains:
    """The text holds `text` somewhere, letter for letter."""

    value: Word
    text: str
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Known:
    """The input, or the average, has a value. `is missing` is Not(Known)."""

    read: Read | Average
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Condition, ...]
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition
    words: str = field(default="", compare=False)


Atom: TypeAlias = Compare | Equal | Member | InList | Starts | Contains | Known
Condition: TypeAlias = Atom | All | Any | Not


# -- what a rule does --------------------------------------------------------------------------
ALLOW, WARN, VERIFY, DELAY, HOLD, REJECT = range(6)
LEVELS = ("allow", "warn", "verify", "delay", "hold", "reject")


@dataclass(frozen=True, slots=True)
class Act:
    """An action. `duration_us` for `delay D` (always) and `hold up to D` (None: no end)."""

    level: int
    duration_us: int | None = None

    @property
    def strength(self) -> tuple[int, float]:
        """Actions are ordered by this: by level, then by duration, a hold without end the longest."""
        endless = self.duration_us is None
        return (self.level, float("inf") if endless else float(self.duration_us or 0))


@dataclass(frozen=True, slots=True)
class Measure:
    """What is done to an instrument: `limit payee.account on non_counter to 5_000 CNY per day for 6 months`."""

    verb: str
    instrument: str
    scope: str | None = None
    limit_minor: int | None = None
    per: Span | None = None
    lasting: Span | None = None
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Instrument:
    """An account, merchant or wallet field and the field that names its institution."""

    path: str
    institution: str


@dataclass(frozen=True, slots=True)
class Responsible:
    """Whose institution has the duty: the first of `options` whose instrument the payment has; `within` which time."""

    name: str
    options: tuple[Instrument, ...]
    within: Within | None = None


Texts: TypeAlias = tuple[tuple[str, tuple[str | Read | Average, ...]], ...]
"""A text for people, by language: a template of texts, and the inputs and averages shown between them."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A text for the payer or the payee."""

    to: str
    texts: Texts


@dataclass(frozen=True, slots=True)
class Citation:
    """`unverified`: its author has not read the place itself, and every explanation says so."""

    source: str
    title: str
    where: str
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class InForce:
    """Half-open [from_us, until_us); None is open. The dates are the ruleset's local days."""

    from_us: int | None = None
    until_us: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires when `when` holds, no `unless` does, and the payment's time is in force. `reason` is what the customer is
    told to be the reason (none: `text`), `appeal` where the customer contests it, the rule's own or the ruleset's."""

    name: str
    text: str
    when: Condition
    unless: tuple[Condition, ...] = ()
    action: Act | None = None
    score: int | None = None
    measures: tuple[Measure, ...] = ()
    responsible: tuple[Responsible, ...] = ()
    notices: tuple[Notice, ...] = ()
    citations: tuple[Citation, ...] = ()
    in_force: InForce = InForce()
    reason: Texts = ()
    appeal: Texts = ()


@dataclass(frozen=True, slots=True)
class Exempt:
    """When it fires it lifts the rules named in `lifts`, and the actions below the level `below`
    (which is never above reject, so a reject is lifted only by name)."""

    name: str
    text: str
    when: Condition
    unless: tuple[Condition, ...] = ()
    lifts: tuple[str, ...] = ()
    below: int | None = None
    citations: tuple[Citation, ...] = ()
    in_force: InForce = InForce()


@dataclass(frozen=True, slots=True)
class Band:
    at_least: int
    action: Act


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that the rules read. `origin` is field, derived (worked out from other fields), window or model.
    Numeric inputs lie in [lowest, highest], in the kind's held unit."""

    name: str
    kind: Kind
    optional: bool
    origin: str
    lowest: int = 0
    highest: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """What happened before, as declared. `aggregate` is one of count, sum, average, min, max, distinct, since;
    `of` the field it reads ("" for count and since); `event` what is counted; `span` a duration in
    microseconds, or day, month or year for the calendar one so far in the ruleset's time zone; `where` reads fields
    of the recorded event only."""

    name: str
    aggregate: str
    of: str
    event: str
    keys: tuple[str, ...]
    span: int | str
    where: Condition | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A score that a file works out: `sha256` of its bytes in hexadecimal, `reads` in the order of its columns."""

    name: str
    file: str
    sha256: str
    reads: tuple[Read | Average, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A ruleset but for its rules: what it reads. `fields` are those that it adds to the event's schema, or declares
    again; liabilities are in order of name."""

    name: str
    version: str
    title: str
    currency: str
    timezone: str
    language: str
    in_force: InForce
    inputs: tuple[Input, ...]
    bands: tuple[Band, ...] = ()
    lists: tuple[tuple[str, Kind], ...] = ()
    windows: tuple[Window, ...] = ()
    fields: tuple[Field, ...] = ()
    calendar: str = ""
    event: str = "payment"
    liabilities: tuple[Liability, ...] = ()
    others: tuple[Ruleset, ...] = ()
    models: tuple[Model, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruleset(Frame):
    """All that can change a decision of one event, and the tests; rules and exempts in order of name. A file with rules
    on several events is the ruleset of payments, with one of the same name for each other event in `others`."""

    rules: tuple[Rule, ...] = ()
    exempts: tuple[Exempt, ...] = ()
    tests: tuple[Test, ...] = field(default=(), compare=False)
