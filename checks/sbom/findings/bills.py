"""Both bills side by side, with all that is known besides: what every question is asked of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from checks.sbom.advisories.advisory import Book
from checks.sbom.bills.bill import Bom, Component
from checks.sbom.concern import Concern
from checks.sbom.drift.change import Change, Diff
from checks.sbom.drift.delta import group, widest
from checks.sbom.drift.why import Reason, reasons
from checks.sbom.licences import conjunction
from checks.sbom.rules.policy import Config

Groups = dict[str, tuple[Component, ...]]


@dataclass(frozen=True)
class Bills:
    """`path` names the bill. `since`: when the baseline was committed, RFC 3339; "" when nobody says."""

    path: str
    base: Bom
    head: Bom
    diff: Diff
    config: Config
    book: Book
    since: str = ""
    changes: dict[str, Change] = field(init=False)  # one of each package that changed, by key

    def __post_init__(self) -> None:
        changed = (*self.diff.restated, *reversed(self.diff.changes))
        object.__setattr__(self, "changes", {change.key: change for change in changed})

    @cached_property
    def before(self) -> Groups:
        """The base's components by identity."""
        return group(self.base)

    @cached_property
    def after(self) -> Groups:
        """The head's components by identity."""
        return group(self.head)

    @cached_property
    def parents(self) -> dict[str, tuple[str, ...]]:
        """The names of the packages that depend on each, in the head, by key and sorted."""
        places = {component.ref: component for component in self.head.components}
        found: dict[str, set[str]] = {}
        for source, targets in self.head.edges.items():
            for target in targets:
                if source in places and target in places:
                    found.setdefault(places[target].key, set()).add(places[source].name)
        return {key: tuple(sorted(names)) for key, names in found.items()}

    def why(self, keys: Iterable[str]) -> dict[str, Reason]:
        """Why packages are there: in the head, or in the base for those that left."""
        asked = set(keys)
        known = {key: self.changes[key] for key in asked & self.changes.keys()}
        told = {key: Reason(change.direct, change.introduced_by, change.trail) for key, change in known.items()}
        rest = asked - told.keys()
        return {
            **told,
            **reasons(self.base, self.before, rest - self.after.keys()),
            **reasons(self.head, self.after, rest & self.after.keys()),
        }

    def of_package(self, rule: str, message: str, key: str, reason: Reason, **fields: Any) -> Concern:
        """A concern about one package, with all that its components say of it."""
        package = self.after.get(key) or self.before[key]
        return Concern(
            **{
                "rule": rule,
                "message": message,
                "path": self.path,
                "ecosystem": package[0].ecosystem,
                "name": package[0].name,
                "purl": package[0].purl,
                "scope": widest(package),
                "direct": reason.direct,
                "trail": reason.trail,
                "licences": tuple(sorted({conjunction(one.licences) for one in package})),
                **fields,
            }
        )

    def of_change(self, rule: str, message: str, change: Change, **fields: Any) -> Concern:
        """A concern about a package that changed."""
        reason = Reason(change.direct, change.introduced_by, change.trail)
        stated = {"versions": change.arrived or change.head_versions, "licences": change.head_licences}
        return self.of_package(rule, message, change.key, reason, **{**stated, **fields})


def say(change: Change) -> str:
    """A package as it arrives: "`name` 1.2 (via a, b)"."""
    return named(change.name, change.arrived or change.head_versions, change.introduced_by)


def named(name: str, versions: Iterable[str], introduced_by: tuple[str, ...] = ()) -> str:
    """A package in a sentence, with its versions and with who brings it."""
    stated = ", ".join(version for version in versions if version)
    shown = ", ".join(introduced_by[:3])
    more = len(introduced_by) - 3
    via = f" (via {shown}{f' and {more} more' if more > 0 else ''})" if shown else ""
    return f"`{name}` {stated}".rstrip() + via
