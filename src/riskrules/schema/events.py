"""Every event but the payment: the claim, the report, the order and the return, and what each may carry.

An event's own fields begin with its word (`claim.loss` is `event["loss"]`); beside them it may carry what the payment
did, by the payment's names (`payer.account`, `payee.merchant`), each of them optional here: who reports a fraud
seldom has the whole payment at hand. `occurred_at` is the time of the event itself, never that of the payment.

The tables are those of `payment`: a name, a kind, whether the event must carry it when a ruleset reads it, and what
it says. Required fields have a harmless sample, from which inline tests start: the claim of an honest victim of
100.00 whom nobody failed, an order that fits the books.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..base.money import minor_digits
from ..base.times import parse_instant
from . import limits
from .fields import Field, Schema
from .kinds import COUNT, DURATION, TEXT, TIME, YES_NO
from .payment import (
    ACCOUNT,
    COUNTRY,
    CURRENCY,
    INSTITUTION,
    MONEY,
    PARTY,
    one_of,
    payment_schema,
    plain_field,
)

EVENTS = ("payment", "claim", "report", "order", "return")
"""What a rule may be about."""

_MOST_SCHEMAS = 1_024  # events times currencies
_ID = limits.LONGEST_ID
_SAMPLE_LOSS = 100  # whole units of the currency
_AFTER_THE_PAYMENT = parse_instant("2026-06-18T04:00:00Z")
_LONG_AGO = parse_instant("2026-06-15T04:00:00Z")

_KINDS_OF_VICTIM = one_of("consumer", "micro", "charity", "small_business", "business")
_VECTOR = one_of("sms", "call", "email", "app", "web", "social", "in_person", "malware", "post", "other")
_SCHEME = one_of("visa", "mastercard", "unionpay", "other")
_ENTRY = one_of("chip", "contactless", "magstripe", "fallback", "manual", "ecommerce")
_REPORTER = one_of("victim", "institution", "police", "merchant", "platform")
_ORDER = one_of(
    "stop", "freeze", "temporary_freeze", "extend", "lift", "query", "list_account", "list_holder", "restrain"
)  # fmt: skip
_EARLIER = one_of("stop", "freeze", "temporary_freeze")
_GROUNDS = one_of("convicted", "traded_accounts", "impersonation")
_LEVEL = one_of("county", "prefecture", "province", "national", "court")
_RAIL = payment_schema("EUR")["rail"].kind
_ACCOUNT_KIND = payment_schema("EUR")["payee.account.kind"].kind
_METHOD = one_of("direct", "timestamp", "pro_rata")


def _must(event: str, name: str, kind: Any, text: str, **more: Any) -> Field:
    return plain_field(f"{event}.{name}", kind, text, optional=False, event=event, **more)


def _may(event: str, name: str, kind: Any, text: str, **more: Any) -> Field:
    return plain_field(f"{event}.{name}", kind, text, optional=True, event=event, **more)


# fmt: off
_CLAIM: tuple[Field, ...] = (
    _must("claim", "loss",             MONEY,            "what the victim lost and claims", lowest=1),
    _must("claim", "reported_at",      TIME,             "when the victim told its institution"),
    _may( "claim", "payment_at",       TIME,             "when the payment that is claimed was executed"),
    _may( "claim", "last_payment_at",  TIME,             "when the last payment of the claim was executed"),
    _may( "claim", "since_last_payment", DURATION,       "from the last payment of the claim to the claim",
          of=("age", "claim.last_payment_at")),
    _may( "claim", "clock_stopped",    DURATION,         "how long the clock of a deadline stood still"),
    _may( "claim", "clock_stopped_days", COUNT,          "business days on which the clock stood still", highest=1_000),
    _must("claim", "rail",             _RAIL,            "the system that carried the payment"),
    _must("claim", "authorised",       YES_NO,           "the victim gave the payment order itself, though deceived"),
    _must("claim", "on_us",            YES_NO,           "one institution holds both accounts"),
    _may( "claim", "cross_border",     YES_NO,           "the two accounts are in different countries"),
    _must("claim", "civil_dispute",    YES_NO,           "a quarrel with a genuine seller, not a fraud"),
    _must("claim", "grossly_negligent", YES_NO,          "gross negligence of the victim is proven"),
    _must("claim", "first_party",      YES_NO,           "the victim took part in the fraud, or claims dishonestly"),
    _must("claim", "unlawful",         YES_NO,           "the payment was for an unlawful purpose"),
    _must("claim", "out_of_time",      YES_NO,           "it came after the time for claims had run out"),
    _may( "claim", "police_reported",  YES_NO,           "the victim reported it to the police, or agreed to that"),
    _may( "claim", "impersonated",     one_of("own_institution", "authority", "merchant", "relative", "other"),
                                                         "whom the fraudster pretended to be"),
    _must("claim", "vector",           _VECTOR,          "how the fraudster reached the victim"),
    _may( "claim", "phishing",         YES_NO,           "credentials were taken on a digital fake of a genuine party"),
    _may( "claim", "malware",          YES_NO,           "software of the fraudster ran on the victim's device"),
    _may( "claim", "instrument_lost",  YES_NO,           "a card or device was lost or stolen"),
    _may( "claim", "strong_authentication", YES_NO,      "strong customer authentication was done"),
    _may( "claim", "exemption_taker",  one_of("issuer", "acquirer"), "who asked to leave strong authentication out"),
    _may( "claim", "payee_check_offered", YES_NO,        "the payer was offered a check of the payee's name"),
    _may( "claim", "warning_ignored",  YES_NO,           "the payer went on after a warning about this very payment"),
    _may( "claim", "factors",          COUNT,            "independent factors of authentication", highest=10),
    _may( "claim", "certificate",      YES_NO,           "authenticated by certificate or electronic signature"),
    _may( "claim", "quick_pay",        YES_NO,           "a payment institution debited the bank account directly"),

    _may( "claim", "victim",           PARTY,            "who was deceived, known by an id"),
    _must("claim", "victim.vulnerable", YES_NO,          "the victim could not be expected to protect itself"),
    _must("claim", "victim.kind",      _KINDS_OF_VICTIM, "what the victim is"),
    _may( "claim", "victim.country",   COUNTRY,          "where the victim lives or is registered"),

    _may( "claim", "telco",            INSTITUTION,      "the mobile operator of the victim"),
    _may( "claim", "platform",         INSTITUTION,      "the online platform on which the deceit ran"),
    _must("claim", "missed_duty.financial_institution", YES_NO, "the victim's institution missed a duty that mattered"),
    _must("claim", "missed_duty.receiving_institution", YES_NO, "the payee's institution missed a duty that mattered"),
    _must("claim", "missed_duty.telco",    YES_NO,       "the mobile operator missed a duty that mattered"),
    _must("claim", "missed_duty.platform", YES_NO,       "the platform missed a duty that mattered"),
    _must("claim", "missed_duty.acquirer", YES_NO,       "the acquirer missed a duty that mattered"),
    _must("claim", "missed_duty.wallet_operator", YES_NO, "the wallet's operator missed a duty that mattered"),

    _may( "claim", "card.scheme",      _SCHEME,          "the card scheme"),
    _may( "claim", "card.reason",      TEXT,             "the scheme's reason code, such as 10.4 or 4837", longest=16),
    _may( "claim", "card.eci",         TEXT,             "the e-commerce indicator, such as 05", longest=2),
    _may( "claim", "card.cavv",        YES_NO,           "a cardholder authentication value came with the payment"),
    _may( "claim", "card.entry",       _ENTRY,           "how the card's data were read"),
    _may( "claim", "card.chip",        YES_NO,           "the card has a chip"),
    _may( "claim", "card.chip_terminal", YES_NO,         "the terminal reads chips"),
    _may( "claim", "card.pin_preferring", YES_NO,        "card and terminal both prefer a PIN"),
    _may( "claim", "card.prepaid",     YES_NO,           "the card is prepaid"),
    _may( "claim", "card.merchant_in_programme", YES_NO, "the merchant was in a scheme's fraud programme"),
)

_REPORT: tuple[Field, ...] = (
    _must("report", "reporter",        _REPORTER,        "who reports"),
    _must("report", "payment_at",      TIME,             "when the payment that is reported was made"),
    _may( "report", "loss",            MONEY,            "what the victim lost"),
    _may( "report", "since_payment",   DURATION,         "from the payment to the report",
          of=("age", "report.payment_at")),
    _may( "report", "discovered_at",   TIME,             "when the victim noticed"),
    _may( "report", "vector",          _VECTOR,          "how the fraudster reached the victim"),
    _may( "report", "police_reference", TEXT,            "the number of the police's case", longest=_ID),
    _may( "report", "authorised",      YES_NO,           "the victim gave the payment order itself, though deceived"),
)

_ORDER_FIELDS: tuple[Field, ...] = (
    _must("order", "kind",             _ORDER,           "what the authority orders"),
    _must("order", "issuer",           INSTITUTION,      "the authority that gave the order"),
    _must("order", "issuer_level",     _LEVEL,           "the rank of the authority"),
    _must("order", "account",          ACCOUNT,          "the account that the order names",
          partner="order.account.institution"),
    _must("order", "account.institution", INSTITUTION,   "the institution that keeps that account"),
    _may( "order", "account.kind",     _ACCOUNT_KIND,    "what kind of account it is"),
    _must("order", "matches",          YES_NO,           "account number, name, amount and time all fit the books"),
    _must("order", "number_matches",   YES_NO,           "the books have an account of the number in the order"),
    _must("order", "name_matches",     YES_NO,           "the account is in the name that the order gives"),
    _must("order", "amount_matches",   YES_NO,           "the books have a transfer of the amount in the order"),
    _must("order", "time_matches",     YES_NO,           "that transfer was made at the time in the order"),
    _must("order", "starts_at",        TIME,             "when the order takes effect"),
    _may( "order", "ends_at",          TIME,             "when the order itself says that it ends"),
    _must("order", "stops_before",     COUNT,            "earlier stops of this account", highest=1_000),
    _may( "order", "earlier_kind",     _EARLIER,         "what is extended or lifted"),
    _may( "order", "earlier_ends_at",  TIME,             "when that ends by itself"),
    _may( "order", "amount",           MONEY,            "the amount that the order names"),
    _may( "order", "case",             TEXT,             "the authority's number of the case", longest=_ID),
    _may( "order", "officers",         COUNT,            "officers who signed", highest=100),
    _may( "order", "major_case",       YES_NO,           "a major or complex case"),
    _may( "order", "approval_level",   _LEVEL,           "the rank of the authority that approved the order"),
    _may( "order", "documents",        YES_NO,           "all documents that the law asks for are there"),
    _may( "order", "unrelated_since",  TIME,             "since when the account is known to have no part in the case"),
    _may( "order", "grounds",          _GROUNDS,         "why the holder is to be restrained"),
    _may( "order", "accounts_traded",  COUNT,            "cards and accounts that the holder sold, let or lent",
          highest=1_000_000),
    _may( "order", "times_traded",     COUNT,            "how often the holder did so", highest=1_000_000),
    _may( "order", "persons_served",   COUNT,            "to how many persons", highest=1_000_000),
)

_RETURN: tuple[Field, ...] = (
    _must("return", "frozen",          MONEY,            "what is frozen in the account", lowest=0),
    _must("return", "loss",            MONEY,            "what this victim lost", lowest=1),
    _may( "return", "amount",          MONEY,            "what this victim is to get back"),
    _must("return", "frozen_by_police", YES_NO,          "the police froze the account"),
    _must("return", "ownership_clear", YES_NO,           "the frozen money is surely that of the victims"),
    _must("return", "decision_level",  _LEVEL,           "the rank of the authority that decided"),
    _must("return", "officers",        COUNT,            "officers who brought the decision", highest=100),
    _must("return", "documents",       YES_NO,           "the form and all documents are there"),
    _must("return", "account",         ACCOUNT,          "the frozen account",
          partner="return.account.institution"),
    _must("return", "account.institution", INSTITUTION,  "the institution that keeps the frozen account"),
    _may( "return", "method",          _METHOD,          "how the money was traced"),
    _may( "return", "decided_at",      TIME,             "when the authority decided"),
    _may( "return", "notice_began_at", TIME,             "when the public notice of a division began"),
    _may( "return", "objections",      COUNT,            "objections within the time of the notice", highest=1_000_000),
    _may( "return", "objections_reviewed", YES_NO,       "the authority has looked into all of them"),
    _may( "return", "cash",            YES_NO,           "the victim paid in cash at a machine or a counter"),
    _may( "return", "cash_matches_statement", YES_NO,    "the account's record fits what the victim says of it"),
    _must("return", "to_original_account", YES_NO,       "it goes back to the account from which it came"),
    _may( "return", "to_victims_account", YES_NO,        "it goes to a bank account of the victim"),
    _may( "return", "original_account_closed", YES_NO,   "the account from which it came can take nothing in"),
)
# fmt: on

_OWN: dict[str, tuple[Field, ...]] = {
    "claim": _CLAIM,
    "report": _REPORT,
    "order": _ORDER_FIELDS,
    "return": _RETURN,
}
_LEFT_OUT = frozenset({"id", "occurred_at", "currency", "hour", "weekday", "status", "rail"})
"""Fields of the payment that an event has in a way of its own, or that say nothing of it."""
_SAMPLES: dict[str, int | str | bool] = {
    "id": "1",
    "occurred_at": _AFTER_THE_PAYMENT,
    "claim.reported_at": _AFTER_THE_PAYMENT,
    "claim.rail": "fps",
    "claim.authorised": True,
    "claim.on_us": False,
    "claim.civil_dispute": False,
    "claim.grossly_negligent": False,
    "claim.first_party": False,
    "claim.unlawful": False,
    "claim.out_of_time": False,
    "claim.vector": "other",
    "claim.victim.vulnerable": False,
    "claim.victim.kind": "consumer",
    "claim.missed_duty.financial_institution": False,
    "claim.missed_duty.receiving_institution": False,
    "claim.missed_duty.telco": False,
    "claim.missed_duty.platform": False,
    "claim.missed_duty.acquirer": False,
    "claim.missed_duty.wallet_operator": False,
    "report.reporter": "victim",
    "report.payment_at": _LONG_AGO,
    "order.kind": "stop",
    "order.issuer": "POLICE-1",
    "order.issuer_level": "county",
    "order.account": "ACC-2",
    "order.account.institution": "BANK-B",
    "order.matches": True,
    "order.number_matches": True,
    "order.name_matches": True,
    "order.amount_matches": True,
    "order.time_matches": True,
    "order.starts_at": _AFTER_THE_PAYMENT,
    "order.stops_before": 0,
    "return.frozen_by_police": True,
    "return.ownership_clear": True,
    "return.decision_level": "prefecture",
    "return.officers": 2,
    "return.documents": True,
    "return.to_original_account": True,
    "return.account": "ACC-2",
    "return.account.institution": "BANK-B",
}
"""Harmless values of the required fields. Those of amounts depend on the currency."""


@lru_cache(maxsize=_MOST_SCHEMAS)
def event_schema(event: str, currency: str) -> Schema:
    """The fields of one of `EVENTS`, every amount in one currency. ValueError for a code without minor units."""
    payment = payment_schema(currency)
    if event == "payment":
        return payment
    money = payment["amount"].kind
    sample = _SAMPLE_LOSS * 10 ** minor_digits(currency)
    own = [
        replace(f, kind=money, sample=None if f.optional else sample)
        if f.kind == MONEY
        else replace(f, sample=_SAMPLES.get(f.name))
        for f in _OWN[event]
    ]
    id_field = plain_field("id", TEXT, f"the house's own name for the {event}", longest=_ID, sample=_SAMPLES["id"])
    when = plain_field("occurred_at", TIME, f"when the {event} was made", sample=_SAMPLES["occurred_at"])
    code = plain_field("currency", CURRENCY, "the currency of every amount", optional=True, sample=currency)
    carried = [replace(f, optional=True, sample=None, event=event) for f in payment if f.name not in _LEFT_OUT]
    taken = {f.path for f in own}
    return Schema(event, (id_field, when, code, *own, *(f for f in carried if f.path not in taken)))
