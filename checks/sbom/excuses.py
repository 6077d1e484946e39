"""Who answers for a finding: statements on exploitability, and the exceptions of the policy while they last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from checks.sbom.concern import Concern
from checks.sbom.exceptions import MAX_DAYS, PackageException
from checks.sbom.outcome import Suppressed
from checks.sbom.purl import with_version
from checks.sbom.vex import Vex

EXPIRED = "exception_expired"
TOO_LONG = "exception_too_long"


@dataclass(frozen=True, slots=True)
class Excuses:
    """All excuses of one evaluation. `day`: ISO 8601; without one no exception holds, for none can be seen to end."""

    exceptions: Sequence[PackageException]
    vex: Vex
    day: str = ""

    def of(self, concern: Concern) -> Suppressed | None:
        """Who answers for it; None when nobody does. A repaired advisory needs no excuse."""
        if concern.kind == "fixed":
            return None
        return self._by_vex(concern) or self._by_exception(concern)

    def told(self, concern: Concern) -> Concern:
        """The same concern, saying whose exception for it no longer holds."""
        lapsed = [each for each in self.exceptions if self._fails(each) and each.covers(concern)]
        if not lapsed or concern.kind == "fixed":
            return concern
        said = "; ".join(f"the exception of {each.owner} {_WORDS[each.standing(self.day)](each)}" for each in lapsed)
        return replace(concern, message=f"{concern.message}; {said}")

    def reminders(self) -> Iterator[Concern]:
        """Exceptions that excuse nothing any more, or never did."""
        for each in filter(self._fails, self.exceptions):
            standing = each.standing(self.day)
            rule = TOO_LONG if standing == "too_long" else EXPIRED
            message = f"The exception of {each.owner} for {each.subject} {_WORDS[standing](each)}: it excuses nothing"
            yield Concern(rule, message, names=(each.id,) if each.id else ())

    def _fails(self, exception: PackageException) -> bool:
        return exception.standing(self.day) != "valid"

    def _by_vex(self, concern: Concern) -> Suppressed | None:
        """Every affected version has to be excused, and the last to speak is named."""
        advisory, versions = concern.advisory, concern.versions
        if advisory is None or not versions:
            return None
        said = [self.vex.excuse(advisory, with_version(concern.purl, each), each) for each in versions]
        heard = [each for each in said if each is not None]
        if len(heard) < len(said):
            return None
        return Suppressed(concern, "vex", heard[-1].author, heard[-1].reason, sboms=_paths(concern))

    def _by_exception(self, concern: Concern) -> Suppressed | None:
        for each in self.exceptions:
            if not self._fails(each) and each.covers(concern):
                return Suppressed(concern, "exception", each.owner, each.reason, each.expires, _paths(concern))
        return None


_WORDS = {
    "expired": lambda each: f"ended on {each.expires}",
    "too_long": lambda each: f"reaches more than {MAX_DAYS} days ahead, to {each.expires}",
    "undated": lambda each: f"may have ended on {each.expires}: today's date is not known",
}


def _paths(concern: Concern) -> tuple[str, ...]:
    return (concern.path,) if concern.path else ()
