"""What is known beside the bills: advisories, excuses, declarations, and which day it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from checks.model import Document
from checks.sbom.advisory import Book, known
from checks.sbom.declarations import Declarations
from checks.sbom.vex import Vex, read


@dataclass(frozen=True)
class Evidence:
    """`records`: OSV records, as JSON text or decoded. `statements`: VEX documents as text. `day`: ISO 8601 in UTC."""

    records: Sequence[str | Mapping[str, Any]] = ()
    statements: Sequence[str] = ()
    day: str = ""
    manifests: Sequence[Document] = field(default=())

    @cached_property
    def book(self) -> Book:
        """The advisories, grouped and indexed once for all bills."""
        return known(self.records)

    @cached_property
    def declarations(self) -> Declarations:
        """What the manifests ask for."""
        return Declarations(self.manifests)

    @cached_property
    def vex(self) -> Vex:
        """The statements, read once for all bills."""
        return read(self.statements)
