"""Issues that we opened: one for each thing, edited and closed while it is open, and nobody else's ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import ISSUE_MARKER, CloseIssue, EditIssue, OpenIssue, Outcome, Performed, Stop, Stopped
from app.store.effects import Effects
from tests.publish.kinds import closed_issue, edited_issue, issue, our_issue, reopened_issue
from tests.publish.scene import OURS, Scene

pytestmark = pytest.mark.slow


async def opened(here: Scene, action: OpenIssue) -> int:
    (outcome,) = await here.perform(action)
    assert isinstance(outcome, Performed)
    assert outcome.remote is not None
    return outcome.remote


async def refused(here: Scene, action: EditIssue | CloseIssue) -> None:
    written = len(here.sandbox.writes)
    (outcome,) = await here.perform(action)
    assert outcome == Stopped(action, Stop.REFUSED, f"#{action.number} is not ours")
    assert len(here.sandbox.writes) == written


async def test_it_shows_its_marker_and_its_words(here: Scene) -> None:
    number = await opened(here, issue(here))
    one = here.repo.issue(number)
    marker, _, words = (one.body or "").partition("\n")
    assert marker.startswith(ISSUE_MARKER)
    assert (one.title, words, one.user.login) == ("The inputs of fraud have moved", "Since Tuesday.", "maestro[bot]")


async def test_what_a_person_closed_stays_closed_for_this_occasion(here: Scene) -> None:
    action = issue(here)
    number = await opened(here, action)
    here.repo.close_issue(number)
    said = EditIssue(number, action.about, action.title, "Worse.")
    for outcome in await here.perform(action, said):
        assert isinstance(outcome, Performed)
    assert (here.repo.issue(number).state, "Worse" in (here.repo.issue(number).body or "")) == ("closed", False)


async def test_another_occasion_opens_the_same_one_again_with_its_own_words(here: Scene) -> None:
    number = await opened(here, issue(here))
    here.repo.close_issue(number)
    assert await opened(here, replace(issue(here), occasion="episode 2", body="Since Friday.")) == number
    one = here.repo.issue(number)
    assert (one.state, (one.body or "").splitlines()[1], len(here.issues())) == ("open", "Since Friday.", 1)


async def test_one_that_was_deleted_is_made_anew_for_another_occasion(here: Scene) -> None:
    number = await opened(here, issue(here))
    assert here.repo.state.issues is not None
    del here.repo.state.issues[number]
    await opened(here, replace(issue(here), occasion="episode 2"))
    assert [one.title for one in here.issues()] == ["The inputs of fraud have moved"]


async def test_with_a_database_that_was_lost_it_is_found_by_its_marker(here: Scene) -> None:
    number = await opened(here, issue(here))
    await here.forget()
    assert await opened(here, issue(here)) == number
    assert len(here.issues()) == 1


async def test_a_marker_that_a_person_typed_makes_no_issue_ours(here: Scene) -> None:
    number = await opened(here, issue(here))
    body = here.repo.issue(number).body or ""
    await here.forget()
    assert here.repo.state.issues is not None
    del here.repo.state.issues[number]
    theirs = here.repo.open_issue("Look here", body, author="alice")
    assert await opened(here, issue(here)) != theirs
    assert here.repo.issue(theirs).title == "Look here"


async def test_where_issues_are_switched_off_it_is_told_and_nothing_breaks(here: Scene) -> None:
    here.repo.state.issues = None
    (outcome,) = await here.perform(issue(here))
    assert isinstance(outcome, Stopped)
    assert outcome.why is Stop.REFUSED
    assert "disabled" in outcome.detail


async def test_it_says_why_before_it_closes(here: Scene) -> None:
    await here.perform(closed_issue(here))
    (word,) = here.repo.comments(OURS)
    assert word.body.endswith("\nIt is over.")
    assert (here.repo.issue(OURS).state, here.repo.issue(OURS).state_reason) == ("closed", "completed")


async def test_one_that_is_open_for_something_newer_is_not_closed(here: Scene) -> None:
    old = closed_issue(here)
    await here.perform(reopened_issue(here))
    await here.perform(old)
    assert here.repo.issue(OURS).state == "open"


async def test_one_that_a_person_closed_hears_nothing_more(here: Scene) -> None:
    here.repo.close_issue(our_issue(here))
    await here.perform(closed_issue(here))
    assert here.repo.comments(OURS) == []


@pytest.mark.parametrize("of", [edited_issue, closed_issue])
async def test_a_person_s_issue_is_never_touched(here: Scene, of: object) -> None:
    our_issue(here, author="alice")
    await refused(here, edited_issue(here) if of is edited_issue else closed_issue(here))


async def test_a_number_that_we_did_not_open_is_not_ours(here: Scene) -> None:
    await refused(here, replace(edited_issue(here), number=here.number))


async def test_the_same_words_cost_no_call(here: Scene) -> None:
    await here.perform(edited_issue(here))
    asked = len(here.sandbox.requests)
    outcomes: list[Outcome] = list(await here.perform(edited_issue(here)))
    assert isinstance(outcomes[0], Performed)
    assert len(here.sandbox.requests) == asked
    assert await Effects(here.engine).in_doubt() == []
