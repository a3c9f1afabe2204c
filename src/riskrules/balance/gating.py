"""May this version go live? Each promise of its `balance` blocks, and nothing undiminished against the version before.

**A promise** is measured on the history as it is: broken when the figure itself breaks it, and the interval is shown
beside it. An author who promises 0.1% and measures 0.11% has not kept the promise on this history, whatever another
history would show; whoever wants room for noise promises less.

**Against another version**, nothing may get worse beyond the noise of the sample: not the honest payments stopped in
any segment, nor the fraud caught, by payments or by money. Both versions decide the same payments, so that only those
that changed sides count: the exact sign test (McNemar) for payments, random signs by group of payers for money. All
questions are asked at once, so they are adjusted (Holm): where nothing got worse in truth, a version is refused with a
probability of at most `error_rate` in all, 1% unless said otherwise. The sign tests take payments as independent; a
rule that hits one payer a hundred times counts as a hundred. What the sample is too small to show passes, and each
answer says from how many payments on it would have been seen.

A segment with nobody in it says nothing, and neither kept nor broken would be true: that is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..bridges.maps import Map
from ..meaning.promises import PAYMENTS, Caught, Even, Promise, Stopped
from .backtest import Backtest, backtest, plain_values
from .examples import Example
from .figures import Figures
from .intervals import Share, flip_test, holm, least_seen, sign_test
from .labels import Label
from .pairing import EVERYONE, Changes, Sides
from .saying import between, money, payments, percent
from .span import Moment

if TYPE_CHECKING:
    from ..engine.rules import Rules

ERROR_RATE = 0.01
"""Of refusing a version that is no worse, all questions together."""


class GateError(ValueError):
    """The gate cannot say: nothing is promised, or a segment has nobody in it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One question and its answer. `words`: the promise as it is written, or what may not get worse; `line`: of the
    promise in its file, 0 for what is compared. `said`: the answer in a sentence. `figure`: what was measured, `limit`
    what was promised. `probability`: of so much or more by chance, `adjusted` for all questions together. `examples`:
    the payments that it hangs on."""

    name: str
    words: str
    line: int
    holds: bool
    said: str
    figure: Share | None = None
    limit: float | None = None
    probability: float | None = None
    adjusted: float | None = None
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Gate:
    """The answer. `holds`: every verdict does."""

    backtest: Backtest
    verdicts: tuple[Verdict, ...]
    error_rate: float

    @property
    def holds(self) -> bool:
        return all(v.holds for v in self.verdicts)

    @property
    def broken(self) -> tuple[Verdict, ...]:
        return tuple(v for v in self.verdicts if not v.holds)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "holds": self.holds,
            "error_rate": self.error_rate,
            "verdicts": plain_values(self.verdicts),
            "backtest": self.backtest.to_dict(),
        }


def gate(
    rules: Rules,
    history: object,
    *,
    label: str | Label,
    fraud_is: Sequence[str] = (),
    map: Map | str | Path | None = None,
    lists: Mapping[str, Iterable[str]] | None = None,
    since: Moment = None,
    until: Moment = None,
    against: Rules | None = None,
    error_rate: float = ERROR_RATE,
    by_arrival: bool = False,
    as_if_in_force: bool = False,
) -> Gate:
    """Whether the ruleset keeps its promises on a history, and with `against` whether nothing is diminished. Arguments
    and errors as `backtest`; GateError when nothing is promised or compared, or a segment has nobody in it."""
    check_asked(rules, against, error_rate)
    found = backtest(
        rules, history, label=label, fraud_is=fraud_is, map=map, lists=lists, since=since, until=until, against=against,
        by_arrival=by_arrival, as_if_in_force=as_if_in_force,
    )  # fmt: skip
    return judged(rules, found, error_rate)


def check_asked(rules: Rules, against: Rules | None, error_rate: float) -> None:
    """GateError, ValueError: before hours are spent on nothing."""
    if not 0 < error_rate < 0.5:
        raise ValueError(f"an error rate lies above 0% and below 50%, not at {percent(error_rate)}")
    if not rules.promises.balance and against is None:
        raise GateError(
            f"`{rules.name}` promises nothing: write a `balance` block such as `stopped <= 0.5% of payments`, or "
            "compare it with the version before it (`--against OLD`, `against=…`)"
        )


def judged(rules: Rules, found: Backtest, error_rate: float = ERROR_RATE) -> Gate:
    """The gate's answer to a backtest of the rules."""
    verdicts = [_kept(promise, found) for promise in rules.promises.balance]
    if found.changes is not None:
        verdicts += _undiminished(found.changes, found.currency, error_rate)
    return Gate(found, tuple(verdicts), error_rate)


