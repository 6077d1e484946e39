"""Statements that a vulnerability does not matter here: OpenVEX 0.2.0 and the VEX part of CycloneDX 1.4 to 1.7.

A statement excuses exactly what it names: this vulnerability, in this package, at this version where it states one.
What cannot be understood excuses nothing and is a flaw.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from checks.sbom.advisories.advisory import Advisory
from checks.sbom.advisories.moments import moment
from checks.sbom.advisories.statements import Product, Statement, VexUnreadableError, decoded, qualifiers
from checks.sbom.advisories.vex_cyclonedx import statements as from_cyclonedx
from checks.sbom.advisories.vex_openvex import statements as from_openvex
from checks.sbom.purl import identify
from checks.sbom.versions import order, ranges

MAX_DOCUMENTS = 1_000
_CAUTION = {"affected": 3, "under_investigation": 2, "fixed": 1, "not_affected": 0}  # at one time, the graver counts


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why an advisory need not stop anybody. `status`: not_affected or fixed; `words`: the justification and statement.

    `timestamp` is that of the statement, RFC 3339, "" when none is given; `document` its place among those read.
    """

    id: str
    status: str
    words: str
    timestamp: str
    document: int


@dataclass(frozen=True, slots=True)
class Vex:
    """All statements that could be read; `flaws` says which could not, and why."""

    statements: tuple[Statement, ...] = ()
    flaws: tuple[str, ...] = ()

    def excuse(self, advisory: Advisory, purl: str, version: str, products: Collection[str] = ()) -> Excuse | None:
        """The excuse for an advisory on a package (its purl with or without version) at a version; None without one.

        Of all statements on them the latest counts: `affected` and `under_investigation` excuse nothing, and take back
        what an earlier one excused. Without a time a statement is the oldest; of the same time the graver counts.
        `products`: what the statements may call the product itself (its purl, name or URL): a statement about a part
        *of a product* holds only where that is one of these.
        """
        matching = [each for each in self.statements if _matches(each, advisory, purl, version, products)]
        if not matching:
            return None
        latest = max(matching, key=lambda each: (moment(each.timestamp), _CAUTION[each.status]))
        if latest.status not in {"not_affected", "fixed"}:
            return None
        return Excuse(latest.names[0], latest.status, latest.words, latest.timestamp, latest.document)

    def unmatched(
        self, found: Iterable[tuple[Advisory, str, str]], products: Collection[str] = ()
    ) -> tuple[Statement, ...]:
        """The statements that are about none of `found`: (advisory, purl, version) as `excuse` takes them."""
        cases = list(found)
        return tuple(each for each in self.statements if not any(_matches(each, *case, products) for case in cases))


def read(documents: Sequence[str]) -> Vex:
    """Read VEX documents, each of either format. What cannot be read is a flaw, never an exception."""
    statements: list[Statement] = []
    flaws: list[str] = []
    for number, text in enumerate(documents):
        if number >= MAX_DOCUMENTS:
            flaws.append(f"more than {MAX_DOCUMENTS:,} documents; the rest was not read")
            break
        try:
            for each in _statements(decoded(text), number):
                if isinstance(each, Statement):
                    statements.append(each)
                else:
                    flaws.append(f"document {number + 1}: {each}")
        except VexUnreadableError as error:
            flaws.append(f"document {number + 1}: {error}")
    return Vex(tuple(statements), tuple(flaws))


def _statements(document: dict[str, Any], number: int) -> Iterator[Statement | str]:
    if document.get("bomFormat") == "CycloneDX":
        return from_cyclonedx(document, number)
    if "openvex" in str(document.get("@context"))[:200]:
        return from_openvex(document, number)
    raise VexUnreadableError("neither an OpenVEX nor a CycloneDX document (`@context` or `bomFormat` says so)")


# --- does a statement speak of this? -----------------------------------------------------------------------


def _matches(each: Statement, advisory: Advisory, purl: str, version: str, products: Collection[str]) -> bool:
    names = {name.upper() for name in advisory.names}
    if names.isdisjoint(name.upper() for name in each.names):
        return False
    if each.within and not any(_is_product(one, products) for one in each.within):
        return False
    return any(_covers(product, purl, version) for product in each.products)


def _is_product(product: Product, products: Collection[str]) -> bool:
    """The same text, or the same purl; a version that the statement names must be the product's."""
    for mine in products:
        if product.text == mine:
            return True
        stated = identify(mine)
        if stated and _covers(product, mine, stated[1]):
            return True
    return False


def _covers(product: Product, purl: str, version: str) -> bool:
    asked = identify(purl)
    if asked is None or product.identity is None or asked[0].purl != product.identity.purl:
        return False
    if not product.qualifiers <= qualifiers(purl):
        return False
    if product.version:
        return product.version == version or order.compare(asked[0].ecosystem, product.version, version) == 0
    if product.spans is None:
        return True
    return any(ranges.includes_vers(span, asked[0].ecosystem, version) is True for span in product.spans)
