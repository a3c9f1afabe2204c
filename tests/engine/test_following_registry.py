"""An engine and a registry together, from the rule file on a disk to the decision."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

import riskrules as rr

from .samples import payment
from .sources import TEXT, now_us

ACCOUNT = "6228480000002222"


class House:
    """A registry in a folder, and rule files to publish there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = folder / "registry"
        self.registry = rr.Registry(self.place, trust=rr.UNSIGNED)

    def publish(self, version: int, involved: list[str] | None = None, more: str = "") -> None:
        """A version that verifies what is above `1000 + version`, but for the accounts of its list."""
        file = self.folder / f"v{version}.risk"
        file.write_text(TEXT.format(version=version, limit=1_000 + version, more=more), "utf-8")
        self.registry.publish(file, lists={"involved": involved or []})

    def activate(self, version: int, begins_us: int | None = None) -> None:
        self.registry.activate("followed", f"2026.{version}", begins_us=begins_us)


def until(holds: Callable[[], object], seconds: float = 20.0) -> float:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds
        time.sleep(0.005)
    return time.monotonic() - began


def decides_as(engine: rr.Engine, version: int) -> bool:
    """Whether it verifies just what that version verifies."""
    above, at = (engine.decide(payment(amount=f"{1_000 + version}.0{cents}")).act for cents in (1, 0))
    return (above, at) == ("verify", "allow")


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    made.publish(1)
    made.activate(1)
    return made


def test_from_the_file_to_the_decision(house: House) -> None:
    """Published and activated is what decides, within a second; rolled back, the one before; lists come with it."""
    engine = rr.Engine.following(house.registry, state=house.folder / "state")
    try:
        assert decides_as(engine, 1)
        house.publish(2)
        time.sleep(0.4)
        assert decides_as(engine, 1)  # published is not activated
        house.activate(2)
        assert until(lambda: engine.rules.version == "2026.2") < 2.0
        assert decides_as(engine, 2)
        house.publish(3, involved=[ACCOUNT])
        house.activate(3)
        until(lambda: engine.rules.version == "2026.3")
        assert engine.decide(payment(amount="9000.00")).act == "allow"
        house.registry.rollback("followed")
        until(lambda: engine.rules.version == "2026.2")
        assert decides_as(engine, 2)
    finally:
        assert engine.followed
        engine.followed.stop()


def test_the_registry_goes_away(house: House) -> None:
    """What was told to begin begins; a new process has it all from the mirror; back again, it is followed."""
    begins = now_us() + 3_000_000
    house.publish(2)
    house.activate(2, begins)
    engine = rr.Engine.following(house.registry, state=house.folder / "state")
    away = house.folder / "away"
    house.place.rename(away)
    again = rr.Engine.following(house.registry, state=house.folder / "state")
    assert again.followed
    assert engine.followed
    try:
        assert again.rules.fingerprint == engine.rules.fingerprint
        until(lambda: engine.followed and engine.followed.status().unreachable)
        until(lambda: engine.rules.version == again.rules.version == "2026.2")
        assert now_us() >= begins
        assert decides_as(engine, 2)
        assert decides_as(again, 2)
        away.rename(house.place)
        house.publish(3)
        house.activate(3)
        until(lambda: engine.rules.version == again.rules.version == "2026.3")
    finally:
        engine.followed.stop()
        again.followed.stop()


def test_what_was_tampered_with_is_refused(house: House) -> None:
    """A pointer that was written over, and an object that was, leave the last good version, also after a restart."""
    engine = rr.Engine.following(house.registry, state=house.folder / "state")
    assert engine.followed
    status = engine.followed.status
    pointer = house.place / "pointer.json"
    good = pointer.read_bytes()
    try:
        for bad in (b"", b"{}", good[:-5], good.replace(b"2026.1", b"2026.9"), b"\xff" * 100):
            told = len(status().refusals), status().unreachable
            pointer.write_bytes(bad)
            until(lambda told=told: (len(status().refusals), status().unreachable) != told)
            assert decides_as(engine, 1)
            again = rr.Engine.following(house.registry, state=house.folder / "state")
            assert decides_as(again, 1)
            assert again.followed
            again.followed.stop()
            pointer.write_bytes(good)
            until(lambda: status().looked_us > now_us() - 200_000)
    finally:
        engine.followed.stop()
