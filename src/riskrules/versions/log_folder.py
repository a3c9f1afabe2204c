"""The files of a log: segments `000001.jsonl`, `000002.jsonl` …, the signed heads `heads.jsonl`, and `HEAD`.

A segment begins with a line that says what it goes on from and which versions wrote it, and a writer begins one each
time it is opened; so a reader needs nothing but the segment to understand it. All reading is by lines of a bounded
length: a log may be larger than any memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .log_chain import FORMAT_NUMBER, MOST_LINE_BYTES, object_of

HEADS, HEAD, LOCK = "heads.jsonl", "HEAD", "log.lock"
UNFINISHED = ".unfinished"
MOST_SEGMENTS = 999_999
"""Six digits in a name. At one start an hour that is a century."""
_NAME = re.compile(r"([0-9]{6})\.jsonl", re.ASCII)


class LogError(ValueError):
    """A log that cannot be written or read. The message is one sentence."""


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.jsonl"


def segment_numbers(folder: Path) -> list[int]:
    """Rising. LogError when there is no such folder."""
    try:
        return sorted(int(m[1]) for path in folder.iterdir() if (m := _NAME.fullmatch(path.name)))
    except OSError as error:
        raise LogError(f"`{folder}` is no folder that can be read: {(error.strerror or str(error)).lower()}") from error


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a file, each with its end; the last may lack it. A longer one than any log's comes in pieces."""
    try:
        with path.open("rb") as file:
            while line := file.readline(MOST_LINE_BYTES):
                yield line
    except OSError as error:
        raise LogError(f"`{path}` cannot be read: {(error.strerror or str(error)).lower()}") from error


def records_of(folder: Path) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    """Every whole line of a log as its object, with its file and its line in it. LogError where one is none: what was
    not written whole at the end of a segment is passed over."""
    numbers = segment_numbers(folder)
    if not numbers:
        raise LogError(f"`{folder}` holds no log: there is no `000001.jsonl` in it")
    for number in numbers:
        path = segment_path(folder, number)
        for place, line in enumerate(lines_of(path), 1):
            if not line.endswith(b"\n"):
                continue
            found = object_of(line)
            if found is None or not isinstance(found.get("kind"), str):
                raise LogError(f"line {place} of `{path}` is no line of a log; `riskrules verify` says what is wrong")
            if place == 1 and (found["kind"] != "segment" or found.get("format") != FORMAT_NUMBER):
                raise LogError(f"`{path}` does not begin as a log of format {FORMAT_NUMBER} does")
            yield path, place, found
