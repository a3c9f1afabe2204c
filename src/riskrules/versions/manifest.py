"""What a version is made of: a name, a fingerprint, and the SHA-256 of every file. This is what people sign.

A manifest is known by the SHA-256 of its own bytes, so a signature, a name and a pointer all speak of exactly one. A
manifest of another format number is refused: a later release may mean something else by the same words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ..base.times import format_instant
from ..checker.models import MOST_BYTES as MOST_MODEL_BYTES
from ..checker.models import MOST_MODELS
from ..engine.source import RefusedError
from ..program.saved import MOST_BYTES as MOST_PROGRAM_BYTES
from ..state.lists import MOST_ITEMS
from ..syntax.limits import MOST_BLOCKS, MOST_CHARACTERS
from .canonical import Shape, by_name, decoded, encoded, instant, members, or_none, taken, text, whole
from .layout import MOST_FIELDS_BYTES, MOST_LIST_BYTES, is_digest, is_key, is_ruleset, is_version

FORMAT_NUMBER = 1
LANGUAGE = "5.0"
"""Of the language that this release reads, as its changelog counts."""

UNKNOWN_RELEASE = "0"
"""Of a riskrules that was not installed, as in a checkout."""

_MODEL_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,200}\.onnx", re.ASCII)
_RELEASE = re.compile(r"[0-9][0-9A-Za-z.+-]{0,63}", re.ASCII)


def release() -> str:
    """Of riskrules itself."""
    try:
        return version("riskrules")
    except PackageNotFoundError:
        return UNKNOWN_RELEASE


@dataclass(frozen=True, slots=True)
class Part:
    """One file: the SHA-256 of its content in hexadecimal, and its length."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class ListPart(Part):
    """One list: how many items, and its version as `Lists.version` gives it."""

    items: int
    version: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of a ruleset. `language` and `riskrules` are those that published it, `schema` is the fingerprint of
    the fields that it reads, `fields` the file of those that the host brought, `author` the id of the key that signed
    it (None: nobody signed). It may be activated and served until `expires_us`."""

    name: str
    version: str
    language: str
    riskrules: str
    fingerprint: str
    schema: str
    program_format: int
    text: Part
    program: Part
    fields: Part | None
    lists: Mapping[str, ListPart]
    models: Mapping[str, Part]
    author: str | None
    made_at_us: int
    expires_us: int | None

    @property
    def shown(self) -> str:
        """As people call it: `whose_account 2026.11`."""
        return f"`{self.name}` {self.version}"

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every file of it."""
        own = (self.text, self.program, *([self.fields] if self.fields else []))
        return (*own, *self.lists.values(), *self.models.values())

    def same_content(self, other: Manifest) -> bool:
        """Whether both decide alike, and for as long, whoever published them and when."""
        return all(
            getattr(self, each) == getattr(other, each)
            for each in ("name", "version", "fingerprint", "text", "fields", "lists", "models", "expires_us")
        )

    def to_bytes(self) -> bytes:
        """What is hashed and signed."""
        return encoded(
            {
                "format": FORMAT_NUMBER,
                "name": self.name,
                "version": self.version,
                "language": self.language,
                "riskrules": self.riskrules,
                "fingerprint": self.fingerprint,
                "schema": self.schema,
                "program_format": self.program_format,
                "text": _told(self.text),
                "program": _told(self.program),
                "fields": self.fields and _told(self.fields),
                "lists": {
                    name: {**_told(part), "items": part.items, "version": part.version}
                    for name, part in self.lists.items()
                },
                "models": {file: _told(part) for file, part in self.models.items()},
                "author": self.author,
                "made_at": format_instant(self.made_at_us),
                "expires": None if self.expires_us is None else format_instant(self.expires_us),
            }
        )


def _told(part: Part) -> dict[str, Any]:
    return {"sha256": part.sha256, "bytes": part.bytes}


def _part(most_bytes: int) -> Shape:
    return members({"sha256": text(is_digest), "bytes": whole(0, most_bytes)})


_LIST = members(
    {
        "sha256": text(is_digest),
        "bytes": whole(0, MOST_LIST_BYTES),
        "items": whole(0, MOST_ITEMS),
        "version": text(is_digest),
    }
)
_MANIFEST = members(
    {
        "format": whole(FORMAT_NUMBER, FORMAT_NUMBER),
        "name": text(is_ruleset),
        "version": text(is_version),
        "language": text(lambda x: _RELEASE.fullmatch(x) is not None),
        "riskrules": text(lambda x: _RELEASE.fullmatch(x) is not None),
        "fingerprint": text(is_digest),
        "schema": text(is_digest),
        "program_format": whole(1, 1_000_000),
        "text": _part(MOST_CHARACTERS),
        "program": _part(MOST_PROGRAM_BYTES),
        "fields": or_none(_part(MOST_FIELDS_BYTES)),
        "lists": by_name(is_ruleset, _LIST, MOST_BLOCKS),
        "models": by_name(lambda x: _MODEL_FILE.fullmatch(x) is not None, _part(MOST_MODEL_BYTES), MOST_MODELS),
        "author": or_none(text(is_key)),
        "made_at": instant,
        "expires": or_none(instant),
    }
)


def manifest_of(raw: bytes, what: str) -> Manifest:
    """The manifest in a file that `what` names. RefusedError."""
    told = decoded(raw, what)
    of_this_format(told, what)
    held = taken(told, _MANIFEST, what)
    return Manifest(
        name=held["name"],
        version=held["version"],
        language=held["language"],
        riskrules=held["riskrules"],
        fingerprint=held["fingerprint"],
        schema=held["schema"],
        program_format=held["program_format"],
        text=Part(**held["text"]),
        program=Part(**held["program"]),
        fields=held["fields"] and Part(**held["fields"]),
        lists={name: ListPart(**part) for name, part in held["lists"].items()},
        models={file: Part(**part) for file, part in held["models"].items()},
        author=held["author"],
        made_at_us=held["made_at"],
        expires_us=held["expires"],
    )


def of_this_format(told: Any, what: str) -> None:
    """RefusedError for a format number that a later release may have given it."""
    number = told.get("format") if isinstance(told, dict) else None
    if type(number) is int and number != FORMAT_NUMBER:
        raise RefusedError(f"{what} has format {number}, and this release of riskrules reads {FORMAT_NUMBER}: upgrade")
