"""Who answers for a finding: statements on exploitability, and the exceptions of the policy while they last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from checks.sbom.concern import Concern
from checks.sbom.evidence import Evidence
from checks.sbom.judging.outcome import Suppressed
from checks.sbom.purl import with_version
from checks.sbom.rules.exceptions import MAX_DAYS, PackageException


@dataclass(frozen=True, slots=True)
class Excuses:
    """All excuses of one evaluation. `products`: what a statement may call the product that this bill is of."""

    exceptions: Sequence[PackageException]
    evidence: Evidence
    products: tuple[str, ...] = ()

    def of(self, concern: Concern) -> Suppressed | None:
        """Who answers for it; None when nobody does. A repaired advisory needs no excuse."""
        if concern.kind == "fixed":
            return None
        return self._by_vex(concern) or self._by_exception(concern)

    def cover(self, concern: Concern) -> bool:
        """Whether anybody answers for it."""
        return self.of(concern) is not None

    def told(self, concern: Concern) -> Concern:
        """The same concern, saying whose exception for it does not hold."""
        day = self.evidence.day
        lapsed = [each for each in self.exceptions if each.standing(day) != "valid" and each.covers(concern)]
        if not lapsed or concern.kind == "fixed":
            return concern
        said = "; ".join(f"the exception of {each.owner} {ending(each, day)}" for each in lapsed)
        return replace(concern, message=f"{concern.message}; {said}")

    def _by_vex(self, concern: Concern) -> Suppressed | None:
        """Every affected version has to be excused; the statement on the last of them is shown."""
        advisory, versions, vex = concern.advisory, concern.versions, self.evidence.vex
        if advisory is None or not versions or not vex.statements:
            return None
        asked = [(with_version(concern.purl, version), version) for version in versions]
        said = [vex.excuse(advisory, purl, version, self.products) for purl, version in asked]
        heard = [each for each in said if each is not None]
        if len(heard) < len(said):
            return None
        why = f"{heard[-1].status}: {heard[-1].words}" if heard[-1].words else heard[-1].status
        return Suppressed(concern, "vex", self.evidence.author(heard[-1].document), why, sboms=_paths(concern))

    def _by_exception(self, concern: Concern) -> Suppressed | None:
        for each in self.exceptions:
            if each.standing(self.evidence.day) == "valid" and each.covers(concern):
                return Suppressed(concern, "exception", each.owner, each.reason, each.expires, _paths(concern))
        return None


def ending(exception: PackageException, day: str) -> str:
    """Why an exception does not hold on `day`, after its owner's name."""
    standing = exception.standing(day)
    if standing == "expired":
        return f"ended on {exception.expires}"
    if standing == "too_long":
        return f"reaches more than {MAX_DAYS} days ahead, to {exception.expires}"
    return f"may have ended on {exception.expires}: today's date is not known"


def _paths(concern: Concern) -> tuple[str, ...]:
    return (concern.path,) if concern.path else ()
