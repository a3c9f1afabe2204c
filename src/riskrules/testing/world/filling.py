"""From a settled day to the columns of a history: the schema's fields by their paths, then the labels.

Columns are keyed as an event is, `payer.account.id`, so that a ruleset reads the history without a map. What no schema
has and a ruleset must declare is in `declarations`.
"""

from __future__ import annotations

import numpy as np

from ...bridges.columns import UNKNOWN, Column, Flags, Numbers, Words
from ...schema.limits import MISSING
from . import labels
from .accounts import ENTITY, NONE, PARTY_TYPES, PERSON, ROLES
from .drawing import CHANNEL, GOODS, Drawing
from .foreigners import COUNTRIES
from .growing import Array, Integers
from .ledger import Settled
from .manners import CHANNELS, MEMOS, PURPOSES
from .naming import ids, names
from .population import Population
from .trades import TRADES

_RAILS = ["other", "ibps", "nucc", "cup", "hvps", "card"]
_STATUSES = ["settled", "failed", "cancelled"]
_FUNDINGS = ["bank_account", "wallet_balance", "card", "cash"]
_CHECKS = ["match", "close_match", "no_match", "not_possible"]
_SIZES = ["large", "medium", "small", "payment institution"]
_SENT = np.array(
    [trade.goods not in ("game credit", "gift card", "telephone", "course", "tickets") for trade in TRADES]
)
_HIGH_VALUE = 500_000_000  # minor units; above it the large-value system carries a payment


def word(codes: Array, words: list[str]) -> Words:
    return Words(np.asarray(codes).astype(np.int32), words)


def flag(values: Array, known: Array | None = None) -> Flags:
    found = np.asarray(values).astype(np.int8)
    return Flags(found if known is None else np.where(known, found, UNKNOWN).astype(np.int8))


def number(values: Array, known: Array | None = None) -> Numbers:
    found = np.asarray(values).astype(np.int64)
    return Numbers(found if known is None else np.where(known, found, MISSING))


def columns_of(d: Drawing, numbers: Integers, settled: Settled, chains: str) -> dict[str, Column]:
    """Every column of a day. `numbers`: the payments' own, from which their ids are written."""
    found = _payment(d, numbers, settled)
    for side in ("payer", "payee"):
        found |= _side(d, side, settled)
    found |= _merchant(d)
    found |= _beside_the_schema(d)
    found |= _labels(d, settled, chains)
    found |= _segments(d.population, d)
    return found


def id_of(number: int) -> str:
    """The id of a payment by its number in the order of the history."""
    return f"P{number:012d}"


def _payment(d: Drawing, numbers: Integers, settled: Settled) -> dict[str, Column]:
    accounts, rows = d.population.accounts, d.rows
    payer_bank, payee_bank = (accounts["institution"][rows[side]] for side in ("payer", "payee"))
    on_us = payer_bank == payee_bank
    pos, atm = d.channel == CHANNEL["pos"], d.channel == CHANNEL["atm"]
    wallet = d.in_wallet
    rail = np.select(
        [on_us | atm, pos, wallet[0] | wallet[1], rows["amount"] > _HIGH_VALUE, d.scanned], [0, 3, 2, 4, 2], 1
    )
    payer_is_cash = np.isin(rows["payer"], d.population.cash)
    known_company = d.population.parties["type"][d.payer_party] == ENTITY
    status = np.where(d.cancelled, 2, np.where(settled.moved, 0, 1))
    return {
        "id": Words(np.arange(d.count, dtype=np.int32), [f"P{n:012d}" for n in numbers.tolist()]),
        "occurred_at": number(rows["time"]),
        "amount": number(rows["amount"]),
        "currency": word(np.zeros(d.count), [d.population.setting.currency]),
        "channel": word(d.channel, CHANNELS),
        "rail": word(rail, _RAILS),
        "status": word(status, _STATUSES),
        "purpose": word(d.purpose, PURPOSES),
        "memo": word(np.maximum(d.memo, UNKNOWN), MEMOS),
        "arrival": word(np.where(d.later, 1 + (numbers % 3 == 0), 0), ["realtime", "ordinary", "next_day"]),
        "funding": word(np.select([payer_is_cash, wallet[0], pos], [3, 1, 2], 0), _FUNDINGS),
        "face_to_face": flag(d.face_to_face),
        "cross_border": flag(_abroad(d)),
        "on_us": flag(on_us),
        "recurring": flag(d.recurring),
        "factors": number(d.factors, ~known_company),
        "certificate": flag(d.certificate),
        "payee_check": word(np.where(d.checked, d.check, UNKNOWN), _CHECKS),
        "payee_name_shown": flag(d.name_shown),
        "in_call": flag(d.in_call, ~known_company),
        "warnings_shown": number(d.warnings),
        "warning_acknowledged": flag(d.acknowledged, d.warnings > 0),
        "risk_score": number(d.score),
    }


