"""What a deployment brought: the pull requests that are in service since, or the open one whose canary serves.

GitHub is asked which commits lie between the deployment before and this one, and which pull request brought each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cachetools import TTLCache

from app.gather.rules import Connect, reading, rules
from app.github.deployments import Deployment
from app.github.errors import Denied, Invalid, NotFound
from app.github.records import Commit, PullRequest
from app.github.repository import Repository
from app.model import CANARY_SIDE, Intervention, Place, Refusal, Side, Trigger
from checks.decide import Policy
from checks.impact.block import Config
from checks.impact.series import Neighbour
from checks.judge import Unreadable
from checks.model import Mode, Pull

MOST = 30  # deployments of one environment that are looked at, each by one call
_KEPT = 86_400.0  # seconds that the moment at which a deployment began to serve is remembered
_SERVES = "success"


@dataclass(frozen=True, slots=True)
class _Served:
    """A deployment that served once: since when (epoch seconds)."""

    at: float
    id: int
    sha: str


@dataclass(frozen=True, slots=True)
class Interventions:
    """Reads GitHub through `connect`, and raises what that raises."""

    connect: Connect
    moments: TTLCache[tuple[str, int], float] = field(default_factory=lambda: TTLCache(10_000, _KEPT))

    async def found(self, trigger: Trigger) -> tuple[Intervention, Config] | Refusal:
        """What the deployment that serves since `trigger.at` brought, and the block `impact` of its base branch; or why
        nobody studies it.
        """
        place, sha = Place(trigger.repository, trigger.installation), trigger.head_sha
        try:
            there = await self.connect(place)
            pulls = await there.commit_pulls(sha)
            base = _base(pulls, sha) or await there.default_branch()
        except (NotFound, Invalid):
            return Refusal(f"{place.repository} has no commit {sha} that Maestro may see")
        one, config = _intervention(trigger), await self._config(place, base)
        if config is not None and _is(one.environment, config.environment):
            return await self._shipped(there, one, pulls), config
        for head in _heads(pulls, sha)[:1]:
            asked = await self._config(place, head.base_ref)
            if asked is not None and _is(one.environment, asked.canary_environment):
                return _of(one, [head], side=CANARY_SIDE), asked
        if config is None:
            return Refusal(f"the configuration on {base} has no block `impact`, or it is off")
        return Refusal(f"deployments of {sha[:7]} to `{one.environment}` are not studied")

    async def neighbours(self, one: Intervention, start: float, end: float) -> tuple[Neighbour, ...]:
        """Other deployments to the same environment that began to serve between `start` and `end`, of the newest MOST;
        none where GitHub does not show deployments.
        """
        there = await self.connect(Place(one.repository, one.installation))
        try:
            every = await _deployments(there, one.environment)
        except (Denied, NotFound):
            return ()
        others = [other for other in every if other.id != one.deployment and other.at <= end][:MOST]
        served = [moment for other in others if (moment := await self._served(there, other))]
        inside = [moment for moment in served if start <= moment.at <= end]
        return tuple(Neighbour(other.at, f"deployment {other.id} of {other.sha[:7]}") for other in reversed(inside))

    async def _config(self, place: Place, base: str) -> Config | None:
        asked = await rules(reading(self.connect, place), Pull(place.repository, None, "", "", "", "", "", base))
        if asked.policy is None or isinstance(asked.policy, Unreadable):
            return None
        return _impact(asked.policy)

    async def _shipped(self, there: Repository, one: Intervention, pulls: Sequence[PullRequest]) -> Intervention:
        """All that lies between the deployment before and this one; of the first ever only what its own commit is."""
        own = [pull for pull in pulls if pull.merged and one.sha in {pull.merge_sha, pull.head_sha}]
        before = await self._before(there, one)
        if before is None or before.sha == one.sha:
            return _of(one, own if before is None else [])
        try:
            between = await there.compare(before.sha, one.sha)
        except NotFound:  # the history was written anew
            return _of(one, own)
        if not between.commits:  # back to what served earlier
            return one
        return _of(one, own + await _brought(there, between.commits), cut=between.total > len(between.commits))

    async def _before(self, there: Repository, one: Intervention) -> _Served | None:
        """What served in the environment until then: of the newest MOST, the last that began to, which need not be the
        last that was asked for. Of two in one second the one that was asked for later is the later.
        """
        others = [other for other in await _deployments(there, one.environment) if other.id != one.deployment]
        served = [moment for other in others[:MOST] if (moment := await self._served(there, other))]
        earlier = [other for other in served if (other.at, other.id) < (one.at, one.deployment)]
        return max(earlier, key=lambda other: (other.at, other.id), default=None)

    async def _served(self, there: Repository, one: Deployment) -> _Served | None:
        """When it began to serve, which never changes; None where it has not."""
        key = (there.full_name.lower(), one.id)
        if key not in self.moments:
            said = [status.at for status in await there.deployment_statuses(one.id) if status.state == _SERVES]
            if not said:
                return None
            self.moments[key] = min(said)
        return _Served(self.moments[key], one.id, one.sha)


async def _deployments(there: Repository, environment: str) -> list[Deployment]:
    """Those to the environment, the newest first; another spelling of its name is found among the newest 100 of all.

    GitHub tells `Production` from `production` where it filters.
    """
    every = (*await there.newest_deployments(environment), *await there.newest_deployments())
    known = {one.id: one for one in every if _is(one.environment, environment)}
    return [known[key] for key in sorted(known, reverse=True)]


async def _brought(there: Repository, commits: Sequence[Commit]) -> list[PullRequest]:
    """The merged pull requests that came as one of `commits`; the newest commit is asked about first.

    What a merge commit took in is its pull request's, and GitHub is asked about the merges in it alone.
    """
    known = {one.sha: one for one in commits}
    found: dict[int, PullRequest] = {}
    settled: set[str] = set()
    for commit in reversed(commits):
        if commit.sha in settled and len(commit.parents) < 2:
            continue
        merged = [pull for pull in await there.commit_pulls(commit.sha) if pull.merged and pull.merge_sha in known]
        found |= {pull.number: pull for pull in merged}
        if any(pull.merge_sha == commit.sha for pull in merged):
            settled |= _taken_in(commit, known)
    return list(found.values())


def _taken_in(merge: Commit, known: dict[str, Commit]) -> set[str]:
    """What the merge commit brought beside the branch that it was made on."""
    own = _reachable(merge.parents[:1], known)
    return _reachable(merge.parents[1:], known) - own


def _reachable(starts: Sequence[str], known: dict[str, Commit]) -> set[str]:
    seen: set[str] = set()
    waiting = list(starts)
    while waiting:
        sha = waiting.pop()
        if sha in known and sha not in seen:
            seen.add(sha)
            waiting += known[sha].parents
    return seen


def _impact(policy: Policy) -> Config | None:
    config = policy.checks.get("impact")
    return config if isinstance(config, Config) and config.mode is not Mode.OFF and config.metrics else None


def _base(pulls: Sequence[PullRequest], sha: str) -> str:
    """The branch that the commit was merged into; "" without one. An open pull request, which anybody may make of any
    commit onto any branch, does not count.
    """
    return next((one.base_ref for one in pulls if one.merged and one.merge_sha == sha), "")


def _heads(pulls: Sequence[PullRequest], sha: str) -> list[PullRequest]:
    """The open pull requests whose head it is, the oldest first; those of forks, which take any commit, last."""
    heads = [one for one in pulls if one.state == "open" and one.head_sha == sha]
    return sorted(heads, key=lambda one: (one.from_fork, one.number))


def _intervention(trigger: Trigger) -> Intervention:
    return Intervention(
        trigger.repository,
        trigger.environment,
        trigger.deployment or 0,
        trigger.head_sha,
        trigger.at,
        (),
        installation=trigger.installation,
    )


def _of(one: Intervention, pulls: Sequence[PullRequest], side: Side = "", cut: bool = False) -> Intervention:
    return replace(one, pulls=tuple(sorted({pull.number for pull in pulls})), side=side, cut=cut)


def _is(environment: str, other: str) -> bool:
    return environment.casefold() == other.casefold()
