"""Rules of a policy: which findings one speaks of, and what it does about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from checks.globs import matches
from checks.model import Strict
from checks.sbom.advisories.severity import SEVERITIES
from checks.sbom.bills.bill import Scope
from checks.sbom.concern import Concern
from checks.sbom.licences.categories import CATEGORIES, holds
from checks.sbom.rules.targets import parse

Names = Annotated[tuple[str, ...], Field(strict=False)]
Action = Literal["block", "warn", "ignore"]
RuleName = Literal[
    "vulnerability",
    "licence",
    "downgrade",
    "hash_changed",
    "scope_changed",
    "typosquat",
    "denied_package",
    "incomparable_versions",
    "component_unreadable",
    "bill_not_renewed",
    "exception_expired",
    "exception_too_long",
    "vex_unmatched",
    "unasked",
    "advisory_unread",
    "unidentified",
]
ClassName = Literal[
    "introduced",
    "preexisting",
    "newly_published",
    "fixed",
    "denied",
    "unknown",
    "changed",
    "into_vulnerable",
    "plain",
    "undecided",
    "disputed",
    "no_purl",
    "no_version",
    "no_advisories",
]
CLASSES: Mapping[str, tuple[str, ...]] = {
    "vulnerability": ("introduced", "preexisting", "newly_published", "fixed"),
    "licence": ("denied", "unknown", "changed"),
    "downgrade": ("into_vulnerable", "plain"),
    "unasked": ("undecided", "disputed"),
    "unidentified": ("no_purl", "no_version", "no_advisories"),
}
_TYPE = re.compile(r"[a-z][a-z0-9.+-]*", re.ASCII)
_ADVISED = frozenset({"vulnerability", "downgrade"})  # the rules whose findings an advisory stands behind
_UNPACKAGED = frozenset(
    {
        "component_unreadable",
        "bill_not_renewed",
        "exception_expired",
        "exception_too_long",
        "vex_unmatched",
        "advisory_unread",
    }
)
_OF_ADVISORIES = ("severity", "cvss", "fix", "bump")
_OF_PACKAGES = ("scope", "direct", "depth", "ecosystem", "purl", "licence")


class Rule(Strict):
    """One line of the policy. Every selector that is written must fit; what a bill does not say fits none."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    rule: RuleName
    """The findings it speaks of."""

    action: Action
    """`block` stops the change, `warn` remarks on it, `ignore` only lists it."""

    kind: ClassName | None = Field(default=None, alias="class")
    """Class within the rule: the first four are of `vulnerability`, the next three of `licence`, then two each of
    `downgrade` and `unasked`, the last of `unidentified`. Without it, any.
    """

    severity: Literal["unknown", "info", "low", "medium", "high", "critical"] | None = None
    """This severity or worse; `unknown` fits that alone."""

    cvss: float | None = Field(default=None, ge=0, le=10)
    """A CVSS base score of this or more."""

    scope: Literal["runtime", "development", "optional", "unknown"] | None = None
    """Scope of the package. `runtime` takes in optional ones, and those whose bill does not say."""

    direct: bool | None = None
    """Whether the product itself depends on it."""

    depth: int | None = Field(default=None, ge=1)
    """At least this far from the product; a direct dependency is at 1."""

    ecosystem: str = ""
    """Package URL type: npm, pypi, maven ..."""

    purl: str = ""
    """Package URL, `*` for any text within a name, `**` for any text."""

    versions: str = ""
    """Range of versions of `purl`: `<4.17.21`, `>=1,<2`."""

    licence: str = ""
    """A category (permissive, weak_copyleft, copyleft, network_copyleft, source_available, proprietary, exception,
    unknown) or an SPDX identifier.
    """

    fix: bool | None = None
    """Whether a version is known that mends it."""

    bump: Literal["patch", "minor", "major"] | None = None
    """How far that version is away."""

    path: str = ""
    """The bill's path, as a glob."""

    @field_validator("ecosystem")
    @classmethod
    def _folded(cls, name: str) -> str:
        if name and not _TYPE.fullmatch(name):
            raise ValueError(f"{name!r} is no package URL type; write it as in `pkg:npm/...`, in lower case")
        return name

    @field_validator("licence")
    @classmethod
    def _known(cls, name: str) -> str:
        from checks.sbom.licences import recognised

        if name and name not in CATEGORIES and not recognised(name):
            raise ValueError(f"{name!r} is neither a category of licences nor an SPDX identifier")
        return name

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        """A line that can never fit would leave its gate open, or shut, without a word."""
        classes = CLASSES.get(self.rule, ())
        if self.kind and self.kind not in classes:
            known = ", ".join(classes) or "none"
            raise ValueError(f"`class: {self.kind}` is none of rule `{self.rule}`; it has {known}")
        for names, fits in ((_OF_ADVISORIES, self.rule in _ADVISED), (_OF_PACKAGES, self.rule not in _UNPACKAGED)):
            strange = [name for name in names if getattr(self, name) not in (None, "") and not fits]
            if strange:
                raise ValueError(f"`{strange[0]}` selects nothing of rule `{self.rule}`")
        if self.versions and not self.purl:
            raise ValueError("`versions` needs `purl`")
        if self.purl:
            parse(self.purl, self.versions)
        return self

    def fits(self, concern: Concern) -> bool:
        """Does every selector fit?"""
        return (
            concern.rule == self.rule
            and self.kind in (None, concern.kind)
            and self._fits_risk(concern)
            and self._fits_place(concern)
            and self._fits_package(concern)
        )

    def _fits_risk(self, concern: Concern) -> bool:
        return (
            _at_least(self.severity, concern.severity)
            and (self.cvss is None or (concern.score is not None and concern.score >= self.cvss))
            and self.fix in (None, concern.fixable)
            and self.bump in (None, concern.bump)
        )

    def _fits_place(self, concern: Concern) -> bool:
        return (
            _in_scope(self.scope, concern.scope)
            and self.direct in (None, concern.direct)
            and (self.depth is None or len(concern.trail) >= self.depth)
            and (not self.path or matches(concern.path, (self.path,)))
        )

    def _fits_package(self, concern: Concern) -> bool:
        return (
            self.ecosystem in ("", concern.ecosystem)
            and (not self.purl or self._names(concern))
            and (not self.licence or any(holds(text, self.licence) for text in concern.licences))
        )

    def _names(self, concern: Concern) -> bool:
        """What is ignored must be named whole; for the rest one version among several is enough."""
        target = parse(self.purl, self.versions)
        covers = target.covers if self.action == "ignore" else target.touches
        return covers(concern.purl, concern.versions)


def _at_least(limit: str | None, level: str) -> bool:
    if limit is None or limit == level:
        return True
    return "unknown" not in (limit, level) and level in SEVERITIES and SEVERITIES.index(level) > SEVERITIES.index(limit)


def _in_scope(wanted: str | None, scope: Scope) -> bool:
    if wanted == Scope.RUNTIME.value:
        return scope is not Scope.DEVELOPMENT
    return wanted in (None, scope.value)
