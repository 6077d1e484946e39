"""From a trigger to the log and back from the card: GitHub is the witness of what we write down."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from app.archive import Archive
from app.github.auth import Identity
from app.github.client import GitHub
from app.github.repository import Repository
from app.github.sandbox import Repo, Sandbox
from app.model import CARD_MARKER, Kind, Opened, Place, Seal, Trigger
from app.publish.publisher import Publisher
from app.render.actions import GitHubRenderer
from app.store.chain import ProvenanceEntry, entry_of
from app.store.database import connect
from app.store.decisions import Decisions
from app.store.effects import Effects
from app.store.provenance import Provenance
from checks.decide import Policy
from checks.judge import Case
from checks.model import Pull, Snapshot
from handlers.evaluate import Evaluation
from tests.road.stories import change, shop
from tests.road.town import github
from tests.storage import laid

pytestmark = pytest.mark.slow

CONFIG = "5e" * 32


@dataclass(frozen=True)
class Read:
    """A reader that knows one open pull request, on which nothing is asked."""

    pull: Pull

    async def open(self, trigger: Trigger) -> Opened | None:
        return Opened(Place(self.pull.repository, trigger.installation, trigger.number), self.pull, Policy({}))

    async def gather(self, opened: Opened, attempts_left: int) -> Case:
        return Case(Snapshot(opened.pull), Policy({}, digest=CONFIG), None, "1.5.0")

    async def stands(self, place: Place, pull: Pull) -> bool:
        return False


@dataclass(frozen=True)
class Judged:
    """A pull request on a local GitHub, and all that it takes to judge it."""

    sandbox: Sandbox
    repo: Repo
    pull: Pull
    evaluation: Evaluation
    log: Provenance

    async def judge(self) -> None:
        trigger = Trigger(Kind.EVALUATE, "octo/shop", number=self.pull.number, reason="push", who="alice")
        await self.evaluation(trigger, 0)

    def card(self) -> str:
        assert self.pull.number is not None
        (card,) = (c.body for c in self.repo.comments(self.pull.number) if c.body.startswith(CARD_MARKER))
        return card

    def witnessed(self) -> Seal:
        """The seal that the card shows."""
        found = re.search(r" · log `(\d+):([0-9a-f]{12})`</sub>", self.card())
        assert found is not None
        return Seal(int(found[1]), found[2])

    async def entries(self) -> list[ProvenanceEntry]:
        return [entry_of(row[1]) async for batch in self.log.rows() for row in batch]


@pytest.fixture
async def judged(tmp_path: Path) -> AsyncIterator[Judged]:
    engine = connect(laid(tmp_path).main)
    async with github() as sandbox, aiohttp.ClientSession() as session:
        repo = shop(sandbox, None)
        number, _ = change(repo)
        app = GitHub(Identity(str(sandbox.app.app_id), sandbox.app.private_key), session, api_url=sandbox.url)
        there = Repository(app.installation(await app.installation_of("octo/shop")), "octo/shop")

        async def to(_place: Place) -> Repository:
            return there

        log = Provenance(engine)
        publisher = Publisher(to, Effects(engine), sandbox.app.app_id, log)
        pull = (await there.pull(number)).facts()
        evaluation = Evaluation(Read(pull), publisher, Archive(Decisions(engine)), GitHubRenderer())
        yield Judged(sandbox, repo, pull, evaluation, log)
    await engine.dispose()


async def test_a_judged_change_is_told_from_its_beginning_to_its_card(judged: Judged) -> None:
    await judged.judge()
    begun, decided, *shown = await judged.entries()
    assert (begun.what, begun.decision_id) == ("check run maestro / decision: in progress", None)
    assert (decided.kind, decided.what, decided.config_digest) == ("decision", "ship", CONFIG)
    assert [one.what for one in shown] == ["check run maestro / decision: success", "card on #1"]
    assert {one.decision_id for one in shown} == {decided.decision_id}
    assert {(one.who, one.reason, one.head_sha) for one in (begun, decided, *shown)} == {
        ("alice", "push", judged.pull.head_sha)
    }


async def test_the_card_shows_the_seal_of_its_own_decision_and_bears_witness(judged: Judged) -> None:
    await judged.judge()
    seen = judged.witnessed()
    assert (await judged.entries())[seen.seq - 1].what == "ship"
    assert (await judged.log.verify([seen])).flaws == ()
    forged = Seal(seen.seq, "0" * 12)
    assert [flaw.row for flaw in (await judged.log.verify([forged])).flaws] == [seen.seq]


async def test_a_newer_seal_alone_has_no_card_written_again(judged: Judged) -> None:
    await judged.judge()
    card, writes = judged.card(), len(judged.sandbox.writes)
    await judged.judge()
    assert judged.card() == card
    assert len(judged.sandbox.writes) == writes
    assert [one.what for one in await judged.entries()].count("ship") == 2
    assert (await judged.log.verify([judged.witnessed()])).flaws == ()