def _abroad(d: Drawing) -> Array:
    country = d.population.parties["country"]
    return np.asarray(country[d.payer_party] != country[d.payee_party])


def _side(d: Drawing, side: str, settled: Settled) -> dict[str, Column]:
    p = d.population
    payer = side == "payer"
    account = d.rows[side]
    party = d.payer_party if payer else d.payee_party
    wallet = d.in_wallet[0 if payer else 1]
    person = p.parties["type"][party] == PERSON
    opened = p.accounts["opened_at"][account]
    institutions = list(p.setting.institutions)
    held = p.accounts["institution"][account]
    merchant = np.full(d.count, False) if payer else d.rows["merchant"] >= 0
    shown = np.where(merchant, p.merchants["name"][d.rows["merchant"]], p.parties["name"][party])
    typed = np.where(merchant & person, PARTY_TYPES.index("sole_trader"), p.parties["type"][party])
    columns: dict[str, Column] = {
        "name": names(shown, person & ~merchant, np.ones(d.count, np.bool_)),
        "party.id": p.written("U", party),
        "party.type": word(typed, PARTY_TYPES),
        "party.age": number(p.parties["age"][party], person),
        "party.country": word(p.parties["country"][party], list(COUNTRIES)),
        "party.vulnerable": flag(p.parties["vulnerable"][party], person),
        "party.income": number(p.parties["income"][party], person),
        "party.occupation": word(np.where(person, p.parties["role"][party], UNKNOWN), ROLES),
        "account.id": p.written("62", account),
        "account.institution": word(held, institutions),
        "account.opened_at": number(opened),
        "account.class": word(p.accounts["class"][account], ["i", "ii", "iii"]),
        "account.kind": word(p.accounts["kind"][account], ["bank", "payment"]),
        "account.status": word(np.zeros(d.count), ["active"]),
        "account.balance": number(settled.payer_before if payer else settled.payee_before),
        "account.country": word(p.parties["country"][party], list(COUNTRIES)),
        "account.same_phone_holders": number(p.accounts["same_phone"][account], person),
        "wallet.id": p.written("W", account, wallet),
        "wallet.operator": word(np.where(wallet, held, UNKNOWN), institutions),
        "wallet.level": word(np.where(wallet, p.accounts["level"][account], UNKNOWN), ["i", "ii", "iii", "iv"]),
        "wallet.opened_at": number(opened, wallet),
        "device": ids("D", d.payer_device if payer else d.payee_device, bits=43),
    }
    if payer:
        columns["device_is_new"] = flag(d.payer_new, person)
    return {f"{side}.{name}": column for name, column in columns.items()}


def _merchant(d: Drawing) -> dict[str, Column]:
    p, place = d.population, d.rows["merchant"]
    known = place >= 0
    terminal = known & (d.channel == CHANNEL["pos"])
    static = d.channel == CHANNEL["code_static"]
    return {
        "payee.merchant.id": p.written("M", place, known),
        "payee.merchant.acquirer": word(
            np.where(known, p.merchants["acquirer"][place], UNKNOWN), [name for name, _ in p.setting.acquirers]
        ),
        "payee.merchant.category": word(d.kind_of_trade, [trade.code for trade in TRADES]),
        "payee.merchant.onboarded_at": number(p.merchants["onboarded_at"][place], known),
        "payee.merchant.same_name_settlement": flag(p.merchants["same_name"][place], known),
        "payee.terminal": p.written("T", place, terminal),
        "payee.terminal_moved": flag(d.moved, terminal),
        "payee.code_kind": word(np.where(d.scanned, np.where(static, 0, 1), UNKNOWN), ["static", "dynamic"]),
        "payee.code_owner": word(np.where(d.scanned, np.where(known, 1, 0), UNKNOWN), ["person", "merchant"]),
    }


