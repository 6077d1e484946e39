"""Files that somebody wrote to hurt a reader: each some ten megabytes, or small and meant to grow."""

from __future__ import annotations

from collections.abc import Callable, Mapping

MEGA = 1_000_000
CDX = b'{"bomFormat": "CycloneDX", "specVersion": "1.6", '
SPDX = b'{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", '
XML = b'<bom xmlns="http://cyclonedx.org/schema/bom/1.6">'
BOMB = (
    b'<!DOCTYPE bom [<!ENTITY a0 "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
    + b"]>"
)


def _xml(inside: bytes, before: bytes = b"") -> bytes:
    return before + XML + b"<components><component><name>" + inside + b"</name></component></components></bom>"


def _tower(opening: bytes, closing: bytes, height: int) -> bytes:
    return opening * height + closing * height


FILES: Mapping[str, Callable[[], bytes]] = {
    "zeros": lambda: b"\0" * 10 * MEGA,
    "spaces": lambda: b" " * 10 * MEGA,
    "digits": lambda: b"9" * 10 * MEGA,
    "open brackets": lambda: b"[" * 10 * MEGA,
    "tower in components": lambda: CDX + b'"components": ' + _tower(b"[", b"]", 5 * MEGA) + b"}",
    "tower in an unread field": lambda: CDX + b'"x": ' + _tower(b'{"a":', b"}", MEGA) + b"}",
    "tower in a licence": lambda: CDX + b'"components": [{"licenses": ' + _tower(b"[", b"]", MEGA) + b"}]}",
    "a number of ten million digits": lambda: CDX + b'"components": [{"name": ' + b"9" * 10 * MEGA + b"}]}",
    "a fraction of ten million digits": lambda: CDX + b'"components": [{"name": 0.' + b"3" * 10 * MEGA + b"}]}",
    "a name of ten million letters": lambda: CDX + b'"components": [{"name": "' + b"a" * 10 * MEGA + b'"}]}',
    "a purl of ten million letters": lambda: CDX + b'"components": [{"purl": "pkg:npm/' + b"a/" * 5 * MEGA + b'"}]}',
    "a million empty components": lambda: CDX + b'"components": [' + b"{}," * MEGA + b"{}]}",
    "a million numbers": lambda: CDX + b'"components": [' + b"1," * MEGA + b"1]}",
    "a component of 200,000 licences": lambda: (
        CDX + b'"components": [{"name": "a", "licenses": [' + b'{"expression":"MIT"},' * 200_000 + b"{}]}]}"
    ),
    "one node stated 190,000 times": lambda: (
        CDX + b'"dependencies": [' + b'{"ref":"a","dependsOn":["b","c"]},' * 190_000 + b'{"ref":"a"}]}'
    ),
    "half a million keys": lambda: CDX + b",".join(b'"k%d":1' % n for n in range(500_000)) + b"}",
    "one key half a million times": lambda: CDX + b'"components": [],' * 500_000 + b'"components": []}',
    "packages that are numbers": lambda: SPDX + b'"packages": [' + b"7," * 190_000 + b"7]}",
    "relationships to nowhere": lambda: (
        SPDX
        + b'"relationships": ['
        + b'{"spdxElementId":"a","relatedSpdxElement":"b","relationshipType":"CONTAINS"},' * 120_000
        + b"{}]}"
    ),
    "a graph of junk": lambda: b'{"@graph": [' + b'{"type":"Relationship"},' * 190_000 + b"{}]}",
    "wrapped a million times": lambda: _tower(b'{"sbom":', b"}", MEGA),
    "a version of ten million letters": lambda: (
        b'{"bomFormat": "CycloneDX", "specVersion": "1.' + b"4" * 10 * MEGA + b'"}'
    ),
    "long words about nobody": lambda: (
        CDX + b'"vulnerabilities": [{"id": "' + b"V" * MEGA + b'", "affects": [{"ref": "' + b"a" * MEGA + b'"}]}]}'
    ),
    "half a surrogate": lambda: CDX + b'"components": [{"name": "\\ud800"}], "x": "' + b"a" * 10 * MEGA + b'"}',
    "an entity bomb": lambda: _xml(b"&a11;", BOMB),
    "an entity of a file": lambda: _xml(b"&e;", b'<!DOCTYPE bom [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
    "a document type elsewhere": lambda: _xml(b"x", b'<!DOCTYPE bom SYSTEM "http://127.0.0.1:9/bom.dtd">'),
    "a quadratic entity": lambda: _xml(b"&e;" * MEGA, b'<!DOCTYPE bom [<!ENTITY e "' + b"a" * MEGA + b'">]>'),
    "a tower of XML": lambda: XML + _tower(b"<a>", b"</a>", 900_000) + b"</bom>",
    "a tower of XML components": lambda: (
        XML + _tower(b"<components><component>", b"</component></components>", 200_000) + b"</bom>"
    ),
    "a tower of XML dependencies": lambda: (
        XML + b"<dependencies>" + _tower(b"<dependency>", b"</dependency>", 300_000) + b"</dependencies></bom>"
    ),
    "half a million attributes": lambda: b"<bom " + b" ".join(b'a%d=""' % n for n in range(500_000)) + b"/>",
    "ten megabytes of empty elements": lambda: XML + b"<a/>" * 2_500_000 + b"</bom>",
    "900,000 empty elements": lambda: XML + b"<a/>" * 900_000 + b"</bom>",
    "900,000 empty XML components": lambda: XML + b"<components>" + b"<component/>" * 900_000 + b"</components></bom>",
    "a text of ten megabytes in XML": lambda: _xml(b"a" * 10 * MEGA),
    "a text in ten million pieces": lambda: _xml(b"&amp;" * 2 * MEGA),
    "unclosed XML": lambda: XML + b"<components>" * 100_000,
    "wide characters that are none": lambda: b"\xff\xfe" + b"\xd8" * 10 * MEGA,
    "XML in an encoding nobody knows": lambda: b'<?xml version="1.0" encoding="x-none"?>' + _xml(b"a"),
}
