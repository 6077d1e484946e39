"""A merged change is taken back by one pull request, over real HTTP and a real database, whoever is killed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.gather.merged import Merges
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.myself import Myself
from app.github.repository import Repository
from app.github.sandbox import Repo, Sandbox, SandboxApp
from app.github.sandbox.git import Entry
from app.model import TOLD_MARKER, Canary, Cause, KeptExperiment, Place
from app.publish.publisher import Publisher
from app.render.capability import Subject
from app.render.revert import RevertRenderer
from app.store.database import connect
from app.store.effects import Effects
from app.store.provenance import Provenance
from checks.experiment import Config, GateConfig, dump
from handlers.consequences import Consequences
from handlers.reverting import Reverting
from tests.checks.experiment.facts import even, run
from tests.publish.scene import Crash, Dying
from tests.storage import laid

pytestmark = pytest.mark.slow

FILES = {"a.py": "x = 1\n", "b.py": "y = 1\n", "docs/old.md": "words\n"}
BAD = run(GateConfig(baseline=0.01, watermark_seconds=0), even(5, (10_000, 100), (10_000, 400)))
DONE = "revert pull request #2: done"
MERGED = pytest.mark.parametrize("way", ["merge", "squash", "rebase"])


@dataclass
class Base:
    """octo/shop, with a pull request of two commits whose head was a canary."""

    sandbox: Sandbox
    session: aiohttp.ClientSession
    engine: AsyncEngine
    repo: Repo
    number: int
    head: str

    async def rolled_back(self, sha: str = "", *, effects: Effects | None = None, revert: bool = True) -> str:
        """A new worker over the same database does what the canary's rollback asks for."""
        app = self.sandbox.app
        github = GitHub(
            Identity(app.app_id, app.private_key),
            self.session,
            api_url=self.sandbox.url,
            tuning=Tuning(patience=2.0),
        )
        client = github.installation(self.sandbox.installation("octo").id)

        async def connect_to(place: Place) -> Repository:
            return Repository(client, place.repository)

        known = effects or Effects(self.engine)
        journal = Provenance(self.engine)
        publisher = Publisher(connect_to, known, app.app_id, journal, own_login=Myself(github))
        reverting = Reverting(publisher, Merges(connect_to), RevertRenderer(page))
        return await Consequences(publisher, reverting)(self._kept(sha or self.head, revert), "rollback", Cause("test"))

    def _kept(self, sha: str, revert: bool) -> KeptExperiment:
        gate = GateConfig(baseline=0.01, watermark_seconds=0)
        rules = Config.model_validate({"environments": ["canary"], "gate": gate, "rollback": {"revert": revert}})
        number = self.number if sha == self.head else None
        canary = Canary("octo/shop", sha, "canary", "main", number)
        return KeptExperiment(12, canary, rules.model_dump_json(), dump(BAD), "rollback", "", 0.0, 1_800_000_000.0)

    def files(self, branch: str) -> dict[str, Entry]:
        """What a branch holds, by path."""
        objects = self.repo.state.objects
        return objects.files(objects.commit(self.repo.tip(branch)).tree)

    def pushed(self, branch: str, entries: dict[str, Entry | None]) -> str:
        """A commit of entries that are no plain files."""
        objects, tip = self.repo.state.objects, objects_tip(self.repo, branch)
        tree = objects.with_files(objects.commit(tip).tree, entries)
        sha = objects.add_commit(tree, [tip], "Modes", objects.commit(tip).author)
        self.repo.force_push(branch, sha)
        return sha

    @property
    def reverts(self) -> list[str]:
        return [ref.removeprefix("heads/") for ref in self.repo.state.refs if ref.startswith("heads/maestro/revert/")]

    @property
    def words(self) -> list[str]:
        return [one.body for one in self.repo.comments(self.number) if one.body.startswith(TOLD_MARKER)]


def objects_tip(repo: Repo, branch: str) -> str:
    return repo.state.refs.get(f"heads/{branch}") or repo.tip()


def page(subject: Subject) -> str:
    return f"https://maestro.example{subject.path}?of={subject.repository}@{subject.sha}"


