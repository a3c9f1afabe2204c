"""What shops sell: the categories of merchants, what is usual to pay there, and at which hours."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .growing import Array

SLOTS_A_DAY = 1_440
"""Minutes, the grain of a profile of hours."""


class Trade(NamedTuple):
    """A merchant category: its code, the kind that segments go by, its share of purchases, the median and the spread
    (of the logarithm) of a purchase in whole units, its hours, whether it sells over a distance, what it sells."""

    code: str
    kind: str
    share: float
    median: float
    spread: float
    hours: str
    online: bool
    goods: str


TRADES = (
    Trade("5411", "groceries", 0.190, 42, 0.8, "day", False, "groceries"),
    Trade("5499", "groceries", 0.110, 14, 0.6, "day", False, "snacks"),
    Trade("5812", "food", 0.090, 64, 0.7, "meals", False, "meal"),
    Trade("5814", "food", 0.160, 18, 0.5, "meals", False, "meal"),
    Trade("4121", "travel", 0.055, 19, 0.6, "rush", False, "ride"),
    Trade("4111", "travel", 0.090, 4, 0.4, "rush", False, "ticket"),
    Trade("5541", "travel", 0.014, 280, 0.35, "day", False, "fuel"),
    Trade("7011", "travel", 0.004, 410, 0.6, "evening", False, "room"),
    Trade("5912", "health", 0.030, 46, 0.8, "day", False, "medicine"),
    Trade("8062", "health", 0.008, 260, 1.1, "office", False, "treatment"),
    Trade("5651", "clothes", 0.032, 170, 0.8, "evening", False, "clothes"),
    Trade("5732", "electronics", 0.007, 900, 1.1, "evening", False, "electronics"),
    Trade("5944", "jewellery", 0.002, 2_600, 0.9, "evening", False, "jewellery"),
    Trade("7832", "leisure", 0.010, 72, 0.4, "evening", False, "tickets"),
    Trade("5813", "leisure", 0.012, 240, 0.8, "night", False, "drinks"),
    Trade("8299", "education", 0.004, 1_200, 0.9, "office", False, "course"),
    Trade("7299", "services", 0.022, 110, 0.9, "day", False, "service"),
    Trade("5200", "household", 0.016, 150, 1.1, "day", False, "household goods"),
    Trade("5300", "wholesale", 0.004, 1_900, 1.0, "office", False, "goods in bulk"),
    Trade("5999", "online", 0.095, 78, 1.1, "online", True, "parcel"),
    Trade("5816", "online", 0.030, 28, 1.0, "online", True, "game credit"),
    Trade("5947", "online", 0.008, 130, 1.0, "online", True, "gift card"),
    Trade("5971", "collectors", 0.003, 220, 1.2, "online", True, "coins and cards"),
    Trade("4814", "bills", 0.004, 60, 0.4, "day", True, "telephone"),
)
ONLINE = np.array([trade.online for trade in TRADES])
BY_CODE = {trade.code: place for place, trade in enumerate(TRADES)}

_HOURS = {
    "day":     [.2, .1, .1, .1, .1, .3, 1.5, 4, 6, 7, 7, 7, 6, 5, 5, 6, 7, 8, 8, 7, 6, 4, 2, .6],
    "meals":   [.4, .2, .1, .1, .1, .5, 3, 6, 5, 2, 2, 9, 13, 6, 2, 2, 3, 8, 12, 9, 5, 3, 2, 1],
    "rush":    [.6, .3, .2, .1, .3, 1, 4, 11, 12, 6, 4, 4, 4, 4, 4, 4, 6, 11, 12, 6, 4, 4, 3, 1.5],
    "office":  [0.02, 0.02, 0.02, 0.02, 0.02, .1, .4, 2, 9, 13, 13, 10, 5, 7, 12, 12, 9, 5, 2, 1, .5, .3, .1, .05],
    "evening": [.4, .2, .1, .05, .05, .1, .3, .6, 1, 3, 5, 6, 6, 6, 7, 7, 7, 8, 10, 12, 11, 7, 3, 1],
    "night":   [9, 6, 4, 2, .6, .2, .1, .1, .1, .1, .2, .5, .8, .7, .7, .8, 1, 2, 4, 7, 11, 13, 14, 12],
    "online":  [4, 2, 1, .6, .4, .5, 1, 2, 3, 4, 5, 5, 6, 5, 5, 5, 5, 5, 5, 6, 8, 9, 9, 7],
    "waking":  [1.5, .7, .4, .2, .2, .4, 1.5, 3.5, 4.5, 5, 5, 5.5, 6, 5, 5, 5, 5, 5.5, 6, 6.5, 7, 6.5, 5, 3],
}  # fmt: skip
HOURS = tuple(_HOURS)


def _clock(weights: list[float]) -> Array:
    """The minute of the day at each thousandth of its payments."""
    cumulative = np.concatenate([[0.0], np.cumsum(weights) / np.sum(weights)])
    return np.asarray(np.interp(np.linspace(0, 1, 1_001), cumulative, np.arange(25) * 60.0))


CLOCKS = np.stack([_clock(weights) for weights in _HOURS.values()])
"""float64[profile, 1001]: an even draw of a place in it is a minute of the day by the profile."""
CLOCK_OF_TRADE = np.array([HOURS.index(trade.hours) for trade in TRADES])
