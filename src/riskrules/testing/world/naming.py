"""Ids and names as people would write them, from numbers.

An id must not tell when its account was opened or by which part of the world it was made, so numbers are mixed
before they are written. Names repeat, as names do.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ...bridges.columns import UNKNOWN, Words
from .growing import Array

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海燕春雪晨宇浩然欣怡子涵梓萱俊熙诗琪"
_FIRMS = ("Bright", "Harvest", "Golden", "River", "East", "Jade", "Star", "United", "Lucky", "Green", "Summit", "Pearl")
_TRADES = ("Trading", "Foods", "Logistics", "Electronics", "Textiles", "Services", "Supplies", "Building", "Media")
_MOST_FIRMS = len(_FIRMS) * len(_TRADES) * 9_900
_MIX = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no two numbers meet


def mixed(numbers: Array, bits: int) -> Array:
    """Numbers below 2**bits, one for one, in no order that shows."""
    mask = np.uint64((1 << bits) - 1)
    found = (numbers.astype(np.uint64) * _MIX + np.uint64(0x5DEECE66D)) & mask
    found ^= found >> np.uint64(bits // 2)
    return (found * (_MIX | np.uint64(1))) & mask


class Ids:
    """Ids of things that come again and again, each written once."""

    def __init__(self, prefix: str, bits: int = 44) -> None:
        self.prefix, self.bits = prefix, bits
        self._texts: list[str] = []

    def column(self, numbers: Array, known: Array | None = None) -> Words:
        """A column of ids of small numbers; where `known` is no, none."""
        held = numbers if known is None else np.where(known, numbers, -1)
        most = int(held.max(initial=-1)) + 1
        if most > len(self._texts):
            new = mixed(np.arange(len(self._texts), most), self.bits).tolist()
            self._texts += [f"{self.prefix}{number:013d}" for number in new]
        places = np.zeros(most + 1, np.int32)
        places[held] = 1  # -1 is the last
        places[-1] = 0
        used = np.flatnonzero(places)
        places[used] = np.arange(len(used))
        places[-1] = UNKNOWN
        return Words(places[held], [self._texts[number] for number in used.tolist()])


def ids(prefix: str, numbers: Array, bits: int = 44) -> Words:
    """A column of ids of any numbers."""
    distinct, codes = np.unique(numbers, return_inverse=True)
    return Words(codes.astype(np.int32), [f"{prefix}{number:013d}" for number in mixed(distinct, bits).tolist()])


def names(numbers: Array, persons: Array, known: Array) -> Words:
    """A column of names: of people, and of firms where `persons` is no."""
    keys = np.where(persons, numbers % len(_people()), len(_people()) + numbers % _MOST_FIRMS)
    keys = np.where(known, keys, -1)
    distinct, codes = np.unique(keys, return_inverse=True)
    absent = int(len(distinct) > 0 and distinct[0] == -1)
    words = [
        _people()[key] if key < len(_people()) else _firm(key - len(_people())) for key in distinct[absent:].tolist()
    ]
    return Words((codes - absent).astype(np.int32), words)


@cache
def _people() -> list[str]:
    """Every name that a person may have; many share one. None is there twice."""
    given = [*_GIVEN, *(first + second for first in _GIVEN for second in _GIVEN)]
    return [surname + name for surname in _SURNAMES for name in given]


def _firm(number: int) -> str:
    number, first = divmod(number, len(_FIRMS))
    number, trade = divmod(number, len(_TRADES))
    return f"{_FIRMS[first]} {_TRADES[trade]} {number + 100}"
