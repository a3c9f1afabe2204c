"""An XML document from a stranger, as a tree, or the reason why it is refused.

A message of ISO 20022 never needs a document type, so a file that has one is refused before anything in it is looked
at: entity bombs, external entities and parameter entities all begin there. `defusedxml` (extra `[iso20022]`) sees to
that; size, depth and the number of elements are bounded here, while the file is read and not after it. The price: a
valid file with a harmless document type is refused too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_BYTES = 8 << 20
"""Some four thousand payments; a file of any size would be held in memory several times."""
MOST_DEPTH = 64
"""The deepest message of the standard nests some 20 elements."""
MOST_ELEMENTS = 200_000
"""About 100 bytes of memory each, and two seconds in all. A payment has some 50 elements."""
_PIECE = 1 << 16


class Iso20022Error(ValueError):
    """A message that cannot be read or written, in one sentence that names the place."""


def tree_of(given: bytes | str | Path) -> Element:
    """The root element of a document: its bytes, or the path of a file. Iso20022Error; OSError for a file that cannot
    be opened."""
    content = given if isinstance(given, bytes) else _bytes_of(Path(given))
    if len(content) > MOST_BYTES:
        raise Iso20022Error(f"the message has more than {MOST_BYTES >> 20} MiB; split it")
    defused, modern = _defused()
    parser = modern.DefusedXMLParser(target=_builder(), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        for start in range(0, len(content), _PIECE):
            parser.feed(content[start : start + _PIECE])
        root: Element = parser.close()
    except defused.DefusedXmlException as error:
        raise Iso20022Error(
            "the message has a document type or an entity, which no ISO 20022 message needs; it is not read further"
        ) from error
    except modern.ParseError as error:
        line, column = getattr(error, "position", (0, 0))
        raise Iso20022Error(f"the message is not well-formed XML, at line {line}, column {column + 1}") from error
    except (LookupError, UnicodeError, ValueError) as error:
        if isinstance(error, Iso20022Error):
            raise
        raise Iso20022Error("the message names an encoding that is not known, or is not in the one it names") from error
    return root


def _bytes_of(path: Path) -> bytes:
    """At most one byte more than is allowed, so that a file without end does not fill the memory."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _defused() -> tuple[Any, Any]:
    try:
        import defusedxml
        from defusedxml import ElementTree
    except ImportError:
        raise Iso20022Error(
            "messages of ISO 20022 need the `defusedxml` package: pip install 'riskrules[iso20022]'"
        ) from None
    return defusedxml, ElementTree


def _builder() -> Any:
    """A tree builder that gives up in time."""
    from xml.etree.ElementTree import TreeBuilder

    class Bounded(TreeBuilder):
        depth = 0
        elements = 0

        def start(self, tag: Any, attrs: Any, /) -> Any:
            self.depth += 1
            self.elements += 1
            if self.depth > MOST_DEPTH:
                raise Iso20022Error(f"the message nests more than {MOST_DEPTH} elements; it is not read further")
            if self.elements > MOST_ELEMENTS:
                raise Iso20022Error(f"the message has more than {MOST_ELEMENTS:_} elements; split it")
            return super().start(tag, attrs)

        def end(self, tag: Any, /) -> Any:
            self.depth -= 1
            return super().end(tag)

    return Bounded()
