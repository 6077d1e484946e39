"""What a comparison of two bills came to: findings with their weight, those that somebody answers for, its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from checks.model import Baseline, Finding, State
from checks.sbom.advisories.advisory import Advisory
from checks.sbom.advisories.severity import SEVERITIES
from checks.sbom.concern import Concern
from checks.sbom.drift.change import Diff
from checks.sbom.judging.weigh import Effect
from checks.sbom.purl import with_version


class Standing(StrEnum):
    """Whether two bills could be compared. All but the first two leave the change unmeasured."""

    COMPARED = "compared"
    UNCHANGED = "unchanged"
    NO_BASELINE = "no_baseline"  # there is nothing to compare with
    STALE = "stale"  # the baseline is too old to say what this change does
    SHRUNK = "shrunk"  # more than half of the components are gone
    INCOMPARABLE = "incomparable"  # no component in common
    UNREADABLE = "unreadable"  # one of them cannot be read
    REMOVED = "removed"  # the change deletes the bill


Case = tuple[Advisory, str, str]  # an advisory, the package URL with version, the version
_STATES: dict[Effect, State] = {
    "block": State.BLOCK,
    "hold": State.UNMEASURED,
    "warn": State.WARN,
    "ignore": State.PASS,
}
_RANK = {State.BLOCK: 0, State.UNMEASURED: 1, State.WARN: 2, State.PASS: 3}


@dataclass(frozen=True, slots=True)
class Judged:
    """A concern and what it does to the change. `sboms`: the bills that it was found in, sorted."""

    concern: Concern
    action: Effect
    sboms: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """What it asks of the check."""
        return _STATES[self.action]

    @property
    def finding(self) -> Finding:
        """In the words of every check; a finding in several bills names them all."""
        concern = self.concern
        also = self.sboms[1:]
        return Finding(
            concern.rule,
            f"{concern.message} (also in {', '.join(also)})" if also else concern.message,
            severity=concern.severity,
            path=concern.place or (self.sboms[0] if self.sboms else ""),
            line=concern.line,
            id=concern.id,
            purl=full_purl(concern),
            state=self.state,
            kind=concern.kind,
            trail=concern.trail,
            fix=concern.fix,
        )


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A concern that does nothing, because somebody answers for it: `by` "exception" or "vex", `who`, and `why`.

    `until`: its last day, "" without one.
    """

    concern: Concern
    by: str
    who: str
    why: str
    until: str = ""
    sboms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one pair of bills says. `title` is the reason where nothing could be measured."""

    path: str
    standing: Standing | None  # None: a bill was not there to be read, and may be later
    state: State
    title: str
    next_step: str = ""
    judged: tuple[Judged, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    diff: Diff = field(default_factory=lambda: Diff(()))
    components: tuple[int, int] | None = None  # at the base, at the head; None: not counted
    baseline: Baseline | None = None
    cases: tuple[Case, ...] = ()  # every advisory on every package at either end, excused or not
    products: tuple[str, ...] = ()  # what a statement may call the product itself
    unidentified: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of the head, by reason

    @property
    def measured(self) -> bool:
        """Whether its findings are an answer."""
        return self.standing in (Standing.COMPARED, Standing.UNCHANGED)


def full_purl(concern: Concern) -> str:
    """The package with its version, when there is exactly one."""
    versions = concern.versions
    return with_version(concern.purl, versions[0]) if len(versions) == 1 else concern.purl


def order(judged: Judged) -> tuple[int, str, int, str, str]:
    """What stops the change first, then by rule, worst severity, message and place."""
    concern = judged.concern
    severity = -SEVERITIES.index(concern.severity) if concern.severity in SEVERITIES else 0
    return _RANK[judged.state], concern.rule, severity, concern.message, concern.path


Identity = tuple[str, ...]


def identity(concern: Concern) -> Identity:
    """What makes two concerns one: the rest is how each bill tells it."""
    about = (full_purl(concern), *concern.versions) if concern.purl else (concern.name, *concern.versions)
    said = () if concern.id or concern.purl else (concern.message,)
    return concern.rule, concern.kind, concern.id, *about, *said


def merged(judged: list[Judged]) -> tuple[Judged, ...]:
    """Each concern once, however many bills tell it: with its worst weight, its shortest trail, and all their paths."""
    found: dict[Identity, Judged] = {}
    for each in sorted(judged, key=lambda one: (order(one)[0], len(one.concern.trail), one.concern.trail)):
        key = identity(each.concern)
        paths = {*(found[key].sboms if key in found else ()), *each.sboms}
        found[key] = replace(found.get(key, each), sboms=tuple(sorted(paths)))
    return tuple(sorted(found.values(), key=order))


def merged_excuses(suppressed: list[Suppressed]) -> tuple[Suppressed, ...]:
    """Each excuse of a concern once, with the paths of all bills."""
    found: dict[tuple[Identity, str, str], Suppressed] = {}
    for each in suppressed:
        key = (identity(each.concern), each.by, each.who)
        paths = {*(found[key].sboms if key in found else ()), *each.sboms}
        found[key] = replace(found.get(key, each), sboms=tuple(sorted(paths)))
    return tuple(sorted(found.values(), key=lambda one: (one.concern.rule, one.concern.message, one.by, one.who)))
