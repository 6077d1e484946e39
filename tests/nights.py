"""Parameters that only the nightly run takes: more places and more seeds of what the others prove by day."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet


def by_night(*values: object) -> list[ParameterSet]:
    """Each of `values` as a parameter of a nightly test."""
    return [pytest.param(value, marks=pytest.mark.nightly) for value in values]
