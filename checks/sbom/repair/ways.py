"""From a safe version to what somebody has to do: raise a requirement, renew a lock, override, or go back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from checks.sbom.remedy import Records, Remedy, is_clear
from checks.sbom.versions import ranges
from checks.sbom.versions.ecosystems import locate

_LOCKED = frozenset({"npm", "pypi", "cargo", "composer", "gem", "hex", "pub"})  # a lock file may move on its own
_OVERRIDES = {
    "npm": "an entry in `overrides`",
    "maven": "an entry in `dependencyManagement`",
    "golang": "a `require` with `// indirect`",
    "pypi": "a constraint",
}


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that can be done. `package` is the one to move, and `version` where to; "" and None for `none`.

    `bump`: raise the requirement of a direct dependency; `lock`: renew the lock file alone; `parent`: raise the parent
    that asks for too little; `override`: ask for the version over the parents' heads; `revert`: go back to the last
    green version; `none`: nothing is known that helps. `blocked_by`: the parents whose ranges refuse the safe version.
    """

    kind: Literal["bump", "lock", "parent", "override", "revert", "none"]
    package: str
    version: str | None
    blocked_by: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Lineage:
    """How a package comes in. `direct`: the manifest itself asks for it.

    `parents`: who else asks for it, and the range they ask for, "" where it is not known (lock files tell); `lifted`:
    the smallest release of a parent that is known to take the safe version.
    """

    direct: bool
    parents: Mapping[str, str] = field(default_factory=dict)
    lifted: Mapping[str, str] = field(default_factory=dict)


def ways(
    ecosystem: str,
    name: str,
    current: str,
    remedy: Remedy,
    lineage: Lineage,
    *,
    green: str = "",
    records: Records = (),
    excused: frozenset[str] = frozenset(),
) -> tuple[Way, ...]:
    """What can be done about a vulnerable package, the best first; never empty.

    `remedy` is that of `remedy.safest`. `green`: the version at the last green state, where it is this very change that
    brought the risk; "" otherwise. It comes first if `records` know nothing against it.
    """
    purl_type = locate(ecosystem, name).type
    found: list[Way] = []
    if green and green != current and is_clear(ecosystem, name, green, records, excused):
        text = f"go back to {name} {green}, which was green and has nothing known against it"
        found.append(Way("revert", name, green, text=text))
    found += _forward(purl_type, name, remedy, lineage)
    return tuple(found) or (Way("none", "", None, _blocking(purl_type, remedy, lineage), _stuck(name, remedy)),)


def _forward(purl_type: str, name: str, remedy: Remedy, lineage: Lineage) -> list[Way]:
    version = remedy.version
    if version is None:
        return []
    if lineage.direct:
        return [Way("bump", name, version, text=f"raise {name} to {version}: {remedy.reason}")]
    blocked = _blocking(purl_type, remedy, lineage)
    if purl_type in _LOCKED and not blocked and lineage.parents and _all_take(purl_type, version, lineage.parents):
        return [Way("lock", name, version, text=f"renew the lock file: every parent takes {name} {version}")]
    return [*_lifting(name, version, blocked, lineage), *_override(purl_type, name, version, blocked)]


def _blocking(purl_type: str, remedy: Remedy, lineage: Lineage) -> tuple[str, ...]:
    """The parents that refuse the safe version; those whose range is not understood are not blamed."""
    if remedy.version is None:
        return ()
    asked = sorted(lineage.parents.items())
    return tuple(
        parent for parent, range_ in asked if range_ and ranges.meets(purl_type, range_, remedy.version) is False
    )


def _all_take(purl_type: str, version: str, parents: Mapping[str, str]) -> bool:
    return all(range_ and ranges.meets(purl_type, range_, version) for range_ in parents.values())


def _lifting(name: str, version: str, blocked: tuple[str, ...], lineage: Lineage) -> list[Way]:
    """Raising parents helps when each that blocks is known to give way."""
    if not blocked or any(parent not in lineage.lifted for parent in blocked):
        return []
    raised = [(parent, lineage.lifted[parent]) for parent in blocked]
    steps = ", ".join(f"{parent} to {lifted}" for parent, lifted in raised)
    return [Way("parent", *raised[0], blocked, f"raise {steps}, which takes {name} {version}")]


def _override(purl_type: str, name: str, version: str, blocked: tuple[str, ...]) -> list[Way]:
    if purl_type not in _OVERRIDES:
        return []
    over = f", since {', '.join(blocked)} would not take it" if blocked else ""
    return [Way("override", name, version, blocked, f"ask for {name} {version} by {_OVERRIDES[purl_type]}{over}")]


def _stuck(name: str, remedy: Remedy) -> str:
    if remedy.version is None:
        return f"{remedy.reason}; replace {name}, or state in a VEX document why it does not matter"
    return f"{name} {remedy.version} is safe, but only the packages that ask for {name} can take it"
