"""Measurements of the head: what was sent to us, and what its workflows left in a `maestro-metrics` artifact."""

from __future__ import annotations

import asyncio
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

from app.github.errors import GitHubError, RateLimited, Unavailable
from app.github.records import WorkflowRun
from app.github.repository import Repository
from app.metrics_file import BadMetrics, measurements_in
from checks.model import Measurement, Pull

ARTIFACT = "maestro-metrics"
FILE = "maestro-metrics.json"
MAX_BYTES = 1024 * 1024
MOST_RUNS = 10
MOST_ARTIFACTS = 10

# All that reading an archive can raise when whoever wrote it meant harm: broken, encrypted, of an unknown method.
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError)


class Sent(Protocol):
    """The measurements that were sent to us."""

    async def of(self, repository: str, sha: str) -> tuple[Measurement, ...]:
        """The one that stands, of each name, at commit `sha`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurements of one commit. Artifacts are read anew each time, so a re-run is seen and nothing is kept."""

    sent: Sent
    repository: Repository

    async def of(self, pull: Pull, wanted: frozenset[str]) -> tuple[Measurement, ...]:
        """One of each name, sorted. Only a wanted name that nobody sent makes us look for artifacts.

        The trusted stands against the untrusted, then what was sent against what was left, then the newest artifact.
        What a fork's own run measured is shown, and trusted for nothing good.
        """
        sent = await self.sent.of(pull.repository, pull.head_sha)
        left = await self._left(pull) if wanted - {one.name for one in sent} else ()
        standing = {one.name: one for one in sorted((*left, *sent), key=lambda one: one.trusted)}
        trusting = not pull.from_fork
        return tuple(replace(one, trusted=one.trusted and trusting) for _, one in sorted(standing.items()))

    async def _left(self, pull: Pull) -> tuple[Measurement, ...]:
        """What the newest artifacts hold, oldest first.

        They are told apart by their ids, which GitHub gives in the order of making: a run that is run again keeps its
        place in the list of runs, but its artifact is a new one. Artifacts of strangers never crowd out our own.
        """
        runs = (await self.repository.workflow_runs(pull.head_sha))[:MOST_RUNS]
        listed = await asyncio.gather(*(self.repository.artifacts(run.id, ARTIFACT) for run in runs))
        there = [
            (_own(run, pull), artifact.id, run)
            for run, artifacts in zip(runs, listed, strict=True)
            for artifact in artifacts
            if not artifact.expired
        ]
        newest = sorted(there, key=lambda one: one[:2])[-MOST_ARTIFACTS:]
        opened = await asyncio.gather(*(self._open(artifact, run, pull) for _, artifact, run in newest))
        return tuple(chain.from_iterable(opened))

    async def _open(self, artifact: int, run: WorkflowRun, pull: Pull) -> Iterable[Measurement]:
        try:
            content = read_member(await self.repository.artifact_zip(artifact, max_bytes=MAX_BYTES))
            found = measurements_in(content, "artifact", pull.head_sha)
        except (RateLimited, Unavailable):
            raise
        except (GitHubError, BadMetrics):
            return ()  # nothing usable there; the measurement stays missing, and the contract says so
        return (replace(one, trusted=_own(run, pull), url=one.url or run.url) for one in found)


def _own(run: WorkflowRun, pull: Pull) -> bool:
    """Did the repository's own code run, and not a fork's?"""
    return run.head_repository.lower() == pull.repository.lower()


def read_member(archive: bytes) -> bytes:
    """The metrics file inside a zip, never unpacking more than 1 MiB of it. Raises BadMetrics."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened, opened.open(FILE) as member:
            content = member.read(MAX_BYTES + 1)
    except KeyError:
        raise BadMetrics(f"the artifact holds no {FILE}") from None
    except _BROKEN as error:
        raise BadMetrics(f"the artifact cannot be unpacked: {type(error).__name__}") from None
    if len(content) > MAX_BYTES:
        raise BadMetrics(f"{FILE} is larger than {MAX_BYTES} bytes")
    return content
