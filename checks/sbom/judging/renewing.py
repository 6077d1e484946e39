"""Bills that a change forgot: a manifest or its lock file changed, and the committed bill is still that of before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from checks.globs import matches
from checks.model import ChangeFacts, SbomPair, Snapshot
from checks.sbom.concern import Concern
from checks.sbom.judging.outcome import Judged
from checks.sbom.judging.weigh import weigh
from checks.sbom.manifests import KNOWN, LOCKS, VENDORED
from checks.sbom.rules.policy import Config

RULE = "bill_not_renewed"
SHOWN = 3
_SHELVES = frozenset({"sbom", "sboms", ".sbom", "bom", "boms"})  # directories that hold bills of what is above them


def judged(snapshot: Snapshot, config: Config) -> list[Judged]:
    """Each bill that was left alone while what it lists was edited, weighed by the policy."""
    change, pairs = snapshot.change, snapshot.sboms
    if not isinstance(change, ChangeFacts) or not isinstance(pairs, tuple):
        return []
    found = concerns(change, pairs)
    return [Judged(one, weigh(one, config.rules, config.severity).action, (one.path,)) for one in found]


def concerns(change: ChangeFacts, pairs: Sequence[SbomPair]) -> Iterator[Concern]:
    """A manifest belongs to the bills in the nearest directory at or above it that has any. Where one of several there
    was renewed, nobody can tell that another should have been.
    """
    homes: dict[str, list[SbomPair]] = {}
    for pair in pairs:
        homes.setdefault(_home(pair.path), []).append(pair)
    edited: dict[str, list[str]] = {}
    for path in sorted({file.path for file in change.files if _declares(file.path)}):
        above = map(str, PurePosixPath(path).parents)
        home = next((directory for directory in above if directory in homes), None)
        if home is not None:
            edited.setdefault(home, []).append(path)
    for home, paths in sorted(edited.items()):
        if all(map(_left_alone, homes[home])):
            yield _forgotten(min(pair.path for pair in homes[home]), paths)


def _forgotten(bill: str, paths: Sequence[str]) -> Concern:
    more = len(paths) - SHOWN
    named = ", ".join(f"`{path}`" for path in paths[:SHOWN]) + (f" and {more} more" if more > 0 else "")
    message = f"{named} changed, and `{bill}` did not: it tells of before this change"
    return Concern(RULE, message, path=bill, name=bill, place=paths[0])


def _home(bill: str) -> str:
    directory = PurePosixPath(bill).parent
    return str(directory.parent if directory.name in _SHELVES else directory)


def _declares(path: str) -> bool:
    return VENDORED.isdisjoint(path.split("/")) and matches(path, (*KNOWN, *LOCKS))


def _left_alone(pair: SbomPair) -> bool:
    """Is it a file that the change does not touch? Such a one is not even read; what CI sends for the head is."""
    ends = (pair.base, pair.head)
    return all(end is not None and end.missing is None and not end.text for end in ends)
