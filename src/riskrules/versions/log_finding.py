"""Which decisions of a log are about a customer: asked with the log's secret, since the log holds no number.

The numbers become tokens, and every record is looked at once: some hundred thousand a second, in flat memory. An index
would be quicker, and one more thing to keep safe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..engine.logged import ENTITIES
from .log_chain import object_of
from .log_folder import LogError, lines_of, segment_numbers, segment_path
from .tokens import Tokens

MOST_NUMBERS = 10_000
"""Asked for at once."""


def decisions_about(folder: str | Path, secret: bytes, numbers: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The log's records with one of the numbers in them: of an account, a merchant, a wallet, a party, or the payment's
    own id, as it was given. LogError when the log cannot be read, or more than 10,000 are asked for."""
    tokens = Tokens(secret)
    asked = {tokens.of(kind, number) for number in numbers for kind in (*ENTITIES, "id")}
    if len(asked) > MOST_NUMBERS * (len(ENTITIES) + 1):
        raise LogError(f"more than {MOST_NUMBERS:_} numbers are asked for at once")
    root = Path(folder)
    segments = segment_numbers(root)
    if not segments:
        raise LogError(f"`{root}` holds no log: there is no `000001.jsonl` in it")
    for segment in segments:
        for line in lines_of(segment_path(root, segment)):
            record = object_of(line) if line.startswith(b'{"kind":"decision"') else None
            if record is not None and asked & _tokens_in(record):
                yield record


def _tokens_in(record: dict[str, Any]) -> set[str]:
    given = [*(record.get("tokens") or {}).values()]
    given += [share.get("token") for share in record.get("shares") or () if isinstance(share, dict)]
    return {token for token in given if isinstance(token, str)}
