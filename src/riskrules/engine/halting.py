"""Champion and canary side by side: what each did, and when the canary has to halt.

Counted in the deciding threads, a few integers a payment, and judged there after every so many payments of the canary:
no thread needs to be alive for a halt. A halt lasts. It is kept in the engine's folder if there is one, so that a
restart does not begin the same version again. Each process judges what it sees itself.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..base.counting import Counts
from ..base.forks import ForkLock
from ..meaning import nodes as n
from .canary import Canary, Chooser
from .rules import Rules

JUDGED_EVERY = 64
"""Payments of the canary that one thread decided."""
QUANTILE = (95, 100)
MOST_HALTS = 100
MOST_BYTES = 1 << 20
HALTS = "halted-canaries.json"
ERRORS, PAYMENTS, TIMES = 8, 9, 16
CHAMPION, CANARY = 0, 1 << 12

_log = logging.getLogger("riskrules")


@dataclass(frozen=True, slots=True)
class ArmReport:
    """What one of the two did: `payments` it decided, `stopped` (delayed, held or rejected), `errors` (payments that it
    could not decide), and the time below which 95 % of its decisions took, in nanoseconds, to an eighth."""

    payments: int
    stopped: int
    errors: int
    slow_ns: int


@dataclass(frozen=True, slots=True)
class CanaryReport:
    """`halted`: why the canary stopped deciding; empty while it goes on."""

    version: str
    fingerprint: str
    share: float
    champion: ArmReport
    canary: ArmReport
    halted: str


class Trial:
    """A canary under way beside a champion."""

    def __init__(self, canary: Canary, champion: Rules, state: Path | None) -> None:
        """ValueError when the canary is chosen by no field of the payment."""
        self.asked = canary
        self.champion = champion.fingerprint
        self.chooser = Chooser(champion.name, canary.by, champion.schema, canary.share_points)
        self._counts = Counts()
        self._state = state
        self._ending = ForkLock()
        try:
            self.halted = kept_halts(state).get(canary.rules.fingerprint, "")
        except ValueError as error:
            self.halted = str(error)
        if self.halted:
            self.chooser.points = 0

    def count(self, arm: int, level: int, took_ns: int) -> None:
        """A decision that was made."""
        counts = self._counts.mine()
        key = arm + level
        counts[key] = counts.get(key, 0) + 1
        bits = took_ns.bit_length()
        key = arm + TIMES + (bits << 2 | (took_ns >> bits - 3 & 3) if bits > 2 else bits)
        counts[key] = counts.get(key, 0) + 1
        if arm:
            self._counted(counts)

    def failed(self, arm: int) -> None:
        """A payment that could not be decided."""
        counts = self._counts.mine()
        counts[arm + ERRORS] = counts.get(arm + ERRORS, 0) + 1
        if arm:
            self._counted(counts)

    def _counted(self, counts: dict[Hashable, int]) -> None:
        counts[PAYMENTS] = many = counts.get(PAYMENTS, 0) + 1
        if many % JUDGED_EVERY == 0 and not self.halted:
            self.judge()

    def judge(self) -> None:
        """Halt if the band was left."""
        champion, canary = self._arms()
        least = self.asked.at_least
        if canary.payments + canary.errors >= least and champion.payments + champion.errors >= least:
            why = left(self.asked, champion, canary)
            if why:
                self.halt(why)

    def halt(self, why: str) -> None:
        """No payment more for the canary, from the next one on, and after a restart."""
        with self._ending.held:
            if self.halted:
                return
            self.halted = why
            self.chooser.points = 0
        # The disk and the host's own function must not keep a payment waiting.
        threading.Thread(target=self._tell, args=(why,), name="riskrules halt", daemon=True).start()

    def _tell(self, why: str) -> None:
        rules = self.asked.rules
        _log.warning("canary %s %s halted: %s", rules.name, rules.version, why)
        if self._state is not None:
            try:
                keep_halt(self._state, rules, why)
            except OSError as error:
                _log.warning("the halt is not kept, so a restart begins the canary again: %s", error)
        if self.asked.on_halt is not None:
            try:
                self.asked.on_halt(why)
            except Exception:  # noqa: BLE001  # a halt stands, whatever the host's own function does
                _log.exception("the host's on_halt failed")

    def report(self) -> CanaryReport:
        champion, canary = self._arms()
        rules = self.asked.rules
        share = self.chooser.points / 100
        return CanaryReport(rules.version, rules.fingerprint, share, champion, canary, self.halted)

    def _arms(self) -> tuple[ArmReport, ArmReport]:
        counted = self._counts.read()
        return _arm(counted, CHAMPION), _arm(counted, CANARY)


def left(asked: Canary, champion: ArmReport, canary: ArmReport) -> str:
    """In what the canary left its band; empty where it did not. Both have decided payments."""
    band = asked.band
    for what, mine, other, limit in (
        ("stopped", canary.stopped, champion.stopped, band.stopped),
        ("could not decide", canary.errors, champion.errors, band.errors),
    ):
        shares = [x / max(1, arm.payments + arm.errors) for x, arm in ((mine, canary), (other, champion))]
        apart = shares[0] - shares[1]
        if (abs(apart) if what == "stopped" else apart) > limit:
            many = canary.payments + canary.errors
            said = f"it {what} {shares[0]:.2%} of {many:_} payments, and the champion {shares[1]:.2%}"
            return f"{said}: more than {limit:.2%} apart"
    if canary.slow_ns > band.slower * champion.slow_ns > 0:
        times = canary.slow_ns / champion.slow_ns
        return f"its slow decisions take {times:.1f} times as long as the champion's; {band.slower:g} times is allowed"
    return ""


def _arm(counted: Counter[Hashable], arm: int) -> ArmReport:
    levels = [counted[arm + level] for level in range(len(n.LEVELS))]
    times = sorted((k - arm - TIMES, many) for k, many in counted.items() if isinstance(k, int)
                   and arm + TIMES <= k < arm + CANARY)  # fmt: skip
    return ArmReport(sum(levels), sum(levels[n.DELAY :]), counted[arm + ERRORS], _quantile(times))


def _quantile(times: list[tuple[int, int]]) -> int:
    """The lower end of the step in which the quantile lies, in nanoseconds."""
    wanted, of = QUANTILE
    left_over = sum(many for _, many in times) * wanted
    for step, many in times:
        left_over -= many * of
        if left_over <= 0:
            bits, quarter = step >> 2, step & 3
            return (4 + quarter) << bits - 3 if bits > 2 else step
    return 0


def kept_halts(state: Path | None) -> dict[str, str]:
    """Why canaries halted, by the fingerprint of their rules. ValueError where the folder's file cannot be read."""
    if state is None:
        return {}
    try:
        with (state / HALTS).open("rb") as file:
            held = json.loads(file.read(MOST_BYTES))
        return {x["fingerprint"]: str(x["because"]) for x in held["halted"]}
    except FileNotFoundError:
        return {}
    except (OSError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"`{state / HALTS}` cannot be read, so nobody knows which canaries halted: {error}") from error


