"""One thing found, with all that a policy may ask about it, before anybody said what it does to the change."""

from __future__ import annotations

from dataclasses import dataclass

from checks.sbom.bill import Scope


@dataclass(frozen=True, slots=True)
class Concern:
    """`rule` and `kind` say what it is, `message` says it to people.

    `purl` has no version, `versions` are those it speaks of; `names` are the ids it goes by (an advisory's id first,
    then its aliases; or licences), `licences` normal expressions. `score` is a CVSS base score. `fixable` None: nobody
    looked. `path` is the bill's. `origin` is what was there before, "" when nothing was.
    """

    rule: str
    message: str
    kind: str = ""
    path: str = ""
    ecosystem: str = ""
    name: str = ""
    purl: str = ""
    versions: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    severity: str = ""
    score: float | None = None
    scope: Scope = Scope.UNKNOWN
    direct: bool | None = None
    trail: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    fixable: bool | None = None
    bump: str = ""
    fix: str = ""
    origin: str = ""
