"""What all tests share: the flag that renews golden files."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-goldens",
        action="store_true",
        help="write the expected files anew from what is said now; read the difference before keeping it",
    )


@pytest.fixture
def renew_goldens(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--renew-goldens"))
