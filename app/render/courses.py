"""Simulated experiments as a plain table."""

from __future__ import annotations

from collections.abc import Sequence

from checks.experiment.simulation import Course, Share

_HEAD = ("canary", "promoted", "rolled back", "no answer", "canary requests", "of a fixed test", "ticks")


def table(courses: Sequence[Course]) -> str:
    """A row a ratio, each share with its standard error."""
    rows = [_HEAD, *map(_row, courses)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _row(course: Course) -> tuple[str, ...]:
    of_fixed = "" if course.of_fixed is None else f"{100 * course.of_fixed:.1f} %"
    shares = map(_share, (course.promote, course.rollback, course.inconclusive))
    return (f"{course.ratio:g} x", *shares, f"{course.requests:,.0f}", of_fixed, f"{course.ticks:.1f}")


def _share(share: Share) -> str:
    return f"{100 * share.value:.2f} % ± {100 * share.error:.2f}"
