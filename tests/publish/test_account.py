"""What the writer tells the log: all that it did, all that failed, and what it would not do."""

from __future__ import annotations

from typing import Any

import pytest

from app.github.errors import Unavailable
from app.github.repository import Repository
from app.model import (
    CARD_MARKER,
    BeginCheckRun,
    Cause,
    CheckRunText,
    Place,
    React,
    Reply,
    RetireCheckRuns,
    Surface,
    WriteCard,
    WriteCheckRun,
)
from app.publish.publisher import Publisher
from app.store.chain import ProvenanceEntry, entry_of
from app.store.effects import Effects
from app.store.provenance import Provenance
from tests.github.hub import Hub
from tests.github.hub import Reply as Answer

OWN_APP = 7
SHA, NEXT = "1a" * 20, "2b" * 20
R = "/repos/o/r"
PLACE = Place("o/r", 42, 5)
CAUSE = Cause("check_run.rerequested", "alice", "write", Surface.BUTTON, SHA, "5e" * 32, 12)
WORDS = CheckRunText("SHIP", "All is well.")
BEGIN = BeginCheckRun("maestro / decision", SHA, WORDS)
RUN = WriteCheckRun("maestro / decision", SHA, "success", WORDS)
CARD = WriteCard(5, SHA, f"{CARD_MARKER}v1 repo=o/r pr=5 -->\nSHIP", "digest")
REACTION, REPLY = React(31, "eyes"), Reply(5, 31, "Here is what you can ask.")


@pytest.fixture
def log(effects: Effects) -> Provenance:
    return Provenance(effects.engine)


@pytest.fixture
def publisher(repository: Repository, effects: Effects, log: Provenance, hub: Hub) -> Publisher:
    """A writer to a GitHub that takes everything."""
    hub.on("GET", f"{R}/pulls/5", Answer(data=pull(SHA)))
    hub.on("POST", f"{R}/check-runs", Answer(201, {"id": 9}))
    hub.on("PATCH", f"{R}/check-runs/9", Answer(data={"id": 9}))
    hub.on("POST", f"{R}/issues/5/comments", Answer(201, {"id": 77}))
    hub.on("POST", f"{R}/issues/comments/31/reactions", Answer(201, {"id": 3}))

    async def connect(_place: Place) -> Repository:
        return repository

    return Publisher(connect, effects, OWN_APP, log)


def pull(sha: str) -> dict[str, Any]:
    side = {"sha": sha, "ref": "fix", "repo": {"full_name": "o/r"}}
    author = {"login": "alice", "type": "User"}
    return {"number": 5, "title": "x", "state": "open", "user": author, "head": side, "base": side, "comments": 0}


async def entries(log: Provenance) -> list[ProvenanceEntry]:
    return [entry_of(row[1]) async for batch in log.rows() for row in batch]


async def told(log: Provenance) -> list[tuple[str, str, str]]:
    return [(one.kind.value, one.what, one.result) for one in await entries(log)]


async def test_each_action_that_was_done_is_told_with_its_cause(publisher: Publisher, log: Provenance) -> None:
    await publisher.perform(PLACE, (BEGIN, RUN, CARD, REACTION, REPLY), CAUSE)
    assert await told(log) == [
        ("action", "check run maestro / decision: in progress", "ok"),
        ("action", "check run maestro / decision: success", "ok"),
        ("action", "card on #5", "ok"),
        ("action", "reaction eyes to comment 31", "ok"),
        ("action", "reply to comment 31", "ok"),
    ]
    for one in await entries(log):
        assert (one.repository, one.number, one.head_sha) == ("o/r", 5, SHA)
        assert (one.who, one.role, one.surface, one.reason) == ("alice", "write", "button", "check_run.rerequested")
        assert (one.config_digest, one.decision_id) == ("5e" * 32, 12)
    assert (await log.verify()).flaws == ()


async def test_what_github_already_shows_tells_no_tale(publisher: Publisher, log: Provenance) -> None:
    actions = (BEGIN, RUN, CARD, REPLY)
    await publisher.perform(PLACE, actions, CAUSE)
    before = await log.head()
    await publisher.perform(PLACE, actions, CAUSE)
    assert await log.head() == before


async def test_a_retired_run_is_told_by_its_own_name(publisher: Publisher, log: Provenance) -> None:
    await publisher.perform(PLACE, (RUN, RetireCheckRuns(SHA, frozenset(), CheckRunText("Gone", ""))), CAUSE)
    assert [what for _, what, _ in await told(log)] == ["check run maestro / decision: success"] * 2


async def test_what_speaks_of_an_older_head_is_refused_and_so_is_the_rest(
    publisher: Publisher, log: Provenance, hub: Hub
) -> None:
    hub.on("GET", f"{R}/pulls/5", Answer(data=pull(NEXT)))
    await publisher.perform(PLACE, (RUN, CARD), CAUSE)
    assert await told(log) == [("refusal", "check run maestro / decision: success", "moved")]


async def test_a_card_that_github_refuses_is_told_with_its_answer(
    publisher: Publisher, log: Provenance, hub: Hub
) -> None:
    hub.on("POST", f"{R}/issues/5/comments", Answer(403, {"message": "locked"}))
    await publisher.perform(PLACE, (CARD,), CAUSE)
    ((kind, what, result),) = await told(log)
    assert (kind, what) == ("action", "card on #5")
    assert "locked" in result


async def test_a_reaction_that_github_refuses_is_told_with_its_answer(
    publisher: Publisher, log: Provenance, hub: Hub
) -> None:
    hub.on("POST", f"{R}/issues/comments/31/reactions", Answer(422, {"message": "gone"}))
    await publisher.perform(PLACE, (REACTION,), CAUSE)
    ((_, what, result),) = await told(log)
    assert what == "reaction eyes to comment 31"
    assert "gone" in result


async def test_a_write_whose_fate_is_unknown_is_told_and_goes_on_to_be_tried_again(
    publisher: Publisher, log: Provenance, hub: Hub
) -> None:
    hub.on("POST", f"{R}/check-runs", Answer(cut=True), Answer(201, {"id": 9}))
    hub.on("GET", f"{R}/commits/{SHA}/check-runs", Answer(data={"check_runs": []}))
    with pytest.raises(Unavailable):
        await publisher.perform(PLACE, (RUN,), CAUSE)
    await publisher.perform(PLACE, (RUN,), CAUSE)
    (_, _, unknown), (_, _, done) = await told(log)
    assert "no answer" in unknown
    assert done == "ok"
