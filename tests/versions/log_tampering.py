"""Change a log in every way that somebody might, and see that `verify` finds it.

    python -m tests.versions.log_tampering --tamperings 10000 --seed 1

Each tampering starts from the same untouched log of several files and is drawn from `WAYS`; a way that happens to
change nothing is drawn again. The untouched log must be found untouched, also between the tamperings.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from riskrules.versions import verifying
from riskrules.versions.keys import SigningKey
from riskrules.versions.log_chain import START, Head, linked, parted, signed_head
from riskrules.versions.verifying import verify

from .log_samples import written

Files = dict[str, bytes]
DECISIONS = 160


class Log:
    """An untouched log, one of another day, one of another folder by the same key, and whoever would tamper."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = SigningKey.new()
        self.stranger = SigningKey.new()
        self.early = read(self._written("log", DECISIONS // 2))
        self.files = read(self._written("log", DECISIONS))
        self.foreign = read(self._written("foreign", DECISIONS))
        self.head = folder / "kept-elsewhere"
        self.head.write_bytes(self.files["HEAD"])

    def _written(self, name: str, count: int) -> Path:
        place = self.folder / name
        written(place, count, key=self.key, segment_bytes=30_000, sign_every=30)
        return place

    def verified(self, files: Files, head: Path | None = None) -> verifying.Verified | None:
        """What `verify` says of these files; None where it finds no log at all."""
        place = self.folder / "tampered"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, content in files.items():
            (place / name).write_bytes(content)
        try:
            return verify(place, self.key.public, head=head)
        except verifying.LogError:
            return None


def read(folder: Path) -> Files:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "log.lock"}


def segments(files: Files) -> list[str]:
    return sorted(name for name in files if name.endswith(".jsonl") and name[0] == "0")


Way = Callable[[Log, Files, random.Random], None]


def flip_a_bit(log: Log, files: Files, draw: random.Random) -> None:
    name = draw.choice([*segments(files), "heads.jsonl", "HEAD"])
    content = bytearray(files[name])
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    files[name] = bytes(content)


def change_a_digit(log: Log, files: Files, draw: random.Random) -> None:
    name = draw.choice(segments(files))
    content = bytearray(files[name])
    place = draw.choice([i for i, c in enumerate(content) if chr(c).isdigit()])
    content[place] = ord(draw.choice([d for d in "0123456789" if ord(d) != content[place]]))
    files[name] = bytes(content)


def write_a_hash_in_capitals(log: Log, files: Files, draw: random.Random) -> None:
    _with_lines(files, draw, lambda lines, k: lines.__setitem__(k, lines[k][:-70] + lines[k][-70:-3].upper() + b'"}\n'))


def delete_a_line(log: Log, files: Files, draw: random.Random) -> None:
    _with_lines(files, draw, lambda lines, k: lines.__delitem__(slice(k, k + draw.randrange(1, 4))))


def insert_a_copy(log: Log, files: Files, draw: random.Random) -> None:
    _with_lines(files, draw, lambda lines, k: lines.insert(draw.randrange(len(lines) + 1), lines[k]))


def insert_an_empty_line(log: Log, files: Files, draw: random.Random) -> None:
    _with_lines(files, draw, lambda lines, k: lines.insert(k, b"\n"))


def insert_a_forged_line(log: Log, files: Files, draw: random.Random) -> None:
    """One that follows well from the line before it."""

    def forged(lines: list[bytes], k: int) -> None:
        made = parted(lines[k])
        assert made is not None
        lines.insert(k + 1, linked(made[1], made[0])[0])

    _with_lines(files, draw, forged)


def swap_two_lines(log: Log, files: Files, draw: random.Random) -> None:
    def swapped(lines: list[bytes], k: int) -> None:
        other = draw.randrange(len(lines))
        lines[k], lines[other] = lines[other], lines[k]

    _with_lines(files, draw, swapped)


def swap_two_files(log: Log, files: Files, draw: random.Random) -> None:
    one, other = draw.sample(segments(files), 2)
    files[one], files[other] = files[other], files[one]


def copy_a_file(log: Log, files: Files, draw: random.Random) -> None:
    names = segments(files)
    files[f"{len(names) + draw.randrange(1, 3):06d}.jsonl"] = files[draw.choice(names)]


def delete_a_file(log: Log, files: Files, draw: random.Random) -> None:
    del files[draw.choice([*segments(files), "HEAD", "heads.jsonl"])]


def truncate(log: Log, files: Files, draw: random.Random) -> None:
    name = draw.choice([*segments(files), "HEAD", "heads.jsonl"])
    files[name] = files[name][: draw.randrange(len(files[name]))]


def cut_off_the_end(log: Log, files: Files, draw: random.Random) -> None:
    """Whole lines, and whole files after them."""
    names = segments(files)
    last = draw.randrange(len(names))
    for name in names[last + 1 :]:
        del files[name]
    lines = files[names[last]].splitlines(True)
    files[names[last]] = b"".join(lines[: draw.randrange(1, max(2, len(lines)))])


def change_and_hash_anew(log: Log, files: Files, draw: random.Random) -> None:
    """An edit whose hashes are all worked out anew, to the end of the log."""
    _rehash(files, draw)


def hash_anew_and_sign_with_another_key(log: Log, files: Files, draw: random.Random) -> None:
    _rehash(files, draw)
    lines = [line for name in segments(files) for line in files[name].splitlines(True)]
    made = parted(lines[-1])
    assert made is not None
    told = json.loads(files["HEAD"])
    told |= {"lines": len(lines), "hash": made[1].hex(), "before": ""}
    fields = ("log", "lines", "number", "hash", "signed_us", "before", "closed")
    head = signed_head(log.stranger, Head(*(told[name] for name in fields)))
    files["HEAD"] = files["heads.jsonl"] = head.line


def put_back_the_head(log: Log, files: Files, draw: random.Random) -> None:
    heads = files["heads.jsonl"].splitlines(True)
    files["HEAD"] = draw.choice(heads[:-1])
    if draw.random() < 0.5:
        files["heads.jsonl"] = b"".join(heads[: draw.randrange(len(heads))])


def head_of_another_log(log: Log, files: Files, draw: random.Random) -> None:
    for name in draw.choice((("HEAD",), ("heads.jsonl",), ("HEAD", "heads.jsonl"))):
        files[name] = log.foreign[name]


def file_of_another_log(log: Log, files: Files, draw: random.Random) -> None:
    name = draw.choice(sorted(set(segments(files)) & set(segments(log.foreign))))
    files[name] = log.foreign[name]


def change_the_heads(log: Log, files: Files, draw: random.Random) -> None:
    lines = files["heads.jsonl"].splitlines(True)
    k, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    match draw.randrange(3):
        case 0:
            del lines[k]
        case 1:
            lines.insert(other, lines[k])
        case _:
            lines[k], lines[other] = lines[other], lines[k]
    files["heads.jsonl"] = b"".join(lines)


def put_back_all(log: Log, files: Files, draw: random.Random) -> None:
    """The whole log as it was on an earlier day: only a head kept elsewhere shows it."""
    files.clear()
    files.update(log.early)


WAYS: tuple[Way, ...] = (
    flip_a_bit, change_a_digit, write_a_hash_in_capitals, delete_a_line, insert_a_copy, insert_an_empty_line,
    insert_a_forged_line, swap_two_lines, swap_two_files, copy_a_file, delete_a_file, truncate, cut_off_the_end,
    change_and_hash_anew, hash_anew_and_sign_with_another_key, put_back_the_head, head_of_another_log,
    file_of_another_log, change_the_heads, put_back_all,
)  # fmt: skip


NEED_A_HEAD_ELSEWHERE = (put_back_the_head, put_back_all)
"""What was signed for yesterday is well signed for: only a later head that is kept elsewhere contradicts it."""


def _with_lines(files: Files, draw: random.Random, change: Callable[[list[bytes], int], None]) -> None:
    name = draw.choice(segments(files))
    lines = files[name].splitlines(True)
    change(lines, draw.randrange(len(lines)))
    files[name] = b"".join(lines)


def _rehash(files: Files, draw: random.Random) -> None:
    names = segments(files)
    lines = [(name, line) for name in names for line in files[name].splitlines(True)]
    k = draw.randrange(len(lines))
    before, made = START, dict.fromkeys(names, b"")
    for place, (name, line) in enumerate(lines):
        parts = parted(line)
        assert parts is not None
        body = parts[0]
        if place == k:
            body = body.replace(b'"score":0', b'"score":7') if b'"score":0' in body else body + b',"more":1'
        elif body.startswith(b'{"kind":"segment"') and place:
            told = json.loads(body + b"}")
            body = json.dumps({**told, "previous": before.hex()}, separators=(",", ":"))[:-1].encode()
        new, before = linked(before, body)
        made[name] += new
    files.update(made)


def run(log: Log, tamperings: int, seed: int) -> tuple[Counter[str], list[str]]:
    """How many of each way were tried, and which were not found."""
    draw, tried, missed = random.Random(seed), Counter[str](), []
    untouched = digest(log.files)
    while tried.total() < tamperings:
        way = WAYS[tried.total() % len(WAYS)]
        files = dict(log.files)
        way(log, files, draw)
        if digest(files) == untouched:
            continue
        tried[way.__name__] += 1
        found = log.verified(files, log.head if way in NEED_A_HEAD_ELSEWHERE else None)
        if found is not None and found.ok:
            missed.append(f"{way.__name__}, tampering {tried.total()} of seed {seed}")
    return tried, missed


def digest(files: Files) -> str:
    return sha256(repr(sorted(files.items())).encode()).hexdigest()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tamperings", type=int, default=10_000)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        log = Log(Path(folder))
        untouched = log.verified(log.files, log.head)
        assert untouched is not None and untouched.ok, untouched
        tried, missed = run(log, given.tamperings, given.seed)
        again = log.verified(log.files, log.head)
        assert again is not None and again.ok, again
    sys.stdout.write("\n".join(f"{count:>8,}  {name}" for name, count in sorted(tried.items())))
    seconds = time.perf_counter() - began
    sys.stdout.write(f"\n{tried.total():,} tamperings, {len(missed)} not found, in {seconds:.0f} s\n")
    sys.stdout.write("".join(f"not found: {one}\n" for one in missed[:20]))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
