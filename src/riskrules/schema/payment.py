"""The payment: every field that a rule may read without declaring it.

One table, to be read by the analyst as much as by the program. A field stands here when a regulation or
a typology needs it and a gateway can have it; what only one house has belongs in its own `field`
declarations. Words are a bank clerk's (payer, payee, account), not a message standard's.

A line has the name, the kind, whether an event must carry it when a ruleset reads it, and what it says.
Required fields have a harmless sample, which inline tests start from; an optional field is missing
there unless the test gives it (the currency apart). So a test of a rule meets only what it wrote down.

`P` in a name stands for the payer and for the payee in turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..base.money import minor_digits
from ..base.times import WEEKDAYS, parse_instant
from . import limits
from .fields import Field, Schema
from .kinds import BILLIONTH_DIGITS, COUNT, DURATION, ENTITIES, RATIO, TEXT, TIME, YES_NO, Kind

MONEY = Kind("money")  # its currency is the ruleset's
COUNTRY, CURRENCY = Kind("country"), Kind("currency")
ACCOUNT, MERCHANT, WALLET, INSTITUTION, PARTY = (
    Kind(name) for name in ("account", "merchant", "wallet", "institution", "party")
)

_YEARS = 150  # older than anybody has been
_WHOLE = 10**BILLIONTH_DIGITS
_MOST_CURRENCIES = 256
_ID, _MONEY = limits.LONGEST_ID, limits.HIGHEST_MONEY_MINOR


def one_of(*choices: str) -> Kind:
    return Kind("one of", choices)


def plain_field(name: str, kind: Kind, text: str, **more: Any) -> Field:
    """A field with its kind's own bounds, except those given."""
    lowest, highest, longest = KIND_BOUNDS.get(kind.name, (0, 0, 0))
    return Field(name, kind, text, **{"lowest": lowest, "highest": highest, "longest": longest, **more})


def _must(name: str, kind: Kind, text: str, **more: Any) -> Field:
    """A line of the table: required."""
    return plain_field(name, kind, text, optional=False, **more)


def _may(name: str, kind: Kind, text: str, **more: Any) -> Field:
    """A line of the table: optional."""
    return plain_field(name, kind, text, optional=True, **more)


KIND_BOUNDS = {
    "money": (0, limits.HIGHEST_MONEY_MINOR, 0),
    "count": (0, limits.HIGHEST_COUNT, 0),
    "number": (-limits.HIGHEST_NUMBER, limits.HIGHEST_NUMBER, 0),
    "ratio": (0, limits.HIGHEST_NUMBER, 0),
    "time": (limits.EARLIEST_US, limits.LATEST_US, 0),
    "duration": (0, limits.HIGHEST_DURATION_US, 0),
    "text": (0, 0, limits.LONGEST_TEXT),
    "country": (0, 0, 2),
    "currency": (0, 0, 3),
    **dict.fromkeys(ENTITIES, (0, 0, limits.LONGEST_ID)),
}
"""lowest, highest and longest of a field that states none, in the held unit."""

_CHANNEL = one_of("counter", "atm", "online", "mobile", "phone", "pos", "code_static", "code_dynamic", "api")
_RAIL = one_of(
    "fps", "chaps", "sct", "sct_inst", "ach", "card", "hvps", "ibps", "nucc", "cup", "onchain", "other"
)  # fmt: skip
_STATUS = one_of("initiated", "settled", "failed", "cancelled")
_ARRIVAL = one_of("realtime", "ordinary", "next_day")
_FUNDING = one_of("bank_account", "wallet_balance", "card", "cash", "virtual_currency")
_EXEMPTION = one_of(
    "low_value", "contactless", "trusted_payee", "recurring", "own_accounts", "low_risk", "corporate", "unattended"
)  # fmt: skip
_THREE_DS = one_of("frictionless", "challenged", "attempted", "failed", "unavailable")
_PAYEE_CHECK = one_of("match", "close_match", "no_match", "not_possible")
_PARTY_TYPE = one_of("person", "entity", "sole_trader", "micro", "charity")
_CLASS = one_of("i", "ii", "iii")
_ACCOUNT_KIND = one_of("bank", "payment", "digital_currency", "virtual_currency")
_ACCOUNT_STATUS = one_of("active", "credit_only", "off_counter_suspended", "frozen", "closed")
_LEVEL = one_of("i", "ii", "iii", "iv")
_CODE_KIND = one_of("static", "dynamic")
_CODE_OWNER = one_of("person", "merchant")

