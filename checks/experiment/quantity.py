"""The numbers of a stored state, and of whatever is sent: finite and in range, or they are none of ours."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, TypeGuard

from msgspec import Meta

Whole = Annotated[int, Meta(ge=0, le=10**18)]
Finite = Annotated[float, Meta(ge=-1e300, le=1e300)]
NotNegative = Annotated[float, Meta(ge=0, le=1e300)]
Share = Annotated[float, Meta(ge=0, lt=1)]
Time = Annotated[float, Meta(ge=0, le=1e11)]
"""Epoch seconds."""


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is one that a float can hold; truth values are none, nor are NaN and infinities."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False
