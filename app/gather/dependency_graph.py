"""What GitHub's own dependency graph knows: advisories where nobody else may be asked, a bill where there is none.

It reads packages from manifests and lock files. Of a change it knows those that are added, of the default branch all,
and nowhere which other version would be safe.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from app.gather.files import decoded
from app.github.errors import GitHubError, RateLimited
from app.osv.model import Found, Package, Record
from checks.advised import Unread
from checks.model import Document
from checks.sbom import MAX_BYTES
from checks.sbom.purl import identify
from checks.sbom.versions.ecosystems import OSV_NAMES

if TYPE_CHECKING:
    from app.github.dependencies import Dependency, GraphAdvisory
    from app.github.repository import Repository

log = structlog.get_logger(__name__)

GRAPH = "dependency-graph"  # what its bill is called among those that have paths


async def graph_bill(repository: Repository, sha: str) -> Document | None:
    """The graph's bill of the default branch, whose tip is `sha`; None, and a line in the log, where there is none."""
    try:
        return decoded(GRAPH, sha, await repository.dependency_bill(MAX_BYTES))
    except RateLimited:
        raise
    except GitHubError as error:
        log.info("graph.no_bill", repository=repository.full_name, error=str(error))
        return None


@dataclass(frozen=True, slots=True)
class DependencyGraph:
    """Asks GitHub what the change from `base` to `head` adds. Raises every error of `app.github.errors`."""

    repository: Repository
    base: str
    head: str
    name: str = "GitHub's dependency graph"

    async def about(self, packages: Collection[Package]) -> Found:
        """Records of the versions that are added; how many of `packages` the graph does not list, as unasked."""
        listed = [one for one in await self.repository.dependency_changes(self.base, self.head) if one.added]
        known = {Package(*stated) for one in listed if (stated := _package(one))}
        silent = len(set(packages) - known)
        unasked = (f"{silent} packages that GitHub's graph does not list as added",) if silent else ()
        return Found(tuple(_records(listed)), unasked, unread=tuple(_lost(listed)))


def _package(dependency: Dependency) -> tuple[str, str] | None:
    """Its purl without a version, and the version. The graph is known to write `pkg:/npm/...`, too."""
    stated = identify(dependency.purl.replace("pkg:/", "pkg:", 1))
    return None if stated is None else (stated[0].purl, stated[1] or dependency.version)


def _records(listed: Collection[Dependency]) -> Iterator[Record]:
    """One record an advisory, in OSV's form, with the versions that GitHub says it is about."""
    told: dict[str, tuple[GraphAdvisory, list[Mapping[str, Any]]]] = {}
    for dependency in listed:
        affected = _affected(dependency)
        for advisory in dependency.advisories if affected else ():
            told.setdefault(advisory.id, (advisory, []))[1].append(affected or {})
    for name in sorted(told):
        advisory, everywhere = told[name]
        severity = {"severity": advisory.severity.upper()}
        said = {"id": name, "summary": advisory.summary, "database_specific": severity, "affected": everywhere}
        yield Record(name, "", json.dumps(said, sort_keys=True, separators=(",", ":")))


def _lost(listed: Collection[Dependency]) -> Iterator[Unread]:
    """Advisories on packages that nothing in a bill can be held against."""
    for dependency in listed:
        if dependency.advisories and not _affected(dependency):
            where = dependency.purl or "a package without a package URL"
            yield from (Unread(one.id, f"GitHub's graph names it for {where}") for one in dependency.advisories)


def _affected(dependency: Dependency) -> Mapping[str, Any] | None:
    stated = identify(dependency.purl.replace("pkg:/", "pkg:", 1))
    if stated is None or stated[0].ecosystem not in OSV_NAMES:
        return None
    package = {"ecosystem": OSV_NAMES[stated[0].ecosystem], "name": stated[0].name}
    return {"package": package, "versions": [stated[1] or dependency.version]}
