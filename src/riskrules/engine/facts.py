"""What a decision was made on: the event's own values, read again when somebody asks why, and its windows as they were
then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..meaning import nodes as n
from .before import Before
from .reading import Raw
from .shares import Deadline, Share, allocated, deadlines_of, shares_of

if TYPE_CHECKING:
    from ..meaning.allocation import Allocation
    from .serving import Serving


class Facts:
    """What a decision was made on. The event's values are kept as they came and read again when asked for."""

    __slots__ = ("_raw", "_values", "before", "serving")
    allocation: Allocation | None = None
    shares: tuple[Share, ...] = ()
    deadlines: tuple[Deadline, ...] = ()

    def __init__(
        self, serving: Serving, raw: Raw | None, before: Before, values: Mapping[str, n.Value | None] | None
    ) -> None:
        self.serving = serving
        self.before = before
        self._raw = raw
        self._values = values

    @property
    def values(self) -> Mapping[str, n.Value | None]:
        """Every input by name, in held units."""
        if self._values is None:
            assert self._raw is not None
            self._values = self.serving.reader.values(self._raw, self.before.values)
        return self._values

    @property
    def id(self) -> str:
        """The gateway's own name for the payment."""
        if self._raw is not None:
            return str(self._raw[self.serving.reader.slots["id"]])
        return str(self.values.get("id") or "")


class ClaimFacts(Facts):
    """The same of a claim, with who bears its loss. PaymentError where nobody can say."""

    __slots__ = ("allocation", "deadlines", "shares")

    def __init__(self, serving: Serving, raw: Raw | None, before: Before, values: Mapping[str, n.Value | None]) -> None:
        super().__init__(serving, raw, before, values)
        frame = serving.rules.frame
        self.allocation = allocated(frame, serving.rules.schema, values, serving.lists)
        self.shares = shares_of(frame, self.allocation, values)
        self.deadlines = deadlines_of(serving.rules, self.allocation, values)