# -- promises --------------------------------------------------------------------------------------
def _kept(promise: Promise, found: Backtest) -> Verdict:
    if isinstance(promise, Stopped):
        return _stopped(promise, found)
    return _caught(promise, found) if isinstance(promise, Caught) else _even(promise, found)


def _stopped(promise: Stopped, found: Backtest) -> Verdict:
    figures = found.all if promise.of == PAYMENTS else _somebody(found, promise.of, promise.words)
    share, limit = figures.friction, promise.at_most
    holds = _at_most(share, limit)
    who = "of honest payments" if promise.of == PAYMENTS else f"of the honest payments of `{promise.of}`"
    said = f"{_counted(share)} {who} are stopped ({_parts(share)})"
    name = "" if promise.of == PAYMENTS else promise.of
    examples = () if holds else dict(found.stopped_honest).get(name, ())
    return _promised(f"stopped {promise.of}", promise, holds, said, share, limit, examples)


def _caught(promise: Caught, found: Backtest) -> Verdict:
    share = found.all.caught_money if promise.by_amount else found.all.caught
    if not share.whole:
        raise GateError(f"no fraud of this history has an amount, so `{promise.words}` can be neither kept nor broken")
    holds = share.part * promise.at_least.denominator >= promise.at_least.numerator * share.whole
    name, verb = ("amount", "is") if promise.by_amount else ("payments", "are")
    currency = found.currency if promise.by_amount else ""
    said = f"{_counted(share)} of fraud {name} {verb} caught ({_parts(share, currency)})"
    name = f"caught fraud {name}"
    return _promised(name, promise, holds, said, share, promise.at_least, () if holds else found.missed_fraud)


def _even(promise: Even, found: Backtest) -> Verdict:
    """The segment that is stopped most often, held against all honest payments."""
    average = found.all.friction
    worst, share = "", Share(0, 1)
    for group in found.segments:
        own = _somebody(found, group.name, promise.words).friction
        if own.part * share.whole > share.part * own.whole or not worst:
            worst, share = group.name, own
    limit = promise.times * Fraction(average.part, average.whole)
    holds = _at_most(share, limit)
    times = ""
    if average.part:
        more = Fraction(share.part, share.whole) / Fraction(average.part, average.whole)
        times = f", {float(more):.1f} times the average"
    said = f"{_counted(share)} of the honest payments of `{worst}` are stopped, {percent(average.value)} of all{times}"
    examples = () if holds else dict(found.stopped_honest).get(worst, ())
    return _promised("no segment stopped more", promise, holds, said, share, limit, examples)


def _promised(
    name: str, promise: Promise, holds: bool, said: str, share: Share, limit: Fraction, examples: tuple[Example, ...]
) -> Verdict:
    if not holds:
        apart = abs(Fraction(share.part, share.whole or 1) - limit)
        less = isinstance(promise, Caught)
        said += f": {_points(apart)} {'less' if less else 'more'} than the {percent(float(limit))} promised"
    return Verdict(name, promise.words, promise.line, holds, said, share, float(limit), examples=examples)


def _somebody(found: Backtest, name: str, words: str) -> Figures:
    figures = found.segment(name)
    if not figures.honest:
        raise GateError(_nobody(name, f"`{words}`", found.all.payments))
    return figures


def _nobody(name: str, what: str, of: int) -> str:
    return (
        f"nobody is in segment `{name}`: of {payments(of)} measured no honest one is in it, so {what} can be neither "
        "kept nor broken; feed what the segment reads, or measure a longer time"
    )


def _at_most(share: Share, limit: Fraction) -> bool:
    """Exact, in whole numbers."""
    return share.part * limit.denominator <= limit.numerator * share.whole


