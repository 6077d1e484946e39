"""Many databases, one vulnerability: records that name each other as aliases become one advisory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import quote

from checks.advised import Listing, Unread
from checks.sbom import osv, purl
from checks.sbom.advisories import severity
from checks.sbom.advisories.moments import DAWN, moment
from checks.sbom.versions.ecosystems import Place, locate

_PREFERRED = ("GHSA-", "CVE-")  # of an advisory's names, the one that people know
_MALICIOUS = "MAL-"  # the package itself is the attack; its records carry no rating


class Listed(NamedTuple):
    """A version of a package for which a source names a record; `type` and `name` as in Place."""

    type: str
    name: str
    version: str
    id: str


@dataclass(frozen=True)
class Advisory:
    """One vulnerability, whoever wrote about it.

    `id`: the GHSA name, else the CVE name, else the record's own; `aliases`: all its other names, sorted. `severity` is
    one of `severity.SEVERITIES` and `score` a CVSS base score (0 to 10): the worst that a record states. `published` is
    the earliest and `modified` the latest time of the records, RFC 3339, "" when none states one. `url` is made from
    the id, never taken from a record. `listed`: the versions of packages that a source names it for by itself.
    """

    id: str
    aliases: tuple[str, ...]
    severity: str
    score: float | None
    summary: str
    published: str
    modified: str
    url: str
    records: tuple[osv.Record, ...]
    listed: frozenset[Listed] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """All its names, `id` among them."""
        return frozenset((self.id, *self.aliases))

    def affects(self, ecosystem: str, name: str, version: str) -> bool | None:
        """True when a record says so; None when no record does, and one cannot be decided.

        Of a record that says nothing about a package the source knows more: what it lists is affected, and of the
        other versions of that package nobody can say.
        """
        known: bool | None = False
        for record in self.records:
            answer = osv.affected(record, ecosystem, name, version)
            if not answer and self.listed and record.silent(ecosystem, name, version):
                answer = self._heard(record, locate(ecosystem, name), version)
            if answer:
                return True
            known = None if answer is None else known
        return known

    def hearsay(self, ecosystem: str, name: str, version: str) -> osv.Record | None:
        """The record that leaves it to the source alone whether the version is affected; None where another tells."""
        if not self.listed or any(osv.affected(record, ecosystem, name, version) for record in self.records):
            return None
        place = locate(ecosystem, name)
        silent = (one for one in self.records if one.silent(ecosystem, name, version))
        return next((one for one in silent if self._heard(one, place, version)), None)

    def disputes(self, ecosystem: str, name: str, version: str) -> bool:
        """Whether the source lists the version, and the record leaves it out."""
        place = locate(ecosystem, name)
        named = any(Listed(*place[:2], version, record.id) in self.listed for record in self.records)
        return named and self.affects(ecosystem, name, version) is False

    def _heard(self, record: osv.Record, place: Place, version: str) -> bool | None:
        """What the source makes of a version, of whose package the record says nothing."""
        if Listed(*place[:2], version, record.id) in self.listed:
            return True
        listed = any(one[:2] == place[:2] and one.id == record.id for one in self.listed)
        return None if listed or record.about(place) else False


@dataclass(frozen=True)
class Book:
    """All known advisories, by package. `flaws` says which records could not be read, in the order they came."""

    advisories: tuple[Advisory, ...]
    flaws: tuple[str, ...] = ()

    def of(self, ecosystem: str, name: str, version: str) -> tuple[Advisory, ...]:
        """The advisories that a version of a package is affected by, the worst first.

        `ecosystem` and `name` as in `osv.affected`.
        """
        return self._answering(True, ecosystem, name, version)

    def undecided(self, ecosystem: str, name: str, version: str) -> tuple[Advisory, ...]:
        """Those of which nobody can say whether the version is affected, the worst first."""
        return self._answering(None, ecosystem, name, version)

    def on(self, ecosystem: str, name: str) -> tuple[Advisory, ...]:
        """All advisories on a package, whichever version, the worst first."""
        return self._by_package.get(locate(ecosystem, name)[:2], ())

    def records(self, ecosystem: str, name: str) -> tuple[osv.Record, ...]:
        """The records on a package."""
        place = locate(ecosystem, name)
        return tuple(
            record for advisory in self.on(ecosystem, name) for record in advisory.records if record.about(place)
        )

    def disputed(self, ecosystem: str, name: str, version: str) -> tuple[Advisory, ...]:
        """Those that the source lists for the version, against what their records say; the worst first."""
        return tuple(each for each in self.on(ecosystem, name) if each.disputes(ecosystem, name, version))

    def _answering(self, wanted: bool | None, ecosystem: str, name: str, version: str) -> tuple[Advisory, ...]:
        return tuple(each for each in self.on(ecosystem, name) if each.affects(ecosystem, name, version) is wanted)

    @cached_property
    def _by_package(self) -> Mapping[tuple[str, str], tuple[Advisory, ...]]:
        found: dict[tuple[str, str], list[Advisory]] = {}
        for advisory in self.advisories:
            named = {place[:2] for record in advisory.records for place in _places(record)}
            for package in named | {one[:2] for one in advisory.listed}:
                found.setdefault(package, []).append(advisory)
        return {package: tuple(sorted(advisories, key=rank)) for package, advisories in found.items()}


def rank(advisory: Advisory) -> tuple[int, float, str]:
    """To sort by: the worst first, by severity, then score, then name."""
    return -severity.SEVERITIES.index(advisory.severity), -(advisory.score or 0.0), advisory.id


def known(
    records: Iterable[str | bytes | Mapping[str, Any] | osv.Record],
    listed: Iterable[Listing] = (),
    unread: Iterable[Unread] = (),
) -> Book:
    """The advisories that these records tell of, or that are `listed`. Withdrawn ones are dropped; of a record
    that comes twice the newer text counts, and where their times are the same, both do.

    Records with a name in common, own id or alias, are one advisory, also by way of a third. One that cannot be read is
    a flaw of the book, never an exception; so is what is `unread`, or does not say what it is about, and is not listed.
    """
    read: dict[str, osv.Record] = {}
    flaws = []
    for position, record in enumerate(records):
        try:
            found = record if isinstance(record, osv.Record) else osv.parse(record)
        except osv.UnreadableError as error:
            flaws.append(f"record {position + 1}: {error}")
            continue
        read[found.id] = _newest(read[found.id], found) if found.id in read else found
    named = _by_record(listed)
    untold = {name: record.untold for name, record in sorted(read.items()) if record.untold and name not in named}
    lost = untold | {one.id: one.why for one in unread}
    for name in sorted(named.keys() - read.keys()):
        read[name] = osv.Record(name, unread=lost.pop(name, "nobody brought it"))
    standing = [record for record in read.values() if not record.withdrawn]
    advisories = (_advisory(group, named) for group in _grouped(standing))
    return Book(tuple(sorted(advisories, key=rank)), (*flaws, *(f"{name}: {why}" for name, why in lost.items())))


def _newest(one: osv.Record, other: osv.Record) -> osv.Record:
    """Of two texts of one record the newer; of two of the same time, all that either says, in whatever order."""
    if one == other:
        return one
    if moment(one.modified) != moment(other.modified):
        return max(one, other, key=lambda record: moment(record.modified))
    return replace(
        max(one, other, key=lambda record: (not record.withdrawn, record.summary, record.published)),
        aliases=tuple(sorted({*one.aliases, *other.aliases})),
        affected=tuple(dict.fromkeys((*one.affected, *other.affected))),
        vectors=tuple(sorted({*one.vectors, *other.vectors})),
        words=tuple(sorted({*one.words, *other.words})),
        whole=one.whole and other.whole,
    )


def _by_record(listed: Iterable[Listing]) -> dict[str, list[Listed]]:
    found: dict[str, list[Listed]] = {}
    for one in listed:
        if stated := purl.identify(one.purl):
            place = locate(stated[0].ecosystem, stated[0].name)
            for name in one.ids:
                found.setdefault(name, []).append(Listed(*place[:2], one.version, name))
    return found


# --- one advisory ------------------------------------------------------------------------------------------


def _grouped(records: Sequence[osv.Record]) -> list[list[osv.Record]]:
    """Union-find over names: the records of each connected set."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := parent.setdefault(name, name)) != name:
            parent[name] = name = parent[above]
        return name

    for record in records:
        for alias in record.aliases:
            parent[root(alias.upper())] = root(record.id.upper())
    groups: dict[str, list[osv.Record]] = {}
    for record in records:
        groups.setdefault(root(record.id.upper()), []).append(record)
    return list(groups.values())


