"""From findings to the smallest safe repair: one for each package, as edits of manifests, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from checks.model import Advisories, Document, Finding, Snapshot, State
from checks.sbom import remedy
from checks.sbom.advisories.advisory import Advisory, Book, known
from checks.sbom.bills.bill import UnreadableError
from checks.sbom.bills.reader import read
from checks.sbom.drift.moves import major
from checks.sbom.findings.vulnerabilities import FIXED, INTRODUCED, RULE
from checks.sbom.purl import Identity, identify
from checks.sbom.remedy import Remedy
from checks.sbom.repair.splices import (
    ALREADY,
    Splices,
    blocking,
    declarations,
    locks,
    overridden,
    raised,
    reverted,
)
from checks.sbom.rules.policy import Config
from checks.sbom.rules.targets import Target
from checks.sbom.versions import comparison

LONGEST_PURL, LONGEST_VERSION = 400, 100  # characters; what is longer is no package that anybody publishes

Way = Literal["raise", "override", "revert"]


@dataclass(frozen=True, slots=True)
class Repair:
    """`purl` (without version) moves from the versions `current` to `version` by `splices`.

    `way`: its declaration is raised; or it is settled where only others bring it; or the declaration that brought it is
    put back to what the base has, which `back` then names. `reason` says why this version; `mended` are the advisories
    that go, `remaining` the names of those that stay; `locks` the lock files that must be made anew; `trail` how the
    package comes in, the outermost first; `blocked` the packages that would not take the version by themselves.
    `breaking`: it crosses a major version; then `green`: the base has one version, nothing is known against that, and
    putting it back may still be the better way.
    """

    ecosystem: str
    package: str
    purl: str
    current: tuple[str, ...]
    version: str
    way: Way
    splices: Splices
    mended: tuple[Advisory, ...]
    remaining: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    reason: str = ""
    blocked: tuple[str, ...] = ()
    breaking: bool = False
    green: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All names of the advisories that it mends, the id of each first."""
        return tuple(dict.fromkeys(name for one in self.mended for name in (one.id, *one.aliases)))


@dataclass(frozen=True, slots=True)
class Unrepaired:
    """A package that no pull request of ours mends, and the reason in a sentence for people.

    `green`: the base has one version of it, and nothing is known against that; putting it back may still be a way.
    """

    purl: str
    package: str
    reason: str
    green: bool = False


@dataclass(frozen=True, slots=True)
class Exposed:
    """By purl, every name of the advisories that are open on it; the packages that nobody could be asked about, the
    advisories that could not be read, and the purls of packages that the bills at hand cannot tell of.
    """

    names: Mapping[str, frozenset[str]]
    unasked: tuple[str, ...] = ()
    unread: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()

    def free(self, purl: str, advisories: Iterable[str]) -> bool:
        """Is none of `advisories` open on a package any more? No, where nobody could be asked, one not be read, or
        nothing is seen.
        """
        if purl in self.unseen:
            return False
        found = identify(purl)
        name = found[0].name if found else purl
        asked = not any(name in one or purl in one for one in self.unasked)
        return asked and (self.names.get(purl, frozenset()) | self.unread).isdisjoint(advisories)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a repair is made of. `manifests` at the head, `before` those at the base; versions by purl at both."""

    book: Book
    denied: tuple[Target, ...]
    manifests: tuple[Document, ...]
    before: tuple[Document, ...]
    head: Mapping[str, tuple[str, ...]]
    base: Mapping[str, tuple[str, ...]]


def plan(
    findings: Sequence[Finding],
    snapshot: Snapshot,
    config: Config,
    wanted: Callable[[Finding], bool],
    before: tuple[Document, ...] = (),
) -> tuple[Repair | Unrepaired, ...]:
    """One answer for each package of which a finding is `wanted`, in the order of the findings.

    All open findings of such a package count: a repair that leaves one of them is none. What an exception or a VEX
    statement has suppressed is no finding, and moves nothing; no repair leads to a version that `config` denies.
    `before`: manifests at the base, to put one back.
    """
    groups = _groups(findings)
    asked = dict.fromkeys(_purl(finding) for finding in findings if _open(finding) and wanted(finding))
    packages = [found[0] for purl in asked if (found := identify(purl))]
    if not packages:
        return ()
    facts = _facts(snapshot, config, before)
    return tuple(_repair(package, groups[package.purl], facts) for package in packages)


def exposed(findings: Iterable[Finding], snapshot: Snapshot) -> Exposed:
    """What is still open after a look."""
    found = dict[str, set[str]]()
    names = {name: one.names for one in _book(snapshot).advisories for name in one.names}
    for finding in filter(_open, findings):
        found.setdefault(_purl(finding), set()).update(names.get(finding.id, {finding.id}))
    had = _had(snapshot)
    unread = frozenset(one.id for one in had.unread)
    return Exposed({purl: frozenset(every) for purl, every in found.items()}, had.unasked, unread)


def stops(finding: Finding) -> bool:
    """Does the change bring it, and is it stopped by it? That is what is mended on the change's own branch."""
    return finding.rule == RULE and finding.kind == INTRODUCED and finding.state is State.BLOCK


