"""The word after the merge, by workers that end in the middle of it: it is said once, and not lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.gather.reader import GitHubReader
from app.gather.studies import Studies as Facts
from app.github.sandbox import Repo
from app.model import Cause, Intervention, Kind, Trigger
from app.publish.publisher import Publisher
from app.render.actions import GitHubRenderer
from app.store.effects import Effects
from app.store.measurements import Measurements
from app.store.opinions import Opinions
from app.store.provenance import Provenance
from app.store.studies import Studies
from checks.impact.block import Config
from checks.impact.outcome import Outcome
from checks.impact.told import MetricTold, Told, dump
from handlers.after_merge import AfterMerge
from tests.publish.scene import Crash as Killed
from tests.publish.scene import Dying
from tests.road.clinic import Clinic, Crash, clinic
from tests.road.stories import change, shop

pytestmark = pytest.mark.slow

IMPACT = "maestro / impact"
RULES = "version: 1\nimpact: {mode: block, risk_at_least: 0.0, metrics: [{name: p95, better: lower}]}\n"
CONFIG = Config.model_validate({"mode": "block", "risk_at_least": 0.0, "metrics": [{"name": "p95", "better": "lower"}]})
TOLD = Told(Outcome.LIKELY_WORSE, 1.0, (MetricTold("p95", Outcome.LIKELY_WORSE),), 0.05, 0.1, "auto", "d", "m")


async def merged(here: Clinic) -> tuple[Repo, int, str]:
    """A change that was judged, merged, deployed and studied."""
    repo = shop(here.sandbox, RULES)
    number, sha = change(repo)
    where = Trigger(Kind.EVALUATE, "octo/shop", here.sandbox.installation("octo").id, number=number)
    await here.evaluate(where)
    one = Intervention("octo/shop", "production", 31, repo.squash(number), 1.0, (number,))
    studies = Studies(here.database)
    begun = await studies.begin(one, CONFIG.model_dump_json(), 2.0, 2.0, Cause())
    await studies.tell(begun.id, dump(TOLD), 2.0, done=True, cause=Cause())
    return repo, number, sha


async def say(here: Clinic, number: int, effects: Effects | None = None) -> None:
    """A worker says it; one that is killed ends there."""
    own_app, studies = here.sandbox.app.app_id, Studies(here.database)
    reader = GitHubReader(here.connect, own_app, Measurements(here.database), here.archive, "test")
    writer = Publisher(here.connect, effects or Effects(here.database), own_app, Provenance(here.database))
    facts = Facts(studies, Opinions(here.database))
    body = AfterMerge(reader, writer, here.archive, here.archive, GitHubRenderer(), studies, facts, "test")
    try:
        await body(Trigger(Kind.AFTER, "octo/shop", here.sandbox.installation("octo").id, number=number, hearsay=True))
    except (Crash, Killed):
        return


def shown(here: Clinic, repo: Repo, number: int, sha: str) -> tuple[list[tuple[str, str, str | None]], list[bool]]:
    cards = [one.body for one in repo.comments(number)]
    return [run for run in here.runs(repo, sha) if run[0] == IMPACT], ["likely worse" in card for card in cards]


SAID: tuple[list[tuple[str, str, str | None]], list[bool]] = ([(IMPACT, "completed", "failure")], [True])


@pytest.mark.parametrize("dies", ["before GitHub is told", "run told and not noted", "card told and not noted"])
async def test_killed_anywhere_it_is_said_once_by_the_next(tmp_path: Path, dies: str) -> None:
    async with clinic(tmp_path) as here:
        repo, number, sha = await merged(here)
        dying = Dying(here.database)
        here.archive.crash = dies == "before GitHub is told"
        dying.record_left[0] = {"run told and not noted": 1, "card told and not noted": 2}.get(dies, 0)
        await say(here, number, dying)
        here.archive.crash = False
        await say(here, number)
        assert shown(here, repo, number, sha) == SAID
        writes = len(here.sandbox.writes)
        await say(here, number)
        assert len(here.sandbox.writes) == writes, "said already"


async def test_a_run_that_is_the_gate_of_an_open_pull_request_is_left_to_it(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        repo, number, sha = await merged(here)
        repo.commit("release", {"release.txt": "1\n"}, parent=repo.tip())
        other = repo.open_pull("The same onto a release", "fix", "release")
        repo.commit("release", {".github/maestro.yml": RULES})
        await here.evaluate(Trigger(Kind.EVALUATE, "octo/shop", here.sandbox.installation("octo").id, number=other))
        await say(here, number)
        left_alone = shown(here, repo, number, sha)
        assert left_alone == ([(IMPACT, "completed", "success")], [True])


async def test_what_was_never_decided_at_the_head_that_was_merged_gets_no_word(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        repo, number, _ = await merged(here)
        repo.state.pulls[number].head_sha = repo.tip()
        writes = len(here.sandbox.writes)
        await say(here, number)
        assert len(here.sandbox.writes) == writes
