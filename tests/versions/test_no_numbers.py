"""No card number and no account number is said, logged or kept, wherever somebody put it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import riskrules as rr
from riskrules.base.hiding import is_luhn, without_card_numbers
from tests.windows.redis_server import Server

from .log_numbers import all_found, card_number, found_in, run, written


def test_nothing_planted_is_found_again(tmp_path: Path) -> None:
    """Planted in every field, in any script and in groups: in no repr, JSON, reason, error, warning or file."""
    seen, leaked = run(400, 3, tmp_path)
    assert leaked == []
    assert seen["errors"] > 50 and seen["decided"] > 20 and seen["fired"] > 20 and seen["models"] > 5, seen


def test_a_shared_store_holds_none(tmp_path: Path) -> None:
    """Whatever Redis writes to its disk holds keyed hashes alone."""
    options = ("--appendonly", "yes", "--rdbcompression", "no")
    with Server(*options) as server:
        seen, leaked = run(120, 4, tmp_path, server.url)
        assert leaked == [] and seen["decided"] > 5
        server.command("SAVE")
        kept = [path.read_bytes() for path in server.folder.rglob("*") if path.is_file()]
        assert sum(map(len, kept)) > 1_000
        draw = random.Random(4)
        numbers = frozenset(card_number(draw) for _ in range(5))
        for raw in kept:
            text = raw.decode("latin-1")
            assert "6228480" not in text and "BANK-B" not in text and not all_found(text, numbers)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pay 4111 1111 1111 1111 now", "pay …1111 now"),
        ("4111-1111-1111-1111", "…1111"),
        ("４１１１１１１１１１１１１１１１", "…１１１１"),
        ("0000004111111111111111", "…1111"),
        ("4111111111111111, 5500005555555559", "…1111, …5559"),
        ("a 4111111111111111 b", "a …1111 b"),
        ("4\u200b1\u200b1\u200b1 1111 1111 1111", "…1111"),
        ("4111111111111112", "4111111111111112"),
        ("2026-11-22 04:00:00", "2026-11-22 04:00:00"),
        ("PAY-1", "PAY-1"),
        ("", ""),
    ],
)
def test_card_numbers_are_cut_to_four_digits(text: str, shown: str) -> None:
    """What passes Luhn and has 12 to 19 digits is cut; what does not is shown as it is."""
    assert without_card_numbers(text) == shown


def test_every_way_of_writing_is_found() -> None:
    """No way of writing a card number hides it, and nothing else of the text is lost."""
    draw = random.Random(1)
    for _ in range(2_000):
        number = card_number(draw)
        assert is_luhn(number) and not is_luhn(number[:-1] + str((int(number[-1]) + 1) % 10))
        text = written(number, draw)
        shown = without_card_numbers(f"to <{text}> today")
        assert not found_in(shown, [number]), text
        assert shown.startswith("to <") and shown.endswith("> today")
        assert found_in(text, [number]), "the search itself finds it"


def test_a_model_prints_no_number() -> None:
    """A host that prints its typed payment prints no account, and its values are whole all the same."""
    given = {"id": "P1", "occurred_at": "2026-01-01T00:00:00Z", "amount": "1.00", "memo": "to 4111 1111 1111 1111"}
    payment = rr.Payment.model_validate({**given, "payer": {"account": {"id": "6222020000001111"}}})
    for text in (repr(payment), str(payment), f"{payment.payer}"):
        assert "6222020000001111" not in text and "4111" not in text and "…1111" in text
    assert payment.model_dump()["payer"]["account"]["id"] == "6222020000001111"
