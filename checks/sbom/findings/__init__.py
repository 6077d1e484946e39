"""What two bills give cause for concern: one module a question, each from the bills to concerns."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checks.sbom.concern import Concern
from checks.sbom.findings import arrivals, files, integrity, licensing, steps, unidentified, vulnerabilities
from checks.sbom.findings.bills import Bills, say

__all__ = ["Bills", "every", "of_unchanged", "say"]


def every(bills: Bills, excused: Callable[[Concern], bool]) -> Iterator[Concern]:
    """All concerns. `excused` tells which of them somebody answers for: a step back into those alone is a plain one."""
    vulnerable = tuple(vulnerabilities.concerns(bills))
    yield from vulnerable
    yield from steps.concerns(bills, [each for each in vulnerable if each.kind == "introduced" and not excused(each)])
    yield from licensing.concerns(bills)
    yield from integrity.concerns(bills)
    yield from arrivals.concerns(bills)
    yield from unidentified.concerns(bills)
    yield from files.concerns(bills)


def of_unchanged(bills: Bills) -> Iterator[Concern]:
    """Concerns that come from outside while nothing changed: what has become known of packages that were there."""
    return vulnerabilities.concerns(bills)
