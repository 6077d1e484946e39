"""CycloneDX XML 1.0 to 1.7: the same document, spelled as its JSON edition and read as that.

Element names are those of the CycloneDX XML schemas. The file is read as a stream through defusedxml, which refuses
document types, entities and everything external; elements that no field is read from are passed over as they come,
so that memory grows with the bill, not with the junk around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import msgspec

from checks.sbom.bills import cyclonedx
from checks.sbom.bills.bill import Bom, Flaw, UnreadableError
from checks.sbom.bills.flaws import MAX_SAID, few

MAX_DEPTH = 200  # elements within elements, of those that are read

_SPACE = "http://cyclonedx.org/schema/bom/"
_ATTRIBUTES = frozenset({"type", "bom-ref", "alg", "name", "ref", "expression", "acknowledgement"})
_ENTRIES = {"components": "component", "dependencies": "dependency", "vulnerabilities": "vulnerability"}


@dataclass(frozen=True)
class _Shape:
    """What an element becomes in JSON: a list, an object or a text; and the elements within it that are read.

    `text_as`: the field of the object that holds its text. `wrapped`: the field of an object that it is put into.
    """

    kind: type
    within: dict[str, _Shape] = field(default_factory=dict)
    text_as: str = ""
    wrapped: str = ""

    @cached_property
    def spoken(self) -> bool:
        """Is its text read?"""
        return self.kind is str or bool(self.text_as)


_TEXT = _Shape(str)


def _record(*texts: str, **within: _Shape) -> _Shape:
    return _Shape(dict, dict.fromkeys(texts, _TEXT) | within)


def _list_of(**within: _Shape) -> _Shape:
    return _Shape(list, within)


_LICENCES = _list_of(
    license=replace(_record("id", "name"), wrapped="license"),
    expression=_Shape(dict, text_as="expression"),
    **{"expression-detailed": _Shape(dict)},  # since 1.7; the expression is an attribute
)
_HASHES = _list_of(hash=_Shape(dict, text_as="content"))
_COMPONENT = _record(
    "group", "name", "version", "purl", "scope",
    licenses=_LICENCES,
    hashes=_HASHES,
    externalReferences=_list_of(reference=_record(hashes=_HASHES)),
    properties=_list_of(property=_Shape(dict, text_as="value")),
)  # fmt: skip
_COMPONENT.within["components"] = _list_of(component=_COMPONENT)
_DEPENDENCY = _Shape(dict)
_DEPENDENCY.within["dependency"] = _DEPENDENCY
_TARGET = _record("ref", versions=_list_of(version=_record("version", "status")))
_VULNERABILITY = _record(
    "id",
    ratings=_list_of(rating=_record("score", "severity", "method")),
    affects=_list_of(target=_TARGET),
)
_BOM = _Shape(
    dict,
    {
        "metadata": _record(component=_COMPONENT),
        "components": _list_of(component=_COMPONENT),
        "dependencies": _list_of(dependency=_DEPENDENCY),
        "vulnerabilities": _list_of(vulnerability=_VULNERABILITY),
    },
)


def read(raw: bytes, encoding: str | None = None) -> Bom:
    """Read one document, already known to be small enough; `encoding` overrules what it declares.

    Positions of flaws are element paths, with the line where the part begins. Raises UnreadableError.
    """
    version, whole = _spelled(raw, encoding)
    bom = cyclonedx.read(msgspec.json.encode(whole))
    flaws = tuple(Flaw(_place(flaw.position, whole), flaw.message) for flaw in bom.flaws)
    return replace(bom, flaws=flaws, format=f"CycloneDX {version} XML")


def _spelled(raw: bytes, encoding: str | None) -> tuple[str, dict[str, Any]]:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    speller = _Speller()
    parser = DefusedXMLParser(target=speller, encoding=encoding, forbid_dtd=True)
    speller.listen(parser.parser)
    try:
        parser.feed(raw)
        parser.close()
    except UnreadableError:
        raise
    except DefusedXmlException:
        raise UnreadableError(
            "the XML declares a document type or entities, which no CycloneDX document does"
        ) from None
    except (SyntaxError, ValueError, LookupError) as error:
        raise UnreadableError(f"no XML: {str(error)[:MAX_SAID]}") from None
    return speller.version, speller.whole


class _Speller:
    """Takes elements as they come and folds each into the one around it."""

    def __init__(self) -> None:
        self.version = ""
        self.whole: dict[str, Any] = {}
        self._expat: Any = None
        self._space = ""
        self._open: list[tuple[str, _Shape, Any]] = []  # name, shape, value so far
        self._text: list[str] = []  # of the innermost element, where its text is read
        self._passed = 0  # how deep we are within an element that is not read

    def listen(self, expat: Any) -> None:
        """Hear of the elements first-hand: the way through ElementTree takes twice as long."""
        self._expat = expat
        expat.StartElementHandler = self._start
        expat.EndElementHandler = self._end
        expat.CharacterDataHandler = None
        expat.DefaultHandlerExpand = None  # without a document type there is no entity that it could miss

    def close(self) -> None:
        """The end of the file."""

    def _start(self, tag: str, attributes: list[str]) -> None:
        if self._passed:
            self._passed += 1
        elif not self._open:
            self._begin(tag)
        elif not tag.startswith(self._space):
            self._passed = 1
        elif shape := self._open[-1][1].within.get(name := tag[len(self._space) :]):
            self._enter(name, shape, attributes)
        else:
            self._passed = 1
        if self._passed == 1:
            self._expat.CharacterDataHandler = None

    def _begin(self, tag: str) -> None:
        space, _, name = tag.rpartition("}")
        version = space.removeprefix(_SPACE)
        if name != "bom" or not space.startswith(_SPACE) or not re.fullmatch(r"1\.\d{1,2}", version):
            raise UnreadableError("not a CycloneDX 1.x document (the root of the XML and its namespace say so)")
        self.version, self._space = version, f"{space}}}"
        self.whole = {"bomFormat": "CycloneDX", "specVersion": version}
        self._open.append((name, _BOM, self.whole))

    def _enter(self, name: str, shape: _Shape, attributes: list[str]) -> None:
        if len(self._open) > MAX_DEPTH:
            raise UnreadableError("the XML is nested too deep")
        value = shape.kind()
        if shape.kind is dict:
            for key, stated in zip(attributes[::2], attributes[1::2], strict=True):
                if key in _ATTRIBUTES:
                    value[key] = stated
            value["line"] = self._expat.CurrentLineNumber
        self._open.append((name, shape, value))
        if shape.spoken:
            self._text = []
            self._expat.CharacterDataHandler = self._text.append

    def _end(self, tag: str) -> None:
        if self._passed:
            self._passed -= 1
            if not self._passed and self._open[-1][1].spoken:
                self._expat.CharacterDataHandler = self._text.append
            return
        name, shape, value = self._open.pop()
        if not self._open:
            return
        if shape.spoken:
            self._expat.CharacterDataHandler = None
            text = "".join(self._text).strip()
            if shape.kind is str:
                value = text
            else:
                value[shape.text_as] = text
        self._fold(name, shape, value)

    def _fold(self, name: str, shape: _Shape, value: Any) -> None:
        around = self._open[-1][2]
        if shape is _DEPENDENCY and isinstance(around, dict):
            self._depend(around, value)
        elif isinstance(around, list):
            around.append({shape.wrapped: value} if shape.wrapped else value)
            few(around, self._open[-1][0])
        elif isinstance(value, list):
            around.setdefault(name, []).extend(value)
        else:
            around[name] = _number(value) if name == "score" else value

    def _depend(self, around: dict[str, Any], value: dict[str, Any]) -> None:
        """A dependency within a dependency is an edge; with more of them in it, a node of its own besides."""
        around.setdefault("dependsOn", []).append(value.get("ref"))
        if "dependsOn" in value:
            self.whole.setdefault("dependencies", []).append(value)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _place(position: str, whole: Any) -> str:
    """A position of the JSON edition as an element path, with the line where the innermost part of it begins."""
    line, at = 0, whole
    for name, index in re.findall(r"(\w+)(?:\[(\d+)\])?", position):
        at = at.get(name) if isinstance(at, dict) else None
        if index and isinstance(at, list):
            at = at[int(index)] if int(index) < len(at) else None
        if isinstance(at, dict):
            line = at.get("line", line)
    path = re.sub(r"(\w+)\[(\d+)\]", lambda found: f"{found[1]}/{_ENTRIES[found[1]]}[{int(found[2]) + 1}]", position)
    return path.replace(".", "/") + (f" (line {line})" if line else "")
