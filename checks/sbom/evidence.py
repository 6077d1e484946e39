"""What is known beside the bills: advisories, excuses, declarations, and which day it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from checks.advised import Listing, Unread
from checks.model import Document
from checks.sbom.advisories.advisory import Book, known
from checks.sbom.advisories.vex import Vex, read
from checks.sbom.declarations import Declarations


@dataclass(frozen=True)
class Evidence:
    """`records`: OSV records, as JSON text or decoded. `statements`: VEX documents. `day`: ISO 8601 in UTC.

    `products`: what the product itself may be called in a statement: its purl, its name. `unasked`: packages that
    nobody could be asked about. `listed` and `unread` as in `checks.model.Advisories`.
    """

    records: Sequence[str | Mapping[str, Any]] = ()
    statements: Sequence[Document] = ()
    day: str = ""
    manifests: Sequence[Document] = ()
    products: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    listed: Sequence[Listing] = ()
    unread: Sequence[Unread] = ()

    @cached_property
    def book(self) -> Book:
        """The advisories, grouped and indexed once for all bills."""
        return known(self.records, self.listed, self.unread)

    @cached_property
    def declarations(self) -> Declarations:
        """What the manifests ask for."""
        return Declarations(self.manifests)

    @cached_property
    def vex(self) -> Vex:
        """The statements, read once for all bills."""
        return read([document.text for document in self.statements])

    def author(self, number: int) -> str:
        """Who made the statements of a document, by its place among them: the path of the document."""
        return self.statements[number].path or f"VEX document {number + 1}"
