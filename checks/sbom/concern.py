"""One thing found, with all that a policy may ask about it, before anybody said what it does to the change."""

from __future__ import annotations

from dataclasses import dataclass

from checks.sbom.advisories.advisory import Advisory
from checks.sbom.bills.bill import Scope


@dataclass(frozen=True, slots=True)
class Concern:
    """`rule` and `kind` say what it is, `message` says it to people.

    `purl` has no version, `versions` are those it speaks of. `id` is the advisory's; `names` are all that an exception
    may call it: the advisory's id and aliases, or the licences. `licences` are normal expressions, `score` a CVSS base
    score. `fixable` None: nobody looked. `path` is the bill's, "" for what belongs to no bill. `advisory` is the one
    that it stands on. `place` is the manifest that brings the package, and `line` (from 1) where in it; "" where nobody
    says. `unread`: it stands on an advisory that could not be read.
    """

    rule: str
    message: str
    kind: str = ""
    path: str = ""
    ecosystem: str = ""
    name: str = ""
    purl: str = ""
    versions: tuple[str, ...] = ()
    id: str = ""
    names: tuple[str, ...] = ()
    severity: str = ""
    score: float | None = None
    scope: Scope = Scope.UNKNOWN
    direct: bool | None = None
    trail: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    advisory: Advisory | None = None
    fixable: bool | None = None
    bump: str = ""
    fix: str = ""
    place: str = ""
    line: int | None = None
    unread: bool = False