# --- one package -------------------------------------------------------------------------------------------


def _repair(package: Identity, findings: Sequence[Finding], facts: Facts) -> Repair | Unrepaired:
    if len(package.purl) > LONGEST_PURL:
        return Unrepaired(package.purl[:LONGEST_PURL], package.name, "its name is longer than any package's")
    ids = {finding.id for finding in findings}
    advisories = tuple(one for one in facts.book.on(package.ecosystem, package.name) if ids & one.names)
    present = tuple(comparison.ordered(package.ecosystem, facts.head.get(package.purl, ())))
    current = tuple(one for one in present if any(each.affects(*package[1:], one) for each in advisories))
    if not current:
        return Unrepaired(package.purl, package.name, "no published record says which of its versions are safe")
    trail = min((finding.trail for finding in findings if finding.trail), key=len, default=())
    case = _Case(package, advisories, present, current, trail, facts)
    options = [option for option in (case.onwards(), case.back()) if option]
    made = [option for option in options if isinstance(option, Repair)]
    if made:
        best = min(made, key=lambda option: option.breaking)
        return replace(best, green=best.breaking and best.way != "revert" and case.was_clean)
    reasons = [option.reason for option in options if isinstance(option, Unrepaired)]
    return Unrepaired(package.purl, package.name, "; ".join(reasons), green=case.was_clean)


