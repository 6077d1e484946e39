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
from checks.sbom.bills.sections import document

MAX_DEPTH = 200  # elements within elements, of those that are read

_SPACE = "http://cyclonedx.org/schema/bom/"
_ENTRIES = {"components": "component", "dependencies": "dependency", "vulnerabilities": "vulnerability"}


@dataclass(frozen=True, eq=False)
class _Shape:
    """What an element becomes in JSON: a list, an object, a text or a number; and what of it is read.

    `text_as`: the field of the object that holds its text. `wrapped`: the field of an object that it is put into.
    `placed`: a flaw may be found in it, so its line is remembered.
    """

    kind: type
    within: dict[str, _Shape] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    text_as: str = ""
    wrapped: str = ""
    placed: bool = False

    @cached_property
    def spoken(self) -> bool:
        """Is its text read?"""
        return self.kind in {str, float} or bool(self.text_as)


_TEXT = _Shape(str)


def _record(*texts: str, attributes: tuple[str, ...] = (), placed: bool = False, **within: _Shape) -> _Shape:
    return _Shape(dict, dict.fromkeys(texts, _TEXT) | within, attributes, placed=placed)


def _list_of(**within: _Shape) -> _Shape:
    return _Shape(list, within)


_LICENCES = _list_of(
    license=replace(_record("id", "name", attributes=("acknowledgement",)), wrapped="license"),
    expression=_Shape(dict, attributes=("acknowledgement",), text_as="expression"),
    **{"expression-detailed": _Shape(dict, attributes=("expression", "acknowledgement"))},  # since 1.7
)
_HASHES = _list_of(hash=_Shape(dict, attributes=("alg",), text_as="content"))
_COMPONENT = _record(
    "group", "name", "version", "purl", "scope",
    attributes=("type", "bom-ref"),
    placed=True,
    licenses=_LICENCES,
    hashes=_HASHES,
    externalReferences=_list_of(reference=_record(attributes=("type",), hashes=_HASHES)),
    properties=_list_of(property=_Shape(dict, attributes=("name",), text_as="value")),
)  # fmt: skip
_COMPONENT.within["components"] = _list_of(component=_COMPONENT)
_DEPENDENCY = _record(attributes=("ref",), placed=True)
_DEPENDENCY.within["dependency"] = _DEPENDENCY
_TARGET = _record("ref", versions=_list_of(version=_record("version", "status")))
_VULNERABILITY = _record(
    "id",
    placed=True,
    ratings=_list_of(rating=_record("severity", "method", score=_Shape(float))),
    affects=_list_of(target=_TARGET),
)
_BOM = _record(
    metadata=_record(component=_COMPONENT),
    components=_list_of(component=_COMPONENT),
    dependencies=_list_of(dependency=_DEPENDENCY),
    vulnerabilities=_list_of(vulnerability=_VULNERABILITY),
)


_SHAPES = [_BOM]
for _shape in _SHAPES:
    _SHAPES.extend(each for each in {*_shape.within.values()} if each not in _SHAPES)
_NAMES = frozenset(name for shape in _SHAPES for name in shape.within)


def read(raw: bytes, encoding: str | None = None) -> Bom:
    """Read one document, already known to be small enough; `encoding` overrules what it declares.

    Positions of flaws are element paths, with the line where the part begins. Raises UnreadableError.
    """
    version, whole = _spelled(raw, encoding)
    bom = cyclonedx.read(document(msgspec.json.encode(whole)))
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
    """Takes elements as they come and puts each into the one around it."""

    def __init__(self) -> None:
        self.version = ""
        self.whole: dict[str, Any] = {}
        self._expat: Any = None
        self._names: dict[str, str] = {}  # of the elements that are read, by how expat calls them
        self._open: list[tuple[str, _Shape, Any]] = []  # name, shape, value so far
        self._text: list[str] = []  # of the innermost element, where its text is read
        self._passed = 0  # how deep we are within an element that is not read

    def listen(self, expat: Any) -> None:
        """Hear of the elements first-hand: the way through ElementTree takes twice as long."""
        self._expat = expat
        expat.ordered_attributes = False
        expat.StartElementHandler, expat.EndElementHandler = self._begin, self._end
        expat.CharacterDataHandler = None
        expat.DefaultHandlerExpand = None  # without a document type there is no entity that it could miss

    def close(self) -> None:
        """The end of the file."""

    def _begin(self, tag: str, _: dict[str, str]) -> None:
        space, name = tag.rpartition("}")[::2]
        version = space.removeprefix(_SPACE)
        if name != "bom" or not space.startswith(_SPACE) or not re.fullmatch(r"1\.\d{1,2}", version):
            raise UnreadableError("not a CycloneDX 1.x document (the root of the XML and its namespace say so)")
        self.version = version
        self.whole = {"bomFormat": "CycloneDX", "specVersion": version}
        self._names = {f"{space}}}{known}": known for known in _NAMES}
        self._open.append((name, _BOM, self.whole))
        self._expat.StartElementHandler = self._start

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        _, outer, around = self._open[-1]
        name = self._names.get(tag, "")
        shape = outer.within.get(name)
        if shape is None:
            self._pass_over()
            return
        if len(self._open) > MAX_DEPTH:
            raise UnreadableError("the XML is nested too deep")
        if shape.kind is dict:
            around = self._record(name, shape, around, attributes)
        elif shape.kind is list:
            around = around.setdefault(name, [])
        self._open.append((name, shape, around))
        if shape.spoken:
            self._text = []
            self._expat.CharacterDataHandler = self._text.append

    def _record(self, name: str, shape: _Shape, around: Any, attributes: dict[str, str]) -> dict[str, Any]:
        value: dict[str, Any] = {key: attributes[key] for key in shape.attributes if key in attributes}
        if shape.placed:
            value["line"] = self._expat.CurrentLineNumber
        if isinstance(around, list):
            around.append({shape.wrapped: value} if shape.wrapped else value)
            few(around, self._open[-1][0])
        elif shape is _DEPENDENCY:
            self._depend(around, value)
        else:
            around[name] = value
        return value

    def _depend(self, around: dict[str, Any], value: dict[str, Any]) -> None:
        """A dependency within a dependency is an edge; with more of them in it, a node of its own besides."""
        if "dependsOn" not in around:
            around["dependsOn"] = []
            if self._open[-2][1] is _DEPENDENCY:
                self.whole["dependencies"].append(around)
        around["dependsOn"].append(value.get("ref"))

    def _end(self, _: str) -> None:
        name, shape, value = self._open.pop()
        if shape.spoken:
            self._expat.CharacterDataHandler = None
            text = "".join(self._text).strip()
            value[shape.text_as or name] = _number(text) if shape.kind is float else text

    # --- elements that are not read ---

    def _pass_over(self) -> None:
        self._passed = 1
        self._expat.CharacterDataHandler = None
        self._expat.StartElementHandler, self._expat.EndElementHandler = self._deeper, self._shallower

    def _deeper(self, _: str, __: dict[str, str]) -> None:
        self._passed += 1

    def _shallower(self, _: str) -> None:
        self._passed -= 1
        if not self._passed:
            self._expat.StartElementHandler, self._expat.EndElementHandler = self._start, self._end
            if self._open[-1][1].spoken:
                self._expat.CharacterDataHandler = self._text.append


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
