"""Measurements of the head: what was sent to us, and what its workflows left in a `maestro-metrics` artifact."""

from __future__ import annotations

import asyncio
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

from app.github.errors import GitHubError, NotFound, RateLimited, TooLarge, Unavailable
from app.github.records import WorkflowRun
from app.github.repository import Repository
from app.metrics_file import BadMetrics, measurements_in
from checks.model import Measurement, Missing, Pull

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

    async def of_each(self, repository: str, shas: Sequence[str]) -> Mapping[str, tuple[Measurement, ...]]:
        """The same of each of these commits, by commit; none of whom nothing is known."""


@dataclass(frozen=True, slots=True)
class _Refused:
    """An artifact that is there and cannot count: why, and who left it."""

    why: str
    url: str
    own: bool

    def measurement(self, name: str) -> Measurement:
        """What there is to say of `name` instead of a value."""
        whose = "" if self.own else " of a fork's run"
        missing = Missing(f"the {ARTIFACT} artifact{whose} was refused: {self.why}")
        return Measurement(name, None, source="artifact", url=self.url, trusted=self.own, missing=missing)


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurements of one commit. Artifacts are read anew each time, so a re-run is seen and nothing is kept."""

    sent: Sent
    repository: Repository

    async def of(self, pull: Pull, wanted: frozenset[str]) -> tuple[Measurement, ...]:
        """One of each name, sorted. Only a wanted name that nobody sent makes us look for artifacts.

        The trusted stands against the untrusted, then what was sent against what was left, then the newest artifact.
        What a fork's own run measured is shown, and trusted for nothing good. A wanted name that is nowhere has no
        value, and the reason why the newest artifact of those that were refused could not give it one.
        """
        sent = await self.sent.of(pull.repository, pull.head_sha)
        opened = await self._left(pull) if wanted - {one.name for one in sent} else []
        refused = [one for one in opened if isinstance(one, _Refused)]
        left = chain.from_iterable(one for one in opened if not isinstance(one, _Refused))
        standing = {one.name: one for one in sorted((*left, *sent), key=lambda one: one.trusted)}
        absent = {name: refused[-1].measurement(name) for name in wanted - standing.keys()} if refused else {}
        trusting = not pull.from_fork
        return tuple(
            replace(one, trusted=one.trusted and trusting) for _, one in sorted({**standing, **absent}.items())
        )

    async def _left(self, pull: Pull) -> list[Iterable[Measurement] | _Refused]:
        """What the newest artifacts hold, oldest first, a stranger's before our own.

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
        return await asyncio.gather(*(self._open(artifact, run, pull) for _, artifact, run in newest))

    async def _open(self, artifact: int, run: WorkflowRun, pull: Pull) -> Iterable[Measurement] | _Refused:
        own = _own(run, pull)
        try:
            content = read_member(await self.repository.artifact_zip(artifact, max_bytes=MAX_BYTES))
            found = measurements_in(content, "artifact", pull.head_sha)
        except (RateLimited, Unavailable):
            raise
        except (GitHubError, BadMetrics) as error:
            return _Refused(_why(error), run.url, own)
        return [replace(one, trusted=own, url=one.url or run.url) for one in found]


def _why(error: GitHubError | BadMetrics) -> str:
    match error:
        case TooLarge():
            return f"it is larger than {MAX_BYTES} bytes"
        case NotFound():
            return "it has expired"
        case GitHubError():
            return f"GitHub answered {error.status}"
    return str(error)


def _own(run: WorkflowRun, pull: Pull) -> bool:
    """Did the repository's own code run, and not a fork's?"""
    return run.head_repository.lower() == pull.repository.lower()


def read_member(archive: bytes) -> bytes:
    """The metrics file inside a zip, never unpacking more than 1 MiB of it. Raises BadMetrics."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened, opened.open(FILE) as member:
            content = member.read(MAX_BYTES + 1)
    except KeyError:
        raise BadMetrics(f"it holds no {FILE}") from None
    except _BROKEN as error:
        raise BadMetrics(f"it cannot be unpacked: {type(error).__name__}") from None
    if len(content) > MAX_BYTES:
        raise BadMetrics(f"{FILE} is larger than {MAX_BYTES} bytes")
    return content
