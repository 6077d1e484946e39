"""The settings of a shadow diff."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from checks.model import Strict

Share = Annotated[float, Field(gt=0, lt=1)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Patterns = tuple[Annotated[str, Field(min_length=1, max_length=400)], ...]


class Tolerance(Strict):
    """How far two numbers may lie apart and still be the same."""

    field: Annotated[str, Field(min_length=1, max_length=400)]
    """Which fields, as a pattern: `body.price`, `body.items[*].weight`, `body.**.score`."""
    absolute: NonNegative = 0.0
    """In the field's own unit."""
    relative: NonNegative = 0.0
    """Of the larger of the two: 0.01 is one percent."""


class ShadowConfig(Strict):
    """What is compared, and how much of a difference stops a promotion.

    A pattern names fields: `*` within one name, `**` over any number of names, `[*]` for the elements of a list.
    """

    q: Share = 0.05
    """At most this share of the fields that are flagged is expected to be flagged wrongly."""
    floor: Annotated[float, Field(ge=0, lt=1)] = 0.001
    """A difference in a smaller share of the answers, noise taken off, is not held against the candidate."""
    noisy: Share = 0.10
    """A field that differs between two instances of the same version more often than this only warns."""
    detect: Share = 0.05
    """No endpoint is called clean before a difference in this share of its answers would have been seen (19 of 20)."""
    methods: tuple[Annotated[str, Field(pattern=r"^[A-Z]+$")], ...] = Field(
        default=("GET", "HEAD", "OPTIONS"), strict=False
    )
    """Only answers to these are compared: a mirrored write is done twice."""
    ignore: Patterns = Field(default=(), strict=False)
    """Fields that are not compared, with all below them."""
    unordered: Patterns = Field(default=(), strict=False)
    """Lists whose order says nothing."""
    maps: Patterns = Field(default=(), strict=False)
    """Objects whose keys are data: all their values are one field. Keys that read as an id are taken so anyway."""
    tolerances: tuple[Tolerance, ...] = Field(default=(), strict=False)
    """The first that names a field counts."""
    headers: tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]+$")], ...] = Field(
        default=("content-type", "location"), strict=False
    )
    """Headers that are compared, in lower case."""
    slower: NonNegative = 0.2
    """The field `latency` differs where an answer took longer than the primary's by more than this share ..."""
    slower_ms: NonNegative = 10.0
    """... and by more than these milliseconds."""
    size: NonNegative = 0.1
    """The field `size` differs where it differs by more than this share of the larger."""
    endpoints: Patterns = Field(default=("**",), strict=False)
    """Globs of endpoints, `GET /orders/**`, whose flagged fields stop a promotion; those of others are only told."""
    critical: Patterns = Field(default=(), strict=False)
    """Fields that by themselves are worth a rollback; of others a metric has to say the same."""
    show: Patterns = Field(default=(), strict=False)
    """Fields of which examples show the values as they were; of others only their type and length."""
