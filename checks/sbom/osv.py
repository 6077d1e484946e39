"""Advisories as the Open Source Vulnerability schema 1.7 writes them: read with tolerance, asked about a version.

A record comes from whoever sent it: any field may be missing, of another type, or huge. What cannot be understood makes
the answer "cannot say", never "not affected".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from checks.sbom import purl
from checks.sbom.versions import order
from checks.sbom.versions.ecosystems import OSV_NAMES, PURL_TYPES, Place, locate
from checks.sbom.versions.intervals import EVENTS, Range

__all__ = ["OSV_NAMES", "PURL_TYPES", "Affected", "Range", "Record", "UnreadableError", "affected", "parse"]

MAX_BYTES = 16 * 1024 * 1024  # the longest real records, of the Linux kernel, have some two million
MAX_ENTRIES = 20_000  # of any one list but `versions`
MAX_VERSIONS = 200_000
MAX_TEXT = 2_000  # characters of any one text; a longer one is cut
MAX_ID = 200

_DAY = re.compile(r"\s*\d{4}-\d\d-\d\d")


class UnreadableError(ValueError):
    """This is no advisory that we can read; the message says why, for people."""


@dataclass(frozen=True)
class Affected:
    """What one `affected` entry says. `places`: the package by its name, and by its purl where that differs.

    `whole` is False when a part could not be read: the entry then never says "not affected".
    """

    places: tuple[Place, ...]
    versions: frozenset[str]
    ranges: tuple[Range, ...]
    whole: bool = True

    def concerns(self, place: Place) -> bool:
        """Whether the entry is about this package, in this release of its distribution or in any."""
        return any(
            mine[:2] == place[:2] and (not mine.release or not place.release or mine.release == place.release)
            for mine in self.places
        )

    def release(self, place: Place) -> str:
        """The release that the entry speaks of, where `place` leaves that open; else ""."""
        return "" if place.release else next(mine.release for mine in self.places if mine[:2] == place[:2])

    def includes(self, version: str) -> bool | None:
        """Listed, or within a range; None when that cannot be decided."""
        if version in self.versions or self._spelled(version):
            return True
        answers = [each.includes(version) for each in self.ranges]
        if True in answers:
            return True
        nothing_to_go_by = not self.versions and not self.ranges  # or commits alone
        return None if None in answers or nothing_to_go_by or not self.whole else False

    def _spelled(self, version: str) -> bool:
        return bool(self.versions) and order.spelling(self.places[0].type, version) in self._spellings

    @cached_property
    def _spellings(self) -> frozenset[str]:
        return frozenset(order.spelling(self.places[0].type, version) for version in self.versions)


@dataclass(frozen=True)
class Record:
    """One advisory of one database. `vectors`: (type, score) as its `severity` has them; `words`: levels in words.

    Times are RFC 3339 as written, "" where there is none; what states no day withdraws nothing. `whole` is False when
    `affected` is missing, or a part of it is about something that nobody can make out. `unread`: why no more than the
    id is known, else "".
    """

    id: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    published: str = ""
    modified: str = ""
    withdrawn: str = ""
    affected: tuple[Affected, ...] = ()
    vectors: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    whole: bool = True
    unread: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Its own id and its aliases."""
        return frozenset((self.id, *self.aliases))

    @property
    def untold(self) -> str:
        """Why nobody can say which packages it is about; "" where it says so, or is withdrawn and about none."""
        return "" if self.whole or self.withdrawn else "`affected` does not say what it is about"

    def about(self, place: Place) -> tuple[Affected, ...]:
        """The entries on one package, looked for once: a safe version is sought among hundreds."""
        found = self._about.get(place)
        if found is None:
            found = self._about[place] = tuple(entry for entry in self.affected if entry.concerns(place))
        return found

    @cached_property
    def _about(self) -> dict[Place, tuple[Affected, ...]]:
        return {}

    def silent(self, ecosystem: str, name: str, version: str) -> bool:
        """Whether nothing in it decides about a version of the package, whichever way."""
        return all(entry.includes(version) is None for entry in self.about(locate(ecosystem, name)))


