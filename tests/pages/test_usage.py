"""`POST /api/usage` over real HTTP: who may say what work used, what is kept of it, and what is refused."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from app.archive import Archive
from app.model import Cause, Kind, Used
from app.store.tokens import Grant
from app.usage_file import MOST
from checks.judge import Case, Unreadable, judge
from checks.model import ChangeFacts, Finding, Pull, Snapshot
from handlers.understand import Understanding
from program.remediation import Attempted, Failure, Remediation, Step
from tests.deliveries import new
from tests.pages.conftest import Hosted, Pages
from tests.pages.test_id_tokens import merge_of

SHA, TRACE = "a" * 40, "0123456789abcdef" * 2
PATH = "/api/usage"
GOOD: dict[str, Any] = {"sha": SHA, "report": "agent", "usd": 0.42, "tokens": 90_000, "cached_tokens": 54_900}


@pytest.fixture
async def token(pages: Pages) -> str:
    """Of the whole repository, in which SHA was judged."""
    await judged(pages, fork=False)
    return await pages.stores.tokens.issue("acme/shop")


async def kept(pages: Pages, number: int = 7) -> list[Used]:
    return sorted(await pages.stores.usage.of("acme/shop", number, [SHA]), key=lambda one: one.report)


async def attempted(pages: Pages, repository: str = "acme/shop", trace: str = TRACE) -> None:
    """An arm is at work on the pull request 7."""
    made = Attempted(1, Step.AGENT, Failure.CONTRACT, SHA, trace, 101.0, "impl@small", "web", "$0.08")
    begun = Remediation(0, repository, 7, SHA, 100.0, Failure.CONTRACT, "maestro")
    store = pages.stores.remediations
    await store.keep(replace(await store.begin(begun), attempts=(made,)))


async def judged(pages: Pages, *, fork: bool, number: int = 7, head: str = SHA) -> None:
    """A pull request was judged."""
    pull = Pull("acme/shop", number, "Faster", "ann", head, "faster", "b" * 40, "main", from_fork=fork)
    case = Case(Snapshot(pull, change=ChangeFacts(())), Unreadable((Finding("config", "no"),)), None, "test")
    decision = judge(case)
    assert decision is not None
    await Archive(pages.stores.decisions).keep(case, decision, Cause())


# --- what is kept ---------------------------------------------------------------------------------------------


async def test_a_report_is_stored_under_the_tokens_repository(pages: Pages, token: str) -> None:
    answer = await pages.post(PATH, GOOD, token)
    assert (answer.status, await answer.json()) == (202, {"repository": "acme/shop", "stored": 1})
    assert await kept(pages) == [Used(SHA, "agent", usd=0.42, tokens=90_000, cached_tokens=54_900)]


async def test_several_reports_come_in_one_list(pages: Pages, token: str) -> None:
    review = {"sha": SHA, "report": "review", "ci_minutes": 3, "model": "small-1", "pull_request": 7}
    assert (await pages.post(PATH, [GOOD, review], token)).status == 202
    assert [one.report for one in await kept(pages)] == ["agent", "review"]
    assert (await kept(pages))[1] == Used(SHA, "review", 7, ci_minutes=3.0, model="small-1")


async def test_of_one_name_and_commit_the_newest_stands(pages: Pages, token: str) -> None:
    for usd in (0.42, 0.42, 0.5):
        assert (await pages.post(PATH, GOOD | {"usd": usd}, token)).status == 202
    assert [one.usd for one in await kept(pages)] == [0.5]


async def test_reports_that_race_leave_one_of_each_name(pages: Pages, token: str) -> None:
    lists = [[GOOD | {"report": name, "usd": n} for name in names] for n, names in enumerate(["ab", "ba"] * 8)]
    answers = await asyncio.gather(*(pages.post(PATH, sent, token) for sent in lists))
    assert {answer.status for answer in answers} == {202}
    assert [one.report for one in await kept(pages)] == ["a", "b"]


async def test_the_worker_is_reminded_of_the_commit(pages: Pages, token: str) -> None:
    await pages.post(PATH, [GOOD, GOOD | {"report": "review"}], token)
    (reminder,) = await new(pages.stores.inbox.engine)
    (trigger,) = Understanding(1)(reminder)
    assert (trigger.kind, trigger.repository, trigger.head_sha, trigger.reason) == (
        *(Kind.LOCATE, "acme/shop", SHA),
        "usage",
    )
    assert len(pages.wakes) == 1


async def test_the_worker_is_reminded_of_a_pull_request_that_is_named(pages: Pages, token: str) -> None:
    await judged(pages, fork=False, number=8, head="c" * 40)
    await pages.post(PATH, GOOD | {"pull_request": 8}, token)
    reminders = await new(pages.stores.inbox.engine)
    assert {trigger.head_sha for one in reminders for trigger in Understanding(1)(one)} == {SHA, "c" * 40}


async def test_reports_are_counted_and_logged_without_their_figures(pages: Pages, token: str) -> None:
    before = REGISTRY.get_sample_value("maestro_usage_reports_total", {"trusted": "yes"}) or 0.0
    with capture_logs() as logs:
        await pages.post(PATH, [GOOD, GOOD | {"report": "review"}], token)
    assert REGISTRY.get_sample_value("maestro_usage_reports_total", {"trusted": "yes"}) == before + 2
    (said,) = (line for line in logs if line["event"] == "usage.stored")
    assert (said["repository"], said["reports"], "usd" in said) == ("acme/shop", 2, False)


# --- who may send it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer mst_unknown"])
async def test_an_unknown_or_missing_token_is_401(pages: Pages, token: str, header: str) -> None:
    answer = await pages.post(PATH, GOOD, Authorization=header)
    assert (answer.status, await kept(pages)) == (401, [])


async def test_a_token_speaks_for_its_own_repository_and_commit_alone(pages: Pages, token: str) -> None:
    assert (await pages.post(PATH, GOOD | {"repository": "acme/other"}, token)).status == 403
    of_commit = await pages.stores.tokens.issue(Grant("acme/shop", SHA))
    other = GOOD | {"sha": "b" * 40}
    assert (await pages.post(PATH, [GOOD, other], of_commit)).status == 403
    assert await kept(pages) == []
    assert (await pages.post(PATH, GOOD | {"repository": "Acme/Shop"}, of_commit)).status == 202


async def test_a_job_speaks_for_the_commit_it_builds(hosted: Hosted) -> None:
    head = hosted.repo.commit("fix", {"a.py": "x = 2\n"})
    token = hosted.issuer.token(hosted.url, repository="acme/shop", sha=head, ref="refs/heads/fix", event_name="push")
    assert (await hosted.post(PATH, GOOD | {"sha": head}, token)).status == 202
    assert (await hosted.post(PATH, GOOD | {"sha": hosted.sha}, token)).status == 403


@pytest.mark.parametrize("event", ["workflow_dispatch", "repository_dispatch"])
async def test_an_agents_job_on_the_default_branch_speaks_for_the_head_it_works_on(hosted: Hosted, event: str) -> None:
    head = hosted.repo.commit("fix", {"a.py": "x = 2\n"})
    claims = {"sha": hosted.sha, "ref": "refs/heads/main", "event_name": event}
    token = hosted.issuer.token(hosted.url, repository="acme/shop", **claims)
    assert (await hosted.post(PATH, GOOD | {"sha": head}, token)).status == 202
    (used,) = await hosted.stores.usage.of("acme/shop", 7, [head])
    assert (used.usd, used.trusted) == (0.42, True)


async def test_a_commit_that_github_does_not_show_is_refused(hosted: Hosted) -> None:
    everything = await hosted.stores.tokens.issue("acme/shop")
    answer = await hosted.post(PATH, GOOD, everything)
    assert (answer.status, (await answer.json())["error"]) == (422, f"acme/shop has no commit {SHA}")
    assert (await hosted.post(PATH, GOOD | {"sha": hosted.sha}, everything)).status == 202


async def test_who_speaks_for_one_commit_books_nothing_on_another_pull_request(pages: Pages) -> None:
    await judged(pages, fork=False)
    await judged(pages, fork=False, number=8, head="c" * 40)
    of_commit = await pages.stores.tokens.issue(Grant("acme/shop", SHA))
    answer = await pages.post(PATH, [GOOD, GOOD | {"report": "b", "pull_request": 8}], of_commit)
    assert (answer.status, await kept(pages), await kept(pages, 8)) == (403, [], [])
    assert "pull request 8" in (await answer.json())["error"]
    assert (await pages.post(PATH, GOOD | {"pull_request": 7}, of_commit)).status == 202
    assert await pages.stores.spending.spent("acme/shop", 8) == 0.0


async def test_before_the_commit_is_judged_its_own_report_waits_for_where_it_will_be(pages: Pages) -> None:
    of_commit = await pages.stores.tokens.issue(Grant("acme/shop", SHA))
    assert (await pages.post(PATH, GOOD | {"pull_request": 8}, of_commit)).status == 202
    await judged(pages, fork=False)
    assert [await pages.stores.spending.spent("acme/shop", number) for number in (7, 8)] == [0.42, 0.0]


async def test_who_speaks_for_one_commit_teaches_nothing_about_the_arm_of_another(pages: Pages) -> None:
    await judged(pages, fork=False)
    await judged(pages, fork=False, number=8, head="c" * 40)
    await attempted(pages)
    of_another = await pages.stores.tokens.issue(Grant("acme/shop", "c" * 40))
    assert (await pages.post(PATH, GOOD | {"sha": "c" * 40, "trace": TRACE}, of_another)).status == 403
    assert await pages.stores.usage.of_trace(TRACE) is None
    of_head = await pages.stores.tokens.issue(Grant("acme/shop", SHA))
    assert (await pages.post(PATH, GOOD | {"trace": TRACE}, of_head)).status == 202
    assert await pages.stores.usage.of_trace(TRACE) == 0.42


async def test_a_branchs_job_names_no_other_pull_request_and_one_of_the_default_branch_does(hosted: Hosted) -> None:
    head = hosted.repo.commit("fix", {"a.py": "x = 2\n"})
    for number, sha in ((7, head), (8, "c" * 40)):
        await judged(hosted, fork=False, number=number, head=sha)
    said = GOOD | {"sha": head, "pull_request": 8}
    for ref, sha, status in (("fix", head, 403), ("main", hosted.sha, 202)):
        claims = {"sha": sha, "ref": f"refs/heads/{ref}", "event_name": "push"}
        token = hosted.issuer.token(hosted.url, repository="acme/shop", **claims)
        assert (await hosted.post(PATH, said, token)).status == status


async def test_a_job_of_a_forks_pull_request_reports_nothing(hosted: Hosted) -> None:
    head = hosted.repo.fork("mallory").commit("fix", {"a.py": "x = 2\n"}, author="mallory")
    number = hosted.repo.open_pull("Mine", "mallory:fix")
    claims = {"sha": merge_of(hosted.repo, hosted.repo.tip(), head), "ref": f"refs/pull/{number}/merge"}
    claims |= {"event_name": "pull_request"}
    token = hosted.issuer.token(hosted.url, repository="acme/shop", **claims)
    answer = await hosted.post(PATH, GOOD | {"sha": head}, token)
    assert answer.status == 403
    assert "fork" in (await answer.json())["error"]


# --- whose work it was ----------------------------------------------------------------------------------------


async def test_with_a_trace_it_belongs_to_the_pull_request_of_the_attempt(pages: Pages, token: str) -> None:
    await attempted(pages)
    await judged(pages, fork=False, number=8, head="b" * 40)
    assert (await pages.post(PATH, GOOD | {"trace": TRACE, "sha": "b" * 40}, token)).status == 202
    assert [(one.number, one.trace) for one in await kept(pages)] == [(7, TRACE)]
    assert await pages.stores.usage.of_trace(TRACE) == 0.42
    assert await pages.stores.usage.by_arm("acme/shop", 7, []) == (("impl@small", 0.42),)


async def test_an_unknown_trace_is_refused_and_nothing_of_the_list_is_kept(pages: Pages, token: str) -> None:
    answer = await pages.post(PATH, [GOOD, GOOD | {"report": "b", "trace": "f" * 32}], token)
    assert (answer.status, await kept(pages)) == (422, [])
    assert "no attempt of acme/shop" in (await answer.json())["error"]
    assert await new(pages.stores.inbox.engine) == []


async def test_the_trace_of_another_repository_is_as_unknown(pages: Pages, token: str) -> None:
    await attempted(pages, "acme/other")
    theirs = await pages.post(PATH, GOOD | {"trace": TRACE}, token)
    nobodys = await pages.post(PATH, GOOD | {"trace": "f" * 32}, token)
    assert (theirs.status, nobodys.status) == (422, 422)
    assert (await theirs.text()).replace(TRACE, "") == (await nobodys.text()).replace("f" * 32, "")
    assert await pages.stores.usage.of_trace(TRACE) is None


async def test_an_attempt_of_one_pull_request_is_not_booked_on_another(pages: Pages, token: str) -> None:
    await attempted(pages)
    answer = await pages.post(PATH, GOOD | {"trace": TRACE, "pull_request": 8}, token)
    assert (answer.status, await kept(pages, 8)) == (422, [])


async def test_what_is_said_of_a_forks_change_is_kept_and_not_held_against_the_arm(pages: Pages, token: str) -> None:
    await judged(pages, fork=True)
    await attempted(pages)
    await pages.post(PATH, [GOOD, GOOD | {"report": "b", "trace": TRACE}], token)
    assert [(one.usd, one.trusted) for one in await kept(pages)] == [(0.42, False)] * 2
    assert await pages.stores.usage.of_trace(TRACE) is None
    assert await pages.stores.spending.spent("acme/shop", 7) == pytest.approx(0.84)  # a claim may stop work


async def test_a_forks_commit_is_none_of_ours_whatever_pull_request_is_named(pages: Pages, token: str) -> None:
    await judged(pages, fork=True, number=8, head="c" * 40)
    await pages.post(PATH, GOOD | {"sha": "c" * 40, "pull_request": 7}, token)
    assert [(one.sha, one.trusted) for one in await kept(pages)] == [("c" * 40, False)]


async def test_a_claim_in_the_place_of_a_trusted_report_is_409_and_nothing_of_the_list_is_kept(
    pages: Pages, token: str
) -> None:
    await judged(pages, fork=True, number=8, head="c" * 40)
    await pages.post(PATH, GOOD, token)
    answer = await pages.post(PATH, [GOOD | {"pull_request": 8}, GOOD | {"report": "b"}], token)
    assert (answer.status, [one.report for one in await kept(pages)]) == (409, ["agent"])
    assert "'agent'" in (await answer.json())["error"]


async def test_what_is_said_of_a_branch_is_trusted(pages: Pages, token: str) -> None:
    await judged(pages, fork=False)
    await pages.post(PATH, GOOD, token)
    assert [one.trusted for one in await kept(pages)] == [True]


# --- what is no report ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"null",
        b"[]",
        b"7",
        b'{"a":' * 40_000,
        b"[" * 100_000,
        json.dumps(GOOD).replace("0.42", "1e400").encode(),
        json.dumps(GOOD).replace("0.42", "NaN").encode(),
        json.dumps(GOOD).replace("0.42", "-Infinity").encode(),
        json.dumps(GOOD).replace("0.42", "9" * 400).encode(),
        json.dumps(GOOD).replace("0.42", "9" * 10_000).encode(),
        json.dumps(GOOD).replace("90000", "9" * 400).encode(),
        json.dumps(GOOD).replace('"usd": 0.42', '"usd": 0.1, "usd": 0.2').encode(),
        GOOD | {"usd": -0.01},
        GOOD | {"usd": 100_001},
        GOOD | {"usd": True},
        GOOD | {"usd": "0.42"},
        GOOD | {"usd": [0.42]},
        GOOD | {"ci_minutes": -1},
        GOOD | {"tokens": 1.5},
        GOOD | {"tokens": -1},
        GOOD | {"tokens": 10**13},
        GOOD | {"tokens": 10, "cached_tokens": 11},
        {"sha": SHA, "report": "agent", "usd": 1, "cached_tokens": 1},
        {"sha": SHA, "report": "agent"},
        {"sha": SHA, "usd": 1},
        {"report": "agent", "usd": 1},
        GOOD | {"sha": SHA[:7]},
        GOOD | {"sha": SHA.upper()},
        GOOD | {"sha": SHA + "\n"},
        GOOD | {"report": ""},
        GOOD | {"report": "a\u0000b"},
        GOOD | {"report": "<script>"},
        GOOD | {"report": "a" * 101},
        GOOD | {"model": "| x |"},
        GOOD | {"trace": "../../etc"},
        GOOD | {"pull_request": 0},
        GOOD | {"pull_request": 2**40},
        GOOD | {"pull_request": True},
        GOOD | {"trusted": True},
        [GOOD, GOOD],
        [GOOD | {"report": f"r{n}"} for n in range(MOST + 1)],
        [GOOD, 7],
    ],
    ids=lambda body: str(body)[:60],
)
async def test_what_is_no_report_is_400_and_stores_nothing(pages: Pages, token: str, body: Any) -> None:
    answer = await pages.post(PATH, body, token)
    assert answer.status == 400
    assert len((await answer.json())["error"]) < 400
    assert await kept(pages) == []
    assert await new(pages.stores.inbox.engine) == []


@pytest.mark.parametrize(
    ("key", "meant"), [("usd_cost", "usd"), ("cached", "cached_tokens"), ("pull", "pull_request"), ("Model", "model")]
)
async def test_an_unknown_key_is_an_error_that_names_the_nearest(
    pages: Pages, token: str, key: str, meant: str
) -> None:
    answer = await pages.post(PATH, [GOOD, GOOD | {"report": "b", key: 1}], token)
    assert answer.status == 400
    assert (await answer.json())["error"] == f"report 2: '{key}' is no key of a report; did you mean `{meant}`?"


@pytest.mark.parametrize("reports", [0, MOST + 1])
async def test_a_list_of_none_or_too_many_is_told_how_many_it_may_have(pages: Pages, token: str, reports: int) -> None:
    answer = await pages.post(PATH, [GOOD | {"report": f"r{n}"} for n in range(reports)], token)
    assert (answer.status, (await answer.json())["error"]) == (400, "a list has from 1 to 100 reports")


async def test_a_key_like_none_is_an_error_too(pages: Pages, token: str) -> None:
    answer = await pages.post(PATH, GOOD | {"zzz\n": 1}, token)
    assert (await answer.json())["error"] == "report 1: 'zzz\\n' is no key of a report"


async def test_ten_megabytes_are_413(pages: Pages, token: str) -> None:
    answer = await pages.post(PATH, b"[" + b" " * 10_000_000 + b"]", token)
    assert (answer.status, await kept(pages)) == (413, [])


async def test_one_commit_has_a_bounded_number_of_reports(pages: Pages, token: str) -> None:
    for batch in range(2):
        sent = [GOOD | {"report": f"r{batch}.{n}", "usd": 0.01} for n in range(MOST)]
        assert (await pages.post(PATH, sent, token)).status == 202
    answer = await pages.post(PATH, GOOD | {"report": "one-more"}, token)
    assert answer.status == 422
    assert len(await kept(pages)) == 2 * MOST
    assert (await pages.post(PATH, GOOD | {"report": "r0.0", "usd": 5.0}, token)).status == 202  # a known one may
