"""The words of VEX: one statement, whatever the format it was written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec

from checks.sbom.purl import Identity, identify

MAX_BYTES = 16 * 1024 * 1024
MAX_TEXT = 2_000


class VexUnreadableError(ValueError):
    """This is no VEX document that we can read; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Product:
    """What a statement is about. `text` as written; `identity` and `version` are those of its purl, if it is one.

    `qualifiers` ("arch=arm64") and a "#subpath" narrow it further. `spans`: ranges of versions ("1.2", "vers:...") that
    it is limited to; None for no limit.
    """

    text: str
    identity: Identity | None = None
    version: str = ""
    qualifiers: frozenset[str] = frozenset()
    spans: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """`names` of the vulnerability, the first as people know it; `status` in OpenVEX's words; `words` say why.

    `within`: the products that `products` are parts of, where the statement says so; else empty.
    """

    names: tuple[str, ...]
    products: tuple[Product, ...]
    status: str
    words: str = ""
    timestamp: str = ""
    document: int = 0
    within: tuple[Product, ...] = ()

    def say(self) -> str:
        """In one line: "CVE-2024-1 not_affected in pkg:npm/qs@6.5.2"."""
        shown = ", ".join(product.text for product in self.products[:3])
        return f"{self.names[0]} {self.status} in {shown}{' ...' if len(self.products) > 3 else ''}"


def product(written: str) -> Product:
    """A product as a statement names it."""
    stated = identify(written)
    if stated is None:
        return Product(written)
    return Product(written, stated[0], stated[1], qualifiers(written))


def qualifiers(purl: str) -> frozenset[str]:
    """The qualifiers of a purl, "key=value" each, and its "#subpath"; the default type of Maven is left out."""
    path, _, subpath = purl.partition("#")
    pairs = {unquote(pair) for pair in path.partition("?")[2].split("&") if pair and pair != "type=jar"}
    return frozenset(pairs | ({f"#{subpath}"} if subpath else set()))


def decoded(text: str) -> dict[str, Any]:
    """The JSON object behind a text. Raises VexUnreadableError."""
    if len(text) > MAX_BYTES:
        raise VexUnreadableError(f"{len(text):,} characters; the limit is {MAX_BYTES:,}")
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise VexUnreadableError("no JSON") from None
    if not isinstance(document, dict):
        raise VexUnreadableError("no JSON object")
    return document


def text_of(value: Any) -> str:
    """The text, cut to a length that nobody means to exceed; "" for anything else."""
    return value.strip()[:MAX_TEXT] if isinstance(value, str) else ""


def list_of(value: Any) -> list[Any]:
    """The list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def last_step(name: str) -> str:
    """A vulnerability named by a URL, without it: ".../CVE-2024-1" is CVE-2024-1."""
    return name.rstrip("/").rpartition("/")[2] if "://" in name else name
