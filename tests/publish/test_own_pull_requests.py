"""Pull requests that we opened: edited and closed while they are open, and nobody else's ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.model import (
    CLOSING_MARKER,
    ClosePullRequest,
    EditPullRequest,
    FindPullRequest,
    OpenPullRequest,
    Performed,
    Stop,
    Stopped,
)
from app.publish.fence import mark
from app.store.effects import Effect, Effects
from tests.publish.kinds import closed, edited, ours
from tests.publish.scene import OURS, Crash, Dying, Scene

pytestmark = pytest.mark.slow

EITHER = pytest.mark.parametrize("of", [edited, closed])
Of = Callable[[Scene], EditPullRequest | ClosePullRequest]


async def refused(here: Scene, action: EditPullRequest | ClosePullRequest) -> None:
    written = len(here.sandbox.writes)
    (outcome,) = await here.perform(action)
    assert outcome == Stopped(action, Stop.REFUSED, f"#{action.number} is not ours")
    assert len(here.sandbox.writes) == written


async def test_new_evidence_is_written_over_the_old(here: Scene) -> None:
    action = edited(here)
    await here.perform(action)
    await here.perform(replace(action, title="Raise qs to 6.5.3 and more", body="Because of three."))
    pull = here.repo.pull(OURS)
    assert (pull.title, pull.body) == ("Raise qs to 6.5.3 and more", "Because of three.")
    assert len(here.told_of("edited")) == 2


async def test_what_it_says_already_is_not_written(here: Scene) -> None:
    action = edited(here)
    here.repo.edit(OURS, body=action.body)
    written = len(here.sandbox.writes)
    await here.perform(action)
    assert len(here.sandbox.writes) == written


async def test_a_closed_one_is_left_as_it_is(here: Scene) -> None:
    ours(here)
    here.repo.close(OURS)
    (said, ended) = await here.perform(edited(here), closed(here))
    assert isinstance(said, Performed)
    assert isinstance(ended, Performed)
    assert here.repo.pull(OURS).body == "Because."
    assert here.last_words() == []


async def test_a_merged_one_hears_nothing_more(here: Scene) -> None:
    ours(here)
    here.repo.merge(OURS)
    await here.perform(closed(here))
    assert here.last_words() == []


async def test_one_that_was_reopened_after_we_closed_it_stays_open(here: Scene) -> None:
    await here.perform(closed(here))
    here.repo.reopen(OURS)
    await here.perform(closed(here))
    assert here.repo.pull(OURS).state == "open"


async def test_it_says_why_before_it_closes(here: Scene) -> None:
    await here.perform(closed(here))
    assert [one.body for one in here.last_words()] == [f"{CLOSING_MARKER}\nSuperseded by #3."]
    assert here.repo.pull(OURS).state == "closed"


@EITHER
async def test_a_number_that_we_did_not_open_is_not_ours(here: Scene, of: Of) -> None:
    await refused(here, replace(of(here), number=here.number))


@EITHER
async def test_a_person_s_pull_request_of_our_branch_is_not_ours(here: Scene, of: Of) -> None:
    ours(here, author="alice")
    await refused(here, of(here))


@EITHER
async def test_another_app_s_pull_request_of_our_branch_is_not_ours(here: Scene, of: Of) -> None:
    ours(here, author="dependabot[bot]")
    await refused(here, of(here))


@EITHER
async def test_a_branch_without_our_prefix_is_not_ours(here: Scene, of: Of) -> None:
    ours(here)
    here.repo.commit("theirs", {"theirs.txt": "\n"}, author="maestro[bot]")
    number = here.repo.open_pull("Theirs", "theirs", author="maestro[bot]")
    await Effects(here.engine).record(f"octo/shop/pull/{mark('theirs main')}", Effect(number, "maestro[bot]"))
    await refused(here, replace(of(here), number=number, branch="theirs"))


@EITHER
async def test_a_database_that_was_lost_leaves_nothing_to_touch(here: Scene, of: Of) -> None:
    action = of(here)
    await here.forget()
    await refused(here, action)


async def test_a_comment_that_imitates_ours_does_not_stand_for_it(here: Scene) -> None:
    action = closed(here)
    here.repo.comment(OURS, "alice", f"{CLOSING_MARKER}\nI close this.")
    await Effects(here.engine).begin(f"octo/shop/end/{OURS}")
    await here.perform(action)
    assert [one.user.login for one in here.last_words()] == ["alice", "maestro[bot]"]


# --- one that was opened, and never noted -----------------------------------------------------------------------


async def never_noted(here: Scene, author: str = "maestro[bot]") -> FindPullRequest:
    """Our worker was killed on its way; meanwhile `author` opened one from the branch ("": nobody did)."""
    action = OpenPullRequest("rollback", "main", "Roll back #1", "It slowed us down.", here.head)
    here.repo.commit("rollback", {"src/pay.py": "paid = None\n"}, author="maestro[bot]")
    with pytest.raises(Crash):
        await here.perform(action, effects=Dying(here.engine, begin_left=[1]))
    if author:
        here.repo.open_pull("Roll back", "rollback", author=author)
    return FindPullRequest("rollback", "main")


async def test_the_one_that_we_opened_is_found_and_noted(here: Scene) -> None:
    action = await never_noted(here)
    assert await here.perform(action) == (Performed(action, OURS),)
    asked = len(here.sandbox.requests)
    assert await here.perform(action) == (Performed(action, OURS),)
    assert len(here.sandbox.requests) == asked, "then it is known"


@pytest.mark.parametrize("author", ["", "alice", "dependabot[bot]"])
async def test_where_none_is_ours_none_is_found(here: Scene, author: str) -> None:
    action = await never_noted(here, author)
    assert await here.perform(action) == (Performed(action, None),)


async def test_what_was_never_begun_is_not_looked_for(here: Scene) -> None:
    action = FindPullRequest("rollback", "main")
    assert await here.perform(action) == (Performed(action, None),)
    assert not [request for request in here.sandbox.requests if request.path.endswith("/pulls")]
