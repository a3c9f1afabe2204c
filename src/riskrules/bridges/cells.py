"""From an Arrow column to a field's column: which reader fits which layout.

Kinds and layouts meet in one table of cases. Where no case of whole-column arithmetic fits (texts that hold
amounts, values looked up in a map), each distinct value goes through `read_cell` once, so these agree with a
single payment by construction; the arithmetic ones agree by test.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from ..schema.errors import PaymentError
from ..schema.fields import Field, Value
from ..schema.kinds import ENTITIES
from ..schema.limits import MISSING
from ..schema.values import read_value, wrong_kind
from .arrow import Raw, bits
from .columns import UNKNOWN, Cells, Column, Flags, Numbers, Placed, Refusal, Words, empty_column
from .distinct import codes_of, distinct_marks
from .moments import read_counted, read_stamps, stamps_within
from .numbers import (
    FLOATS,
    INTEGERS,
    decimal_at,
    decimal_scale,
    floats_within,
    read_decimals,
    read_floats,
    read_integers,
)
from .reading import Reading, read_cell
from .texts import LaidTexts, read_texts

SCALED = ("money", "number", "ratio", "count")
TEXTS = ("u", "U", "vu")
PLAIN_WORDS = ENTITIES | {"text"}
_FEW_WORDS = 1_024
"""Words up to which a whole dictionary is read for each batch, whether its rows point to all of it or not."""
Read = tuple[Column, list[Refusal]]


def read_column(f: Field, raw: Raw, how: Reading) -> Read:
    """The field's column from an Arrow column, and the cells that did not fit."""
    found = _read_at_once(f, raw, how) if raw.complete and raw.length else None
    if found is not None:
        return found, []
    if raw.dictionary is not None:
        return _read_dictionary(f, raw, raw.dictionary, how)
    cells = Cells(f, raw.present.copy())
    column = _read_plain(f, raw, cells, how)
    return column, cells.refusals


def _read_at_once(f: Field, raw: Raw, how: Reading) -> Column | None:
    """A column without gaps in which all is as it should be, of a layout in which that is seen at a glance; else
    None."""
    name = f.kind.name
    if raw.dictionary is not None:
        plain = not f.kind.numeric and name != "yes/no" and raw.dictionary.length <= _FEW_WORDS
        return _placed(f, raw, raw.dictionary, how) if plain else None
    if how.values is None and name in ("number", "ratio") and raw.format in FLOATS:
        return floats_within(f, raw)
    if name == "time" and raw.format.startswith("tsu:") and raw.format != "tsu:" and how.values is None:
        return stamps_within(f, raw)
    if how.values is None and name == "yes/no" and raw.format == "b":
        return Flags(bits(raw.whole(1), raw.offset, raw.length).view(np.int8))
    return None


def _read_plain(f: Field, raw: Raw, cells: Cells, how: Reading) -> Column:
    form, name = raw.format, f.kind.name
    whole, number = form in INTEGERS, form in INTEGERS or form in FLOATS
    if form in TEXTS:
        texts = read_texts(raw)
        return from_distinct(f, texts.codes, texts.words, cells, how)
    if how.values is not None or (how.number_ids and whole and not f.kind.numeric and name != "yes/no"):
        return _read_named(f, raw, cells, how)
    if name in SCALED and whole:
        return read_integers(f, raw, cells, how)
    if name in SCALED and form in FLOATS:
        return read_floats(f, raw, cells, how)
    if name in SCALED and form.startswith("d:"):
        return read_decimals(f, raw, cells, how)
    if name in ("time", "duration") and how.unit and number:
        return read_counted(f, raw, cells, how)
    if name in ("time", "duration") and how.unit and form.startswith("d:"):
        return _read_decimals_singly(f, raw, cells, how)
    if (name == "time" and form.startswith("ts")) or (name == "duration" and form.startswith("tD")):
        return read_stamps(f, raw, cells, how)
    if name == "yes/no" and form == "b":
        return Flags(np.where(cells.present, bits(raw.whole(1), raw.offset, raw.length), UNKNOWN).astype(np.int8))
    cells.refuse_all(lambda: _unfit(f, form))
    return empty_column(f, raw.length)


