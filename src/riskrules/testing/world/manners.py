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


def _said(**times: int) -> tuple[str, ...]:
    """Words, each as often as it is said beside the others."""
    return tuple(word for word, count in times.items() for _ in range(count))


_QUOTED = (
    "U盘", "U型枕", "u盘", "USB线", "搬砖", "今天搬砖", "搬砖辛苦了", "泰达看球", "USDT", "U", "不懂USDT", "币",
    "游戏币", "游戏", "卡", "卡套", "代购", "充值话费", "充值", "转账", "货款", "提现", "解冻的鱼", "手续费",
    "保证金", "定金", "安全账户", "你的安全账户", "投资大师", "理财", "贷款", "机票", "刷单的梗",
)  # fmt: skip
"""What friends write in jest, of a thing whose name has the letters, or quoting a warning."""
_WORDS_OF_FRIENDS = (
    *_said(谢谢=24, 吃饭=22, 午饭=14, 生日快乐=8, 还你=18, 车费=12, thanks=8, dinner=4, 水果=8, 借款=8, 电影票=6),
    *_QUOTED,
)
_SOLD = _said(币=2, 卡=3, 收藏=2, 货款=4, 代购=3, 手机=3, U盘=1, U型枕=1, 游戏=3, 游戏币=1, 定金=3, 转账=4, 充值=1, U=1)
_COINS = _said(币=3, U=3, USDT=3, 搬砖=1, 货款=5, 游戏=2, 转账=6, 代购=2, 卡=2, 定金=1, 收藏=1)


