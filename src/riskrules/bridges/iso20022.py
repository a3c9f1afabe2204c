"""Messages of ISO 20022 that a recall needs: payments (pacs.008), recalls (camt.056), answers (camt.029), returns
(pacs.004).

Read far enough to tie each to a payment, and no further; everything else in a message is left alone. Elements are
found by their name in the message's own namespace, in any version of it, since the parts that are read here have kept
their names. What is read is checked: an amount is exact in minor units, a UETR is one, a text is not too long. A
message that is none of the four is told by its name and has no parts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.money import minor_digits
from .iso20022_parts import (
    ACCEPTED,
    OTHER,
    PARTLY,
    PENDING,
    REFUSED,
    Agent,
    Answered,
    Message,
    Paid,
    Part,
    Recalled,
    Reference,
    Returned,
)
from .iso20022_xml import Iso20022Error, tree_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
MOST_TEXT = 4_096
"""Characters of one text that is read. The standard's longest here has 140; a narrative is several."""
OUTCOMES = {
    "CNCL": ACCEPTED, "ACCR": ACCEPTED, "CWFW": ACCEPTED, "RJCR": REFUSED, "PDCR": PENDING, "UWFW": PENDING,
    "PECR": PARTLY,
}  # fmt: skip
"""Cancelled as asked, will follow; rejected; pending; partly executed. Any other code is `other`."""
_NAME = re.compile(r"[a-z]{4}\.[0-9]{3}\.[0-9]{3}\.[0-9]{2}", re.ASCII)
_UETR = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_DECIMAL = re.compile(r"\+?([0-9]{1,18})(?:\.([0-9]{0,17}))?", re.ASCII)
_MOST_DIGITS = 18
"""Of an amount in the standard."""
_ENVELOPE_DEPTH = 3


def read(given: bytes | str | Path) -> Message:
    """A message from its bytes or the path of a file. Iso20022Error says in a sentence why it cannot be read."""
    document, name = _document(tree_of(given))
    body = next(iter(document), None)
    if body is None:
        raise Iso20022Error(f"the message `{name}` is empty")
    reader = _READERS.get(name[:8])
    top = _Place(body, _local(body.tag))
    head = next((x for x in (top.find("GrpHdr"), top.find("Assgnmt")) if x is not None), top)
    parts = () if reader is None else tuple(reader(top))
    if reader is not None and not parts:
        raise Iso20022Error(f"the message `{name}` names no payment")
    return Message(name, head.text("MsgId") or head.text("Id"), head.text("CreDtTm"), parts)


def _document(root: Element) -> tuple[Element, str]:
    """The one `Document`, by itself or in the envelope that carries its business header, and its message's name."""
    level, found = [root], [root] if _local(root.tag) == "Document" else []
    for _ in range(_ENVELOPE_DEPTH):
        if found:
            break
        level = [child for element in level for child in element]
        found = [element for element in level if _local(element.tag) == "Document"]
    if len(found) != 1:
        raise Iso20022Error(
            "the file holds several messages; give one at a time"
            if found
            else "the file has no `Document`, so it is no message of ISO 20022"
        )
    namespace = found[0].tag[1:].partition("}")[0] if found[0].tag.startswith("{") else ""
    name = namespace.removeprefix(NAMESPACE)
    if not namespace.startswith(NAMESPACE) or not _NAME.fullmatch(name):
        raise Iso20022Error(
            "the file's `Document` does not name a message of ISO 20022 (a namespace such as "
            f"`{NAMESPACE}pacs.008.001.08`)"
        )
    return found[0], name


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


class _Place:
    """An element and the path by which it was reached, for the sentence that something in it is wrong."""

    def __init__(self, element: Element, path: str) -> None:
        self.element = element
        self.path = path

    def all(self, name: str) -> Iterator[_Place]:
        for child in self.element:
            if _local(child.tag) == name:
                yield _Place(child, f"{self.path}/{name}")

    def find(self, path: str) -> _Place | None:
        """The element at `a/b/c`. Iso20022Error where a name that may stand once stands twice."""
        place: _Place | None = self
        for name in path.split("/"):
            found = list(place.all(name)) if place else []
            if len(found) > 1:
                raise Iso20022Error(
                    f"at {found[0].path}: it stands {len(found)} times, so it is not clear which is meant"
                )
            place = found[0] if found else None
        return place

    def text(self, path: str) -> str | None:
        """The text at a path without the space around it; None where it is absent or empty."""
        place = self.find(path)
        text = ((place.element.text or "") if place else "").strip()
        if place and len(text) > MOST_TEXT:
            raise Iso20022Error(f"at {place.path}: a text of more than {MOST_TEXT:_} characters")
        return text or None

    def amount(self, path: str) -> tuple[int, str] | None:
        """Minor units and the currency."""
        place = self.find(path)
        return None if place is None else _amount(place)

    def uetr(self, path: str) -> str | None:
        text = self.text(path)
        if text is not None and not _UETR.fullmatch(text.lower()):
            raise Iso20022Error(f"at {self.path}/{path}: `{text[:60]}` is no UETR (a UUID of version 4)")
        return text.lower() if text else None

    def agent(self, path: str) -> Agent | None:
        place = self.find(f"{path}/FinInstnId")
        if place is None:
            return None
        return Agent(
            place.text("BICFI") or place.text("BIC"),
            place.text("ClrSysMmbId/ClrSysId/Cd") or place.text("ClrSysMmbId/ClrSysId/Prtry"),
            place.text("ClrSysMmbId/MmbId"),
            place.text("Nm"),
        )

    def account(self, path: str) -> str | None:
        return self.text(f"{path}/Id/IBAN") or self.text(f"{path}/Id/Othr/Id")

    def narrative(self, path: str, name: str) -> str:
        """All texts of a name, below every element at the path, in one line."""
        above = self.all(path) if path else iter((self,))
        return " ".join(filter(None, ((x.element.text or "").strip() for a in above for x in a.all(name))))[:MOST_TEXT]

    def coded(self, path: str) -> str | None:
        return self.text(f"{path}/Cd") or self.text(f"{path}/Prtry")


