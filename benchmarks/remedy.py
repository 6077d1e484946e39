"""How good is the version that we advise? On every published advisory for Python packages. Exit 1 when a bar is missed.

    python -m benchmarks.remedy [--full]

Each vulnerable version of each package is asked about: up to 25 a package, spread evenly, of large packages (more than
100 known releases) up to 60; with --full all of them. Two habits are held against ours in the same run: the first
`fixed` of one advisory, and the highest `fixed` of all that hit. The judge is a plain walk of its own over the records.
The records are those of `tests/data/osv`.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from checks.sbom import remedy
from checks.sbom.advisories import advisory
from tests.checks.sbom.advisories import published

Fields = dict[str, Any]


@cache
def rank(version: str) -> Version | None:
    try:
        return Version(version)
    except InvalidVersion:
        return None


class Package:
    """One package as the records tell of it, judged without any code of ours."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.entries: list[tuple[str, Fields]] = []  # the record's id, one `affected` entry
        self._hits: dict[str, list[tuple[str, Fields]]] = {}

    @cached_property
    def releases(self) -> list[str]:
        """All that a record enumerates or calls fixed, the oldest first; one spelling of each."""
        enumerated = (version for _, entry in self.entries for version in entry.get("versions", []))
        fixed = (version for _, entry in self.entries for version in fixes(entry))
        known = {at: version for version in (*fixed, *enumerated) if (at := rank(version))}
        return [known[at] for at in sorted(known)]

    def hit(self, version: str) -> list[tuple[str, Fields]]:
        if version not in self._hits:
            self._hits[version] = [(name, entry) for name, entry in self.entries if says(entry, version)]
        return self._hits[version]

    def vulnerable(self, full: bool) -> list[str]:
        found = [version for version in self.releases if self.hit(version)]
        most = len(found) if full else 60 if len(self.releases) > 100 else 25
        return found if len(found) <= most else [found[place * len(found) // most] for place in range(most)]

    def clean(self, current: str) -> list[str]:
        """The releases from `current` on that nothing is known against; prereleases only if it is one."""
        start = ranked(current)
        return [
            version
            for version in self.releases
            if (at := ranked(version)) >= start
            and (start.is_prerelease or not at.is_prerelease)
            and not self.hit(version)
        ]


def ranked(version: str) -> Version:
    at = rank(version)
    assert at is not None
    return at


def events(entry: Fields) -> Iterator[list[tuple[str, str]]]:
    for each in entry.get("ranges", []):
        if each["type"] == "ECOSYSTEM":
            yield [pair for event in each["events"] for pair in event.items()]


def fixes(entry: Fields) -> list[str]:
    return [version for each in events(entry) for name, version in each if name == "fixed"]


def says(entry: Fields, version: str) -> bool:
    if version in entry.get("versions", []):
        return True
    return any(inside(each, ranked(version)) for each in events(entry))


def inside(each: list[tuple[str, str]], at: Version) -> bool:
    steps = [(Version("0.dev0") if version == "0" else ranked(version), name) for name, version in each]
    affected = False
    for place, name in sorted(steps, key=lambda step: step[0]):
        if at >= place and name in {"introduced", "fixed"}:
            affected = name == "introduced"
        elif at > place:
            affected = False
    return affected


def packages() -> list[Package]:
    found: dict[str, Package] = {}
    for fields in published():
        for entry in [] if fields.get("withdrawn") else fields["affected"]:
            name = canonicalize_name(entry["package"]["name"])
            found.setdefault(name, Package(name)).entries.append((fields["id"], entry))
    return list(found.values())


# --- three ways to choose ----------------------------------------------------------------------------------


def first_fixed(package: Package, current: str) -> str | None:
    """The least `fixed` above, of the first advisory that hits."""
    later = [version for version in fixes(package.hit(current)[0][1]) if ranked(version) > ranked(current)]
    return min(later, key=ranked, default=None)


def highest_fixed(package: Package, current: str) -> str | None:
    """The highest of what is the least `fixed` above, over all that hit."""
    least = []
    for _, entry in package.hit(current):
        later = [version for version in fixes(entry) if ranked(version) > ranked(current)]
        least += [min(later, key=ranked)] if later else []
    return max(least, key=ranked, default=None)


@dataclass(frozen=True)
class Tally:
    """What became of the vulnerable versions, by the way to choose and the outcome."""

    asked: int
    outcomes: Counter[tuple[str, str]]
    seconds: float  # CPU, of ours alone


def judge(package: Package, current: str, chosen: str | None, clean: list[str]) -> Iterator[str]:
    """Everything that can be said of a choice."""
    if chosen is None:
        yield "none"
        if clean:
            yield "overlooked"
        return
    yield "chosen"
    if package.hit(chosen):
        yield "still vulnerable"
    if ranked(chosen) < ranked(current):
        yield "downgrade"
    major = ranked(current).release[0]
    if ranked(chosen).release[0] != major and any(ranked(version).release[0] == major for version in clean):
        yield "needless major"
    if clean and ranked(chosen) > ranked(clean[0]):
        yield "overshoots"


def campaign(full: bool) -> Tally:
    """Ask about every vulnerable version of the sample, all three ways."""
    outcomes: Counter[tuple[str, str]] = Counter()
    asked, spent = 0, 0.0
    book = advisory.known(published())
    for package in packages():
        offered = remedy.candidates(book, "PyPI", package.name)
        for current in package.vulnerable(full):
            started = time.process_time()
            ours = remedy.safest("PyPI", package.name, current, offered, book).version
            spent += time.process_time() - started
            asked += 1
            clean = package.clean(current)
            ways = {"ours": ours, "first": first_fixed(package, current), "highest": highest_fixed(package, current)}
            outcomes.update(
                (way, said) for way, chosen in ways.items() for said in judge(package, current, chosen, clean)
            )
    return Tally(asked, outcomes, spent)


ROWS = {"ours": "ours", "first": "first fixed of one advisory", "highest": "highest fixed of all that hit"}
SAID = ("chosen", "none", "overlooked", "still vulnerable", "downgrade", "needless major", "overshoots")
BARS = ("overlooked", "still vulnerable", "downgrade", "needless major", "overshoots")


def main(arguments: list[str]) -> int:
    """Print the report."""
    tally = campaign("--full" in arguments)
    print(f"{tally.asked:,} vulnerable versions; ours takes {1e6 * tally.seconds / tally.asked:.0f} us each")
    for way, row in ROWS.items():
        counts = {said: tally.outcomes[way, said] for said in SAID}
        print(f"{row:>30}: " + ", ".join(f"{said} {count:,}" for said, count in counts.items()))
        share = counts["still vulnerable"] / max(1, counts["chosen"])
        print(f"{'':>32}still vulnerable {share:.1%} of the chosen; without a fix {counts['none'] / tally.asked:.1%}")
    return int(any(tally.outcomes["ours", said] for said in BARS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