def _beside_the_schema(d: Drawing) -> dict[str, Column]:
    """What a gateway may add and a ruleset has to declare; see `declarations`."""
    p, rows = d.population, d.rows
    person = p.parties["type"][d.payer_party] == PERSON
    merchant = rows["merchant"]
    goods = np.array([GOODS.index(trade.goods) for trade in TRADES])
    refund = rows["refund_of"]
    back = np.unique(refund[refund >= 0])
    refunded = np.where(refund >= 0, np.searchsorted(back, refund), UNKNOWN)
    elsewhere = rows["refund_elsewhere"]
    return {
        "screen_shared": flag(d.screen_shared, person),
        "payee_is_saved": flag(d.saved, d.checked),
        "to_bound_account": flag(d.bound | (d.payer_party == d.payee_party), d.checked),
        "atm_notice_confirmed": flag(d.acknowledged, d.channel == CHANNEL["atm"]),
        "distance_km": number(d.distance, d.distance != NONE),
        "limit_raised_at": number(d.limit_raised_at, (d.limit_raised_at != NONE) & person),
        "logistics": flag(
            d.logistics & _SENT[d.kind_of_trade], (merchant >= 0) & ~d.face_to_face & (d.channel != CHANNEL["pos"])
        ),
        "goods": word(np.where(merchant >= 0, goods[d.kind_of_trade], UNKNOWN), GOODS),
        "refund_of": Words(refunded.astype(np.int32), [id_of(n) for n in back.tolist()]),
        "refund_elsewhere": flag(elsewhere, refund >= 0),
        "payer.credentials_changed_at": number(d.changed_at, (d.changed_at != NONE) & person),
        "payee.seller": names(d.seller, np.zeros(d.count, np.bool_), (merchant >= 0) & (d.seller >= 0)),
        "payee.code": p.written("C", np.where(merchant >= 0, 2 * merchant + 1, 2 * rows["payee"]), d.scanned),
        "payee.code_is_picture": flag(d.picture, d.scanned),
    }


def _labels(d: Drawing, settled: Settled, chains: str) -> dict[str, Column]:
    rows = d.rows
    chain = np.unique(rows["chain"][rows["chain"] >= 0])
    told = rows["chain"] >= 0
    places = np.where(told, np.searchsorted(chain, rows["chain"]), UNKNOWN)
    fraud = rows["typology"] >= 0
    reported = fraud & settled.moved & (rows["report_after"] >= 0)
    return {
        "label.fraud": flag(fraud),
        "label.typology": word(rows["typology"], labels.TYPOLOGIES),
        "label.chain": word(places, [f"{chains}{n}" for n in chain.tolist()]),
        "label.hop": number(rows["hop"], told),
        "label.role": word(np.where(fraud, rows["role"], UNKNOWN), labels.ROLES),
        "label.lookalike": word(rows["lookalike"], labels.LOOKALIKES),
        "label.scam": word(rows["scam"], labels.SCAMS),
        "label.reported": flag(reported),
        "label.reported_at": number(rows["time"] + rows["report_after"], reported),
        "ledger.payer_after": number(settled.payer_after),
        "ledger.payee_after": number(settled.payee_after),
    }


def _segments(p: Population, d: Drawing) -> dict[str, Column]:
    age = p.parties["age"][d.payer_party]
    person = p.parties["type"][d.payer_party] == PERSON
    kinds = sorted({trade.kind for trade in TRADES})
    kind = np.array([kinds.index(trade.kind) for trade in TRADES])
    sizes = np.array([_SIZES.index(size) for _, size, _ in p.setting.banks] + [3] * len(p.setting.wallets))
    return {
        "label.segment.age": word(
            np.where(person, np.searchsorted([30, 45, 60], age, side="right"), UNKNOWN), labels.AGES
        ),
        "label.segment.region": word(p.parties["region"][d.payer_party], list(p.setting.regions)),
        "label.segment.merchant_kind": word(np.where(d.kind_of_trade >= 0, kind[d.kind_of_trade], UNKNOWN), kinds),
        "label.segment.bank_size": word(sizes[p.accounts["institution"][d.rows["payer"]]], _SIZES),
    }
