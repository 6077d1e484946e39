"""A process that is killed (SIGKILL) while an attempt is carried out, GitHub having done what it was asked for and its
answer still on the way: the next one takes each class of failure to its end, and nothing is had twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.github.sandbox import Repo, Sandbox
from app.github.sandbox.faults import Slow
from app.github.sandbox.state import WorkflowRun
from app.model import FIX_BRANCH
from app.osv.sandbox import OsvSandbox
from app.storage import Stores, stores
from program.remediation import Course, Remediation
from tests.checks.sbom.supply import advisory, bill, package_json
from tests.commands.test_serve import address, running
from tests.nights import by_night
from tests.road.stories import PATH
from tests.road.test_remediation import RULES
from tests.road.test_retry import AGENT
from tests.road.test_study_killed import environment
from tests.road.town import SECRET, github
from tests.road.workshop import published
from tests.waiting import until

pytestmark = pytest.mark.slow

LEFT = {"left-pad": "1.0.0"}
QS = advisory("qs", "6.5.3", introduced="6.0.0")
BILLS = "sbom: {mode: block, paths: [sbom.json], fix: {pull_requests: false}}\n"
PATIENCE = 240.0  # seconds: two processes start, on whatever machine this is


@dataclass
class Scene:
    """octo/shop with one agent's pull request; `life` begins a process, and what it does is looked at from outside."""

    sandbox: Sandbox
    osv: OsvSandbox
    kept: Stores
    directory: Path
    repo: Repo = field(init=False)

    def opens(self, rules: str, files: dict[str, str], conclusion: str = "failure") -> WorkflowRun:
        """The pull request, with a workflow run that ends so."""
        base = {"a.py": "x = 1\n", PATH: rules, ".github/workflows/agent.yml": AGENT}
        bills = {"sbom.json": bill(LEFT), "package.json": package_json(LEFT)}
        self.repo = self.sandbox.repository("octo/shop", base | bills, collaborators={"alice": "write"})
        sha = self.repo.commit("agent/x", files, author="robo")
        run = self.repo.workflow_run(sha, "ci", conclusion)
        self.repo.open_pull("Correct x", "agent/x", author="robo")
        return run

    @asynccontextmanager
    async def life(self) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """A process; called, what comes kills it at once."""
        more = {"MAESTRO_WEBHOOK_SECRET": SECRET, "MAESTRO_CI_GRACE": "0", "MAESTRO_OSV_URL": self.osv.url}
        async with running("serve", self.directory, **environment(self.sandbox), **more) as process:
            self.sandbox.webhook_url = f"{await address(process)}/webhook"

            async def kill() -> None:
                process.kill()
                await process.wait()

            yield kill

    async def killed(self, path: str, begin: Callable[[], WorkflowRun], method: str = "POST") -> WorkflowRun:
        """It is killed after GitHub has done what was asked for at `path`, and before it hears so."""
        async with self.life() as kill:
            run = begin()
            self.sandbox.faults.add(Slow(60), method=method, path=path, times=1)

            async def struck() -> bool:
                return any(one.path.endswith(path.strip("*")) for one in self.sandbox.faults.struck)

            await until(struck, PATIENCE)
            await kill()
        return run

    async def every(self) -> list[Remediation]:
        return list(await self.kept.remediations.of_pull("octo/shop", 1))

    async def until_made(self, *made: tuple[str, str]) -> None:
        """Until the attempts are these, each with its result."""

        async def so() -> bool:
            return [(one.step.value, one.result.value) for each in await self.every() for one in each.attempts] == [
                *made
            ]

        await until(so, PATIENCE)

    async def until_it_is(self, course: Course) -> Remediation:
        async def so() -> bool:
            return [one.course for one in await self.every()] == [course]

        await until(so, PATIENCE)
        return (await self.every())[0]

    async def until_noted(self) -> None:
        """Until the attempt at work was carried out, as far as we know."""

        async def so() -> bool:
            return all(one.note for each in await self.every() for one in each.attempts)

        await until(so, PATIENCE)

    @property
    def sent(self) -> list[WorkflowRun]:
        return [run for run in self.repo.state.workflow_runs.values() if run.event == "workflow_dispatch"]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with github() as sandbox, OsvSandbox() as osv, stores(f"sqlite:///{tmp_path / 'maestro.db'}") as kept:
        yield Scene(sandbox, osv, kept, tmp_path)
        assert osv.violations == []


