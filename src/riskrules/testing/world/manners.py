"""Manners of paying: what else is true of a payment of some sort, as shares from which each is drawn.

Honest and dishonest payments are drawn from one table by one piece of code, and most of what criminals do has the
manner of honest people who do the like. Where the shares differ, they overlap: some victims are on the phone, and so
are some people who pay a builder.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...schema.payment import payment_schema
from .growing import Array

_SCHEMA = payment_schema("CNY")
CHANNELS = list(_SCHEMA["channel"].kind.choices)
PURPOSES = ["goods", "services", "salary", "rent", "family support", "gift", "loan", "investment", "tuition", "tax",
            "pension", "utilities", "insurance", "refund", "own account", "cash", "deposit", "donation"]  # fmt: skip

_PHONE = {"mobile": 0.92, "online": 0.06, "counter": 0.015, "phone": 0.005}
_SHOP = {"code_dynamic": 0.6, "code_static": 0.14, "pos": 0.2, "mobile": 0.06}
_CODE = {"code_static": 0.72, "code_dynamic": 0.28}
_OFFICE = {"api": 0.85, "online": 0.15}
_WORDS_OF_FRIENDS = ("", "", "", "谢谢", "吃饭", "午饭", "生日快乐", "还你", "车费", "thanks", "dinner", "水果", "借款")


class Manner(NamedTuple):
    """Shares of rows, unless a comment says otherwise."""

    name: str
    channels: dict[str, float]
    purposes: tuple[str, ...] = ()
    purpose_given: float = 0.15
    memos: tuple[str, ...] = ("",)
    face_to_face: float = 0.0
    in_call: float = 0.006
    screen_shared: float = 0.003
    new_device: float = 0.008
    other_device: float = 0.05  # a second device of one's own
    saved: float = 0.0  # the payer had saved the payee; -1: as of friends, by whether they have paid before
    close_match: float = 0.012
    no_match: float = 0.004
    warned: float = 0.004
    recurring: float = 0.0
    picture: float = 0.0  # of scanned codes
    moved: float = 0.0015  # of terminals
    far: float = 0.01  # of codes and terminals: the payer is elsewhere
    later: float = 0.01  # ordinary or next day arrival
    failed: float = 0.004  # for reasons other than money
    cancelled: float = 0.001
    logistics: float = -1.0  # of purchases at a distance: tracked delivery; -1: not known
    bound: float = 0.0  # the payee's account is bound to the payer's
    credential_changed: float = 0.012  # the payer changed telephone or password within three days
    limit_raised: float = 0.01  # the payer raised a limit within a day


MANNERS: tuple[Manner, ...] = (
    # -- shops and bills
    Manner("shop", _SHOP, ("goods",), 0.02, face_to_face=0.9, saved=0.0, far=0.02, warned=0.001, picture=0.002),
    Manner("shop online", {"mobile": 0.7, "online": 0.2, "api": 0.1}, ("goods",), 0.2, in_call=0.004, logistics=0.8),
    Manner("subscription", {"api": 0.8, "mobile": 0.2}, ("services",), 0.3, recurring=0.9, saved=0.9, warned=0),
    Manner("utility", {"api": 0.6, "mobile": 0.35, "counter": 0.05}, ("utilities",), 0.9, recurring=0.6, saved=0.85),
    Manner("shop overseas", {"online": 0.7, "mobile": 0.3}, ("goods",), 0.3, logistics=0.7),
    Manner("refund", {"api": 1.0}, ("refund",), 0.8, warned=0, failed=0.001),
    # -- people among themselves
    Manner("friend", _PHONE, (), memos=_WORDS_OF_FRIENDS, saved=0.72, in_call=0.012, no_match=0.003),
    Manner("family", _PHONE, ("family support",), saved=0.9,
           memos=("", "", "生活费", "妈妈", "给孩子", "买菜", "药费"), in_call=0.025, screen_shared=0.006),
    Manner("red packet", {"mobile": 1.0}, ("gift",), 0.3, saved=0.8,
           memos=("", "新年快乐", "恭喜发财", "生日快乐", "红包")),
    Manner("own account", {"mobile": 0.9, "online": 0.1}, ("own account",), saved=0.95, bound=0.85, no_match=0),
    Manner("street seller", _CODE, ("goods",), 0.02, face_to_face=0.99, far=0.004, picture=0.004,
           memos=("", "", "", "早点", "水果", "菜")),
    # -- work, offices, cash
    Manner("salary", _OFFICE, ("salary",), 0.95, memos=("工资", "salary", "奖金", ""), saved=0.95, recurring=0.7),
    Manner("pension", {"api": 1.0}, ("pension",), 1.0, memos=("养老金",), saved=1.0, recurring=1.0),
    Manner("rent", _PHONE, ("rent",), 0.5, memos=("", "房租", "rent", "押金"), saved=0.85, recurring=0.3),
    Manner("saving", {"mobile": 0.9, "online": 0.1}, ("investment",), 0.6, memos=("", "定投", "理财"), saved=0.8,
           recurring=0.35, warned=0.012),
    Manner("loan repayment", {"api": 0.5, "mobile": 0.5}, ("loan",), 0.8, memos=("", "还款"), saved=0.8, recurring=0.6),
    Manner("cash out", {"atm": 0.93, "counter": 0.07}, ("cash",), 0.5, face_to_face=1.0, in_call=0.01, far=0.08),
    Manner("cash in", {"atm": 0.6, "counter": 0.4}, ("cash",), 0.5, face_to_face=1.0),
    Manner("invoice", {"online": 0.6, "api": 0.35, "counter": 0.05}, ("goods", "services"), 0.8, saved=0.88,
           memos=("货款", "服务费", "invoice", "材料款", "运费", "尾款", "合同款", ""), later=0.25, close_match=0.02),
    Manner("tax", {"online": 0.7, "api": 0.3}, ("tax",), 1.0, memos=("税款",), saved=0.95),
    Manner("tuition", {"mobile": 0.6, "online": 0.35, "counter": 0.05}, ("tuition",), 0.8, saved=0.4, in_call=0.05,
           memos=("学费", "tuition", "住宿费", ""), warned=0.03, limit_raised=0.12),
    # -- what look-alikes and criminals both do
    Manner("first large", {"mobile": 0.72, "online": 0.16, "counter": 0.1, "phone": 0.02}, ("services", "goods"), 0.3,
           memos=("", "货款", "定金", "装修款", "购车款", "deposit", "首付", "中介费", "保证金"),
           saved=0.12, in_call=0.06,
           screen_shared=0.012, new_device=0.02, close_match=0.04, no_match=0.015, warned=0.1, limit_raised=0.22,
           credential_changed=0.02, later=0.05, cancelled=0.02),
    Manner("collection", {"mobile": 0.88, "code_static": 0.04, "code_dynamic": 0.08}, ("goods", "gift"), 0.12,
           saved=0.3, in_call=0.01,
           memos=("", "", "份子钱", "团购", "班费", "拼单", "会费", "报名费", "恭喜", "货款"),
           picture=0.25, far=0.4, no_match=0.008, warned=0.02),
    Manner("remote code", {"code_static": 0.6, "code_dynamic": 0.25, "mobile": 0.15}, ("goods",), 0.06,
           memos=("", "", "", "货款", "充值", "拼单", "订金"), saved=0.06, face_to_face=0.25, picture=0.3, far=0.55,
           in_call=0.012, no_match=0.012, warned=0.03),
    Manner("sale between strangers", {"mobile": 0.87, "code_static": 0.05, "code_dynamic": 0.03, "online": 0.05},
           ("goods",), 0.2, saved=0.1, in_call=0.015,
           memos=("", "币", "卡", "收藏", "货款", "代购", "手机", "U盘", "游戏", "定金", "转账"),
           picture=0.2, far=0.6, no_match=0.01, warned=0.03),
    Manner("passing on", _PHONE, (), memos=("", "", "", "还款", "货款", "代付", "转账", "生活费", "借款"), saved=0.5,
           in_call=0.012, screen_shared=0.006, new_device=0.02, no_match=0.006, warned=0.02, credential_changed=0.02),
    Manner("payout", {"api": 0.45, "online": 0.3, "mobile": 0.25}, ("services", "goods"), 0.5, saved=0.75,
           memos=("", "结算", "货款", "分账", "佣金", "工资", "提现"), later=0.15, no_match=0.006),
    # -- mostly victims and those who rob them
    Manner("guided", {"mobile": 0.85, "online": 0.1, "counter": 0.03, "phone": 0.02}, ("services", "loan"), 0.25,
           memos=("", "", "保证金", "货款", "转账", "手续费", "解冻费", "安全账户", "借款"), saved=0.14, in_call=0.62,
           screen_shared=0.33, new_device=0.04, close_match=0.04, no_match=0.1, warned=0.34, limit_raised=0.28,
           credential_changed=0.07, cancelled=0.06, failed=0.02),
    Manner("persuaded", {"mobile": 0.88, "online": 0.1, "counter": 0.02}, ("investment", "goods", "gift"), 0.3,
           memos=("", "", "投资", "货款", "充值", "理财", "谢谢", "机票", "订金"), saved=0.25, in_call=0.06,
           screen_shared=0.04, new_device=0.012, close_match=0.03, no_match=0.05, warned=0.2, limit_raised=0.12,
           cancelled=0.03),
    Manner("layering", _PHONE, (), memos=("", "", "", "", "货款", "还款", "转账", "工资", "代付", "借款"), saved=0.34,
           in_call=0.015, screen_shared=0.012, new_device=0.14, no_match=0.01, warned=0.04, credential_changed=0.2,
           limit_raised=0.05, far=0.3),
    Manner("order", {"mobile": 0.7, "online": 0.2, "code_dynamic": 0.1}, ("goods",), 0.2, in_call=0.005, logistics=0.3),
    Manner("card at a terminal", {"pos": 0.7, "code_dynamic": 0.25, "code_static": 0.05}, ("goods",), 0.05,
           face_to_face=0.85, moved=0.04, far=0.12, warned=0.004),
)  # fmt: skip
_COINS = ("", "", "", "", "币", "U", "USDT", "搬砖", "货款", "游戏", "转账", "代购", "卡", "定金", "收藏")
_SALE = next(manner for manner in MANNERS if manner.name == "sale between strangers")
MANNERS += (_SALE._replace(name="currency between strangers", memos=_COINS),)
PLACE = {manner.name: place for place, manner in enumerate(MANNERS)}
MEMOS = sorted({memo for manner in MANNERS for memo in manner.memos if memo})


def share(name: str) -> Array:
    """float64[manners]: one of the shares, to be indexed by rows' manners."""
    return np.array([getattr(manner, name) for manner in MANNERS], np.float64)


def channel_steps() -> Array:
    """float64[manners, channels]: cumulative shares."""
    table = np.array([[manner.channels.get(channel, 0.0) for channel in CHANNELS] for manner in MANNERS])
    return np.asarray(np.cumsum(table, axis=1) / table.sum(axis=1, keepdims=True))


def places_of(words: list[tuple[str, ...]], among: list[str]) -> tuple[Array, Array]:
    """Choices of several lists in one row of places into `among` (-1 for ""), and where each list starts; the last
    start is the end."""
    flat = [among.index(word) if word else -1 for each in words for word in each]
    return np.array(flat, np.int32), np.concatenate([[0], np.cumsum([len(each) for each in words])])
