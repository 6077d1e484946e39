"""A rollback by hand, over real HTTP and a real database: each effect once, wherever the worker is killed."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.gather.deployments import Deployments
from app.gather.merged import Merges
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.myself import Myself
from app.github.repository import Repository
from app.github.sandbox import Repo, Sandbox, SandboxApp
from app.model import Canary, Cause, Kind, Opened, Place, Surface, Trigger, Undoing
from app.publish.publisher import Connect, Publisher
from app.render.revert import RevertRenderer
from app.store.database import connect
from app.store.effects import Effects
from app.store.experiments import Experiments
from app.store.provenance import Provenance
from checks.experiment import Config, GateConfig
from checks.model import Pull
from handlers.commands.asked import Answer, Asked, Declined
from handlers.commands.rollback import RollbackCommand
from handlers.consequences import DOUBT, Consequences
from handlers.reverting import Reverting
from tests.nights import by_night
from tests.publish.scene import Crash, Dying
from tests.road.test_experiments import WORKFLOW
from tests.storage import laid

pytestmark = pytest.mark.slow

RULES = {"environments": ["canary"], "gate": GateConfig(baseline=0.01), "rollback": {"workflow": "back.yml"}}
BY_HAND = ("failure", "Rolled back by hand")


@dataclass
class Shop:
    """octo/shop, where pull request 1 is merged: its head is a canary, its merge commit is in production."""

    sandbox: Sandbox
    session: aiohttp.ClientSession
    engine: AsyncEngine
    repo: Repo
    head: str
    merge: str

    async def rolled_back(self, effects: Effects | None = None, rules: Undoing | None = None) -> Answer | Declined:
        """A new worker over the same database carries the command out."""
        connect_to, publisher = self._worker(effects)
        reverting = Reverting(publisher, Merges(connect_to), RevertRenderer())
        trials, consequences = Experiments(self.engine), Consequences(publisher, reverting)
        back = RollbackCommand(trials, Deployments(connect_to), consequences, reverting, publisher)
        return await back(self._asked(rules or Undoing(workflow="undo.yml")))

    async def looked_after(self) -> None:
        """What the experiment's own timer does, once it has looked for what is in doubt for as long as it does."""
        connect_to, publisher = self._worker()
        reverting = Reverting(publisher, Merges(connect_to), RevertRenderer())
        consequences = Consequences(publisher, reverting, lambda: time.time() + DOUBT)
        trials = Experiments(self.engine)
        (kept,) = await trials.of("octo/shop", self.head)
        if not kept.acted:
            await trials.acted(kept.id, await consequences(kept, consequences.course(kept), Cause("test")), kept.course)

    def _worker(self, effects: Effects | None = None) -> tuple[Connect, Publisher]:
        app = self.sandbox.app
        identity = Identity(app.app_id, app.private_key)
        github = GitHub(identity, self.session, api_url=self.sandbox.url, tuning=Tuning(patience=2.0))
        client = github.installation(self.sandbox.installation("octo").id)

        async def connect_to(place: Place) -> Repository:
            return Repository(client, place.repository)

        known, journal = effects or Effects(self.engine), Provenance(self.engine)
        return connect_to, Publisher(connect_to, known, app.app_id, journal, own_login=Myself(github))

    def _asked(self, rules: Undoing) -> Asked:
        pull = Pull("octo/shop", 1, "Double x", "alice", self.head, "topic", self.repo.tip(), "main", open=False)
        trigger = Trigger(
            *(Kind.COMMAND, "octo/shop"), number=1, at=1_800_000_000.0, who="max", surface=Surface.COMMENT
        )
        opened = Opened(Place("octo/shop", None, 1), pull, None, undoing=rules, merge_sha=self.merge)
        return Asked(trigger, opened, (self.head[:7],), Cause("test", "max", "maintain", head_sha=self.head))

    @property
    def written(self) -> tuple[list[str], dict[str, list[tuple[str, str]]], int, int]:
        """Workflows that ran; what was said of each deployment by us; reverts; pull requests."""
        said = {
            one.environment: [
                (status.state, status.description) for status in one.statuses if status.state != "success"
            ]
            for one in self.repo.state.deployments.values()
        }
        branches = [ref for ref in self.repo.state.refs if ref.startswith("heads/maestro/revert/")]
        ran = [run.path.rpartition("/")[2] for run in self.repo.state.workflow_runs.values()]
        return sorted(ran), said, len(branches), len(self.repo.state.pulls)