async def test_what_failed_is_run_again_once_and_mended(scene: Scene) -> None:
    run = await scene.killed("*/rerun-failed-jobs", lambda: scene.opens(RULES, {"a.py": "x = 2\n"}))
    async with scene.life():
        await scene.until_noted()
        await scene.until_made(("rerun", "open"))
        assert run.attempt == 2
        scene.repo.finish_workflow(run.id)
        await scene.until_it_is(Course.MENDED)
    await scene.until_made(("rerun", "mended"))
    assert run.attempt == 2


@pytest.mark.nightly
async def test_what_broke_off_is_run_again_once(scene: Scene) -> None:
    run = await scene.killed("*/rerun-failed-jobs", lambda: scene.opens(RULES, {"a.py": "x = 2\n"}, "cancelled"))
    async with scene.life():
        await scene.until_noted()
        scene.repo.finish_workflow(run.id)
        ended = await scene.until_it_is(Course.MENDED)
    assert ([one.failure for one in ended.attempts], run.attempt) == (["infra"], 2)


@pytest.mark.nightly
async def test_one_agent_is_sent_and_its_push_mends_it(scene: Scene) -> None:
    rules = RULES.replace("remediation: {}", "remediation: {rerun: false}")
    await scene.killed("*/dispatches", lambda: scene.opens(rules, {"a.py": "x = 2\n"}))
    assert len(scene.sent) == 1
    async with scene.life():
        await scene.until_noted()
        await scene.until_made(("agent", "open"))
        (run,) = scene.sent
        said = f"Mend it\n\nMaestro-Trace: {run.inputs['trace_id']}"
        sha = scene.repo.commit("agent/x", {"a.py": "x = 3\n"}, message=said, author="robo")
        scene.repo.workflow_run(sha, "ci", "success")
        await scene.until_it_is(Course.MENDED)
    await scene.until_made(("agent", "mended"))
    assert len(scene.sent) == 1


@pytest.mark.nightly
async def test_a_branch_that_does_not_merge_is_an_agents_once(scene: Scene) -> None:
    def conflict() -> WorkflowRun:
        run = scene.opens(RULES, {"a.py": "x = 2\n"}, "success")
        scene.repo.commit("main", {"a.py": "x = 99\n"}, author="root")
        scene.repo.report_check(scene.repo.tip("agent/x"), "lint", conclusion="success")
        return run

    await scene.killed("*/dispatches", conflict)
    async with scene.life():
        await scene.until_noted()
        await scene.until_made(("update", "refused"), ("agent", "open"))
    assert len(scene.sent) == 1


@pytest.mark.nightly
async def test_one_fix_is_proposed_and_its_merge_mends_it(scene: Scene) -> None:
    scene.osv.publish(published(QS))
    after = {**LEFT, "qs": "6.5.1"}
    files = {"sbom.json": bill(after), "package.json": package_json(after)}
    await scene.killed("*/pulls", lambda: scene.opens(RULES + BILLS, files, "success"))
    async with scene.life():
        fixes = await _fixes(scene)
        await scene.until_made(("fix", "open"))
        scene.repo.commit(fixes[0], {"sbom.json": bill({**LEFT, "qs": "6.5.3"})})
        (number,) = [pull.number for pull in scene.repo.state.pulls.values() if pull.head_ref == fixes[0]]
        scene.repo.merge(number)
        scene.repo.workflow_run(scene.repo.tip("agent/x"), "ci", "success")
        await scene.until_it_is(Course.MENDED)
    assert len([pull for pull in scene.repo.state.pulls.values() if pull.head_ref.startswith(FIX_BRANCH)]) == 1


async def _fixes(scene: Scene) -> list[str]:
    """The branches of the fixes that are kept as open, with their numbers."""

    async def known() -> bool:
        return any(fix.number for fix in await scene.kept.fixes.of_pull("octo/shop", 1))

    await until(known, PATIENCE)
    return [fix.branch for fix in await scene.kept.fixes.of_pull("octo/shop", 1)]


@pytest.mark.parametrize("path", ["*/issues/1/labels", *by_night("*/graphql")])
async def test_people_have_it_once(scene: Scene, path: str) -> None:
    rules = RULES.replace("remediation: {}", "remediation: {rerun: false, agent: false}")
    await scene.killed(path, lambda: scene.opens(rules, {"a.py": "x = 2\n"}))
    async with scene.life():
        await scene.until_it_is(Course.HANDED_OVER)
    pull = scene.repo.pull(1)
    assert (pull.draft, [label.name for label in pull.labels]) == (True, ["needs-human"])
    told = [one for one in scene.repo.comments(1) if "This is for people now" in one.body]
    assert len(told) == 1
