"""Measurements of the head: what was sent to us, and what its workflows left in a `maestro-metrics` artifact."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.github.errors import GitHubError
from app.github.records import WorkflowRun
from app.github.repository import Repository
from app.metrics_file import BadMetrics, measurements_in
from app.store.measurements import Measurements
from checks.model import Measurement, Pull

ARTIFACT = "maestro-metrics"
FILE = "maestro-metrics.json"
MAX_BYTES = 1024 * 1024
MOST_RUNS = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurements of one commit, by way of the store."""

    store: Measurements
    repository: Repository

    async def of(self, pull: Pull, wanted: frozenset[str]) -> tuple[Measurement, ...]:
        """All measurements of the head. Only a wanted name that nobody sent makes us look for artifacts.

        What a fork's own run measured is shown, and trusted for nothing good.
        """
        known = await self.store.of(pull.repository, pull.head_sha)
        if wanted - {one.name for one in known}:
            await self._collect(pull)
            known = await self.store.of(pull.repository, pull.head_sha)
        return tuple(replace(one, trusted=one.trusted and not pull.from_fork) for one in known)

    async def _collect(self, pull: Pull) -> None:
        for run in (await self.repository.workflow_runs(pull.head_sha))[:MOST_RUNS]:
            for artifact in await self.repository.artifacts(run.id, ARTIFACT):
                if not artifact.expired:
                    found = await self._open(artifact.id, run, pull)
                    await self.store.keep(pull.repository, pull.head_sha, found)

    async def _open(self, artifact: int, run: WorkflowRun, pull: Pull) -> tuple[Measurement, ...]:
        try:
            content = read_member(await self.repository.artifact_zip(artifact, max_bytes=MAX_BYTES))
            found = measurements_in(content, source="artifact")
        except (GitHubError, BadMetrics, zipfile.BadZipFile):
            return ()  # nothing usable there; the measurement stays missing, and the contract says so
        own = run.head_repository.lower() == pull.repository.lower()
        return tuple(replace(one, trusted=own, url=one.url or run.url) for one in found)


def read_member(archive: bytes) -> bytes:
    """The metrics file inside a zip, never unpacking more than 1 MiB of it."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        names: Iterable[str] = opened.namelist()
        if FILE not in names:
            raise BadMetrics(f"the artifact holds no {FILE}")
        with opened.open(FILE) as member:
            content = member.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise BadMetrics(f"{FILE} is larger than {MAX_BYTES} bytes")
    return content