DONE = (["back.yml", "undo.yml"], {"canary": [BY_HAND], "production": [BY_HAND]}, 1, 2)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Shop]:
    """It must be left without one violation of GitHub's contract."""
    engine = connect(laid(tmp_path).main)
    async with Sandbox(_app()) as sandbox, aiohttp.ClientSession() as session:
        files = {"a.py": "x = 1\n", **{f".github/workflows/{name}.yml": WORKFLOW for name in ("back", "undo")}}
        repo = sandbox.repository("octo/shop", files, collaborators={"alice": "admin"})
        head = repo.commit("topic", {"a.py": "x = 2\n"}, message="Double x")
        number = repo.open_pull("Double x", "topic")
        canary = repo.deploy(head, "canary")
        repo.report_deployment(canary.id, "success")
        merge = repo.merge(number)
        repo.report_deployment(repo.deploy(merge, "production").id, "success")
        where = Canary("octo/shop", head, "canary", "main", number, deployment=canary.id)
        await Experiments(engine).begin(where, Config.model_validate(RULES), Cause())
        yield Shop(sandbox, session, engine, repo, head, merge)
        assert sandbox.violations == []
    await engine.dispose()


@cache
def _app() -> SandboxApp:
    return Sandbox.generate_app()


async def test_it_takes_back_the_canary_the_deployments_and_the_merge(here: Shop) -> None:
    answer = await here.rolled_back()
    assert isinstance(answer, Answer)
    assert here.written == DONE
    assert answer.said == (
        "workflow undo.yml for `production`: done; "
        "`canary`: workflow back.yml: done; deployment status failure: done; revert pull request #2: done; "
        "`production`: deployment status failure: done"
    )
    assert answer.before == "`canary`: waiting_data; `production`: success"
    assert answer.after == "`canary`: rolled back; `production`: failure"


@pytest.mark.parametrize("moment", ["begin_left", "record_left"])
@pytest.mark.parametrize("step", [1, *by_night(2, 3), 4, *by_night(5, 6), 7])
async def test_killed_anywhere_the_next_run_has_each_effect_once(here: Shop, moment: str, step: int) -> None:
    with suppress(Crash):
        await here.rolled_back(Dying(here.engine, **{moment: [step]}))
    assert isinstance(await here.rolled_back(), Answer)
    await here.looked_after()
    if here.written[0] != DONE[0]:  # a dispatch whose answer nobody saw and whose run is not there is never asked again
        assert (moment, await Effects(here.engine).in_doubt() != []) == ("begin_left", True)
        assert here.written[1:] == DONE[1:]
    else:
        assert here.written == DONE
    (kept,) = await Experiments(here.engine).of("octo/shop", here.head)
    assert (kept.status, kept.course) == ("inconclusive", "by_hand")


async def test_asked_again_later_it_does_nothing_more_and_says_what_was_done(here: Shop) -> None:
    first = await here.rolled_back()
    before = here.written
    here.repo.commit("main", {"later.py": "z = 1\n"})
    again = await here.rolled_back()
    assert isinstance(first, Answer)
    assert isinstance(again, Answer)
    assert (again.said, here.written) == (f"rolled back before: {first.said}", before)


async def test_other_environments_than_those_named_are_left_alone_and_so_is_the_base_where_no_revert_is_wanted(
    here: Shop,
) -> None:
    await here.rolled_back(rules=Undoing(environments=("eu",), workflow="undo.yml", revert=False))
    assert here.written == (["back.yml"], {"canary": [BY_HAND], "production": []}, 1, 2)


async def test_deployments_that_github_does_not_show_keep_nothing_else(here: Shop) -> None:
    here.sandbox.installation("octo").permissions.pop("deployments")
    answer = await here.rolled_back()
    assert isinstance(answer, Answer)
    assert "GitHub does not show the deployments (403)" in answer.said
    assert "revert pull request #2: done" in answer.said
    assert here.written[0] == ["back.yml"]
