"""How what holds account numbers is printed: with the last four characters of each.

A repr ends up in a log sooner or later. Values keep the whole numbers, for whoever acts on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..base.hiding import masked, without_card_numbers

WHO = frozenset(
    {"account", "account_name", "accounts", "from_account", "institutions", "into", "lacking", "payee", "payer",
     "residue", "to_account", "victim", "victims"}
)  # fmt: skip
"""Fields that name accounts or people, by themselves, as items or as keys."""


class Printed:
    """A dataclass whose repr shows no account and no person. `also`: further fields of its own that name one."""

    __slots__ = ()
    also: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        told = (
            f"{f.name}={_shown(getattr(self, f.name), f.name in WHO or f.name in self.also)}"
            for f in fields(self)  # type: ignore[arg-type]  # whoever inherits is a dataclass
            if f.repr
        )
        return f"{type(self).__name__}({', '.join(told)})"


def _shown(value: Any, who: bool) -> str:
    if isinstance(value, str):
        return repr(masked(value) if who else without_card_numbers(value))
    if who and isinstance(value, Mapping):
        return f"{{{', '.join(f'{_shown(k, True)}: {v!r}' for k, v in value.items())}}}"
    if who and isinstance(value, list | tuple):
        return f"[{', '.join(_shown(item, True) for item in value)}]"
    return repr(value)
