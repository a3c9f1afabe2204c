"""The picture of a trace: accounts are lanes, moments are columns, every payment an arrow from lane to lane.

Drawn as SVG by hand, since a page that is handed on must need neither a network nor a script. Moments stand at equal
distances with their times written under them: stolen money often rushes through five accounts in a minute and then lies
for a month, and a true scale would show a line and a void. An arrow is the thicker the more money it carries (by the
square root); a lane is filled in a victim's colour while it holds that victim's money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import sqrt

from ..base.money import format_minor
from ..base.times import format_instant
from .result import Edge, Holding, Trace

MOST_DRAWN = 60
"""Entries; more is a tangle. The largest are drawn, every theft among them before any other."""
COLOURS = ("#1f5fa8", "#b3431e", "#23773f", "#7a3f98", "#9a7400", "#0f7c80", "#a02a62", "#4d5a68")
OUTSIDE = "cash and outside"
_LEFT, _TOP, _STEP, _LANE, _RIGHT, _FOOT = 138, 30, 104, 62, 132, 52
_BESIDE, _LINE = 11, 13
_THICKEST = 9.0
_HELD, _SLOTS = 5, 3
"""A lane is filled in so many stripes of this height, victims in turn."""


@dataclass(frozen=True)
class Picture:
    """The drawing, and what of the trace is not on it."""

    svg: str
    drawn: int
    left_out: int
    left_out_minor: int


def drawn_entries(edges: Sequence[Edge]) -> list[Edge]:
    """The largest, in the order of the history."""
    order = sorted(range(len(edges)), key=lambda i: (edges[i].way != "theft", -edges[i].amount_minor, i))
    return [edges[i] for i in sorted(order[:MOST_DRAWN])]


def colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def picture(trace: Trace, edges: Sequence[Edge], labels: dict[str, str], holdings: Sequence[Holding]) -> Picture:
    """`labels`: what each account is called on the page, in the order of the lanes."""
    shown = drawn_entries(edges)
    used = {name for e in shown for name in (e.from_account, e.to_account) if name is not None}
    lanes = {name: place for place, name in enumerate([n for n in labels if n in used])}
    drawing = _Drawing(trace, shown, lanes, labels)
    drawing.draw(holdings)
    rest = sum(e.amount_minor for e in edges) - sum(e.amount_minor for e in shown)
    return Picture(drawing.svg(), len(shown), len(edges) - len(shown), rest)


class _Drawing:
    def __init__(self, trace: Trace, shown: list[Edge], lanes: dict[str, int], labels: dict[str, str]) -> None:
        self.trace, self.shown, self.lanes, self.labels = trace, shown, lanes, labels
        self.payments = list(dict.fromkeys((e.at_us, e.payment) for e in shown))
        self.column = {key: place for place, key in enumerate(self.payments)}
        self.most = max((e.amount_minor for e in shown), default=1) or 1
        self.victim = {name: place for place, name in enumerate(trace.victims)}
        self.width = _LEFT + _STEP * max(1, len(self.payments)) + _RIGHT
        self.height = _TOP + _LANE * (len(lanes) + 1) + _FOOT
        self.under: list[str] = []
        self.over: list[str] = []

    def y(self, account: str | None) -> int:
        place = len(self.lanes) if account is None or account not in self.lanes else self.lanes[account]
        return _TOP + _LANE * place + _LANE // 2

    def x(self, edge: Edge) -> int:
        return _LEFT + _STEP * self.column[edge.at_us, edge.payment] + _STEP // 2

    def draw(self, holdings: Sequence[Holding]) -> None:
        for name in [*self.lanes, None]:
            self._lane(name)
        self._moments()
        self._bands()
        together: dict[tuple[int, str], list[Edge]] = {}
        for edge in self.shown:
            together.setdefault((edge.at_us, edge.payment), []).append(edge)
        for group in together.values():
            for place, edge in enumerate(group):
                self._arrow(edge, place, len(group))
        stacked: dict[str, int] = {}
        for held in holdings:
            if held.account in self.lanes:
                self._holding(held, stacked.get(held.account, 0))
                stacked[held.account] = stacked.get(held.account, 0) + 1

    def _lane(self, name: str | None) -> None:
        y = self.y(name)
        label = OUTSIDE if name is None else self.labels[name]
        dash = ' stroke-dasharray="2 5"' if name is None else ""
        self.under.append(f'<line x1="{_LEFT}" x2="{self.width - _RIGHT + 20}" y1="{y}" y2="{y}" class="lane"{dash}/>')
        self.under.append(f'<text x="{_LEFT - 12}" y="{y + 5}" text-anchor="end" class="name">{escape(label)}</text>')

    def _moments(self) -> None:
        last = ""
        for (at_us, _), place in self.column.items():
            x = _LEFT + _STEP * place + _STEP // 2
            day, _, clock = format_instant(at_us).rstrip("Z").partition("T")
            self.under.append(f'<line x1="{x}" x2="{x}" y1="{_TOP - 6}" y2="{self.height - _FOOT}" class="moment"/>')
            y = self.height - _FOOT + 20
            self.under.append(f'<text x="{x}" y="{y}" text-anchor="middle" class="time">{clock[:8]}</text>')
            if day != last:
                self.under.append(f'<text x="{x}" y="{y + 18}" text-anchor="middle" class="day">{day}</text>')
            last = day

    def _bands(self) -> None:
        """Where a lane holds stolen money: from what comes to what goes, by victim."""
        since: dict[tuple[str, str], list[int]] = {}
        for edge in self.shown:
            for name, sign in ((edge.from_account, -1), (edge.to_account, 1)):
                if name is None or (sign < 0 and edge.way == "theft"):
                    continue
                if sign > 0 and edge.way not in ("theft", "moved"):
                    continue
                kept = since.setdefault((name, edge.victim), [0, 0])
                if kept[0] <= 0 and sign > 0:
                    kept[:] = [edge.amount_minor, self.x(edge)]
                    continue
                kept[0] += sign * edge.amount_minor
                if kept[0] <= 0 and kept[1]:
                    self._band(name, edge.victim, kept[1], self.x(edge))
        for (name, victim), (left, x) in since.items():
            if left > 0:
                self._band(name, victim, x, self.width - _RIGHT + 14)

    def _band(self, name: str, victim: str, start: int, end: int) -> None:
        place = self.victim[victim]
        y = self.y(name) - _HELD * _SLOTS // 2 + _HELD * (place % _SLOTS)
        fill = f'fill="{colour(place)}" opacity=".45"'
        self.under.append(f'<rect x="{start}" y="{y}" width="{max(end - start, 2)}" height="{_HELD}" rx="2" {fill}/>')

    def _arrow(self, edge: Edge, place: int, count: int) -> None:
        """One entry of `count` on the same payment: side by side, their amounts one above the other."""
        aside = _BESIDE * (count - 1) / 2
        x = round(self.x(edge) - aside + _BESIDE * place)
        start, end = self.y(edge.from_account), self.y(edge.to_account)
        thick = max(1.5, _THICKEST * sqrt(edge.amount_minor / self.most))
        paint = colour(self.victim[edge.victim])
        money = format_minor(edge.amount_minor, self.trace.currency)
        told = escape(f"{money}, {edge.way}, {format_instant(edge.at_us)}")
        if start == end:
            self.over.append(_mark(edge.way, x, start, paint, told))
            return
        way, stays = (1 if end > start else -1), edge.way in ("theft", "moved")
        dash = ' stroke-dasharray="5 4"' if edge.way == "lost" else ""
        tip = end - way * (8 if stays else 10)
        head = 4 + thick * 0.45
        neck = tip - way * head
        self.over.append(
            f'<g><title>{told}</title><line x1="{x}" x2="{x}" y1="{start}" y2="{neck:.1f}" stroke="{paint}" '
            f'stroke-width="{thick:.1f}"{dash}/><path fill="{paint}" '
            f'd="M{x} {tip}L{x - head:.1f} {neck:.1f}L{x + head:.1f} {neck:.1f}Z"/></g>'
        )
        if not stays:
            self.over.append(_mark(edge.way, x, end, paint, told))
        line = end - 13 - _LINE * (count - 1 - place) if way > 0 else end + 22 + _LINE * place
        self.over.append(
            f'<text x="{self.x(edge) + aside + 11:.0f}" y="{line}" class="money" fill="{paint}">'
            f"{escape(_short(money))}</text>"
        )

    def _holding(self, held: Holding, place: int) -> None:
        x, y = self.width - _RIGHT + 30, self.y(held.account) + 17 * place
        paint = colour(self.victim[held.victim])
        money = escape(_short(format_minor(held.amount_minor, self.trace.currency)))
        self.over.append(
            f'<circle cx="{x}" cy="{y}" r="6" fill="#fff" stroke="{paint}" stroke-width="3"/>'
            f'<text x="{x + 12}" y="{y + 5}" class="held" fill="{paint}">{money}</text>'
        )

    def svg(self) -> str:
        sized = f'width="{self.width}" height="{self.height}" viewBox="0 0 {self.width} {self.height}"'
        inside = "\n".join([*self.under, *self.over])
        said = 'role="img" aria-label="the way of the money"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {sized} {said}>{inside}</svg>'


def _mark(way: str, x: int, y: int, paint: str, told: str) -> str:
    """A cross for what left, a tick for what came back, a diamond for what was stolen again, else a question mark."""
    hollow = f'fill="#fff" stroke="{paint}"'
    if way == "left":
        cross = f"M{x - 6} {y - 6}L{x + 6} {y + 6}M{x + 6} {y - 6}L{x - 6} {y + 6}"
        drawn = f'<path d="{cross}" stroke="{paint}" stroke-width="3"/>'
    elif way == "returned":
        tick = f'<path d="M{x - 3} {y}l3 3 4 -6" stroke="#fff" fill="none" stroke-width="2"/>'
        drawn = f'<circle cx="{x}" cy="{y}" r="7" fill="{paint}"/>{tick}'
    elif way == "stolen again":
        drawn = f'<path d="M{x} {y - 8}L{x + 8} {y}L{x} {y + 8}L{x - 8} {y}Z" {hollow} stroke-width="2.5"/>'
    else:
        drawn = f'<circle cx="{x}" cy="{y}" r="8" {hollow} stroke-dasharray="3 2"/>'
        drawn += f'<text x="{x}" y="{y + 5}" text-anchor="middle" class="money" fill="{paint}">?</text>'
    return f"<g><title>{told}</title>{drawn}</g>"


def _short(money: str) -> str:
    """Without the currency, which the page names once."""
    return money.rsplit(" ", 1)[0].replace("_", "\u2009")
