"""What a test asks of a report; the figures are printed, for they say more of the machine than of the code."""

from __future__ import annotations

from collections.abc import Mapping

from campaign.report import Report


def holds(report: Report, counts: Mapping[str, int]) -> None:
    """Nothing was violated, and this much was done."""
    print("\n".join(report.lines()))
    assert report.violations == []
    assert {name: report.counts[name] for name in counts} == counts
