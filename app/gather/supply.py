"""The facts of the SBOM check: bills, advisories, statements on exploitability, and where dependencies are declared."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from app.gather.advisories import advisories, from_repository
from app.gather.files import Files, ReadFile, touched
from app.gather.missing import or_missing
from app.gather.packages import differing
from app.gather.sboms import Sboms
from app.osv.model import Source
from checks.model import Advisories, Document, Missing, Pull, SbomPair
from checks.sbom import Config, manifests

MOST_STATEMENTS = 20  # VEX documents
MOST_MANIFESTS = 10
MAX_BYTES = 2 * 1024 * 1024  # of one such document


@dataclass(frozen=True, slots=True)
class Facts:
    """Each a fact, or the reason it is missing; None where nobody asks."""

    sboms: tuple[SbomPair, ...] | Missing | None = None
    advisories: Advisories | Missing | None = None
    vex: tuple[Document, ...] | Missing | None = None
    manifests: tuple[Document, ...] | Missing | None = None


def patterns(config: Config) -> tuple[str, ...]:
    """The globs of all files besides the bills that may have to be read."""
    return (*config.vex, *config.advisories.paths, *(config.manifests or manifests.KNOWN), *manifests.LOCKS)


@dataclass(frozen=True, slots=True)
class Supply:
    """Reads what `config`, the base's own where it has one, asks for. `files`: all that any of its globs match."""

    read: ReadFile
    pull: Pull
    files: Files
    config: Config
    osv: Source | None

    async def facts(self, sboms: Sboms) -> Facts:
        """All of them; what only matters where a bill changes is not read elsewhere."""
        pairs = await or_missing(sboms.pairs(), "reading SBOMs")
        known = () if isinstance(pairs, Missing) else pairs
        read = await asyncio.gather(self._advisories(known), self._vex(known), self._manifests(known))
        return Facts(pairs, *read)

    async def _advisories(self, pairs: Sequence[SbomPair]) -> Advisories | Missing:
        sources = self.config.advisories
        files: Source | Missing | None = None
        if sources.source == "files" and differing(pairs):
            paths = self.files.matching(sources.paths).base
            reading = from_repository(self.read, self.pull.base_sha, paths)
            files = await or_missing(reading, "reading advisories")
        return await or_missing(advisories(pairs, sources, self.osv, files), "asking for advisories")

    async def _vex(self, pairs: Sequence[SbomPair]) -> tuple[Document, ...] | Missing:
        """From the base alone: a change does not excuse itself."""
        paths = self.files.matching(self.config.vex).base if differing(pairs) else ()
        if len(paths) > MOST_STATEMENTS:
            return Missing(f"more than {MOST_STATEMENTS} files match `sbom.vex`")
        return await or_missing(self._documents(paths, self.pull.base_sha), "reading VEX")

    async def _manifests(self, pairs: Sequence[SbomPair]) -> tuple[Document, ...] | Missing:
        """Those of the head that are likeliest to have brought a change about, each with its lock file.

        A large repository has hundreds.
        """
        globs = self.config.manifests or manifests.KNOWN
        paths = self.files.matching(globs).head if differing(pairs) else ()
        own = [path for path in paths if manifests.VENDORED.isdisjoint(path.split("/"))]
        nearest = sorted(own, key=self._distance)[:MOST_MANIFESTS]
        present = self.files.matching(manifests.LOCKS).head if nearest else ()
        locks = {lock for path in nearest if (lock := manifests.lock_of(path, present))}
        wanted = sorted({*nearest, *locks})
        return await or_missing(self._documents(wanted, self.pull.head_sha), "reading manifests")

    def _distance(self, path: str) -> tuple[bool, bool, int, str]:
        """Touched by the change first, then beside something that is, then from the top down."""
        changes = touched(self.files.change)
        places = {_directory(file.path) for file in self.files.change.files}
        return not changes(path), _directory(path) not in places, path.count("/"), path

    async def _documents(self, paths: Sequence[str], sha: str) -> tuple[Document, ...]:
        found = await asyncio.gather(*(self.read(path, sha, MAX_BYTES) for path in paths))
        return tuple(document for document in found if document is not None)


def _directory(path: str) -> str:
    return path.rpartition("/")[0]
