"""The named settings: where the world is, who lives there, what they earn, and how often they are robbed.

A pack of rules is written on one setting and judged on another, so the settings differ in what a rule could come to
lean on: ages, amounts, banks, how people pay, the season, and how common each way of moving stolen money is. Nothing
here was measured: the numbers are round guesses, chosen so that ordinary life is nearly everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ...base.times import MICROSECOND_UNITS, parse_instant

DAY_US = MICROSECOND_UNITS["d"]
HOUR_US = MICROSECOND_UNITS["h"]
SECOND_US = MICROSECOND_UNITS["s"]


CITY_INCOME = 8_200


@dataclass(frozen=True)
class Season:
    """A stretch of days counted from the first, the last not included, and by how much it multiplies shopping, gifts
    among people, and the work of companies."""

    name: str
    first_day: int
    last_day: int
    shopping: float = 1.0
    gifts: float = 1.0
    work: float = 1.0


@dataclass(frozen=True)
class Setting:
    """`banks` have a size and a share of the accounts; `ages` mean and spread in years; `income` the median of a month
    in whole units; `daily_purchases` a person's mean; `rates` multiply how often a typology or a look-alike begins,
    by its name, `fraud` all typologies at once; `abroad` families with
    somebody who lives there."""

    name: str
    start: str
    regions: tuple[str, ...]
    banks: tuple[tuple[str, str, float], ...]
    wallets: tuple[tuple[str, float], ...]
    acquirers: tuple[tuple[str, float], ...]
    ages: tuple[float, float]
    income: float
    daily_purchases: float
    daily_transfers: float
    prices: float
    wallet_share: float
    online_share: float
    cash_share: float
    static_codes: float
    sole_traders: float
    students: float
    abroad: float
    seasons: tuple[Season, ...]
    fraud: float = 1.0
    rates: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    currency: str = "CNY"

    @property
    def start_us(self) -> int:
        """The midnight, by the local clock, before the first payment."""
        return parse_instant(self.start)

    @property
    def institutions(self) -> tuple[str, ...]:
        """Banks, then payment institutions."""
        return tuple(bank for bank, _, _ in self.banks) + tuple(wallet for wallet, _ in self.wallets)

    def season(self, day: int) -> Season:
        """What multiplies life on that day."""
        return next((s for s in self.seasons if s.first_day <= day < s.last_day), _PLAIN)

    @property
    def wealth(self) -> float:
        """By how much amounts are more than in the city."""
        return float((self.income / CITY_INCOME) ** 0.8)

    def rate(self, name: str) -> float:
        return self.rates.get(name, 1.0)


_PLAIN = Season("plain", 0, 0)

CITY = Setting(
    name="city",
    start="2027-01-04T00:00:00+08:00",  # a Monday; the Spring Festival is on 6 February
    regions=("centre", "north", "south", "east", "west", "new_town"),
    banks=(
        ("BANK-ALMOND", "large", 0.27),
        ("BANK-BIRCH", "large", 0.22),
        ("BANK-CEDAR", "large", 0.17),
        ("BANK-DATE", "medium", 0.14),
        ("BANK-ELM", "medium", 0.11),
        ("BANK-FIG", "small", 0.05),
        ("BANK-GINKGO", "small", 0.04),
    ),
    wallets=(("PAY-LANTERN", 0.55), ("PAY-MARLIN", 0.35), ("PAY-NEST", 0.10)),
    acquirers=(("ACQ-NORTH", 0.4), ("ACQ-RIVER", 0.3), ("ACQ-SUMMIT", 0.2), ("ACQ-TIDE", 0.1)),
    ages=(41, 15),
    income=CITY_INCOME,
    daily_purchases=1.75,
    daily_transfers=0.2,
    prices=1.0,
    wallet_share=0.6,
    online_share=0.3,
    cash_share=0.02,
    static_codes=0.1,
    sole_traders=0.25,
    students=0.12,
    abroad=0.03,
    seasons=(
        Season("new year sales", 20, 32, shopping=1.35, gifts=1.3),
        Season("Spring Festival", 32, 39, shopping=0.7, gifts=5.0, work=0.05),
        Season("after the festival", 39, 46, shopping=0.85, gifts=1.4, work=0.6),
    ),
    fraud=0.75,
)

COUNTY = Setting(
    name="county",
    start="2027-01-18T00:00:00+08:00",  # the Spring Festival on the twentieth day
    regions=("market_town", "river_villages", "hill_villages", "works"),
    banks=(
        ("BANK-RURAL", "small", 0.38),
        ("BANK-ALMOND", "large", 0.24),
        ("BANK-POST", "large", 0.22),
        ("BANK-HAZEL", "small", 0.10),
        ("BANK-CEDAR", "large", 0.06),
    ),
    wallets=(("PAY-LANTERN", 0.7), ("PAY-OX", 0.3)),
    acquirers=(("ACQ-RURAL", 0.5), ("ACQ-NORTH", 0.3), ("ACQ-VALE", 0.2)),
    ages=(49, 17),
    income=4_300,
    daily_purchases=1.3,
    daily_transfers=0.3,
    prices=0.7,
    wallet_share=0.45,
    online_share=0.16,
    cash_share=0.05,
    static_codes=0.28,
    sole_traders=0.5,
    students=0.07,
    abroad=0.012,
    seasons=(
        Season("going home", 10, 18, shopping=1.5, gifts=1.5),
        Season("Spring Festival", 18, 26, shopping=1.0, gifts=6.0, work=0.03),
        Season("after the festival", 26, 33, shopping=0.9, gifts=1.5, work=0.5),
    ),
    fraud=0.6,
    rates=MappingProxyType(
        {
            "mule": 1.5,
            "run_points": 1.4,
            "underground_bank": 0.4,
            "trade_hedging": 0.5,
            "student_abroad": 0.3,
            "market_stall": 1.8,
            "wedding_host": 1.8,
            "second_clearing": 0.6,
        }
    ),
)

COAST = Setting(
    name="coast",
    start="2026-12-01T00:00:00+08:00",  # a Tuesday; Christmas is the twenty-fifth day
    regions=("harbour", "old_port", "free_zone", "hillside", "islands"),
    banks=(
        ("BANK-BIRCH", "large", 0.24),
        ("BANK-KELP", "medium", 0.22),
        ("BANK-ANCHOR", "medium", 0.18),
        ("BANK-ALMOND", "large", 0.16),
        ("BANK-REEF", "small", 0.12),
        ("BANK-TERN", "small", 0.08),
    ),
    wallets=(("PAY-MARLIN", 0.5), ("PAY-GULL", 0.3), ("PAY-LANTERN", 0.2)),
    acquirers=(("ACQ-TIDE", 0.35), ("ACQ-HARBOUR", 0.35), ("ACQ-RIVER", 0.2), ("ACQ-QUAY", 0.1)),
    ages=(38, 14),
    income=11_500,
    daily_purchases=1.5,
    daily_transfers=0.16,
    prices=1.45,
    wallet_share=0.5,
    online_share=0.38,
    cash_share=0.015,
    static_codes=0.06,
    sole_traders=0.2,
    students=0.16,
    abroad=0.055,
    seasons=(
        Season("Advent", 7, 23, shopping=1.5, gifts=1.2),
        Season("Christmas", 23, 27, shopping=0.9, gifts=2.5, work=0.4),
        Season("year's end", 27, 33, shopping=1.2, gifts=1.6, work=0.6),
    ),
    fraud=0.8,
    rates=MappingProxyType(
        {
            "underground_bank": 2.0,
            "trade_hedging": 1.6,
            "virtual_currency": 1.6,
            "student_abroad": 2.0,
            "run_points": 0.8,
            "market_stall": 0.5,
        }
    ),
)

SETTINGS: Mapping[str, Setting] = MappingProxyType({s.name: s for s in (CITY, COUNTY, COAST)})
