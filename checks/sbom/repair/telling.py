"""What is told of repairs beside the findings: which is proposed, by which pull request, and which is not, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from checks.known_fix import KnownFix
from checks.model import Finding, Pull, Snapshot
from checks.sbom.repair.plan import Repair, Unrepaired, plan, stops
from checks.sbom.rules.policy import Config

MOST = 5  # fixes of one branch that are open at a time: the next one comes when one of them is through

_OPEN = frozenset({"open", "left"})
_AWAITED = _OPEN | {"merged"}
_STANDS = _AWAITED | {"closed"}  # what we ended ourselves is proposed again, and so is what came back


def why_none(snapshot: Snapshot, config: Config) -> str:
    """Why nothing is proposed for a change, whatever it brings, in a sentence for people; "" where it may be."""
    if not config.fix.pull_requests:
        return "`sbom.fix.pull_requests` is off"
    return why_never(snapshot)


def why_never(snapshot: Snapshot) -> str:
    """The same, whatever the rules say: there never was a fix for such a change."""
    if snapshot.pull.from_fork:
        return "the change comes from a fork, where we may not write"
    own = any(_is(fix, snapshot.pull) for fix in snapshot.fixes or ())
    return "it is a fix itself" if own else ""


def told(findings: Sequence[Finding], snapshot: Snapshot, config: Config) -> list[dict[str, Any]]:
    """For each package that stops the change, the version that is proposed, or why none is (`version` None): records
    of purl, package, version, reason, pull_request and standing, in JSON's own types, for whoever shows the answer.

    `standing` is what became of `pull_request`: open, left, merged, closed (by a person); or, where there is none:
    coming, waiting (for room), refused (`reason` says why); "" where nobody remembers any.

    A package of which only the manifests of the base can tell whether it goes back is left out until it is proposed.
    """
    none = why_none(snapshot, config)
    answers = plan(findings, snapshot, config, stops)
    if none:
        return [_none(one, none) for one in answers]
    return [said for one in answers if (said := _said(one, snapshot)) is not None]


def mendable(records: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Those of what is `told` that can be proposed, and have no pull request yet nor wait for room."""
    for one in records:
        if one["version"] is not None and one["pull_request"] is None and one["standing"] != "waiting":
            yield one


def _said(answer: Repair | Unrepaired, snapshot: Snapshot) -> dict[str, Any] | None:
    known = [fix for fix in snapshot.fixes or () if (fix.target, fix.purl) == (snapshot.pull.head_ref, answer.purl)]
    if answer.green or isinstance(answer, Unrepaired):
        there = _last(fix for fix in known if fix.state in _AWAITED and fix.number is not None)
        if there is not None:
            return _stands(answer, there)
        return None if answer.green else _none(answer, answer.reason)
    shared = _last(fix for fix in known if fix.state in _OPEN and fix.source != snapshot.pull.number)
    last = shared or _last(fix for fix in known if fix.version == answer.version)
    if last is not None and last.state in _STANDS and last.number is not None:
        return _stands(answer, last)
    return _record(answer, answer.version, *_not_yet(last, snapshot))


def _not_yet(last: KnownFix | None, snapshot: Snapshot) -> tuple[str, str]:
    """What a repair waits for that has no pull request: a word, and a reason in a sentence."""
    if snapshot.fixes is None:
        return "", ""
    if last is not None and last.state in _OPEN:
        return ("refused", last.refusal) if last.refusal else ("coming", "")
    full = sum(fix.state == "open" and fix.target == snapshot.pull.head_ref for fix in snapshot.fixes) >= MOST
    return ("waiting", f"{MOST} others are open") if full else ("coming", "")


def _none(answer: Repair | Unrepaired, reason: str) -> dict[str, Any]:
    return _record(answer, None, "", reason)


def _stands(answer: Repair | Unrepaired, fix: KnownFix) -> dict[str, Any]:
    return {**_record(answer, fix.version, fix.state, ""), "pull_request": fix.number}


def _record(answer: Repair | Unrepaired, version: str | None, standing: str, reason: str) -> dict[str, Any]:
    return {
        "purl": answer.purl,
        "package": answer.package,
        "version": version,
        "reason": reason,
        "pull_request": None,
        "standing": standing,
    }


def _last(fixes: Iterable[KnownFix]) -> KnownFix | None:
    return max(enumerate(fixes), key=lambda one: one[0], default=(0, None))[1]


def _is(fix: KnownFix, pull: Pull) -> bool:
    """Is it that pull request, or does that come from its branch? A branch that could not be had is not its own."""
    from_it = fix.branch == pull.head_ref and fix.state in _OPEN and not (fix.number is None and fix.refusal)
    return from_it or (fix.number is not None and fix.number == pull.number)
