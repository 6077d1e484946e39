"""Did a bill lose so much that its generator has rather failed?"""

from __future__ import annotations

from checks.sbom.bills.bill import Bom

SHRUNK_FROM = 10  # components; below that, halving is ordinary work


def shrunk(before: Bom, after: Bom) -> bool:
    """Are more than half of the components gone?"""
    return len(before.components) >= SHRUNK_FROM and len(after.components) * 2 < len(before.components)
