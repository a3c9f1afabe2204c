"""What a writer finds in a folder before it goes on: where the log ends, and what a crash left behind.

Only the last file is read. A last line that was cut short, as a kill may leave it, is taken off, and the next file's
first line says so; whatever else does not follow is damage, which is refused and left as it is.
"""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .log_chain import FORMAT_NUMBER, MOST_HEAD_BYTES, START, Head, follows, head_of, object_of, parted
from .log_folder import HEAD, HEADS, UNFINISHED, LogError, lines_of, segment_numbers, segment_path


@dataclass
class Found:
    """Where a log ends: `segment` its last file, `lines` and `number` (of decisions) so far, `hash` of the last line,
    `heads_digest` of the last head. `told`: what the next file's first line says of a crash."""

    id: str
    segment: int = 0
    lines: int = 0
    number: int = 0
    hash: bytes = START
    heads_digest: str = ""
    told: dict[str, object] = field(default_factory=dict)


def found_in(folder: Path, public: str) -> Found:
    """LogError where the end is damaged, or was signed by another key."""
    for path in folder.glob(f"*{UNFINISHED}"):
        path.unlink()
    head, digest = _last_head(folder, public)
    numbers = segment_numbers(folder)
    if not numbers:
        if head is not None or (folder / HEAD).exists():
            raise LogError(f"`{folder}` has heads of a log and none of its records; begin another in a new folder")
        return Found(os.urandom(16).hex())
    found = _end_of(segment_path(folder, numbers[-1]), numbers[-1])
    found.heads_digest = digest
    if head is not None and head.log != found.id:
        raise LogError(f"`{folder}` has the heads of another log; `riskrules verify` says what is wrong")
    if head is not None and head.lines > found.lines:
        found.told["lost_lines"] = head.lines - found.lines
    return found


def _last_head(folder: Path, public: str) -> tuple[Head | None, str]:
    """The last whole head and its digest; what was not written whole is taken off."""
    path = folder / HEADS
    if not path.exists():
        return None, ""
    last, whole = b"", 0
    for line in lines_of(path):
        if line.endswith(b"\n"):
            last, whole = line, whole + len(line)
        elif len(line) > MOST_HEAD_BYTES:
            raise LogError(f"`{path}` is damaged at byte {whole}")
    if whole < path.stat().st_size:
        os.truncate(path, whole)
    if not last:
        return None, ""
    head = head_of(last)
    if head is None:
        raise LogError(f"the last line of `{path}` is no head; `riskrules verify` says what is wrong")
    if not head.is_by(public):
        raise LogError(f"`{folder}` was signed with another key; sign with the same, or begin a log in a new folder")
    return head, head.digest


def _end_of(path: Path, segment: int) -> Found:
    """Reads one segment to its end, and cuts off a last line that is not whole."""
    found: Found | None = None
    size, torn = 0, b""
    for line in lines_of(path):
        if not line.endswith(b"\n"):
            torn += line
            continue
        if torn:
            raise LogError(f"`{path}` is damaged at byte {size}")
        given = object_of(line) if found is None or line.startswith(b'{"kind":"decision"') else {}
        if found is None:
            found = _begun(path, segment, given or {})
        elif given and type(given.get("number")) is int:
            found.number = given["number"]
        made = parted(line)
        if given is None or made is None or not follows(found.hash, line):
            raise LogError(f"`{path}` is damaged at byte {size}; `riskrules verify` says what is wrong")
        found.hash, found.lines = made[1], found.lines + 1
        size += len(line)
    if found is None:
        raise LogError(f"`{path}` has no first line; `riskrules verify` says what is wrong")
    if torn:
        os.truncate(path, size)
        found.told["cut_off"] = {"segment": segment, "bytes": len(torn), "sha256": sha256(torn).hexdigest()}
    return found


def _begun(path: Path, segment: int, first: dict[str, Any]) -> Found:
    """What a segment goes on from, by its first line."""
    try:
        if (first["kind"], first["format"], first["segment"]) != ("segment", FORMAT_NUMBER, segment):
            raise ValueError
        before = bytes.fromhex(first["previous"])
        return Found(str(first["log"]), segment, int(first["line"]) - 1, int(first["number"]), before)
    except (KeyError, TypeError, ValueError) as error:
        raise LogError(f"`{path}` does not begin as segment {segment} of a log of format {FORMAT_NUMBER}") from error


def header(
    log: str, segment: int, line: int, number: int, previous: bytes, public: str, told: dict[str, object]
) -> bytes:
    """The body of a segment's first line. `line`: its own place in the log; `number`: decisions before it."""
    fields = {
        "kind": "segment",
        "format": FORMAT_NUMBER,
        "log": log,
        "segment": segment,
        "line": line,
        "number": number,
        "previous": previous.hex(),
        "opened_us": time.time_ns() // 1_000,
        "signer": public,
        "riskrules": _version("riskrules"),
        "python": platform.python_version(),
        "numba": _version("numba"),
        "numpy": _version("numpy"),
        **told,
    }
    return json.dumps(fields, separators=(",", ":"))[:-1].encode()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