def _amount(place: _Place) -> tuple[int, str]:
    currency = (place.element.get("Ccy") or "").strip()
    text = (place.element.text or "").strip()
    try:
        digits = minor_digits(currency)
    except ValueError as error:
        raise Iso20022Error(f"at {place.path}: the currency `{currency[:20]}` is not known: {error}") from error
    found = _DECIMAL.fullmatch(text)
    if found is None or len(found[1]) + len(found[2] or "") > _MOST_DIGITS:
        raise Iso20022Error(f"at {place.path}: `{text[:60]}` is no amount such as 123.45")
    decimals = (found[2] or "").rstrip("0")
    if len(decimals) > digits:
        raise Iso20022Error(f"at {place.path}: `{text}` {currency} has more than {digits} decimals")
    return int(found[1] + decimals.ljust(digits, "0")), currency


def _original(place: _Place, group: _Place | None = None) -> Reference:
    """The payment that a recall, an answer or a return is about."""
    own = place.find("OrgnlGrpInf") or group
    amount = place.amount("OrgnlIntrBkSttlmAmt") or place.amount("OrgnlTxRef/IntrBkSttlmAmt")
    return Reference(
        place.uetr("OrgnlUETR"),
        own.text("OrgnlMsgId") if own else None,
        own.text("OrgnlMsgNmId") if own else None,
        place.text("OrgnlInstrId"),
        place.text("OrgnlEndToEndId"),
        place.text("OrgnlTxId"),
        amount[0] if amount else None,
        amount[1] if amount else None,
        place.text("OrgnlIntrBkSttlmDt") or place.text("OrgnlTxRef/IntrBkSttlmDt"),
        own.text("OrgnlCreDtTm") if own else None,
    )


def _payments(top: _Place) -> Iterator[Part]:
    head = top.find("GrpHdr") or top
    for place in top.all("CdtTrfTxInf"):
        amount = place.amount("IntrBkSttlmAmt")
        if amount is None:
            raise Iso20022Error(f"at {place.path}: the payment has no `IntrBkSttlmAmt`")
        reference = Reference(
            place.uetr("PmtId/UETR"),
            head.text("MsgId"),
            place.element.tag[1:].partition("}")[0].removeprefix(NAMESPACE),
            place.text("PmtId/InstrId"),
            place.text("PmtId/EndToEndId"),
            place.text("PmtId/TxId"),
            *amount,
            place.text("IntrBkSttlmDt") or head.text("IntrBkSttlmDt"),
            head.text("CreDtTm"),
        )
        yield Paid(
            reference,
            place.agent("InstgAgt") or head.agent("InstgAgt"),
            place.agent("InstdAgt") or head.agent("InstdAgt"),
            place.agent("DbtrAgt"),
            place.account("DbtrAcct"),
            place.text("Dbtr/Nm"),
            place.agent("CdtrAgt"),
            place.account("CdtrAcct"),
            place.text("Cdtr/Nm"),
        )


def _recalls(top: _Place) -> Iterator[Part]:
    case = top.text("Case/Id")
    for underlying in top.all("Undrlyg"):
        places = list(underlying.all("TxInf"))
        if not places:
            raise Iso20022Error(f"at {underlying.path}: it recalls a whole message; name each payment by itself")
        for place in places:
            yield Recalled(
                _original(place),
                place.text("CxlId"),
                place.text("Case/Id") or case,
                next((x.coded("Rsn") for x in place.all("CxlRsnInf")), None),
                place.narrative("CxlRsnInf", "AddtlInf"),
            )


def _answers(top: _Place) -> Iterator[Part]:
    case, said = top.text("RslvdCase/Id"), top.text("Sts/Conf")
    places = [(details, place) for details in top.all("CxlDtls") for place in details.all("TxInfAndSts")]
    for details, place in places:
        code = place.text("TxCxlSts") or said or ""
        yield Answered(
            _original(place, details.find("OrgnlGrpInfAndSts")),
            place.text("RslvdCase/Id") or case,
            OUTCOMES.get(code, OTHER),
            code,
            next((x.coded("Rsn") for x in place.all("CxlStsRsnInf")), None),
            place.narrative("CxlStsRsnInf", "AddtlInf"),
        )
    if not places and said:  # an answer about the case as a whole
        yield Answered(Reference(), case, OUTCOMES.get(said, OTHER), said, None, "")


def _returns(top: _Place) -> Iterator[Part]:
    head = top.find("GrpHdr") or top
    group = top.find("OrgnlGrpInf")
    for place in top.all("TxInf"):
        amount = place.amount("RtrdIntrBkSttlmAmt")
        if amount is None:
            raise Iso20022Error(f"at {place.path}: the return has no `RtrdIntrBkSttlmAmt`")
        yield Returned(
            _original(place, group),
            place.text("RtrId"),
            *amount,
            place.text("IntrBkSttlmDt") or head.text("IntrBkSttlmDt"),
            next((x.coded("Rsn") for x in place.all("RtrRsnInf")), None),
            place.narrative("RtrRsnInf", "AddtlInf"),
        )


_READERS: dict[str, Callable[[_Place], Iterator[Part]]] = {
    "pacs.008": _payments,
    "camt.056": _recalls,
    "camt.029": _answers,
    "pacs.004": _returns,
}
READ = tuple(_READERS)
"""The messages whose parts are read."""