@dataclass(frozen=True, slots=True)
class _Case:
    """One package with all that is open on it: its versions at the head, the newest last, and those affected."""

    package: Identity
    advisories: tuple[Advisory, ...]
    present: tuple[str, ...]
    current: tuple[str, ...]
    trail: tuple[str, ...]
    facts: Facts

    @property
    def green(self) -> tuple[str, ...]:
        """The versions that the base has."""
        return self.facts.base.get(self.package.purl, ())

    @property
    def was_clean(self) -> bool:
        """Does the base have one version, and is nothing known against that?"""
        return len(self.green) == 1 and not any(map(self._bears_on_green, self._every_advisory()))

    def onwards(self) -> Repair | Unrepaired:
        """The smallest safe version, raised where it is declared, settled where it is not."""
        places = declarations(self.facts.manifests, self.package.ecosystem, self.package.name)
        if not places:
            return self._settled("")
        found = self._safest(self.current[-1], places[0].constraint)
        if not _usable(found):
            return self._none(found.reason)
        splices = raised(self.facts.manifests, self.package, found.version or "", places)
        if splices == ALREADY and len(self.present) > 1:  # others bring another one than is declared
            return self._settled(places[0].constraint)
        return self._none(splices) if isinstance(splices, str) else self._made("raise", found, splices, self.current)

    def _settled(self, constraint: str) -> Repair | Unrepaired:
        """In the manifest of what brings it; for all that bring it, so that no version that is there may be newer."""
        found = self._safest(self.present[-1], constraint)
        if not _usable(found):
            return self._none(found.reason)
        splices = overridden(self.facts.manifests, self.package, found.version or "", self.trail)
        return self._none(splices) if isinstance(splices, str) else self._made("override", found, splices, self.present)

    def back(self) -> Repair | None:
        """Where the change itself brought it and the base was clean: what the base declares."""
        if not self.was_clean:
            return None
        splices = reverted(self.facts.manifests, self.facts.before, self.package, self.trail)
        kept = Remedy(self.green[0], "", None, False, (), (), "the base has it, and no advisory names it")
        return self._made("revert", kept, splices, ()) if splices else None

    def _made(self, way: Way, found: Remedy, splices: Splices, moved: Sequence[str]) -> Repair:
        version = found.version or ""
        return Repair(
            ecosystem=self.package.ecosystem,
            package=self.package.name,
            purl=self.package.purl,
            current=self.current,
            version=version,
            way=way,
            splices=splices,
            mended=tuple(one for one in self.advisories if one.names.isdisjoint(found.remaining)),
            remaining=found.remaining,
            locks=locks(splices, {one.path for one in self.facts.manifests}),
            trail=self.trail,
            reason=found.reason,
            blocked=blocking(self.facts.manifests, self.package, version) if way == "override" else (),
            breaking=found.breaking or any(major(one) != major(version) for one in moved),
        )

    def _none(self, reason: str) -> Unrepaired:
        return Unrepaired(self.package.purl, self.package.name, reason)

    def _safest(self, current: str, constraint: str) -> Remedy:
        """Clear of everything that is open; what was excused does not move it."""
        ecosystem, name = self.package.ecosystem, self.package.name
        affecting = self.facts.book.of(ecosystem, name, current)
        excused = {each for one in affecting if one not in self.advisories for each in one.names}
        return remedy.safest(
            ecosystem,
            name,
            current,
            remedy.candidates(self.facts.book, ecosystem, name, (*self.green, *self.present)),
            self.facts.book,
            declared=constraint,
            permitted=self._permitted,
            excused=frozenset(excused),
        )

    def _permitted(self, version: str) -> bool:
        return not any(target.touches(self.package.purl, (version,)) for target in self.facts.denied)

    def _every_advisory(self) -> tuple[Advisory, ...]:
        return self.facts.book.on(self.package.ecosystem, self.package.name)

    def _bears_on_green(self, advisory: Advisory) -> bool:
        """Also where nobody can decide it."""
        return advisory.affects(self.package.ecosystem, self.package.name, self.green[0]) is not False


def _usable(found: Remedy) -> bool:
    return found.version is not None and len(found.version) <= LONGEST_VERSION


# --- what it is made of ------------------------------------------------------------------------------------


def _open(finding: Finding) -> bool:
    return finding.rule == RULE and finding.kind != FIXED and bool(finding.purl)


def _purl(finding: Finding) -> str:
    found = identify(finding.purl)
    return found[0].purl if found else finding.purl


def _groups(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in filter(_open, findings):
        groups.setdefault(_purl(finding), []).append(finding)
    return groups


def _facts(snapshot: Snapshot, config: Config, before: tuple[Document, ...]) -> Facts:
    pairs = snapshot.sboms if isinstance(snapshot.sboms, tuple) else ()
    return Facts(
        book=_book(snapshot),
        denied=config.packages.denied(),
        manifests=_readable(snapshot.manifests),
        before=_readable(before),
        head=_versions(pair.head for pair in pairs),
        base=_versions(pair.base for pair in pairs),
    )


def _book(snapshot: Snapshot) -> Book:
    had = _had(snapshot)
    return known(had.records, had.listed, had.unread)


def _had(snapshot: Snapshot) -> Advisories:
    return snapshot.advisories if isinstance(snapshot.advisories, Advisories) else Advisories(())


def _readable(documents: object) -> tuple[Document, ...]:
    read_in = documents if isinstance(documents, tuple) else ()
    return tuple(one for one in read_in if isinstance(one, Document) and one.missing is None)


def _versions(documents: Iterable[Document | None]) -> dict[str, tuple[str, ...]]:
    """The versions of each package over all bills that can be read, by purl."""
    found: dict[str, set[str]] = {}
    for document in documents:
        if document is None or document.missing is not None:
            continue
        try:
            components = read(document.text).components
        except UnreadableError:
            continue
        for one in components:
            if one.purl and one.version:
                found.setdefault(_bare(one.purl), set()).add(one.version)
    return {purl: tuple(sorted(every)) for purl, every in found.items()}


def _bare(purl: str) -> str:
    found = identify(purl)
    return found[0].purl if found else purl