def _parts(share: Share, currency: str = "") -> str:
    """`40 of 1_000, 95%: 2.9–5.4%`."""
    part, whole = (money(x, currency) if currency else f"{x:_}" for x in (share.part, share.whole))
    return f"{part} of {whole}, 95%: {between(share.low, share.high)}"


def _counted(share: Share) -> str:
    return percent(share.value)


def _points(apart: Fraction) -> str:
    return f"{percent(float(apart)).removesuffix('%')} percentage points"


# -- nothing undiminished --------------------------------------------------------------------------
def _undiminished(changes: Changes, currency: str, error_rate: float) -> list[Verdict]:
    """Friction of all and of each segment, fraud caught by payments and by money."""
    for side in changes.sides:
        if not side.honest:
            raise GateError(_nobody(side.segment, "that its people are stopped no more often", changes.payments))
    asked = [sign_test(side.honest_now, side.honest_no_more) for side in changes.sides]
    everyone = next(side for side in changes.sides if side.segment == EVERYONE)
    asked += [sign_test(everyone.fraud_no_more, everyone.fraud_now), flip_test(changes.lost_minor)]
    adjusted = holm(asked)
    each = error_rate / len(asked)
    made = [
        _friction(side, p, a, error_rate, each, examples)
        for side, p, a, examples in zip(changes.sides, asked, adjusted, changes.honest_now, strict=False)
    ]
    lost = () if min(adjusted[-2:]) > error_rate else changes.fraud_no_more
    made.append(_fewer_caught(everyone, asked[-2], adjusted[-2], error_rate, each, lost))
    made.append(_less_caught(everyone, currency, asked[-1], adjusted[-1], error_rate, lost))
    return made


def _fewer_caught(
    side: Sides, p: float, adjusted: float, error_rate: float, each: float, examples: tuple[Example, ...]
) -> Verdict:
    holds = adjusted > error_rate
    what = f"{payments(side.fraud_no_more)} of fraud no longer caught, {side.fraud_now:_} only now, of {side.fraud:_}"
    said = _answer(holds, what, adjusted, least_seen(side.fraud_now, each), side.fraud_now)
    words = "as many fraud payments are caught as before"
    share = Share(side.fraud_no_more, side.fraud)
    return Verdict("fraud caught, by payments", words, 0, holds, said, share, None, p, adjusted, examples)


def _less_caught(
    side: Sides, currency: str, p: float, adjusted: float, error_rate: float, examples: tuple[Example, ...]
) -> Verdict:
    holds = adjusted > error_rate
    lost, won = (money(x, currency) for x in (side.fraud_no_more_minor, side.fraud_now_minor))
    said = f"{lost} of fraud no longer caught, {won} only now{_chance(holds, adjusted)}"
    words = "as much fraud amount is caught as before"
    return Verdict("fraud caught, by amount", words, 0, holds, said, None, None, p, adjusted, examples)


def _friction(
    side: Sides, p: float, adjusted: float, error_rate: float, each: float, examples: tuple[Example, ...]
) -> Verdict:
    holds = adjusted > error_rate
    net = side.honest_now - side.honest_no_more
    rise = f", {percent(abs(net) / side.honest)} {'more' if net > 0 else 'fewer'}" if net else ""
    what = f"{payments(side.honest_now)} of honest people stopped only now, {side.honest_no_more:_} no longer"
    what += f", of {side.honest:_}"
    said = _answer(holds, what + rise, adjusted, least_seen(side.honest_no_more, each), side.honest_no_more)
    words = f"honest people of {side.words} are stopped no more often than before"
    name = f"friction of {side.words.replace('`', '')}"
    share = Share(side.honest_now, side.honest)
    return Verdict(name, words, 0, holds, said, share, None, p, adjusted, () if holds else examples)


def _answer(holds: bool, what: str, adjusted: float, seen: int, other: int) -> str:
    more = f"; {payments(seen - other)} more would have been seen" if holds else ""
    return what + _chance(holds, adjusted) + more


def _chance(holds: bool, adjusted: float) -> str:
    shown = "below 0.0001" if adjusted < 0.0001 else f"{adjusted:.4f}".rstrip("0").rstrip(".")
    return f": {'no more than' if holds else 'beyond'} the noise of the sample (p {shown})"