@pytest.fixture
async def base(tmp_path: Path) -> AsyncIterator[Base]:
    """It must be left without one violation of GitHub's contract."""
    engine = connect(laid(tmp_path).main)
    async with Sandbox(_app()) as sandbox, aiohttp.ClientSession() as session:
        repo = sandbox.repository("octo/shop", FILES, collaborators={"alice": "admin"})
        repo.commit("topic", {"a.py": "x = 2\n", "new.bin": b"\xff\x00"}, message="Double x")
        head = repo.commit("topic", {"docs/old.md": None, "docs/new.md": "words\n"}, message="Rename the page")
        number = repo.open_pull("Double @everybody's x, for #7", "topic")
        yield Base(sandbox, session, engine, repo, number, head)
        assert sandbox.violations == []
    await engine.dispose()


@cache
def _app() -> SandboxApp:
    return Sandbox.generate_app()


@MERGED
async def test_a_merged_change_is_taken_back_by_one_pull_request_and_nothing_else_is(base: Base, way: str) -> None:
    before = base.files("main")
    getattr(base.repo, way)(base.number)
    base.repo.commit("main", {"later.py": "z = 1\n"})
    assert await base.rolled_back() == DONE
    (branch,) = base.reverts
    assert base.files(branch) == {**before, "later.py": base.files("main")["later.py"]}
    pull = base.repo.pull(2)
    assert (pull.head_ref, pull.base_ref, pull.user.login) == (branch, "main", "maestro[bot]")
    assert pull.title == 'Revert "Double everybody\'s x, for 7"'
    for said in ("errors is proven worse than tolerated", "#1", "of 50 needed", "Nothing changes until somebody"):
        assert said in (pull.body or "")
    address = f"](https://maestro.example/experiments/12?of=octo/shop%40{base.head})"
    assert address in (pull.body or "")
    assert address in base.words[0]


async def test_done_again_it_changes_nothing(base: Base) -> None:
    base.repo.rebase(base.number)
    assert [await base.rolled_back() for _ in range(2)] == [DONE, DONE]
    assert (len(base.repo.state.pulls), len(base.words)) == (2, 1)


async def test_the_canary_may_be_the_commit_that_the_merge_made(base: Base) -> None:
    sha = base.repo.squash(base.number)
    assert await base.rolled_back(sha) == DONE
    assert base.files(base.reverts[0])["a.py"] == base.repo.state.objects.find(
        base.repo.state.objects.commit(base.repo.state.objects.commit(sha).parents[0]).tree, "a.py"
    )
    assert len(base.words) == 1


async def test_a_commit_that_was_pushed_without_a_pull_request_is_taken_back_alone(base: Base) -> None:
    before = base.files("main")
    sha = base.repo.commit("main", {"b.py": "y = 2\n"}, message="Double y\n\nBecause.")
    assert await base.rolled_back(sha) == DONE
    assert base.files(base.reverts[0]) == before
    assert base.repo.pull(2).title == 'Revert "Double y"'
    assert base.words == []


async def test_modes_links_and_submodules_come_back(base: Base) -> None:
    script = Entry("100644", base.files("main")["b.py"].sha)
    base.pushed("main", {"lib": Entry("160000", "1" * 40), "link": Entry("120000", script.sha)})
    before = base.files("main")
    base.repo.commit("modes", {"c.py": "c\n"})
    sha = base.pushed(
        "modes", {"lib": Entry("160000", "2" * 40), "link": None, "b.py": Entry("100755", script.sha), "c.py": None}
    )
    number = base.repo.open_pull("Modes", "modes")
    base.repo.merge(number)
    assert "#3: done" in await base.rolled_back(sha)
    assert base.files(base.reverts[0]) == before


async def test_what_a_later_commit_touched_is_left_to_people_who_are_told_how(base: Base) -> None:
    merge = base.repo.merge(base.number)
    base.repo.commit("main", {"a.py": "x = 3\n"})
    said = await base.rolled_back()
    assert said == (
        "revert pull request: not opened, later commits on main touched `a.py` too "
        f"(by hand: `git revert -m 1 {merge[:7]}`)"
    )
    assert base.reverts == []
    assert "git revert -m 1" in base.words[0]


async def test_the_command_by_hand_takes_back_all_that_a_rebase_brought(base: Base) -> None:
    before = base.repo.tip()
    last = base.repo.rebase(base.number)
    base.repo.commit("main", {"a.py": "x = 3\n"})
    assert f"`git revert {before[:7]}..{last[:7]}`" in await base.rolled_back()


