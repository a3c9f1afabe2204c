"""Lists of accounts, devices, words: what a rule's `in NAME` looks into.

A list is a frozen set, so a decision reads one whole version of it, whatever the host loads meanwhile. Its
version is SHA-256 over its sorted items, so two processes with the same items say the same. The price is
that a change means a new object: `with_list` and `Engine.use_lists`.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..schema.limits import LONGEST_TEXT

HEADERS = ("id", "name", "item", "value", "account", "merchant", "wallet", "party", "device", "text")
"""What the first column of a `.csv` may be called. Anything else may be the first item, which must not be lost."""
_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
MOST_ITEMS = 20_000_000
"""About 2 GB of texts: more does not belong in one process's memory."""


class ListError(ValueError):
    """A list that is absent or cannot be read; the message names the list and, in a file, the line."""


class Lists(Mapping[str, frozenset[str]]):
    """Lists by name, each a frozen set of texts. Immutable."""

    def __init__(self, lists: Mapping[str, Iterable[str]] | None = None) -> None:
        """ListError when an item is not a text of 1 to 4,096 characters."""
        self._lists: dict[str, frozenset[str]] = {}
        for name, items in (lists or {}).items():
            if isinstance(items, str):
                raise ListError(f"list `{name}`: one text where a collection of texts is wanted; write [text]")
            try:
                held = frozenset(items)
            except TypeError as error:
                raise ListError(f"list `{name}`: not a collection of texts") from error
            for item in held:
                if not isinstance(item, str) or not 0 < len(item) <= LONGEST_TEXT:
                    raise ListError(f"list `{name}`: an item is not a text of 1 to {LONGEST_TEXT:_} characters")
            self._lists[name] = held

    @classmethod
    def from_folder(cls, folder: str | Path) -> Lists:
        """Each `NAME.txt` (an item a line) or `NAME.csv` (the first column, below a header `id`) becomes the list NAME.

        Blank lines and lines that begin with `#` are passed over in a `.txt`. ListError when the folder or a
        file cannot be read as UTF-8, when a `.csv` has no such header, when a name is none of the language's, or when
        two files give one name.
        """
        root = Path(folder)
        if not root.is_dir():
            raise ListError(f"there is no folder `{folder}` to read lists from")
        lists: dict[str, list[str]] = {}
        for path in sorted(root.iterdir()):
            if path.suffix not in (".txt", ".csv") or not path.is_file():
                continue
            if not _NAME.fullmatch(path.stem):
                raise ListError(f"{path}: a list's name has small letters, digits and `_` only; name the file so")
            if path.stem in lists:
                raise ListError(f"two files in `{folder}` give the list `{path.stem}`")
            lists[path.stem] = _read(path)
        return cls(lists)

    def with_list(self, name: str, items: Iterable[str]) -> Lists:
        """The same lists with one replaced or added."""
        made = Lists({name: items})
        made._lists = {**self._lists, **made._lists}
        return made

    def __getitem__(self, name: str) -> frozenset[str]:
        return self._lists[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)

    def __repr__(self) -> str:
        return f"Lists({', '.join(f'{name}: {len(items)} items' for name, items in self._lists.items())})"

    def version(self, name: str) -> str:
        """SHA-256 of the sorted items, in hexadecimal."""
        digest = hashlib.sha256()
        for item in sorted(self._lists[name]):
            raw = item.encode("utf-8", "surrogatepass")
            digest.update(len(raw).to_bytes(4, "little"))
            digest.update(raw)
        return digest.hexdigest()


def _read(path: Path) -> list[str]:
    items: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            if path.suffix == ".csv":
                rows = csv.reader(lines)
                if (next(rows, None) or [""])[0].strip().lower() not in HEADERS:
                    raise ListError(f"{path}: the first line names no column; let it begin with `id`")
                texts: Iterable[str] = (row[0].strip() if row else "" for row in rows)
            else:
                texts = (line.strip() for line in lines if not line.startswith("#"))
            for number, text in enumerate(texts, 1):
                if not text:
                    continue
                if len(text) > LONGEST_TEXT:
                    raise ListError(f"{path}: item {number} has more than {LONGEST_TEXT:_} characters")
                items.append(text)
                if len(items) > MOST_ITEMS:
                    raise ListError(f"{path}: more than {MOST_ITEMS:_} items")
    except UnicodeDecodeError as e:
        raise ListError(f"{path}: not UTF-8 text (byte {e.start + 1})") from e
    except (OSError, csv.Error) as e:
        raise ListError(f"{path}: {e}") from e
    return items
