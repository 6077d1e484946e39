"""One repeat: a canary is deployed, goes bad, is found out, and serves nobody any more. Each moment is noted."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

from app.github.sandbox import Repo
from app.model import KeptExperiment
from campaign.drill.ground import BASELINE, SHARE, SOURCE, WATERMARK, Ground
from campaign.drill.runner import CANARY_WORKFLOW, FILES, ROLLBACK_WORKFLOW, asked, carried_out
from campaign.drill.service import CANARY, STABLE
from campaign.drill.visitors import Visitors, visiting
from tests.examples.runner import Runner
from tests.road.stories import PATH

STAGES = ("tick settled", "verdict", "dispatch accepted", "nobody served")
"""What ends after t0, the first failure of the bad canary: t1, t2, t3 and t4."""

ROLLBACK, GOOD = "rollback", "while it was good"
FOR_HOURS = {"min_ticks": 10_000, "horizon": 20}  # a good canary is not promoted: it must still be there to go bad
LONGEST = 3_600.0  # seconds of the drill after which a bad canary counts as never found out
WAIT = 15.0  # seconds of the drill until a hosted machine begins with a run that was asked for
LOOK = 0.1  # seconds of ours between two looks at the database


@dataclass(frozen=True, slots=True)
class Plan:
    """The canary becomes `ratio` times as bad as the stable version, after so many minutes as good as it."""

    ratio: float
    after: float
    number: int

    @property
    def failing(self) -> float:
        """The share of the bad canary's requests that fail."""
        return min(1.0, BASELINE * self.ratio)


@dataclass(frozen=True, slots=True)
class Repeat:
    """How one went. `ended`: the experiment's status; `stages`: seconds of the drill that each of STAGES took."""

    plan: Plan
    ended: str
    stages: tuple[float, ...] = ()

    @property
    def seconds(self) -> float:
        """From the first failure to the last visitor: t4 - t0."""
        return sum(self.stages)


@dataclass(frozen=True, slots=True)
class Stand:
    """What one repeat has to do with: its place on the ground, its repository, its Actions and its visitors."""

    ground: Ground
    place: int
    plan: Plan
    repo: Repo
    runner: Runner
    visitors: Visitors

    async def deployed(self) -> KeptExperiment:
        """Deploy the head of a pull request, and wait until Maestro has begun its experiment."""
        sha = self.repo.commit("fix", {"a.py": "x = 2\n"})
        self.repo.open_pull("Correct x", "fix")
        assert await self.runner.run(CANARY_WORKFLOW, sha, share=str(SHARE))
        experiments = self.ground.stores.experiments
        while not (found := await experiments.of(self.repo.full_name, sha)):  # noqa: ASYNC110 - processes tell nobody
            await asyncio.sleep(LOOK)
        return found[0]

    async def spoil(self) -> None:
        """From now on it is bad."""
        self.visitors.watch()
        await self.ground.fail(self.place, CANARY, self.plan.failing)

    async def answered(self, key: int, drilled: float) -> KeptExperiment:
        """The experiment once it has its answer, or as it stands after so many seconds of the drill."""
        until = time.monotonic() + self.ground.clock.ours(drilled)
        while not (kept := await self._kept(key)).ended and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(min(LOOK, max(0.0, until - time.monotonic())))
        return kept

    async def _kept(self, key: int) -> KeptExperiment:
        kept = await self.ground.stores.experiments.get(key)
        assert kept is not None
        return kept

    async def taken_back(self) -> float:
        """Run the workflow that Maestro asked for; since when nobody is served (t4)."""
        run = await asked(self.repo)
        await carried_out(self.runner, run, self.ground.clock.ours(WAIT))
        while (gone := self.visitors.taken_back) is None:  # noqa: ASYNC110 - visitors tell nobody
            await asyncio.sleep(LOOK)
        return gone


async def repeated(ground: Ground, place: int, plan: Plan) -> Repeat:
    """Go through one repeat at this place of the ground, which is left as it was found."""
    repo = _repository(ground, place, plan)
    service = ground.services[place]
    service.dice = Random(f"{plan.ratio} {plan.after} {plan.number}")
    async with visiting(service.port, ground.pace) as visitors:
        try:
            return await _told(Stand(ground, place, plan, repo, ground.runner(place, repo), visitors))
        finally:
            await ground.route(place, 0.0)
            await ground.fail(place, CANARY, BASELINE)


async def _told(stand: Stand) -> Repeat:
    plan = stand.plan
    if not plan.after:
        await stand.spoil()
    experiment = await stand.deployed()
    if plan.after:
        kept = await stand.answered(experiment.id, plan.after * 60)
        if kept.ended:
            return Repeat(plan, f"{_ending(kept)} {GOOD}")
        await stand.spoil()
    kept = await stand.answered(experiment.id, LONGEST)
    if kept.status != ROLLBACK:
        return Repeat(plan, _ending(kept))
    failed = stand.visitors.bad
    if failed is None or kept.changed - failed < stand.ground.clock.ours(WATERMARK):
        return Repeat(plan, f"{_ending(kept)} {GOOD}")  # no tick of the bad canary can have been scored by then
    gone = await stand.taken_back()
    return Repeat(plan, kept.status, await _stages(stand, kept, failed, gone))


def _ending(kept: KeptExperiment) -> str:
    return f"{kept.status} {kept.reason}".strip()


async def _stages(stand: Stand, kept: KeptExperiment, failed: float, gone: float) -> tuple[float, ...]:
    dispatched = next(iter(stand.repo.state.workflow_runs.values())).created_at
    settled = await stand.ground.settled(kept, failed)
    moments = (failed, settled, kept.changed, dispatched, gone)
    return tuple(stand.ground.clock.drilled(later - earlier) for earlier, later in pairwise(moments))


def _repository(ground: Ground, place: int, plan: Plan) -> Repo:
    """In an installation of its own: GitHub's budgets are an installation's, and their clock is not ours."""
    files = {"a.py": "x = 1\n", PATH: _rules(ground, place), **FILES}
    owner = f"shop-{plan.ratio:g}-{plan.after:g}-{plan.number}"
    return ground.installation.sandbox.repository(f"{owner}/shop", files, collaborators={"alice": "write"})


def _rules(ground: Ground, place: int) -> str:
    """The product's own defaults, but for what is said here."""
    gate: dict[str, Any] = {**ground.timing, "baseline": BASELINE, "expected_share": SHARE, **FOR_HOURS}
    experiment = {
        "environments": ["canary"],
        "gate": gate,
        "source": SOURCE,
        "queries": {"errors": {"control": _counters(place, STABLE), "canary": _counters(place, CANARY)}},
        "rollback": {"workflow": ROLLBACK_WORKFLOW},
    }
    return json.dumps({"version": 1, "experiment": experiment})  # JSON is YAML


def _counters(place: int, version: str) -> dict[str, str]:
    labels = f'{{service="{place}",version="{version}"}}'
    return {"total": f"http_requests_total{labels}", "bad": f"http_errors_total{labels}"}