class Manner(NamedTuple):
    """Shares of rows, unless a comment says otherwise."""

    name: str
    channels: dict[str, float]
    purposes: tuple[str, ...] = ()
    purpose_given: float = 0.15
    memos: tuple[str, ...] = ()  # one of them, where there is any
    memo_given: float = 0.0
    face_to_face: float = 0.0
    in_call: float = 0.006
    screen_shared: float = 0.003
    new_device: float = 0.008
    other_device: float = 0.05  # a second device of one's own
    saved: float = 0.0  # of pairs: the payer had saved the payee before the first payment; see acquaintance
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
    Manner("friend", _PHONE, (), memos=_WORDS_OF_FRIENDS, memo_given=0.22, saved=0.86, in_call=0.012, no_match=0.003),
    Manner("acquaintance", _PHONE, (), memos=_WORDS_OF_FRIENDS, memo_given=0.25, saved=0.08, in_call=0.015, warned=0.02,
           close_match=0.02, no_match=0.006),
    Manner("family", _PHONE, ("family support",), saved=0.95,
           memos=_said(生活费=8, 妈妈=4, 给孩子=4, 买菜=4, 药费=2, 学费=1, 房租=1, 上交=2),
           memo_given=0.2, in_call=0.025, screen_shared=0.006),
    Manner("red packet", {"mobile": 1.0}, ("gift",), 0.3, saved=0.86,
           memos=_said(新年快乐=4, 恭喜发财=4, 生日快乐=2, 红包=2), memo_given=0.35),
    Manner("own account", {"mobile": 0.9, "online": 0.1}, ("own account",), saved=0.95, bound=0.85, no_match=0),
    Manner("street seller", _CODE, ("goods",), 0.02, face_to_face=0.99, far=0.004, picture=0.004,
           memos=("早点", "水果", "菜"), memo_given=0.04),
    # -- work, offices, cash
    Manner("salary", _OFFICE, ("salary",), 0.95, memos=_said(工资=6, salary=1, 奖金=1),
           memo_given=0.8, saved=0.95, recurring=0.7),
    Manner("pension", {"api": 1.0}, ("pension",), 1.0, memos=("养老金",), memo_given=1.0, saved=1.0, recurring=1.0),
    Manner("rent", _PHONE, ("rent",), 0.5, memos=_said(房租=6, rent=1, 押金=1),
           memo_given=0.35, saved=0.75, recurring=0.3),
    Manner("saving", {"mobile": 0.9, "online": 0.1}, ("investment",), 0.6, memos=("定投", "理财"),
           memo_given=0.3, saved=0.8,
           recurring=0.35, warned=0.012),
    Manner("loan repayment", {"api": 0.5, "mobile": 0.5}, ("loan",), 0.8, memos=("还款",),
           memo_given=0.35, saved=0.8, recurring=0.6),
    Manner("cash out", {"atm": 0.93, "counter": 0.07}, ("cash",), 0.5, face_to_face=1.0, in_call=0.01, far=0.08),
    Manner("cash in", {"atm": 0.6, "counter": 0.4}, ("cash",), 0.5, face_to_face=1.0),
    Manner("invoice", {"online": 0.6, "api": 0.35, "counter": 0.05}, ("goods", "services"), 0.8, saved=0.85,
           memos=_said(货款=6, 服务费=3, invoice=1, 材料款=3, 运费=2, 尾款=2, 合同款=2, 保证金=1),
           memo_given=0.8, later=0.25, close_match=0.02),
    Manner("tax", {"online": 0.7, "api": 0.3}, ("tax",), 1.0, memos=("税款",), memo_given=0.9, saved=0.95),
    Manner("tuition", {"mobile": 0.6, "online": 0.35, "counter": 0.05}, ("tuition",), 0.8, saved=0.2, in_call=0.05,
           memos=_said(学费=5, tuition=1, 住宿费=2), memo_given=0.5, warned=0.03, limit_raised=0.12),
    # -- what look-alikes and criminals both do
    Manner("first large", {"mobile": 0.72, "online": 0.16, "counter": 0.1, "phone": 0.02}, ("services", "goods"), 0.3,
           memos=_said(货款=3, 定金=5, 装修款=4, 购车款=3, deposit=1, 首付=2, 中介费=2, 保证金=2, 手续费=1, 转账=2),
           memo_given=0.3,
           saved=0.06, in_call=0.06,
           screen_shared=0.012, new_device=0.02, close_match=0.04, no_match=0.015, warned=0.1, limit_raised=0.22,
           credential_changed=0.02, later=0.05, cancelled=0.02),
    Manner("collection", {"mobile": 0.88, "code_static": 0.04, "code_dynamic": 0.08}, ("goods", "gift"), 0.12,
           saved=0.25, in_call=0.01,
           memos=_said(份子钱=2, 团购=3, 班费=2, 拼单=2, 会费=2, 报名费=2, 恭喜=1, 货款=1), memo_given=0.35,
           picture=0.25, far=0.4, no_match=0.008, warned=0.02),
    Manner("remote code", {"code_static": 0.6, "code_dynamic": 0.25, "mobile": 0.15}, ("goods",), 0.06,
           memos=_said(货款=3, 充值=2, 拼单=2, 订金=2, 游戏=1),
           memo_given=0.12, saved=0.02, face_to_face=0.25, picture=0.3, far=0.55,
           in_call=0.012, no_match=0.012, warned=0.03),
    Manner("sale between strangers", {"mobile": 0.87, "code_static": 0.05, "code_dynamic": 0.03, "online": 0.05},
           ("goods",), 0.2, saved=0.04, in_call=0.015,
           memos=_SOLD, memo_given=0.25,
           picture=0.2, far=0.6, no_match=0.01, warned=0.03),
    Manner("passing on", _PHONE, (), memos=_said(还款=3, 货款=4, 代付=1, 转账=4, 生活费=2, 借款=3, 材料款=2),
           memo_given=0.2, saved=0.4,
           in_call=0.012, screen_shared=0.006, new_device=0.02, no_match=0.006, warned=0.02, credential_changed=0.02),
    Manner("payout", {"api": 0.45, "online": 0.3, "mobile": 0.25}, ("services", "goods"), 0.5, saved=0.7,
           memos=_said(结算=3, 货款=3, 分账=1, 佣金=2, 工资=3, 提现=1), memo_given=0.5, later=0.15, no_match=0.006),
    Manner("helped", {"mobile": 0.88, "online": 0.08, "counter": 0.02, "phone": 0.02}, ("services", "goods"), 0.25,
           memos=_said(货款=2, 转账=3, 手续费=1, 维修费=3, 保证金=1, 借款=1), memo_given=0.22, saved=0.05, in_call=0.6,
           screen_shared=0.3, new_device=0.035, close_match=0.04, no_match=0.05, warned=0.26, limit_raised=0.22,
           credential_changed=0.05, cancelled=0.04, failed=0.02),
    Manner("on a journey", {"pos": 0.55, "code_dynamic": 0.25, "code_static": 0.05, "mobile": 0.15}, ("goods",), 0.02,
           face_to_face=0.9, far=0.1, picture=0.004, warned=0.01, new_device=0.02),
    # -- mostly victims and those who rob them
    Manner("guided", {"mobile": 0.85, "online": 0.1, "counter": 0.03, "phone": 0.02}, ("services", "loan"), 0.25,
           memos=_said(保证金=2, 货款=3, 转账=5, 手续费=2, 解冻费=1, 安全账户=1, 借款=4, 还款=2),
           memo_given=0.22, saved=0.04, in_call=0.62,
           screen_shared=0.33, new_device=0.04, close_match=0.04, no_match=0.1, warned=0.34, limit_raised=0.28,
           credential_changed=0.07, cancelled=0.06, failed=0.02),
    Manner("persuaded", {"mobile": 0.88, "online": 0.1, "counter": 0.02}, ("investment", "goods", "gift"), 0.3,
           memos=_said(投资=2, 货款=3, 充值=2, 理财=2, 谢谢=3, 机票=1, 订金=2, 借款=2),
           memo_given=0.25, saved=0.08, in_call=0.06,
           screen_shared=0.04, new_device=0.012, close_match=0.03, no_match=0.05, warned=0.2, limit_raised=0.12,
           cancelled=0.03),
    Manner("layering", _PHONE, (), memos=_said(货款=3, 还款=3, 转账=3, 工资=1, 代付=1, 借款=3),
           memo_given=0.2, saved=0.22,
           in_call=0.015, screen_shared=0.012, new_device=0.14, no_match=0.01, warned=0.04, credential_changed=0.2,
           limit_raised=0.05, far=0.3),
    Manner("order", {"mobile": 0.7, "online": 0.2, "code_dynamic": 0.1}, ("goods",), 0.2, in_call=0.005, logistics=0.3),
    Manner("card at a terminal", {"pos": 0.7, "code_dynamic": 0.25, "code_static": 0.05}, ("goods",), 0.05,
           face_to_face=0.85, moved=0.04, far=0.12, warned=0.004),
)  # fmt: skip
_SALE = next(manner for manner in MANNERS if manner.name == "sale between strangers")
MANNERS += (_SALE._replace(name="currency between strangers", memos=_COINS),)
PLACE = {manner.name: place for place, manner in enumerate(MANNERS)}
MEMOS = sorted({memo for manner in MANNERS for memo in manner.memos})


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