# fmt: off
_PAYMENT: tuple[Field, ...] = (
    _must("id",          TEXT,             "the gateway's own name for the payment", longest=_ID),
    _must("occurred_at", TIME,             "when the payment was made"),
    _must("amount",      MONEY,            "what the payer sends"),
    _may( "currency",    CURRENCY,         "the currency of every amount; must be the ruleset's"),
    _must("channel",     _CHANNEL,         "how the payer gave the order"),
    _may( "rail",        _RAIL,            "the system that carries the payment"),
    _may( "status",      _STATUS,          "how far the payment has come"),
    _must("hour",        COUNT,            "the hour of the day in the ruleset's time zone, 0 to 23", highest=23),
    _must("weekday",     one_of(*WEEKDAYS), "the day of the week in the ruleset's time zone"),

    _may( "payment.purpose",               TEXT,         "the purpose code or words that the payer chose"),
    _may( "payment.memo",                  TEXT,         "the payer's message to the payee"),
    _may( "payment.arrival",               _ARRIVAL,     "when the payer chose that the money arrives"),
    _may( "payment.funding",               _FUNDING,     "what the money is taken from"),
    _may( "payment.end_to_end_id",         TEXT,         "the payer's reference, kept along the chain", longest=_ID),
    _may( "payment.uetr",                  TEXT,         "the payment's unique reference", longest=36),
    _may( "payment.authorised",            YES_NO,       "the payer agreed to this payment"),
    _may( "payment.face_to_face",          YES_NO,       "payer and payee are in the same place"),
    _may( "payment.cross_border",          YES_NO,       "the two accounts are in different countries"),
    _may( "payment.on_us",                 YES_NO,       "one institution holds both accounts"),
    _may( "payment.recurring",             YES_NO,       "one of a series that the payer set up before"),
    _may( "payment.factors",               COUNT,        "independent factors of authentication", highest=10),
    _may( "payment.certificate",           YES_NO,       "authenticated by certificate or electronic signature"),
    _may( "payment.strong_authentication", YES_NO,       "strong customer authentication was done"),
    _may( "payment.exemption",             _EXEMPTION,   "why strong authentication was left out"),
    _may( "payment.eci",                   TEXT,         "the card scheme's e-commerce indicator", longest=2),
    _may( "payment.three_ds",              _THREE_DS,    "how 3-D Secure ended"),
    _may( "payment.payee_check",           _PAYEE_CHECK, "whether the payee's name fits the account"),
    _may( "payment.payee_name_shown",      YES_NO,       "the payer saw the account's real name before confirming"),
    _may( "payment.in_call",               YES_NO,       "the payer's phone was in a call"),
    _may( "payment.warnings_shown",        COUNT,        "warnings the payer saw for this payment", highest=1_000),
    _may( "payment.warning_acknowledged",  YES_NO,       "the payer confirmed having read a warning and went on"),
    _may( "payment.risk_score",            RATIO,        "what the house's own model says", highest=_WHOLE),
)

_BOTH_SIDES: tuple[Field, ...] = (
    _may( "P.name",                       TEXT,            "the name as given with the payment", longest=512),
    _may( "P.party",                      PARTY,           "who the P is, known by an id"),
    _must("P.party.type",                 _PARTY_TYPE,     "what the P is"),
    _may( "P.party.age",                  COUNT,           "the age of the P in years", highest=_YEARS),
    _may( "P.party.country",              COUNTRY,         "where the P lives or is registered"),
    _may( "P.party.vulnerable",           YES_NO,          "the institution knows that the P needs more care"),
    _must("P.account",                    ACCOUNT,         "the account of the P"),
    _must("P.account.institution",        INSTITUTION,     "the bank that services the account of the P"),
    _must("P.account.opened_at",          TIME,            "when the account of the P was opened"),
    _must("P.account.age",                DURATION,        "how long the account of the P had been open"),
    _may( "P.account.class",              _CLASS,          "the class of the account of the P"),
    _may( "P.account.kind",               _ACCOUNT_KIND,   "what kind of account the P has"),
    _may( "P.account.status",             _ACCOUNT_STATUS, "what the account of the P may do at present"),
    _may( "P.account.balance",            MONEY,           "what is in it before, perhaps less than 0", lowest=-_MONEY),
    _may( "P.account.country",            COUNTRY,         "where the account of the P is held"),
    _may( "P.account.same_phone_holders", COUNT,           "holders with the same phone number", highest=1_000_000),
    _may( "P.wallet",                     WALLET,          "the wallet of the P"),
    _may( "P.wallet.operator",            INSTITUTION,     "who runs the wallet, always there with the wallet"),
    _may( "P.wallet.level",               _LEVEL,          "how well the operator knows the holder, i to iv"),
    _may( "P.wallet.opened_at",           TIME,            "when the wallet of the P was opened"),
    _may( "P.wallet.age",                 DURATION,        "how long the wallet of the P had been open"),
    _must("P.device",                     TEXT,            "the device of the P, known by an id", longest=_ID),
    _may( "P.device_is_new",              YES_NO,          "the P has not used this device before"),
)

