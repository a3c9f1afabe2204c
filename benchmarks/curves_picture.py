"""Curves as one SVG of small panels, written by hand: no library, and a diff of the picture can be read.

Sizes go by powers of ten. The other axis begins at zero, so that flat looks flat, unless a panel asks for powers of ten
there too. Colours change with the reader's own, light or dark; lines differ in their marks as well, for whoever cannot
tell the colours apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Self

WIDTH, HEIGHT, COLUMNS = 330, 264, 3
LEFT, RIGHT, TOP, BOTTOM = 52, 18, 66, 46
LETTER_WIDE = 5.8
STYLE = """
  svg { --ground: #ffffff; --ink: #1f2328; --faint: #59636e; --grid: #d8dee4; --a: #0b62c4; --b: #b3470b }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --ink: #e6edf3; --faint: #9198a1; --grid: #30363d; --a: #6cb6ff; --b: #f0a35e }
  }
  text { font: 11px system-ui, sans-serif; fill: var(--faint) }
  .title { font-size: 13px; font-weight: 600; fill: var(--ink) }
  .grid { stroke: var(--grid); stroke-width: 1 }
  .line { fill: none; stroke-width: 2 }
  .a { stroke: var(--a) } .b { stroke: var(--b); stroke-dasharray: 5 3 }
  .dot.a { fill: var(--a); stroke: none } .dot.b { fill: var(--ground); stroke-width: 2; stroke-dasharray: none }
"""
LETTERS = "ab"
"""The style of each line of a panel, at most two."""


@dataclass
class Curve:
    """One line: its name, and its points in order of size."""

    name: str
    points: list[tuple[float, float]] = field(default_factory=list)

    def add(self, size: float, value: float) -> None:
        self.points.append((size, value))


@dataclass
class Panel:
    """Lines over one axis of sizes. `powers`: values go by powers of ten too."""

    title: str
    sizes: str
    values: str
    curves: list[Curve]
    powers: bool = False

    def to_json(self) -> dict[str, Any]:
        curves = {curve.name: curve.points for curve in self.curves}
        return {**vars(self), "curves": curves}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        curves = [Curve(name, [(x, y) for x, y in points]) for name, points in told["curves"].items()]
        return cls(**{**told, "curves": curves})


@dataclass(frozen=True)
class Axis:
    """Values on a stretch of pixels, and where its marks are."""

    low: float
    high: float
    start: float
    end: float
    powers: bool

    def at(self, value: float) -> float:
        low, high, value = (math.log10(x) if self.powers else x for x in (self.low, self.high, value))
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def marks(self) -> list[float]:
        if self.powers:
            return [10.0**k for k in range(round(math.log10(self.low)), round(math.log10(self.high)) + 1)]
        step = self.high / 4
        return [step * k for k in range(5)]


def by_powers(values: Sequence[float], start: float, end: float) -> Axis:
    """From the power of ten below the least to the one above the most."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return Axis(10.0**low, 10.0 ** max(high, low + 1), start, end, True)


def from_zero(values: Sequence[float], start: float, end: float) -> Axis:
    """Up to a round number above the most, so that its quarters are round too."""
    most = max(values)
    power = 10.0 ** math.floor(math.log10(most))
    high = next(power * k for k in (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10, 12) if power * k >= most * 1.05)
    return Axis(0, high, start, end, False)


def exact(values: Sequence[float], start: float, end: float) -> Axis:
    """From the least size to the most, by powers."""
    low, high = min(values), max(values)
    return Axis(low, high if high > low else low * 10, start, end, True)


def short(value: float) -> str:
    """10^4 as 10k."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:.3g}"


def drawn(panels: Sequence[Panel]) -> str:
    """The whole picture."""
    columns = min(COLUMNS, max(1, len(panels)))
    rows = max(1, math.ceil(len(panels) / columns))
    wide, tall = columns * WIDTH, rows * HEIGHT
    parts = [_panel(panel, i % columns * WIDTH, i // columns * HEIGHT) for i, panel in enumerate(panels)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" width="{wide}" height="{tall}">'
    title = f"<title>{escape('; '.join(panel.title for panel in panels))}</title>"
    ground = f'<rect width="{wide}" height="{tall}" style="fill: var(--ground)"/>'
    return "\n".join([head, title, f"<style>{STYLE}</style>", ground, *parts, "</svg>"]) + "\n"


def _panel(panel: Panel, left: float, top: float) -> str:
    sizes = [x for curve in panel.curves for x, _ in curve.points]
    values = [y for curve in panel.curves for _, y in curve.points]
    across = exact(sizes, left + LEFT, left + WIDTH - RIGHT)
    upright = (by_powers if panel.powers else from_zero)(values, top + HEIGHT - BOTTOM, top + TOP)
    parts = [
        f'<text class="title" x="{left + 12}" y="{top + 18}">{escape(panel.title)}</text>',
        _middle(left + (LEFT + WIDTH - RIGHT) / 2, top + HEIGHT - 10, panel.sizes),
        f'<text x="{left + 12}" y="{top + 36}">{escape(panel.values)}</text>',
    ]
    for mark in upright.marks():
        y = upright.at(mark)
        parts.append(f'<line class="grid" x1="{across.start}" x2="{across.end}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{across.start - 6}" y="{y + 4:.1f}" text-anchor="end">{short(mark)}</text>')
    taken = -math.inf
    for size in sorted(set(sizes)):
        if across.at(size) - taken > 26:
            taken = across.at(size)
            parts.append(_middle(taken, upright.start + 16, short(size)))
    parts += [_line(curve, letter, across, upright) for curve, letter in zip(panel.curves, LETTERS, strict=False)]
    if len(panel.curves) > 1:
        parts += _legend(panel, left + 12, top + 53)
    return "\n".join(parts)


def _middle(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(text)}</text>'


def _line(curve: Curve, letter: str, across: Axis, upright: Axis) -> str:
    places = [(across.at(x), upright.at(y)) for x, y in curve.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle class="dot {letter}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in places)
    return f'<polyline class="line {letter}" points="{path}"/>{dots}'


def _legend(panel: Panel, left: float, y: float) -> list[str]:
    """A piece of each line, and its name."""
    parts = []
    for curve, letter in zip(panel.curves, LETTERS[: len(panel.curves)], strict=True):
        parts.append(f'<polyline class="line {letter}" points="{left:.1f},{y - 4} {left + 18:.1f},{y - 4}"/>')
        parts.append(f'<text x="{left + 24:.1f}" y="{y}">{escape(curve.name)}</text>')
        left += 24 + LETTER_WIDE * len(curve.name) + 16
    return parts