async def test_what_somebody_took_back_already_is_not_taken_back_again(base: Base) -> None:
    base.repo.squash(base.number)
    base.repo.commit("main", {**FILES, "new.bin": None, "docs/new.md": None}, message="Revert")
    assert await base.rolled_back() == "revert pull request: not needed, main has the change no longer"
    assert base.reverts == []


async def test_a_base_that_lost_the_merge_needs_no_revert(base: Base) -> None:
    before = base.repo.tip()
    base.repo.merge(base.number)
    base.repo.force_push("main", before)
    assert "not needed" in await base.rolled_back()


@pytest.mark.parametrize("state", ["open", "closed"])
async def test_a_change_that_is_not_merged_needs_none_and_nobody_is_told(base: Base, state: str) -> None:
    if state == "closed":
        base.repo.close(base.number)
    assert await base.rolled_back() == "nothing was asked for"
    assert (base.reverts, base.words) == ([], [])


@MERGED
async def test_a_pull_request_that_moved_on_before_it_was_merged_is_not_what_was_tried(base: Base, way: str) -> None:
    base.repo.commit("topic", {"a.py": "x = 1.5\n"}, message="Correct it")
    getattr(base.repo, way)(base.number)
    assert await base.rolled_back() == "nothing was asked for"
    assert (base.reverts, base.words) == ([], [])


async def test_where_no_revert_is_wanted_the_merged_pull_request_is_told_all_the_same(base: Base) -> None:
    base.repo.merge(base.number)
    assert await base.rolled_back(revert=False) == "nothing was asked for"
    assert base.reverts == []
    (words,) = base.words
    assert "**ROLL BACK**" in words
    assert "errors is proven worse than tolerated" in words


async def test_a_person_who_closes_it_is_heard(base: Base) -> None:
    base.repo.merge(base.number)
    await base.rolled_back()
    base.repo.close(2)
    base.repo.commit("main", {"later.py": "z = 1\n"})
    await base.rolled_back()
    assert [pull.state for pull in base.repo.state.pulls.values()] == ["closed", "closed"]
    base.repo.delete_branch(base.reverts[0])
    base.repo.commit("main", {"later.py": "z = 2\n"})
    assert "was deleted by hand" in await base.rolled_back()
    assert (base.reverts, len(base.repo.state.pulls)) == ([], 2)


async def test_somebody_elses_branch_is_left_as_it_is(base: Base) -> None:
    merge = base.repo.merge(base.number)
    theirs = base.repo.commit(f"maestro/revert/{merge[:12]}", {"mine.py": "1\n"})
    assert "is somebody else's" in await base.rolled_back()
    assert base.repo.tip(base.reverts[0]) == theirs
    assert len(base.repo.state.pulls) == 1


async def test_what_nobody_can_see_whole_is_left_to_people(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    first = base.repo.tip()
    base.repo.merge(base.number)
    monkeypatch.setattr("app.github.sandbox.routes.git.TREE_LIMIT", 2)
    assert "more files than GitHub lists (by hand: `git revert -m 1 " in await base.rolled_back()
    assert "it is the first commit of the repository" in await base.rolled_back(first)
    assert base.reverts == []


@pytest.mark.parametrize("step", range(1, 4))
@pytest.mark.parametrize("moment", ["begin_left", "record_left"])
async def test_whoever_is_killed_in_between_there_is_one_branch_one_pull_request_and_one_word(
    base: Base, moment: str, step: int
) -> None:
    base.repo.merge(base.number)
    with pytest.raises(Crash):
        await base.rolled_back(effects=Dying(base.engine, **{moment: [step]}))
    assert await base.rolled_back() == DONE
    assert (len(base.reverts), len(base.repo.state.pulls), len(base.words)) == (1, 2, 1)
    assert await Effects(base.engine).in_doubt() == []


async def test_a_permission_that_is_missing_is_told_and_keeps_nothing_else(base: Base) -> None:
    base.repo.merge(base.number)
    base.sandbox.installation("octo").permissions["contents"] = "read"
    assert "refused by GitHub" in await base.rolled_back()
    assert base.reverts == []
