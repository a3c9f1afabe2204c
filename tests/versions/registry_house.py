"""A house with four people, their keys, a clock that stands still, and a registry with two versions."""

from __future__ import annotations

from pathlib import Path

from riskrules.base.times import parse_instant
from riskrules.versions.keys import SigningKey
from riskrules.versions.ranges import Activation
from riskrules.versions.registry import Published, Registry
from riskrules.versions.trust import Trust, TrustedKey

RULES = """\
ruleset small version {version}
  title    "Small"
  currency CNY
  timezone Asia/Shanghai
  appeal   "Call 95588."

source LAW "A law, 2026"

list   bad_accounts of account

rule listed_payee
  "The payee is on the list"
  cites   LAW "1"
  when    payee.account in bad_accounts
  then    reject
  responsible payee.account
  tell    payer "Your {{amount}} was not sent."

rule large_amount
  "A large amount"
  when    amount > {amount} CNY
  then    hold up to 24h
  responsible payer.account
  tell    payer "Your {{amount}} waits."
"""
START_US = parse_instant("2026-11-01T00:00:00Z")
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
LISTS = {"bad_accounts": {"BAD-1", "BAD-2"}}
KEYS = {name: SigningKey.new() for name in ("li", "wang", "zhao", "chen", "stranger")}
ROLES = {"li": ("author", "approver"), "wang": ("approver",), "zhao": ("approver",), "chen": ("operator",)}


def trusted(name: str, *, expires_us: int | None = None, called: str | None = None) -> TrustedKey:
    """One of the four as a host trusts them."""
    return TrustedKey(KEYS[name].public, called or name.title(), frozenset(ROLES[name]), expires_us)


def trust(*, approvals: int = 2, **expiring: int) -> Trust:
    """All four; `li=…`: whose key expires when."""
    return Trust([trusted(name, expires_us=expiring.get(name)) for name in ROLES], approvals=approvals)


class House:
    """One registry and what people do with it."""

    def __init__(self, folder: Path, place: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.place = place or str(folder / "registry")
        self.now_us = START_US
        self.trust = trust()
        self.registry = self.opened()

    def opened(self, believing: Trust | None = None) -> Registry:
        """The registry as another process sees it, which has seen nothing yet."""
        return Registry(self.place, trust=believing or self.trust, clock=lambda: self.now_us)

    def rules(self, version: str, amount: str = "5_000") -> Path:
        """A rule file."""
        file = self.folder / f"small-{version}.risk"
        file.write_text(RULES.format(version=version, amount=amount), encoding="utf-8")
        return file

    def publish(self, version: str, amount: str = "5_000", **more: int) -> Published:
        return self.registry.publish(self.rules(version, amount), lists=LISTS, key=KEYS["li"], **more)

    def approved(self, version: str, amount: str = "5_000", **more: int) -> Published:
        """Published, and approved by two."""
        found = self.publish(version, amount, **more)
        for name in ("wang", "zhao"):
            self.registry.approve("small", version, key=KEYS[name])
        return found

    def activate(self, version: str, begins_us: int | None = None, ends_us: int | None = None) -> Activation:
        return self.registry.activate("small", version, key=KEYS["chen"], begins_us=begins_us, ends_us=ends_us)

    def two_in_force(self) -> None:
        """2026.1 since the start, 2026.2 since an hour later; it is two hours after the start."""
        self.approved("2026.1")
        self.activate("2026.1")
        self.approved("2026.2", "6_000")
        self.now_us += HOUR_US
        self.activate("2026.2")
        self.now_us += HOUR_US
