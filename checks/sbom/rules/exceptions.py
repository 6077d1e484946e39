"""Findings that somebody accepts for a while: by whom, why, and until when."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from checks.model import Strict
from checks.sbom.concern import Concern
from checks.sbom.rules.selectors import RuleName
from checks.sbom.rules.targets import parse

MAX_DAYS = 90

Standing = Literal["valid", "expired", "too_long", "undated"]


class PackageException(Strict):
    """Accept findings on an advisory, on a package, or on both together, until a day."""

    id: str = ""
    """Advisory (any of its aliases), or the licence where a licence is what was found."""

    purl: str = ""
    """Package URL, `*` for any text within a name. At least one of `id` and `purl`."""

    versions: str = ""
    """Range of versions of `purl` that it holds for: `<6.5.3`."""

    rule: RuleName | None = None
    """Only findings of this rule; without it, of any."""

    owner: str = Field(min_length=1)
    """Who answers for it."""

    reason: str = Field(min_length=1)
    """Why it is acceptable."""

    created: str = ""
    """The day it was agreed, ISO 8601."""

    expires: str
    """Its last day, ISO 8601; at most 90 days after `created`, and after the day of the evaluation."""

    @field_validator("created", "expires")
    @classmethod
    def _dated(cls, text: str, field: ValidationInfo) -> str:
        if _is_day(text) or (not text and field.field_name == "created"):
            return text
        raise ValueError(f"{text!r} is no day; write it as 2026-12-31")

    @model_validator(mode="after")
    def _bound(self) -> Self:
        if not self.id and not self.purl:
            raise ValueError("an exception is bound to an `id`, a `purl` or both")
        if self.versions and not self.purl:
            raise ValueError("`versions` needs `purl`")
        if self.purl:
            parse(self.purl, self.versions)
        if self.created and not 0 <= _days(self.created, self.expires) <= MAX_DAYS:
            raise ValueError(f"`expires` lies 0 to {MAX_DAYS} days after `created`; renew it when it ends")
        return self

    @property
    def subject(self) -> str:
        """What it is about, in words."""
        package = f"{self.purl} {self.versions}".strip()
        return " on ".join(filter(None, (self.id, package)))

    def standing(self, day: str) -> Standing:
        """Whether it holds on `day` (ISO 8601; "" when nobody knows the day: then it cannot hold)."""
        if not day:
            return "undated"
        left = _days(day, self.expires)
        if left < 0:
            return "expired"
        return "valid" if left <= MAX_DAYS else "too_long"

    def covers(self, concern: Concern) -> bool:
        """Is this finding one that it speaks of, leaving the day aside?"""
        return (
            self.rule in (None, concern.rule)
            and (not self.id or self.id.lower() in {name.lower() for name in concern.names})
            and (not self.purl or parse(self.purl, self.versions).covers(concern.purl, concern.versions))
        )


def _days(start: str, end: str) -> int:
    return (date.fromisoformat(end[:10]) - date.fromisoformat(start[:10])).days


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