def _advisory(group: list[osv.Record], listed: Mapping[str, Sequence[Listed]]) -> Advisory:
    records = tuple(sorted(group, key=lambda record: record.id))
    own = [record.id for record in records]
    aliases = sorted({alias for record in records for alias in record.aliases})
    names = list(dict.fromkeys((*own, *aliases)))
    shown = _shown(names)
    rating = severity.worst(map(_rating, records))
    return Advisory(
        id=shown,
        aliases=tuple(sorted(name for name in names if name != shown)),
        severity=rating.level,
        score=rating.score,
        summary=next((record.summary for record in _shown_first(records, shown) if record.summary), ""),
        published=next(iter(_in_time(record.published for record in records)), ""),
        modified=next(reversed(_in_time(record.modified for record in records)), ""),
        url=_url(shown),
        records=records,
        listed=frozenset(one for name in own for one in listed.get(name, ())),
    )


def _shown(names: list[str]) -> str:
    for prefix in _PREFERRED:
        for name in names:
            if name.upper().startswith(prefix):
                return name
    return names[0]


def _shown_first(records: tuple[osv.Record, ...], shown: str) -> list[osv.Record]:
    return sorted(records, key=lambda record: record.id != shown)


def _rating(record: osv.Record) -> severity.Rating:
    rating = severity.rate(record.vectors, record.words)
    if rating.level == "unknown" and record.id.upper().startswith(_MALICIOUS):
        return severity.Rating("critical")
    return rating


def _in_time(times: Iterable[str]) -> list[str]:
    """Those of the texts that state a time, the earliest first."""
    return sorted((time for time in times if moment(time) != DAWN), key=moment)


def _url(name: str) -> str:
    page = "https://github.com/advisories/" if name.upper().startswith("GHSA-") else "https://osv.dev/vulnerability/"
    return page + quote(name, safe="")


def _places(record: osv.Record) -> Iterator[Place]:
    return (place for entry in record.affected for place in entry.places)