def keep_halt(state: Path, rules: Rules, why: str) -> None:
    """Write it down for good. OSError when the folder cannot be written."""
    entry = {"fingerprint": rules.fingerprint, "name": rules.name, "version": rules.version, "because": why}
    held: list[dict[str, object]] = []
    with suppress(OSError, KeyError, TypeError, ValueError, RecursionError):
        held = [x for x in json.loads((state / HALTS).read_bytes())["halted"] if x["fingerprint"] != rules.fingerprint]
    held.append({**entry, "at_us": time.time_ns() // 1000})
    write_halts(state, held)


def forget_halt(state: Path, fingerprint: str) -> None:
    """Whoever decided that the canary may begin again says so. OSError as `keep_halt`."""
    with suppress(FileNotFoundError):
        held = json.loads((state / HALTS).read_bytes())["halted"]
        write_halts(state, [x for x in held if x["fingerprint"] != fingerprint])


def write_halts(state: Path, held: list[dict[str, object]]) -> None:
    state.mkdir(parents=True, exist_ok=True)
    beside = state / f".{HALTS}.{os.getpid()}.{threading.get_ident()}"
    with beside.open("w", encoding="utf-8") as file:
        json.dump({"format": 1, "halted": held[-MOST_HALTS:]}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, state / HALTS)
