"""A registry for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from .registry_house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty registry."""
    return House(tmp_path)


@pytest.fixture
def lived_in(house: House) -> House:
    """A registry in which two versions are in force, one after the other."""
    house.two_in_force()
    return house
