"""What each account holds for each victim at a moment: by the lots that lie in it, or as a share of its balance.

The methods that follow money lot by lot say themselves what is where. `pari_passu`, and `cn_article_8` for an account
in which time stamps no longer tell, share out the balance by the claims on it; all accounts together never give a
victim more than is still missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..base.money import in_proportion
from .following import Followed
from .result import MOVED, RETURNED, STOLEN_AGAIN, THEFT, Holding, Trace
from .sharing import capped
from .standing import followed_to, stop_at


@dataclass(slots=True)
class _Claim:
    """One victim's claim on one account."""

    account: int
    victim: int
    brought: int
    lowest: int
    balance: int
    since: int
    hop: int
    amount: int = 0
    why: str = ""


def holdings(trace: Trace, at_us: int | None) -> tuple[Holding, ...]:
    stop = stop_at(trace, at_us)
    followed = followed_to(trace, stop)
    claims, own = _claims(trace, followed, stop)
    by_account: dict[int, list[_Claim]] = {}
    for claim in claims.values():
        by_account.setdefault(claim.account, []).append(claim)
    _place_lots(trace, followed, claims)
    if trace.method in ("pari_passu", "cn_article_8"):
        stolen, missing = _losses(trace, stop)
        for account, group in by_account.items():
            if trace.method == "pari_passu" or followed.pooled[account]:
                _share(trace, group, int(own[account]), stolen)
        _keep_to_the_loss(sorted(claims.values(), key=lambda c: trace.ledger.accounts[c.account]), missing)
    if trace.sharing.lowest_balance and trace.method != "poison":
        for claim in claims.values():
            claim.amount = min(claim.amount, claim.lowest)
    ledger = trace.ledger
    return tuple(
        Holding(
            ledger.accounts[c.account], trace.victims[c.victim], c.amount, c.brought, c.lowest, c.balance, c.since,
            c.hop, ledger.institutions.get(ledger.accounts[c.account], ""), c.why,
        )
        for c in sorted(claims.values(), key=lambda c: (c.since, ledger.accounts[c.account], c.victim))
        if c.amount > 0
    )  # fmt: skip


def _claims(trace: Trace, followed: Followed, stop: int) -> tuple[dict[tuple[int, int], _Claim], NDArray[np.int64]]:
    """Every account that a victim's money came to, and what is whose in it; and each account's own money."""
    from ..kernel import trace_claims

    ledger, entries, victims = trace.ledger, trace.entries, len(trace.victims)
    count = int(np.searchsorted(entries.row, stop))
    rows, targets, ways = entries.row[:count], entries.target[:count], entries.way[:count]
    comes = (ways == THEFT) | (ways == MOVED)
    ends = (entries.source[:count] == targets) & (ledger.target[rows] == targets) & ~comes
    mine = np.flatnonzero((comes | ends) & (ledger.outside[targets] == 0))
    keys = targets[mine].astype(np.int64) * victims + entries.victim[:count][mine]
    known, first_seen, place = np.unique(keys, return_index=True, return_inverse=True)
    first = np.searchsorted(known // victims, np.arange(len(ledger.accounts) + 2)).astype(np.int64)
    brought, lowest = np.zeros(len(known), np.int64), np.zeros(len(known), np.int64)
    amounts = np.where(ends[mine], -entries.amount[:count][mine], entries.amount[:count][mine])
    balances, own = ledger.opening.copy(), ledger.opening.copy()
    trace_claims.claims(
        ledger.source, ledger.target, ledger.amount, ledger.outside, balances, rows[mine],
        place.astype(np.int64), amounts, (first, brought, lowest), own, stop,
    )  # fmt: skip
    hops = np.full(len(known), np.iinfo(np.int32).max, np.int64)
    np.minimum.at(hops, place, entries.hop[:count][mine])
    since = ledger.at[rows[mine][first_seen]]
    found = {}
    for at, key in enumerate(known.tolist()):
        account, victim = divmod(key, victims)
        found[account, victim] = _Claim(
            account, victim, int(brought[at]), int(lowest[at]), int(balances[account]), int(since[at]), int(hops[at])
        )
    return found, own


def _place_lots(trace: Trace, followed: Followed, claims: dict[tuple[int, int], _Claim]) -> None:
    """What the kernel says of each account."""
    held = followed.account.tolist(), followed.victim.tolist(), followed.amount.tolist(), followed.hop.tolist()
    for account, victim, amount, hop in zip(*held, strict=True):
        claim = claims[account, victim]
        claim.amount, claim.hop, claim.why = amount, hop, trace.method
        if trace.method == "cn_article_8":
            claim.why = "direct" if amount == claim.balance else "time stamps"


def _losses(trace: Trace, stop: int) -> tuple[list[int], list[int]]:
    """Of each victim, what was stolen and what is still missing."""
    stolen, missing = [0] * len(trace.victims), [0] * len(trace.victims)
    count = int(np.searchsorted(trace.entries.row, stop))
    entries = trace.entries
    picked = np.flatnonzero(np.isin(entries.way[:count], (THEFT, RETURNED, STOLEN_AGAIN)))
    for way, victim, amount in zip(
        entries.way[picked].tolist(), entries.victim[picked].tolist(), entries.amount[picked].tolist(), strict=True
    ):
        if way == THEFT:
            stolen[victim] += amount
        missing[victim] += amount if way == THEFT else -amount
    return stolen, missing


def _share(trace: Trace, group: list[_Claim], own: int, stolen: list[int]) -> None:
    """Share one account's balance among those who have a claim on it."""
    how = trace.sharing
    weights, caps = [], []
    for claim in group:
        weight = min(claim.brought, stolen[claim.victim])
        if how.share_by == "loss" and claim.brought:
            weight = stolen[claim.victim]
        if how.lowest_balance:
            weight = min(weight, claim.lowest)
        weights.append(weight)
        caps.append(weight)
    balance = group[0].balance
    if how.pool == "all":
        weights.append(own)
        caps.append(balance)
    shares = capped(balance, weights, caps)
    assert sum(shares) <= balance, group
    for claim, share in zip(group, shares, strict=False):
        claim.amount, claim.why = share, "in proportion"


def _keep_to_the_loss(claims: list[_Claim], missing: list[int]) -> None:
    for victim, most in enumerate(missing):
        mine = [claim for claim in claims if claim.victim == victim]
        shares = [claim.amount for claim in mine]
        if sum(shares) > most:
            for claim, share in zip(mine, in_proportion(most, shares), strict=True):
                claim.amount = share