def _read_decimals_singly(f: Field, raw: Raw, cells: Cells, how: Reading) -> Column:
    """Decimals where no arithmetic on whole columns is worth having."""
    rows, scale = np.flatnonzero(cells.present), decimal_scale(raw)
    codes = np.full(raw.length, UNKNOWN, np.int32)
    codes[rows] = np.arange(len(rows), dtype=np.int32)
    return from_distinct(f, codes, [decimal_at(raw, row, scale) for row in rows.tolist()], cells, how)


def _read_named(f: Field, raw: Raw, cells: Cells, how: Reading) -> Column:
    """Whole numbers or yes/no as texts: ids, and what a map's table of values looks up."""
    if raw.format == "b":
        codes = np.where(cells.present, bits(raw.whole(1), raw.offset, raw.length), UNKNOWN).astype(np.int32)
        return from_distinct(f, codes, [False, True], cells, how)
    if raw.format not in INTEGERS:
        cells.refuse_all(lambda: _unfit(f, raw.format))
        return empty_column(f, raw.length)
    wide = np.uint64 if raw.format == "L" else np.int64
    rows = np.flatnonzero(cells.present)
    given = raw.buffer(1, INTEGERS[raw.format])[rows].astype(wide)
    codes = np.full(raw.length, UNKNOWN, np.int32)
    codes[rows], first = codes_of(distinct_marks(given.view(np.uint64)))
    numbers = given[first].tolist()
    return from_distinct(f, codes, numbers if how.values is not None else list(map(str, numbers)), cells, how)


def _read_dictionary(f: Field, raw: Raw, words: Raw, how: Reading) -> Read:
    """A dictionary's values are read once each; those that no row points to cannot be bad."""
    present = raw.present
    whole = bool(present.all())
    places = raw.buffer(1, INTEGERS[raw.format]).astype(np.int64)
    if not whole:
        places[~present] = 0
    used = np.zeros(words.length, np.bool_)
    used[places if whole else places[present]] = True
    pointed_to = Raw(words.format, words.view, words.offset, words.length, used, words.dictionary)
    column, refused = read_column(f, pointed_to, how)
    refusals = []
    for refusal in refused:
        bad = np.zeros(words.length, np.bool_)
        bad[refusal.rows] = True
        refusals.append(Refusal(np.flatnonzero(present & bad[places]), refusal.error))
    if not words.length:
        return empty_column(f, raw.length), refusals
    found = column.take(places)
    if not whole:
        held = found.codes if isinstance(found, Words) else found.values
        held[~present] = MISSING if isinstance(found, Numbers) else UNKNOWN
    return found, refusals


def _placed(f: Field, raw: Raw, words: Raw, how: Reading) -> Placed | None:
    """A column of words as places in a dictionary of few, none of them bad, as nearly all are; else None."""
    places = raw.buffer(1, INTEGERS[raw.format])
    if int(places.min()) < 0 or int(places.max()) >= words.length:
        return None
    if how.values is not None:
        column, refused = read_column(f, words, how)
    else:
        if (f, how) not in words.readings:
            words.readings[f, how] = read_column(f, words, how)
        column, refused = words.readings[f, how]
    if refused or not isinstance(column, Words) or column.known() is not None:
        return None
    narrow = places.view(np.uint8) if places.dtype.itemsize == 1 else places.astype(np.int32)
    return Placed(narrow, column.codes, column.words, raw.owner)


