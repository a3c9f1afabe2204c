"""Three hundred ways in which a registry may be wrong: by accident, by tools, by strangers, by one of the house alone.

Each takes a good registry (2026.2 in force, pointer 2) and spoils it. What is said of it is given beside it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from .registry_forgeries import manifests, mixed, pointers, signatures
from .registry_forging import Bad
from .registry_house import KEYS, House


def every() -> list[Bad]:
    """All of them."""
    return [*bytes_of_files(), *manifests(), *signatures(), *pointers(), *mixed()]


def _damages() -> dict[str, Callable[[bytes], bytes]]:
    dice = random.Random(7)

    def flipped(raw: bytes) -> bytes:
        at = dice.randrange(len(raw))
        return raw[:at] + bytes([raw[at] ^ (1 << dice.randrange(8))]) + raw[at + 1 :]

    return {
        "nothing": lambda raw: b"",
        "half": lambda raw: raw[: len(raw) // 2],
        "without its last byte": lambda raw: raw[:-1],
        "without its first byte": lambda raw: raw[1:],
        "with a byte more": lambda raw: raw + b"\n",
        "twice": lambda raw: raw + raw,
        "ten times": lambda raw: raw * 10,
        "blanks": lambda raw: b" " * len(raw),
        "zeros": lambda raw: bytes(len(raw)),
        "backwards": lambda raw: raw[::-1],
        "a page of another service": lambda raw: b"<html><body>502 Bad Gateway</body></html>",
        "brackets": lambda raw: b"[" * 100_000,
        "one bit flipped": flipped,
        "another bit flipped": flipped,
        "a third bit flipped": flipped,
        "in capitals": lambda raw: raw.swapcase(),
    }


def files_of(house: House) -> dict[str, tuple[Sequence[str], str]]:
    """The files of the version in force, by what they are, and what is said when one is spoilt."""
    digest = house.registry.version("small", "2026.2").manifest
    part = house.registry.version("small", "2026.2").details

    def held(sha256: str) -> str:
        return f"objects/{sha256[:2]}/{sha256}"

    published = "is not what was published|is missing"
    return {
        "text": ([held(part.text.sha256)], f"the text of `small` 2026.2 {published}"),
        "program": ([held(part.program.sha256)], f"the saved program of `small` 2026.2 {published}"),
        "list": ([held(part.lists["bad_accounts"].sha256)], f"the list `bad_accounts` of `small` 2026.2 {published}"),
        "manifest": (
            [f"manifests/{digest}.json"],
            "`manifests/.*` (is damaged|in .* has more|in .* is no file|is missing)",
        ),
        "author": (
            [f"signatures/{digest}/{KEYS['li'].id}.json"],
            "`signatures/.*` (is damaged|is a signature|was not signed|in .* has more|in .* is no file)"
            "|lacks the signature of its author",
        ),
        "approval": ([f"signatures/{digest}/{KEYS['wang'].id}.json"], "has 1 of the 2 approvals that it wants"),
        "pointer": (
            ["pointer.json", "pointers/000000000002.json"],
            "`point.*` (is damaged|holds pointer|in .* has more|in .* is no file|has format|does not say|changes)"
            "|pointer 2 |was served already",
        ),
        "earlier pointer": (
            ["pointers/000000000001.json"],
            "does not follow|is damaged|is missing|holds pointer|is no file|has more than|has format",
        ),
    }  # fmt: skip


def bytes_of_files() -> Iterator[Bad]:
    """Each file of the version in force, spoilt in each way, and absent, and a folder in its place."""
    kinds = ("text", "program", "list", "manifest", "author", "approval", "pointer", "earlier pointer")
    for kind in kinds:
        for what, damage in _damages().items():

            def spoil(house: House, kind: str = kind, damage: Callable[[bytes], bytes] = damage) -> None:
                raw = b""
                for path in files_of(house)[kind][0]:
                    place = Path(house.place) / path
                    raw = raw or damage(place.read_bytes())
                    place.write_bytes(raw)

            yield Bad(f"{kind}: {what}", spoil, kind)

        def gone(house: House, kind: str = kind) -> None:
            for path in files_of(house)[kind][0]:
                (Path(house.place) / path).unlink()

        def folder(house: House, kind: str = kind) -> None:
            for path in files_of(house)[kind][0]:
                (Path(house.place) / path).unlink()
                (Path(house.place) / path).mkdir()

        yield Bad(f"{kind}: absent", gone, kind)
        yield Bad(f"{kind}: a folder", folder, kind)
