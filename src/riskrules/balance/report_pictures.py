"""The pictures of the report, as SVG inside the page: the curve, the segments, the months.

Drawn 420 units wide, which is about a phone, so that what is written in them can be read there and is larger on a wide
screen. Every picture has its numbers in a table beside it and a sentence for those who cannot see it. Colour alone
tells nothing: points are squares or circles, and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isqrt, sqrt

from .backtest import Backtest
from .figures import Figures, Group
from .intervals import Share
from .saying import percent

WIDTH = 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 16, 14, 40
_ROW = 34
_APART = 11  # of two numbers, so that both can be read
_STEPS = (1, 2, 5)


def curve(found: Backtest) -> str:
    """Fraud caught (up) against honest payments stopped (right, stretched near zero): the curve and where the versions
    stand on it."""
    height = 300
    honest, fraud = found.all.honest, found.all.fraud.part
    spots = [(found.ruleset.version, found.all, "now")]
    if found.against is not None:
        spots.append((found.against.ruleset.version, found.against.all, "before"))
    frictions = [p.honest / honest for p in found.curve] + [f.friction.value or 0.0 for _, f, _ in spots]
    most = _nice(max([*frictions, 0.0001]))
    plot = _Plot(height, most)
    parts = [plot.frame()]
    points = [(p.honest / honest, p.fraud / fraud) for p in found.curve]
    if points:
        line = " ".join(f"{plot.x(a):.1f},{plot.y(b):.1f}" for a, b in [(0.0, 0.0), *points])
        parts.append(f'<polyline class="curve" points="{line}"/>')
        parts += [f'<circle class="step" cx="{plot.x(a):.1f}" cy="{plot.y(b):.1f}" r="2.2"/>' for a, b in points]
        parts += _numbered(plot, points)
    for version, figures, kind in reversed(spots):
        parts.append(_spot(plot, figures, kind, version, found.ruleset.version))
    caught, friction = percent(found.all.caught.value), percent(found.all.friction.value)
    words = f"{caught} of fraud payments caught at {friction} of honest ones stopped"
    return _svg(height, parts, words)


def _numbered(plot: _Plot, points: Sequence[tuple[float, float]]) -> list[str]:
    """Numbers as in the table below, where there is room for them."""
    parts, last = [], (-1_000.0, -1_000.0)
    for number, (a, b) in enumerate(points, 1):
        x, y = plot.x(a), plot.y(b)
        if abs(x - last[0]) < _APART and abs(y - last[1]) < _APART:
            continue
        last = (x, y)
        parts.append(f'<text class="name" x="{x - 4:.1f}" y="{y - 5:.1f}" text-anchor="end">{number}</text>')
    return parts


def _spot(plot: _Plot, figures: Figures, kind: str, version: str, newest: str) -> str:
    x, y = plot.x(figures.friction.value or 0.0), plot.y(figures.caught.value or 0.0)
    low, high = plot.y(figures.caught.low or 0.0), plot.y(figures.caught.high or 0.0)
    shape = (
        f'<rect class="now" x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10"/>'
        if kind == "now"
        else f'<circle class="before" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
    )
    left = x > WIDTH * 0.6
    anchor, dx = ("end", -9) if left else ("start", 9)
    label = f"{kind}: {version}" if version != newest or kind == "now" else kind
    dy = 16 if kind == "now" else -9
    return (
        f'<line class="range" x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>{shape}'
        f'<text class="spot" x="{x + dx:.1f}" y="{y + dy:.1f}" text-anchor="{anchor}">{escape(label)}</text>'
    )


class _Plot:
    """Where a share of honest payments and one of fraud lie on the picture."""

    def __init__(self, height: int, most: float) -> None:
        self.height, self.most = height, most

    def x(self, share: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * sqrt(min(share, self.most) / self.most)

    def y(self, share: float) -> float:
        return self.height - _BOTTOM - (self.height - _TOP - _BOTTOM) * share

    def frame(self) -> str:
        parts = []
        for step in range(0, 101, 25):
            y = self.y(step / 100)
            parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{step}%</text>')
        for share in _ticks(self.most):
            x = self.x(share)
            bottom = self.height - _BOTTOM
            parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>')
            parts.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">{_tick(share)}</text>')
        where = f'x="{WIDTH - _RIGHT}" y="{self.height - 6}" text-anchor="end"'
        parts.append(f'<text class="axis" {where}>honest payments stopped</text>')
        parts.append(f'<text class="axis" x="{_LEFT + 5}" y="{_TOP + 9}">fraud payments caught</text>')
        return "".join(parts)


def segments(groups: Sequence[Group], average: Share) -> str:
    """How often honest people of each segment are stopped, with its interval, and of all as a line."""
    shown = [g for g in groups if g.figures.honest]
    most = max([g.figures.friction.high or 0.0 for g in shown] + [average.value or 0.0, 1e-9])
    height = _TOP + _ROW * len(shown) + 22
    width = WIDTH - 2 * _RIGHT

    def x(share: float) -> float:
        return _RIGHT + width * share / most

    parts = []
    for place, group in enumerate(shown):
        y = _TOP + _ROW * place
        f = group.figures.friction
        value, low, high = (x(v or 0.0) for v in (f.value, f.low, f.high))
        words = f"{group.name}: {percent(f.value)}"
        parts.append(f'<text class="name" x="{_RIGHT}" y="{y + 10}">{escape(words)}</text>')
        parts.append(f'<rect class="bar" x="{_RIGHT}" y="{y + 15}" width="{max(value - _RIGHT, 1):.1f}" height="9"/>')
        parts.append(f'<line class="range" x1="{low:.1f}" x2="{high:.1f}" y1="{y + 19.5}" y2="{y + 19.5}"/>')
    at = x(average.value or 0.0)
    parts.append(f'<line class="average" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{height - 16}"/>')
    left = at > WIDTH / 2
    parts.append(
        f'<text class="tick" x="{at:.1f}" y="{height - 4}" text-anchor="{"end" if left else "start"}">'
        f"all: {percent(average.value)}</text>"
    )
    return _svg(height, parts, "honest payments stopped, by segment")


def months(groups: Sequence[Group]) -> str:
    """Fraud caught and honest payments stopped, a column a month, each with its interval."""
    top = _months_of("fraud payments caught", [(g.name, g.figures.caught) for g in groups], 1.0)
    frictions = [(g.name, g.figures.friction) for g in groups]
    most = _nice(max([f.high or 0.0 for _, f in frictions] + [1e-6]))
    return top + _months_of("honest payments stopped", frictions, most)


def _months_of(title: str, shares: Sequence[tuple[str, Share]], most: float) -> str:
    height = 150
    bottom = height - 26
    step = (WIDTH - _LEFT - _RIGHT) / max(len(shares), 1)

    def y(share: float) -> float:
        return bottom - (bottom - 30) * min(share, most) / most

    parts = [f'<text class="name" x="{_LEFT}" y="14">{escape(title)}</text>']
    for part in (0.0, 0.5, 1.0):
        level = y(part * most)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{level:.1f}" y2="{level:.1f}"/>')
        where = f'x="{_LEFT - 6}" y="{level + 4:.1f}" text-anchor="end"'
        parts.append(f'<text class="tick" {where}>{_tick(part * most)}</text>')
    every = max(1, -(-len(shares) // 7))
    for place, (name, share) in enumerate(shares):
        x = _LEFT + step * (place + 0.5)
        if share.value is not None:
            wide = max(min(step * 0.5, 26), 1)
            parts.append(
                f'<rect class="bar" x="{x - wide / 2:.1f}" y="{y(share.value):.1f}" width="{wide:.1f}" '
                f'height="{bottom - y(share.value):.1f}"/>'
            )
            parts.append(
                f'<line class="range" x1="{x:.1f}" x2="{x:.1f}" y1="{y(share.low or 0.0):.1f}" '
                f'y2="{y(share.high or 0.0):.1f}"/>'
            )
        if place % every == 0:
            where = f'x="{x:.1f}" y="{height - 8}" text-anchor="middle"'
            parts.append(f'<text class="tick" {where}>{escape(name[2:])}</text>')
    return _svg(height, parts, f"{title}, by month")


def _svg(height: int, parts: Sequence[str], words: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(words)}" '
        f'preserveAspectRatio="xMidYMid meet">{"".join(parts)}</svg>'
    )


def _nice(share: float) -> float:
    """The next of 1, 2 or 5 times a power of ten, all at most."""
    power = 1e-9
    while power < 1:
        for step in _STEPS:
            if step * power >= share:
                return step * power
        power *= 10
    return 1.0


def _ticks(most: float) -> list[float]:
    """Some five shares up to the largest; the axis shows their square roots at like distances."""
    marks = [most * k * k / 16 for k in range(5)]
    return [0.0, *dict.fromkeys(_nice_below(mark) for mark in marks[1:])]


def _nice_below(share: float) -> float:
    scaled, power = share, 1.0
    while scaled < 1:
        scaled, power = scaled * 10, power / 10
    return isqrt(int(scaled * scaled)) * power


def _tick(share: float) -> str:
    text = f"{100 * share:.6f}".rstrip("0").rstrip(".")
    return f"{text}%"
