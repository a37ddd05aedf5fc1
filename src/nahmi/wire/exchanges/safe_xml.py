# SPDX-License-Identifier: Apache-2.0
"""XML of others, read with namespaces and without anything that XML can do beside holding text.

A document that declares a type is refused before any entity in it is looked at, so that none is
expanded and nothing is loaded from elsewhere. Depth and number of elements are bounded.
"""

from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

import msgspec

from nahmi.errors import WireError
from nahmi.wire.exchanges.talk import malformed

DEEPEST: Final = 32
"""Elements inside one another."""

MOST_ELEMENTS: Final = 2_000_000
"""Elements of one document."""

_SEPARATOR: Final = " "  # no namespace holds one


class Element(msgspec.Struct):
    """An element of a document.

    Attributes:
        namespace: Its namespace; empty for none.
        name: Without a prefix.
        attributes: Those without a namespace.
        text: Everything between its tags that is no element, without blanks at the ends.
        children: In their order.
    """

    namespace: str
    name: str
    attributes: dict[str, str] = {}
    text: str = ""
    children: list["Element"] = []

    def __repr__(self) -> str:
        return f"Element(name={self.name!r}, text=<withheld>)"

    def child(self, name: str) -> "Element | None":
        """The first child of a name in the same namespace; None for none."""
        return next(self.named(name), None)

    def named(self, name: str) -> Iterator["Element"]:
        """All children of a name in the same namespace."""
        return (
            child
            for child in self.children
            if child.name == name and child.namespace == self.namespace
        )

    def text_of(self, name: str) -> str:
        """The text of the first child of a name; empty for none."""
        child = self.child(name)
        return "" if child is None else child.text


def read_xml(data: bytes) -> Element:
    """The root of a document.

    Raises:
        WireError: EXCHANGE_MALFORMED: it is no well-formed XML, declares a type, or is too deep.
    """
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat's own
    except (expat.ExpatError, ValueError, LookupError):  # its text quotes what was read
        raise _unreadable() from None
    if builder.root is None:
        raise _unreadable()
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[tuple[Element, list[str]]] = []
        self._count = 0

    def refuse(self, *_: object) -> None:
        raise _unreadable()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= DEEPEST or self._count > MOST_ELEMENTS:
            raise _unreadable()
        namespace, _, local = name.rpartition(_SEPARATOR)
        plain = {key: value for key, value in attributes.items() if _SEPARATOR not in key}
        element = Element(namespace, local, plain)
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self.root = element
        self._open.append((element, []))

    def end(self, _: str) -> None:
        element, texts = self._open.pop()
        element.text = "".join(texts).strip()

    def text(self, data: str) -> None:
        self._open[-1][1].append(data)


def _unreadable() -> WireError:
    return malformed("XML")
