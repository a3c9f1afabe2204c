"""Which payments a search may look at, and which later ones say how good its finding is.

Between the two lies a week in which nothing is counted: what was reported of the first part's last payments is known by
then, and an account that is abused at the border is not on both sides of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ..schema.kinds import DAY
from .span import Moment, TimeSpan, read_span
from .tuning_history import Past

TRAINING_SHARE = 0.6
"""Of the time from the first payment to the last, where nobody says until when is searched."""
GAP_US = 7 * DAY
SEARCHED = 2 / 3
"""Of the payments of the training, the first in time. A search finds chance too, so what may be stopped has to hold
both there and in the last third by itself."""


@dataclass(frozen=True, slots=True)
class Spans:
    training: TimeSpan
    report: TimeSpan


def spans_of(past: Past, since: Moment, until: Moment, report_from: Moment, zone: ZoneInfo) -> Spans:
    """`since`, `until`: what is searched, the last day included; without `until`, the first three fifths of the time.
    `report_from`: from when on is reported; without it, from a week after the search. ValueError where the two overlap
    or a date is none."""
    asked = read_span(since, until, zone)
    ends = asked.until_us
    if ends is None:
        first, last = int(past.times_us[0]), int(past.times_us[-1])
        begins = max(first, asked.from_us or first)
        if begins > last:
            raise ValueError(f"no payment lies on or after {since}")
        ends = first + max(1, round((last - first) * TRAINING_SHARE))
        if ends <= begins:
            raise ValueError("most of the history lies before what is searched: say until when (`--until`)")
    reported = read_span(report_from, None, zone).from_us
    if reported is None:
        reported = ends + GAP_US
    elif reported < ends:
        raise ValueError(f"`{report_from}` lies in the time that is searched, so it cannot say how good the finding is")
    return Spans(TimeSpan(asked.from_us, ends), TimeSpan(reported, None))