def from_distinct(
    f: Field, codes: NDArray[np.int32], given: Sequence[object], cells: Cells, how: Reading
) -> Column:
    """The column whose row i has the value given[codes[i]], -1 missing. Each distinct value is read once;
    a None among them is a text that is no UTF-8."""
    if how.values is None and f.kind.name in PLAIN_WORDS:
        if isinstance(given, LaidTexts):
            if given.are_within(f.longest):
                return Words(codes, given)
        elif _all_plain(given, f.longest):
            return Words(codes, list(given))  # type: ignore[arg-type]  # all are texts: just looked at
    held: list[Value | None] = []
    errors: dict[tuple[str, str], tuple[list[int], PaymentError]] = {}
    for code, value in enumerate(given):
        try:
            held.append(_no_text(f) if value is None else read_cell(f, value, how))
        except PaymentError as e:
            held.append(None)
            errors.setdefault((e.kind, e.problem), ([], e))[0].append(code)
    for bad_codes, error in errors.values():
        bad = np.zeros(len(given) + 1, np.bool_)
        bad[bad_codes] = True
        cells.refuse(bad[codes], lambda error=error: error)  # type: ignore[misc]  # called at once
    return _scattered(f, codes, held)


def _all_plain(given: Sequence[object], longest: int) -> bool:
    """Whether every value is a text that a field of words takes as it is: a look at all of them together, since
    a column of ids is nearly all distinct."""
    words = [word for word in given if type(word) is str]
    if not words or len(words) < len(given) or not (min(map(len, words)) and max(map(len, words)) <= longest):
        return False
    together = "".join(words)
    return "\0" not in together and (together.isascii() or not any("\ud800" <= c <= "\udfff" for c in together))


def _scattered(f: Field, codes: NDArray[np.int32], held: list[Value | None]) -> Column:
    """Held values by code, one more at the end for -1, laid out by row."""
    if f.kind.numeric:
        numbers = np.array([*(MISSING if v is None else v for v in held), MISSING], np.int64)
        return Numbers(numbers[codes])
    if f.kind.name == "yes/no":
        return Flags(np.array([*(UNKNOWN if v is None else v for v in held), UNKNOWN], np.int8)[codes])
    place: dict[Value, int] = {}
    own = [UNKNOWN if v is None else place.setdefault(v, len(place)) for v in held]
    return Words(np.array([*own, UNKNOWN], np.int32)[codes], [str(v) for v in place])


def _no_text(f: Field) -> Value:
    raise PaymentError(f.key, "not text in UTF-8", "wrong-kind")


def read_objects(f: Field, given: Sequence[object], how: Reading) -> Read:
    """A column from Python values (None: missing), such as the cells of a text file."""
    codes, distinct = _distinct_objects(given)
    cells = Cells(f, codes != UNKNOWN)
    return from_distinct(f, codes, distinct, cells, how), cells.refusals


def _distinct_objects(given: Sequence[object]) -> tuple[NDArray[np.int32], list[object]]:
    """Codes int32[n] (-1: None) and the distinct values. 1, 1.0 and True are three, 1.0 and 1.00 two."""
    place: dict[object, int] = {None: UNKNOWN}
    if set(map(type, given)) <= {str, type(None)}:
        codes = [place.setdefault(value, len(place) - 1) for value in given]
        return np.array(codes, np.int32), list(place)[1:]
    distinct: list[object] = []
    codes = []
    for value in given:
        code = place.setdefault(_key(value), len(distinct))
        if code == len(distinct):
            distinct.append(value)
        codes.append(code)
    return np.array(codes, np.int32), distinct


def _key(value: object) -> object:
    """What tells values apart that are read apart; whatever is no plain value is told by itself."""
    if value is None:
        return None
    own = type(value)
    if own is Decimal:
        return own, str(value)
    return (own, value) if own in (str, int, float, bool) else (own, id(value))


def _unfit(f: Field, form: str) -> PaymentError:
    """The error that a single value of this layout gives."""
    sample = next((value for prefixes, value in _SAMPLES if form.startswith(prefixes)), None)
    if sample is None or form == "tiD":
        return wrong_kind(f, object())
    try:
        read_value(f, sample)
    except PaymentError as e:
        return e
    return wrong_kind(f, object())


_SAMPLES: tuple[tuple[tuple[str, ...], object], ...] = (
    (("b",), True),
    ((*INTEGERS, *FLOATS, "d:"), 1),
    (("td",), date(1970, 1, 1)),
    (("+s", "+m"), {}),
    (("+l", "+L", "+w", "+v"), []),
    (("z", "Z", "vz", "w:"), b""),
)
