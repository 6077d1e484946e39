"""Where a canary belongs, and the rules that its base branch has for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.gather.rules import Connect, reading, rules
from app.github.errors import Invalid, NotFound
from app.github.records import PullRequest
from app.model import Canary, Place, Refusal
from checks import experiment, shadow
from checks.decide import Policy
from checks.judge import Unreadable
from checks.model import Mode, Pull
from checks.rules import Rules


@dataclass(frozen=True, slots=True)
class Canaries:
    """Reads GitHub through `connect`."""

    connect: Connect

    async def found(self, place: Place, sha: str, environment: str) -> tuple[Canary, Rules] | Refusal:
        """The canary of commit `sha` in `environment`, with its rules; or why there is none.

        It belongs to the pull request whose head the commit is, an open one before one that is closed.
        """
        try:
            there = await self.connect(place)
            pulls = [one for one in await there.commit_pulls(sha) if one.head_sha == sha]
            base = _first(pulls).base_ref if pulls else await there.default_branch()
        except (NotFound, Invalid):
            return Refusal(f"{place.repository} has no commit {sha} that Maestro may see")
        number = _first(pulls).number if pulls else None
        canary = Canary(place.repository, sha, environment, base, number, place.installation)
        asked = await self.rules(canary)
        if isinstance(asked, Refusal):
            return asked
        if asked is None:
            return Refusal(f"the configuration on {base} has no block `experiment`, or it is off")
        if asked.experiment.kill_switch:
            return Refusal(f"`experiment.kill_switch` is set on {base}")
        if not asked.experiment.canary(environment):
            return Refusal(f"`{environment}` is no canary: `experiment.environments` on {base} does not name it")
        return canary, asked

    async def rules(self, canary: Canary) -> Rules | Refusal | None:
        """What the base branch of `canary` asks of experiments now. None: nothing; a Refusal: nobody can read it."""
        place = Place(canary.repository, canary.installation)
        asked = await rules(reading(self.connect, place), _upon(canary))
        if isinstance(asked.policy, Unreadable):
            return Refusal(f"the configuration on {canary.base_ref} cannot be read")
        checks = asked.policy.checks if isinstance(asked.policy, Policy) else {}
        config, mirrored = checks.get(experiment.CHECK.name), checks.get(shadow.CHECK.name)
        if not isinstance(config, experiment.Config) or config.mode is Mode.OFF:
            return None
        if not isinstance(mirrored, shadow.Config) or mirrored.mode is Mode.OFF:
            return Rules(config)
        return Rules(config, mirrored)


def _first(pulls: Sequence[PullRequest]) -> PullRequest:
    return min(pulls, key=lambda one: (one.state != "open", -one.number))


def _upon(canary: Canary) -> Pull:
    """A change to the base branch, as far as its rules ask for one."""
    return Pull(canary.repository, canary.number, "", "", canary.sha, "", "", canary.base_ref)
