"""What would mend a finding: the way back to what was green, the smallest safe version, and where it is declared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from checks.sbom import remedy
from checks.sbom.concern import Concern
from checks.sbom.evidence import Evidence
from checks.sbom.findings import Bills
from checks.sbom.judging.outcome import Suppressed
from checks.sbom.remedy import Remedy
from checks.sbom.repair.ways import Lineage, ways
from checks.sbom.versions import comparison


def mended(
    concerns: Iterable[Concern], bills: Bills, evidence: Evidence, suppressed: Sequence[Suppressed]
) -> list[Concern]:
    """The same concerns, each with its place in a manifest, and those of advisories with what would mend them."""
    bench = _Bench(bills, evidence, suppressed)
    return [bench.placed(bench.mended(concern)) for concern in concerns]


class _Bench:
    """Looks each version of a package up once, however many advisories it has."""

    def __init__(self, bills: Bills, evidence: Evidence, suppressed: Sequence[Suppressed]) -> None:
        self._bills = bills
        self._evidence = evidence
        self._excused: dict[str, frozenset[str]] = {}
        for each in suppressed:
            key = each.concern.purl
            self._excused[key] = self._excused.get(key, frozenset()).union(each.concern.names)
        self._remedies: dict[tuple[str, str], Remedy] = {}

    def placed(self, concern: Concern) -> Concern:
        """With the line of the manifest that brings the package, itself or the direct dependency above it."""
        name = concern.trail[0] if concern.trail else concern.name
        found = self._evidence.declarations.of(concern.ecosystem, name) if concern.purl else None
        return replace(concern, place=found.path, line=found.line) if found else concern

    def mended(self, concern: Concern) -> Concern:
        """With the safer version, where the advisories themselves know one; a bill knows none."""
        if concern.advisory is None or not concern.advisory.records or concern.kind == "fixed":
            return concern
        current = comparison.ordered(concern.ecosystem, concern.versions)[-1]
        found = self._remedy(concern, current)
        if found.version == current:  # only the bill says that it is affected: the advisories know no better version
            return concern
        ahead = _said(concern, found) + (self._lifted(concern, found) if concern.direct is False else "")
        fix = (" or " if found.version else "; ").join(filter(None, (self._back(concern), ahead)))
        return replace(concern, fixable=found.version is not None, bump=found.bump, fix=fix[:1].upper() + fix[1:])

    def _remedy(self, concern: Concern, current: str) -> Remedy:
        key = (concern.purl, current)
        if key not in self._remedies:
            self._remedies[key] = self._safest(concern, current)
        return self._remedies[key]

    def _lifted(self, concern: Concern, found: Remedy) -> str:
        """How a package that others bring along gets its safe version; "" where it has none."""
        if found.version is None:
            return ""
        names = self._bills.parents.get(concern.purl, ())
        asked = {name: self._evidence.declarations.asked(name, concern.name) for name in names}
        current = comparison.ordered(concern.ecosystem, concern.versions)[-1]
        best = ways(concern.ecosystem, concern.name, current, found, Lineage(direct=False, parents=asked))[0]
        via = f", which comes in through {concern.trail[0]}" if concern.trail else ""
        return f"{via}: {best.text}"

    def _safest(self, concern: Concern, current: str) -> Remedy:
        ecosystem, name, book = concern.ecosystem, concern.name, self._evidence.book
        declared = self._evidence.declarations.of(ecosystem, name)
        denied = self._bills.config.packages.denied()
        return remedy.safest(
            ecosystem,
            name,
            current,
            remedy.candidates(book, ecosystem, name, self._seen(concern)),
            book,
            declared=declared.constraint if declared else "",
            permitted=lambda version: not any(target.touches(concern.purl, (version,)) for target in denied),
            excused=self._excused.get(concern.purl, frozenset()),
        )

    def _seen(self, concern: Concern) -> tuple[str, ...]:
        """Versions in either bill."""
        package = [*self._bills.before.get(concern.purl, ()), *self._bills.after.get(concern.purl, ())]
        return tuple(sorted({component.version for component in package if component.version}))

    def _back(self, concern: Concern) -> str:
        """To what the baseline had, when the change itself brought the risk and nothing is known against that; of
        several versions, to one that left.
        """
        if concern.kind != "introduced":
            return ""
        old = {component.version for component in self._bills.before.get(concern.purl, ())}
        excused = self._excused.get(concern.purl, frozenset())
        clean = {
            version
            for version in old
            if remedy.is_clear(concern.ecosystem, concern.name, version, self._evidence.book, excused)
        }
        gone = clean - {component.version for component in self._bills.after.get(concern.purl, ())}
        return f"return to {comparison.ordered(concern.ecosystem, gone or clean)[-1]}" if clean else ""


def _said(concern: Concern, found: Remedy) -> str:
    if found.version is None:
        return found.reason
    how = ", ".join(filter(None, (found.bump, "may break its users" if found.breaking else "")))
    return f"move `{concern.name}` to {found.version}{f' ({how})' if how else ''}"
