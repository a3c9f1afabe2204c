"""Every story that can begin on a day, and how often it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from . import clearers, gatherings, households, rings, scams, shopkeepers, trading
from .plans import Today


class Told(NamedTuple):
    """A story: its name in the settings' `rates`, how many begin a day among 10,000 people, and how it is told."""

    name: str
    a_day: float
    tell: Callable[[Today], None]
    dishonest: bool


FRAUD = (
    Told("scam", 2.0, scams.scam, True),
    Told("mule", 0.7, rings.mules, True),
    Told("run_points", 0.22, rings.run_points, True),
    Told("fake_trade", 0.7, trading.fake_trade, True),
    Told("virtual_currency", 0.45, rings.dealer, True),
    Told("underground_bank", 0.5, rings.underground_bank, True),
    Told("trade_hedging", 0.7, trading.trade_hedging, True),
    Told("second_clearing", 0.15, trading.second_clearing, True),
)
HONEST = (
    Told("wedding_host", 0.5, gatherings.wedding_host, False),
    Told("family_pool", 1.2, gatherings.family_pool, False),
    Told("car_sale", 1.2, gatherings.car_sale, False),
    Told("new_worker", 1.5, gatherings.new_worker, False),
    Told("lender_among_friends", 1.0, gatherings.lender_among_friends, False),
    Told("market_stall", 0.5, gatherings.market_stall, False),
    Told("group_buy", 0.6, gatherings.group_buy, False),
    Told("club_treasurer", 0.4, gatherings.club_treasurer, False),
    Told("grand_opening", 0.3, shopkeepers.grand_opening, False),
    Told("evening_bar", 0.5, shopkeepers.evening_bar, False),
    Told("returned_goods", 0.5, shopkeepers.returned_goods, False),
    Told("gift_cards", 0.8, shopkeepers.gift_cards, False),
    Told("card_trader", 0.8, shopkeepers.card_trader, False),
    Told("game_trader", 0.6, shopkeepers.game_trader, False),
    Told("coin_collector", 0.8, shopkeepers.coin_collector, False),
    Told("student_abroad", 1.0, shopkeepers.student_abroad, False),
    Told("payroll", 0.5, shopkeepers.payroll, False),
    Told("small_exporter", 0.8, shopkeepers.small_exporter, False),
    Told("trading_partners", 0.9, shopkeepers.trading_partners, False),
    Told("deposit_returned", 2.0, shopkeepers.deposit_returned, False),
    Told("brothers_lending", 1.4, shopkeepers.brothers_lending, False),
    Told("licensed_agency", 0.25, clearers.licensed_agency, False),
    Told("landlord", 0.5, clearers.landlord, False),
    Told("concession_store", 0.3, clearers.concession_store, False),
    Told("prompt_payer", 1.0, clearers.prompt_payer, False),
    Told("builder", 2.4, households.builder, False),
    Told("car_purchase", 1.6, households.car_purchase, False),
    Told("house_deposit", 1.4, households.house_deposit, False),
    Told("hospital", 2.8, households.hospital, False),
    Told("helped_by_phone", 3.0, households.helped_by_phone, False),
    Told("tuition", 2.8, households.tuition, False),
    Told("new_investor", 1.6, households.new_investor, False),
)
STORIES = FRAUD + HONEST
