"""What was decided about money, kept so that the end of the process loses nothing that was answered.

The frames, their checksums and the recovery are those of the window stores' journal (`state.journal`): one write a
record, on disk before the answer is given, a last record that was cut short is dropped, anything else that does not
fit is refused with its byte. Here records are JSON, the first says what the folder is about, and nothing is ever
rewritten: a paper trail is kept whole. The price is a journal that grows by some kilobytes an order, which MOST_RECORDS
bounds, and a folder whose files bear the stores' names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..state.journal import MOST_FRAME_BYTES, Journal, Snapshot
from ..state.store import WindowStoreError

FORMAT_NUMBER = 1
MOST_RECORDS = 200_000
"""Orders of one institution over years; half a gigabyte of journal, read in about a minute."""


class JournalError(RuntimeError):
    """The folder cannot be used, is damaged or cannot be written: nothing was changed. One sentence."""


class Records:
    """The records of one folder, or of memory alone where `folder` is None. Not safe from threads by itself."""

    def __init__(self, folder: Path | None, about: dict[str, Any]) -> None:
        """`about`: what the folder is for; the same must be given each time. JournalError as the class says."""
        self.found: list[dict[str, Any]] = []
        self._count = 0
        self._journal: Journal | None = None
        head = {"format": FORMAT_NUMBER, **about}
        if folder is None:
            return
        try:
            self._journal = Journal(folder, always_sync=True)
            try:
                self._journal.recover(_nothing_before, self._take)
            except BaseException:
                self._journal.close()
                raise
        except WindowStoreError as error:
            raise JournalError(_said(error)) from error
        if not self._count:
            self.append(head)
            return
        first = self.found.pop(0)
        if first != head:
            self._journal.close()
            raise JournalError(f"`{folder}` keeps {_shown(first)}, not {_shown(head)}; give each its own folder")

    def _take(self, payload: bytes) -> None:
        record = json.loads(payload)  # ValueError is damage, which the journal tells with its byte
        if not isinstance(record, dict):
            raise ValueError("a record that is no object")
        self.found.append(record)
        self._count += 1

    def append(self, record: dict[str, Any]) -> None:
        """Keep a record; it is on disk when this returns. JournalError, and then it was not kept."""
        if self._count >= MOST_RECORDS:
            raise JournalError(f"the folder holds {MOST_RECORDS:_} records, which is the most; begin another")
        payload = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        if len(payload) > MOST_FRAME_BYTES:
            raise JournalError(f"a record of {len(payload):_} bytes; at most {MOST_FRAME_BYTES:_} are kept")
        if self._journal is not None:
            try:
                self._journal.append(payload)
            except WindowStoreError as error:
                raise JournalError(_said(error)) from error
        self._count += 1

    def close(self) -> None:
        """Let go of the folder."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None


def _nothing_before(snapshot: Snapshot | None, secret: bytes) -> bytes:
    if snapshot is not None:
        raise ValueError("a snapshot, which this folder never has")
    return secret


def _said(error: WindowStoreError) -> str:
    return str(error).replace("cannot be used for windows", "cannot be used").replace("has the windows in", "has")


def _shown(head: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(head.items()))