def affected(record: Record | Mapping[str, Any], ecosystem: str, name: str, version: str) -> bool | None:
    """Whether a version of a package is affected. Withdrawn records affect nothing.

    `ecosystem` is OSV's name ("PyPI", "Debian:11") or the purl type ("pypi"); `name` as the ecosystem writes it,
    Maven's `group:artifact`. None when it cannot be decided: only commits are given, the version is neither listed nor
    has it a place in the order, a part of the record is unreadable, or releases of a distribution differ and none is
    named.
    A mapping needs no `id`. Raises UnreadableError for what is no mapping, or too large.

    >>> one = {"package": {"ecosystem": "npm", "name": "qs"}, "ranges": [{"type": "SEMVER", "events": [
    ...     {"introduced": "0"}, {"fixed": "6.5.3"}]}]}
    >>> affected({"id": "X-1", "affected": [one]}, "npm", "qs", "6.5.2")
    True
    """
    known = record if isinstance(record, Record) else parse(_named(record))
    if known.withdrawn:
        return False
    place = locate(ecosystem, name)
    entries = known.about(place)
    if len(entries) == 1:
        return entries[0].includes(version)
    by_release: dict[str, list[bool | None]] = {}
    for entry in entries:
        by_release.setdefault(entry.release(place), []).append(entry.includes(version))
    return _agreed([_any(answers) for answers in by_release.values()])


