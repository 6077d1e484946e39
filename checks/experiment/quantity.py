"""The numbers of a stored state: finite and in range, or it is no state of ours."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Whole = Annotated[int, Meta(ge=0, le=10**18)]
Finite = Annotated[float, Meta(ge=-1e300, le=1e300)]
NotNegative = Annotated[float, Meta(ge=0, le=1e300)]
Share = Annotated[float, Meta(ge=0, lt=1)]
Time = Annotated[float, Meta(ge=0, le=1e11)]
"""Epoch seconds."""
