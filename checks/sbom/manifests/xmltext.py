"""Where the elements of an XML document stand in its text.

defusedxml reads the document and vouches for it (no document type, hence no entities of its own); this walk over a
text known to be well-formed only adds the places.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from checks.sbom.manifests.words import UnreadableError

_MOST_TAGS = 100_000
_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"
    r"|<(?P<close>/?)(?P<name>[^\s/>!?]+)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?(?P<empty>/?)>",
    re.DOTALL,
)


@dataclass(slots=True, eq=False)
class Element:
    """An element: its tags stand at text[opens:start] and text[end:closes], what it holds at text[start:end].

    `name` is without its prefix; `place` counts the children of `parent` before it.
    """

    name: str
    opens: int
    start: int
    end: int = -1
    closes: int = -1
    parent: Element | None = None
    place: int = 0
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> list[Element]:
        """The children of this name."""
        return [child for child in self.children if child.name == name]

    def one(self, *names: str) -> Element | None:
        """The first child of the first name, its first child of the second, and so on."""
        found: Element | None = self
        for name in names:
            found = next(iter(found.all(name)), None) if found else None
        return found


def parse(text: str) -> list[Any]:
    """Each element as [name, attributes, text, children, text after it], names with their namespace."""
    if text.count("<") > _MOST_TAGS:
        raise UnreadableError(f"it has more than {_MOST_TAGS} tags")
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        return _plain(fromstring(text, forbid_dtd=True))
    except DefusedXmlException as error:
        raise UnreadableError("it has a document type or entities of its own") from error
    except RecursionError as error:
        raise UnreadableError("it nests too deep") from error
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableError(f"it is no XML: {error}") from error


def _plain(element: Any) -> list[Any]:
    children = [_plain(child) for child in element]
    return [element.tag, dict(element.attrib), element.text or "", children, element.tail or ""]


def root(text: str) -> Element:
    """The root element with all its places; the text has been parsed and is well-formed."""
    holders = [Element("", 0, 0)]
    for token in _TOKEN.finditer(text):
        name = token["name"]
        if not name:
            continue
        if token["close"]:
            holders[-1].end, holders[-1].closes = token.span()
            holders.pop()
            continue
        parent = holders[-1]
        made = Element(name.rpartition(":")[2], token.start(), token.end())
        made.parent, made.place = (parent if len(holders) > 1 else None), len(parent.children)
        parent.children.append(made)
        if token["empty"]:
            made.end = made.closes = token.end()
        else:
            holders.append(made)
    return holders[0].children[0]


def leaf(element: Element) -> tuple[Any, ...]:
    """The key of an element's own text in the parsed document."""
    way: list[int] = [2]
    while element.parent:
        way += [element.place, 3]
        element = element.parent
    return tuple(reversed(way))