def _named(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record with an id, which it takes to be one, and not to be judged."""
    if not isinstance(record, Mapping):
        raise UnreadableError("no advisory: it is no object")
    return record if _text(record.get("id")).strip() else {**record, "id": "unnamed"}


def _any(answers: list[bool | None]) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


def _agreed(answers: list[bool | None]) -> bool | None:
    """What all releases say; nothing when they differ."""
    if not answers:
        return False
    return answers[0] if all(answer is answers[0] for answer in answers) else None


# --- reading -----------------------------------------------------------------------------------------------


def parse(record: str | bytes | Mapping[str, Any]) -> Record:
    """Read one record, as JSON text or decoded. Raises UnreadableError: no JSON object, no id, or too large."""
    fields = record if isinstance(record, Mapping) else _decoded(record)
    identity = _text(fields.get("id")).strip()
    if not identity or len(identity) > MAX_ID:
        raise UnreadableError("no advisory: it has no `id`")
    listed = _list(fields, "affected")
    entries = [entry for entry in listed if isinstance(entry, Mapping)]
    withdrawn = _text(fields.get("withdrawn"))[:MAX_ID]
    return Record(
        id=identity,
        aliases=tuple(_texts(_list(fields, "aliases"), MAX_ID)),
        summary=_text(fields.get("summary"))[:MAX_TEXT],
        published=_text(fields.get("published"))[:MAX_ID],
        modified=_text(fields.get("modified"))[:MAX_ID],
        withdrawn=withdrawn if _DAY.match(withdrawn) else "",
        affected=tuple(read for entry in entries if (read := _affected(entry))),
        vectors=tuple(vector for part in (fields, *entries) for vector in _vectors(part)),
        words=tuple(word for part in (fields, *entries) for word in _words(part)),
        whole=bool(listed) and all(map(_about_something, listed)),
    )


def _about_something(entry: Any) -> bool:
    """Does an entry name a package, or commits of a repository alone, which no bill asks about?"""
    if not isinstance(entry, Mapping):
        return False
    if any(_places(entry.get("package"))):
        return True
    ranges = entry.get("ranges")
    commits = isinstance(ranges, list) and all(isinstance(one, Mapping) and one.get("type") == "GIT" for one in ranges)
    return commits and entry.get("package") is None


def _decoded(text: str | bytes) -> Mapping[str, Any]:
    if len(text) > MAX_BYTES:
        raise UnreadableError(f"the record has {len(text):,} bytes; the limit is {MAX_BYTES:,}")
    try:
        fields = msgspec.json.decode(text)
    except RecursionError:
        raise UnreadableError("the JSON is nested too deep") from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise UnreadableError(f"no JSON: {error}") from None
    if not isinstance(fields, dict):
        raise UnreadableError("no JSON object")
    return fields


def _affected(entry: Mapping[str, Any]) -> Affected | None:
    places = tuple(dict.fromkeys(_places(entry.get("package"))))
    if not places:
        return None
    listed, ranges = _list(entry, "versions", MAX_VERSIONS), _list(entry, "ranges")
    versions = list(_texts(listed, MAX_ID))
    return Affected(
        places=places,
        versions=frozenset(versions),
        ranges=tuple(read for each in ranges if (read := _range(each, places[0].type))),
        whole=all(isinstance(entry.get(name, []), list | None) for name in ("versions", "ranges"))
        and len(versions) == len(listed),
    )


def _places(package: Any) -> Iterator[Place]:
    if not isinstance(package, Mapping):
        return
    ecosystem, name = _text(package.get("ecosystem"))[:MAX_ID], _text(package.get("name"))[:MAX_TEXT]
    if ecosystem.strip() and name.strip():
        yield locate(ecosystem, name)
    stated = purl.identify(_text(package.get("purl"))[:MAX_TEXT])
    if stated:
        found = locate(stated[0].ecosystem, stated[0].name)
        yield found._replace(release=locate(ecosystem, name).release)


def _range(stated: Any, purl_type: str) -> Range | None:
    """None for a range of commits; a range without a scheme for what cannot be read."""
    kind = stated.get("type") if isinstance(stated, Mapping) else None
    if kind == "GIT":
        return None
    semantic = "golang" if purl_type == "golang" else "semver"  # the same order, and Go's own spelling of it
    scheme = {"SEMVER": semantic, "ECOSYSTEM": purl_type}.get(kind, "") if isinstance(kind, str) else ""
    events = _list(stated, "events") if isinstance(stated, Mapping) else []
    read = [(name, event[name]) for event in events if isinstance(event, Mapping) for name in EVENTS if name in event]
    sound = len(read) >= len(events) and all(isinstance(version, str) and version for _, version in read)
    return Range(scheme, tuple(read)) if sound else Range("", ())


# --- how bad -----------------------------------------------------------------------------------------------


def _vectors(part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for stated in _list(part, "severity") if isinstance(part.get("severity"), list) else []:
        if isinstance(stated, Mapping):
            yield _text(stated.get("type"))[:MAX_ID], _text(stated.get("score"))[:MAX_TEXT]
    vector = _nested(part, "database_specific", "cvss")  # as RustSec writes it
    if vector.startswith("CVSS:"):
        yield f"CVSS_V{vector[5]}" if len(vector) > 5 else "", vector[:MAX_TEXT]


def _words(part: Mapping[str, Any]) -> Iterator[str]:
    for where in ("database_specific", "ecosystem_specific"):
        if word := _nested(part, where, "severity"):
            yield word[:MAX_ID]


def _nested(part: Mapping[str, Any], where: str, name: str) -> str:
    inner = part.get(where)
    return _text(inner.get(name)) if isinstance(inner, Mapping) else ""


# --- whatever was sent -------------------------------------------------------------------------------------


def _list(fields: Mapping[str, Any], name: str, limit: int = MAX_ENTRIES) -> list[Any]:
    """The list of that name; empty when it is none."""
    found = fields.get(name)
    if not isinstance(found, list):
        return []
    if len(found) > limit:
        raise UnreadableError(f"more than {limit:,} entries in {name}")
    return found


def _texts(items: list[Any], longest: int) -> Iterator[str]:
    return (item for item in items if isinstance(item, str) and 0 < len(item) <= longest)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