_PAYEE: tuple[Field, ...] = (
    _may( "payee.merchant",                      MERCHANT,    "the merchant that is paid"),
    _may( "payee.merchant.acquirer",             INSTITUTION, "who acquires for it, always there with the merchant"),
    _may( "payee.merchant.category",             TEXT,        "the merchant category code, such as 5411", longest=16),
    _may( "payee.merchant.onboarded_at",         TIME,        "when the acquirer took the merchant on"),
    _may( "payee.merchant.age",                  DURATION,    "how long the merchant had been on board"),
    _may( "payee.merchant.same_name_settlement", YES_NO,      "the merchant settles to an account in its own name"),
    _may( "payee.terminal",                      TEXT,        "the terminal's serial number", longest=_ID),
    _may( "payee.terminal_moved",                YES_NO,      "the terminal is away from its registered place"),
    _may( "payee.code_kind",                     _CODE_KIND,  "whether the scanned code changes"),
    _may( "payee.code_owner",                    _CODE_OWNER, "whose code was scanned"),
)
# fmt: on

_SAMPLES: dict[str, int | str] = {
    "id": "PAY-1",
    "occurred_at": parse_instant("2026-06-15T04:00:00Z"),
    "channel": "mobile",
    "payer.party.type": "person",
    "payer.account": "ACC-1",
    "payer.account.institution": "BANK-A",
    "payer.account.opened_at": parse_instant("2016-06-15T04:00:00Z"),
    "payer.device": "DEVICE-1",
    "payee.party.type": "person",
    "payee.account": "ACC-2",
    "payee.account.institution": "BANK-B",
    "payee.account.opened_at": parse_instant("2016-06-15T04:00:00Z"),
    "payee.device": "DEVICE-2",
}
"""Harmless values of the required fields. The amount's and the currency's depend on the currency."""

_DERIVED = {
    "hour": ("hour", "occurred_at"),
    "weekday": ("weekday", "occurred_at"),
    "payer.account.age": ("age", "payer.account.opened_at"),
    "payer.wallet.age": ("age", "payer.wallet.opened_at"),
    "payee.account.age": ("age", "payee.account.opened_at"),
    "payee.wallet.age": ("age", "payee.wallet.opened_at"),
    "payee.merchant.age": ("age", "payee.merchant.onboarded_at"),
}
"""Fields that are worked out and never given: what, and from which field."""

_PARTNERS = {
    "payer.account": "payer.account.institution",
    "payee.account": "payee.account.institution",
    "payer.wallet": "payer.wallet.operator",
    "payee.wallet": "payee.wallet.operator",
    "payee.merchant": "payee.merchant.acquirer",
}
"""The institution that has the duty for an instrument. A known instrument without it is a bad event."""

_SAMPLE_AMOUNT = 100  # whole units of the currency


def _lines() -> Iterator[Field]:
    """The whole table, each side's lines written out."""
    yield from _PAYMENT
    for side in ("payer", "payee"):
        for line in _BOTH_SIDES:
            name, text = line.name.replace("P.", f"{side}."), line.text.replace("the P", f"the {side}")
            yield replace(line, name=name, text=text)
    yield from _PAYEE


@lru_cache(maxsize=_MOST_CURRENCIES)
def payment_schema(currency: str) -> Schema:
    """The payment's fields with every amount in one currency. ValueError for a code without minor units."""
    samples = {**_SAMPLES, "currency": currency, "amount": _SAMPLE_AMOUNT * 10 ** minor_digits(currency)}
    money = Kind("money", currency=currency)
    return Schema(
        "payment",
        (
            replace(
                line,
                kind=money if line.kind == MONEY else line.kind,
                sample=samples.get(line.name),
                of=_DERIVED.get(line.name),
                partner=_PARTNERS.get(line.name, ""),
            )
            for line in _lines()
        ),
    )
