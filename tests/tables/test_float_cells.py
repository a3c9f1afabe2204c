"""Floats that are compared as they came fall where their units do."""

from fractions import Fraction
from math import inf, nextafter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskrules.kernel.float_coding import code_floats
from riskrules.program import cells
from riskrules.program.cells import Cells, keys_of
from riskrules.schema.floats import first_float, last_float

BILLION = 10**9
units = st.integers(-(BILLION**2), BILLION**2) | st.integers(-300, 300) | st.sampled_from([0, 1, -1, BILLION, -BILLION])
columns = st.lists(units, min_size=1, max_size=300, unique=True).map(sorted)


def units_of(value: float, digits: int = 9) -> int:
    """What a float comes to: the nearest unit of its exact value, half to even."""
    return round(Fraction(value) * 10**digits)


@given(units, st.sampled_from([0, 2, 9]))
def test_the_first_float_of_a_unit_is_the_first(unit: int, digits: int) -> None:
    """It comes to so many units or more, the one before it to fewer; and the last one likewise."""
    first, last = first_float(unit, digits), last_float(unit, digits)
    assert units_of(first, digits) >= unit > units_of(nextafter(first, -inf), digits)
    assert units_of(last, digits) <= unit < units_of(nextafter(last, inf), digits)


def differs(points: list[int], values: list[float]) -> bool:
    """Whether a value is coded otherwise than by counting the points that its units reach."""
    made = Cells(points, 9)
    given_values = np.array(values * (5_000 // len(values) + 1))  # several strips, the last of them not whole
    codes = np.full(len(given_values), 255, np.uint8)
    code_floats(made.points, made.cells, made.steps, made.base, made.shift, given_values, codes)
    wanted = [sum(units_of(value) >= point for point in points) for value in values]
    return codes[: len(values)].tolist() != wanted or codes[-1] != wanted[(len(codes) - 1) % len(values)]


def around(points: list[int]) -> list[float]:
    """Floats at each point, just before and just after, half a unit away, and both zeros."""
    exact = [first_float(point, 9) for point in points]
    near = [nextafter(x, way) for x in exact for way in (-inf, inf)]
    return [*exact, *near, *((2 * point + 1) / (2 * BILLION) for point in points), 0.0, -0.0, 1e9, -1e9, 5e-324]


@settings(max_examples=60, deadline=None)
@given(columns.map(lambda points: points[:255]), st.lists(st.floats(-1e9, 1e9), max_size=50))
def test_a_float_has_the_code_of_its_units(points: list[int], values: list[float]) -> None:
    """However many points there are, far apart or side by side, and however near to them the float."""
    assert not differs(points, [*around(points), *values])


@pytest.mark.parametrize(
    "plant",
    [
        (cells, "first_float", lambda unit, digits: nextafter(first_float(unit, digits), inf)),
        (cells, "keys_of", lambda floats: np.where(floats < 0, ~keys_of(floats), keys_of(floats))),
        (cells, "first_float", lambda unit, digits: unit / 10**digits),
    ],
    ids=["one float too high", "negative ones turned round", "points for turns"],
)
def test_a_planted_bug_is_found(plant: tuple[object, str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a float that is one too high, of keys that do not rise, and of points taken for where rounding turns."""
    monkeypatch.setattr(*plant)
    rows = [[3, 4], [-7, -6, 2], [1, 10**4, 10**9], list(range(-40, 41)), [-(10**17), 10**17 + 1]]
    assert any(differs(points, exactly_around(points)) for points in rows)


def exactly_around(points: list[int]) -> list[float]:
    """The floats on both sides of each turn, found without the library."""
    turns = [Fraction(2 * point - 1, 2 * BILLION) for point in points]
    middle = [turn.numerator / turn.denominator for turn in turns]
    return [y for x in middle for y in (x, nextafter(x, -inf), nextafter(x, inf))] + [-1e8, -0.5, 0.0, 0.5, 1e8]
