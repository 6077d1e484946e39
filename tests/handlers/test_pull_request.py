"""`pull_request`: which actions are judged."""

import pytest

from app.model import MAESTRO, Kind, Surface
from tests.handlers.shapes import HEAD, REPOSITORY, pull_request, understood


@pytest.mark.parametrize("action", ["opened", "reopened", "synchronize", "ready_for_review", "labeled", "unlabeled"])
def test_a_change_that_appeared_or_moved_is_judged(action: str) -> None:
    trigger, *_ = understood("pull_request", pull_request(action))
    assert (trigger.kind, trigger.repository, trigger.number) == (Kind.EVALUATE, REPOSITORY, 5)
    assert (trigger.head_sha, trigger.installation) == (HEAD, 99)
    assert trigger.reason == f"pull_request.{action}"


def test_one_that_is_reopened_may_be_a_fix_of_ours() -> None:
    _, repair, look = understood("pull_request", pull_request("reopened"))
    assert (look.kind, look.reset) == (Kind.REMEDIATE, True)
    assert (repair.kind, repair.number, repair.reason) == (Kind.REPAIR, 5, "pull_request.reopened")


@pytest.mark.parametrize(
    ("sender", "who"),
    [({"login": "alice"}, "alice"), ({"login": "renovate[bot]", "type": "Bot"}, "renovate[bot]"), (None, MAESTRO)],
)
def test_whose_doing_it_is_is_remembered(sender: object, who: str) -> None:
    (trigger,) = understood("pull_request", pull_request() | {"sender": sender})
    assert (trigger.cause.who, trigger.cause.surface) == (who, Surface.WEBHOOK)
    assert (trigger.cause.reason, trigger.cause.head_sha) == ("pull_request.opened", HEAD)


@pytest.mark.parametrize("action", ["assigned", "locked", "milestoned", "review_requested", "enqueued", ""])
def test_what_changes_nothing_of_the_change_is_not(action: str) -> None:
    assert understood("pull_request", pull_request(action)) == ()


@pytest.mark.parametrize(
    ("changes", "judged"),
    [
        ({"title": {"from": "Old"}}, False),
        ({"body": {"from": "Old"}}, True),
        ({"base": {"ref": {"from": "old"}, "sha": {"from": ""}}}, True),
        ({"title": {"from": "Old"}, "body": {"from": ""}}, True),
        ({}, False),
        (None, False),
        (7, False),
        ("body", False),
        ([["body"]], False),
    ],
)
def test_an_edit_counts_when_it_may_bring_new_rules_or_a_contract(changes: object, judged: bool) -> None:
    assert bool(understood("pull_request", pull_request("edited", changes=changes))) is judged


def test_the_number_is_read_where_there_is_one() -> None:
    above, inside = pull_request(), pull_request()
    del above["pull_request"]["number"]
    del inside["number"]
    assert [trigger.number for payload in (above, inside) for trigger in understood("pull_request", payload)] == [5, 5]


def test_without_an_installation_github_will_be_asked_for_it() -> None:
    payload = pull_request()
    del payload["installation"]
    (trigger,) = understood("pull_request", payload)
    assert trigger.installation is None


def test_a_head_that_is_no_sha_is_left_to_the_reader() -> None:
    payload = pull_request()
    payload["pull_request"]["head"]["sha"] = "../../heads/main"
    (trigger,) = understood("pull_request", payload)
    assert (trigger.number, trigger.head_sha) == (5, "")


def test_one_that_closes_may_be_a_fix_or_leave_some_behind() -> None:
    *_, trigger, look = understood("pull_request", pull_request("closed"))
    assert (look.kind, look.number) == (Kind.REMEDIATE, 5)
    assert (trigger.kind, trigger.number, trigger.reason) == (Kind.REPAIR, 5, "pull_request.closed")


def test_one_that_is_merged_ends_what_still_waits_at_its_head_and_one_that_is_only_closed_does_not() -> None:
    payload = pull_request("closed")
    assert Kind.AFTER not in [one.kind for one in understood("pull_request", payload)]
    payload["pull_request"]["merged"] = True
    (after,) = (one for one in understood("pull_request", payload) if one.kind is Kind.AFTER)
    assert (after.number, after.reason) == (5, "pull_request.merged")
