"""Findings that somebody accepts for a while: what an exception may be, what it covers, and how it ends."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from checks.model import State
from checks.sbom import Config, report
from checks.sbom.judging.outcome import Outcome
from checks.sbom.rules.exceptions import PackageException

from .bills import document, npm, rated, record

DAY = "2026-11-30"
HIT = record("GHSA-1", "qs", {"introduced": "0"}, {"fixed": "6.5.3"}, aliases=["CVE-1"], **rated("critical"))
BASE = document(npm("express", "4.0.0"))
HEAD = document(npm("express", "4.0.0"), npm("qs", "6.5.2"))


def excepted(**fields: Any) -> dict[str, Any]:
    usual = {
        "id": "GHSA-1",
        "purl": "pkg:npm/qs",
        "owner": "@alice",
        "reason": "not reachable",
        "expires": "2026-12-31",
    }
    return {key: value for key, value in (usual | fields).items() if value is not None}


def judged(*exceptions: dict[str, Any], day: str = DAY, head: str = HEAD, **block: Any) -> Outcome:
    config = Config.model_validate({"exceptions": list(exceptions)} | block)
    return report.compare(BASE, head, config, [HIT], day=day)


def told(outcome: Outcome) -> list[tuple[str, str]]:
    return [(each.concern.rule, each.action) for each in outcome.judged]


# --- what it may be --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"expires": None}, "Field required"),
        ({"expires": ""}, "'' is no day"),
        ({"expires": "31.12.2026"}, "is no day; write it as 2026-12-31"),
        ({"expires": "2026-02-30"}, "is no day"),
        ({"expires": "20261231"}, "is no day"),
        ({"created": "soon"}, "'soon' is no day"),
        ({"owner": None}, "Field required"),
        ({"owner": ""}, "at least 1 character"),
        ({"reason": None}, "Field required"),
        ({"reason": ""}, "at least 1 character"),
        ({"id": None, "purl": None}, "bound to an `id`, a `purl` or both"),
        ({"purl": None, "versions": "<1"}, "`versions` needs `purl`"),
        ({"purl": "qs"}, "'qs' is no package URL"),
        ({"versions": "lots of"}, "is no range of versions"),
        ({"created": "2026-10-01"}, "`expires` lies 0 to 90 days after `created`"),
        ({"created": "2027-01-01"}, "`expires` lies 0 to 90 days after `created`"),
        ({"rule": "all"}, "Input should be"),
        ({"until": "2026-12-31"}, "Extra inputs"),
    ],
)
def test_an_exception_that_is_not_bound_owned_and_limited_is_refused(fields: dict[str, Any], error: str) -> None:
    with pytest.raises(ValidationError, match=error):
        PackageException.model_validate(excepted(**fields))


@pytest.mark.parametrize("created", ["2026-10-02", "2026-12-31", ""])
def test_ninety_days_after_its_creation_are_allowed(created: str) -> None:
    assert PackageException.model_validate(excepted(created=created)).expires == "2026-12-31"


@pytest.mark.parametrize(
    ("day", "standing"),
    [
        ("2026-12-30", "valid"),
        ("2026-12-31", "valid"),
        ("2027-01-01", "expired"),
        ("2026-10-02", "valid"),
        ("2026-10-01", "too_long"),
        ("", "undated"),
    ],
)
def test_it_holds_to_the_end_of_its_last_day_and_never_further_ahead_than_ninety(day: str, standing: str) -> None:
    assert PackageException.model_validate(excepted()).standing(day) == standing


# --- what it does ----------------------------------------------------------------------------------------------


def test_an_exception_in_force_suppresses_the_finding_and_says_who_answers_and_why() -> None:
    outcome = judged(excepted())
    assert (outcome.state, told(outcome)) == (State.PASS, [])
    (suppressed,) = outcome.suppressed
    assert (suppressed.by, suppressed.who, suppressed.why) == ("exception", "@alice", "not reachable")
    assert (suppressed.until, suppressed.concern.id) == ("2026-12-31", "GHSA-1")


@pytest.mark.parametrize(
    ("fields", "covered"),
    [
        ({"id": "CVE-1"}, True),
        ({"id": "ghsa-1"}, True),
        ({"id": "GHSA-2"}, False),
        ({"id": None}, True),
        ({"purl": None}, True),
        ({"purl": "pkg:npm/q*"}, True),
        ({"purl": "pkg:npm/express"}, False),
        ({"purl": "pkg:pypi/qs"}, False),
        ({"versions": "<6.5.3"}, True),
        ({"versions": "<6.5.2"}, False),
        ({"purl": "pkg:npm/qs@6.5.2"}, True),
        ({"rule": "vulnerability"}, True),
        ({"rule": "licence"}, False),
    ],
)
def test_it_covers_what_it_is_bound_to_and_nothing_else(fields: dict[str, Any], covered: bool) -> None:
    outcome = judged(excepted(**fields))
    assert bool(outcome.suppressed) is covered
    assert outcome.state is (State.PASS if covered else State.BLOCK)


def test_it_covers_a_package_only_when_every_affected_version_is_in_its_range() -> None:
    both = document(npm("express", "4.0.0"), npm("qs", "6.5.2"), npm("qs", "5.0.0"))
    assert judged(excepted(versions="<6.5.3"), head=both).state is State.PASS
    assert judged(excepted(versions=">=6"), head=both).state is State.BLOCK


def test_an_expired_exception_excuses_nothing_and_names_its_owner() -> None:
    outcome = judged(excepted(), day="2027-01-01")
    assert (outcome.state, outcome.suppressed) == (State.BLOCK, ())
    assert told(outcome) == [("vulnerability", "block"), ("exception_expired", "warn")]
    first, second = (each.concern.message for each in outcome.judged)
    assert first.endswith("`qs` 6.5.2; the exception of @alice ended on 2026-12-31")
    assert second == "The exception of @alice for GHSA-1 on pkg:npm/qs ended on 2026-12-31: it excuses nothing"


def test_an_exception_that_reaches_too_far_excuses_nothing_and_is_a_finding() -> None:
    outcome = judged(excepted(), day="2026-09-01")
    assert told(outcome) == [("vulnerability", "block"), ("exception_too_long", "warn")]
    assert "reaches more than 90 days ahead, to 2026-12-31" in outcome.judged[1].concern.message


def test_on_a_day_that_nobody_knows_no_exception_holds() -> None:
    outcome = judged(excepted(), day="")
    assert told(outcome) == [("vulnerability", "block"), ("exception_expired", "warn")]
    assert "today's date is not known" in outcome.judged[1].concern.message


def test_a_second_exception_that_still_holds_stands_in_for_an_expired_one() -> None:
    old, new = excepted(owner="@bob", expires="2026-11-01"), excepted(owner="@carol")
    outcome = judged(old, new)
    assert [each.who for each in outcome.suppressed] == ["@carol"]
    assert told(outcome) == [("exception_expired", "warn")]


def test_an_expired_exception_of_something_else_is_only_recalled() -> None:
    outcome = judged(excepted(id="CVE-9", purl=None, expires="2026-01-01"))
    assert outcome.judged[0].concern.message == "GHSA-1 (critical) arrives with `qs` 6.5.2"
    assert told(outcome)[1] == ("exception_expired", "warn")


def test_an_exception_may_be_for_a_licence_that_was_found() -> None:
    head = document(npm("express", "4.0.0"), npm("pdf", "1.0.0", "AGPL-3.0-only"))
    block: dict[str, Any] = {"licenses": {"deny": ["AGPL-3.0-only"]}}
    assert judged(head=head, **block).state is State.BLOCK
    accepted = judged(excepted(id="AGPL-3.0-only", purl="pkg:npm/pdf"), head=head, **block)
    assert (accepted.state, [each.concern.rule for each in accepted.suppressed]) == (State.PASS, ["licence"])


def test_the_reminder_of_an_expired_exception_may_be_weighed_by_the_policy() -> None:
    rules = [{"rule": "exception_expired", "action": "block"}]
    outcome = judged(
        excepted(id="CVE-9", purl=None, expires="2026-01-01"), rules=rules, head=document(npm("express", "4.1.0"))
    )
    assert (outcome.state, told(outcome)) == (State.BLOCK, [("exception_expired", "block")])


FIRST = date(2026, 1, 1)


@given(st.integers(0, 400), st.integers(0, 400))
def test_an_exception_excuses_on_just_the_ninety_one_days_that_end_with_its_last(ends: int, today: int) -> None:
    last, day = FIRST + timedelta(days=ends), FIRST + timedelta(days=today)
    outcome = judged(excepted(expires=last.isoformat()), day=day.isoformat())
    assert bool(outcome.suppressed) is (0 <= ends - today <= 90)
    assert (outcome.state is State.BLOCK) is not bool(outcome.suppressed)
