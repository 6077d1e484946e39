"""Reactions and replies."""

from __future__ import annotations

import pytest

from app.github.errors import Unavailable
from app.github.repository import Repository
from app.model import React, Reply
from app.publish.comment import CommentWriter
from app.store.effects import Effects
from tests.github import hub as double
from tests.github.hub import Hub

REACTIONS = "/repos/o/r/issues/comments/31/reactions"
OWN_APP = 7
COMMENTS = "/repos/o/r/issues/5/comments"


@pytest.mark.parametrize("status", [403, 404, 422])
async def test_a_reaction_that_is_refused_costs_nobody_the_answer(
    repository: Repository, hub: Hub, effects: Effects, status: int
) -> None:
    hub.on("POST", REACTIONS, double.Reply(status, {"message": "No"}))
    hub.on("POST", COMMENTS, double.Reply(201, {"id": 77}))
    writer = CommentWriter(repository, effects, OWN_APP)
    await writer.react(React(31, "eyes"))
    await writer.reply(Reply(5, 31, "Here is what you can ask."))
    assert len(hub.asked("POST", COMMENTS)) == 1


async def test_a_reaction_that_github_could_not_take_is_tried_again_later(
    repository: Repository, hub: Hub, effects: Effects
) -> None:
    hub.on("POST", REACTIONS, double.Reply(502))
    with pytest.raises(Unavailable):
        await CommentWriter(repository, effects, OWN_APP).react(React(31, "eyes"))


async def test_an_answer_is_given_once(repository: Repository, hub: Hub, effects: Effects) -> None:
    hub.on("POST", COMMENTS, double.Reply(201, {"id": 77}))
    for _ in range(2):
        await CommentWriter(repository, effects, OWN_APP).reply(Reply(5, 31, "Here is what you can ask."))
    assert len(hub.asked("POST", COMMENTS)) == 1
