"""The words of the labels: what a payment is, known to the maker of the world and to no rule."""

from __future__ import annotations

TYPOLOGIES = [
    "mule",
    "run_points",
    "fake_trade",
    "virtual_currency",
    "underground_bank",
    "trade_hedging",
    "second_clearing",
    "scam",
]
"""Ways of moving stolen or unlawful money; `scam` is the payment by which a victim loses it."""
(MULE, RUN_POINTS, FAKE_TRADE, VIRTUAL_CURRENCY, UNDERGROUND_BANK, TRADE_HEDGING, SECOND_CLEARING, SCAM) = range(8)

SCAMS = [
    "impersonated_police",
    "investment",
    "romance",
    "refund",
    "family_emergency",
    "loan_fee",
    "task_rebate",
    "fake_shop",
    "impersonated_employer",
]
"""What the victim was told."""

ROLES = ["victim", "customer", "mule", "runner", "merchant", "dealer", "operator", "trader", "holder"]
"""Who pays, in a chain of fraud: a `customer` knows what it is for, a `holder` turns a card or goods into money."""
VICTIM, CUSTOMER, MULE_ROLE, RUNNER, MERCHANT, DEALER, OPERATOR, TRADER, HOLDER = range(9)

LOOKALIKES = [
    "wedding_host",
    "family_pool",
    "car_sale",
    "new_worker",
    "lender_among_friends",  # like mule accounts
    "market_stall",
    "group_buy",
    "club_treasurer",  # like run-points
    "grand_opening",
    "evening_bar",
    "returned_goods",
    "gift_cards",  # like fake trade
    "card_trader",
    "game_trader",
    "coin_collector",  # like virtual-currency dealers
    "student_abroad",
    "payroll",
    "small_exporter",  # like underground banks
    "trading_partners",
    "deposit_returned",
    "brothers_lending",  # like trade hedging
    "licensed_agency",
    "landlord",
    "concession_store",
    "prompt_payer",  # like second clearing
    "builder",
    "car_purchase",
    "house_deposit",
    "hospital",
    "helped_by_phone",
    "tuition",
    "new_investor",  # like victims
]
"""Honest people who do what a rule looks for."""
LOOKALIKE = {name: place for place, name in enumerate(LOOKALIKES)}

LIKE = {
    "mule": LOOKALIKES[0:5],
    "run_points": LOOKALIKES[5:8],
    "fake_trade": LOOKALIKES[8:12],
    "virtual_currency": LOOKALIKES[12:15],
    "underground_bank": LOOKALIKES[15:18],
    "trade_hedging": LOOKALIKES[18:21],
    "second_clearing": LOOKALIKES[21:25],
    "scam": LOOKALIKES[25:32],
}
"""The look-alikes of each typology."""

AGES = ["under_30", "30_to_44", "45_to_59", "60_and_over"]
