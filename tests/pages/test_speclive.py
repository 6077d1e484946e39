"""`/api/speclive` over real HTTP: who may tell what, what is refused and where, and the switch of all guards."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from app.model import SpecReport
from app.pages.sent_spec import KEY, SIGNATURE, TIMESTAMP, signature
from app.pages.speclive import MOST_SENT
from app.store.tokens import Grant
from handlers.understand import Understanding
from tests.deliveries import new
from tests.pages.conftest import NOW, Hosted, Pages
from tests.pages.guarded import (
    SHA,
    Body,
    NothingWatched,
    clause,
    exemplar,
    report,
    sent,
    static,
    target,
    tell,
    violated,
)
from tests.pages.test_id_tokens import change
from tests.pages.test_usage import judged


@pytest.fixture
async def token(pages: Pages) -> str:
    """Of the whole repository, in which something was told of SHA."""
    bound = await pages.stores.tokens.issue(Grant("acme/shop", SHA))
    assert (await tell(pages, static(), bound, NOW)).status == 202
    return await pages.stores.tokens.issue("acme/shop")


async def test_a_report_counts_once_and_another_of_its_id_is_refused(pages: Pages, token: str) -> None:
    answers = [await tell(pages, report(), token, NOW) for _ in range(2)]
    assert [(one.status, await one.json()) for one in answers] == [(202, {"stored": True}), (202, {"stored": False})]
    other = await tell(pages, report(clauses=[clause(evaluated=8)]), token, NOW)
    assert (other.status, await other.json()) == (409, {"error": "another report called report-0001 was sent before"})
    live = await pages.stores.speclive.live("acme/shop", SHA, NOW - 60)
    assert live is not None
    assert [(one.calls, one.guarded) for one in live.targets] == [(10, 9)]
    (seen,) = live.clauses
    assert (seen.evaluated, seen.code, seen.tests) == (9, "shop/pay.py#L12", ("tests/test_pay.py::test_it_drops",))


async def test_the_worker_is_told_of_what_is_new_and_of_nothing_else(pages: Pages, token: str) -> None:
    before = len(pages.wakes)
    told = [report(), report(id="report-0002"), violated(id="report-0003"), violated(id="report-0004")]
    heard = []
    for one in told:
        await tell(pages, one, token, NOW)
        heard.append(len(pages.wakes) - before)
    assert heard == [1, 1, 2, 2], "the first that is guarded, and the first that is violated"
    triggers = [one for waiting in await new(pages.stores.inbox.engine) for one in Understanding(1)(waiting)]
    assert {(one.head_sha, one.reason) for one in triggers} == {(SHA, "speclive")}


WRONG: list[tuple[Body, str]] = [
    (report(version=2), "$.version"),
    (report(side="left"), "$.side"),
    (report(sha="abc"), "$.sha"),
    (report(more=1), "more"),
    (report(clauses=[clause(), clause(id="b", evaluated=-1)]), "$.clauses[1].evaluated"),
    (report(clauses=[clause(violated=8, errors=2)]), "$.clauses[0].evaluated"),
    (report(clauses=[clause(), clause()]), "$.clauses[1]"),
    (report(targets=[target(guarded=11)]), "$.targets[0].guarded"),
    (report(targets=[target(name="x" * 301)]), "$.targets[0].name"),
    (report(targets=[target(name="a\x00b")]), "$.targets[0].name"),
    (report(environment="a\nb"), "$.environment"),
    (b'{"id": "\\ud800"}', ""),
    (report(start=NOW - 4_000), "$.end"),
    (report(exemplars=[exemplar(traceparent="javascript:alert(1)")]), "$.exemplars[0].traceparent"),
    (report(exemplars=[exemplar(result="x" * 20_000)]), "$.exemplars[0]"),
    (report(watched=[{"card": "a", "name": "b", "role": "input", "sketch": {"type": "round"}}]), "$.watched[0].sketch"),
    (static(mutants={"made": 1, "killed": 2, "survivors": []}), "$.mutants.killed"),
    (b"{", ""),
    (b"[" * 100_000, ""),
    (b'{"id": "\xff"}', ""),
]


async def test_what_cannot_be_read_is_refused_with_its_place(pages: Pages, token: str) -> None:
    for body, place in WRONG:
        answer = await tell(pages, body, token, NOW)
        assert (answer.status, place in (await answer.json())["error"]) == (400, True), await answer.text()
    assert await pages.stores.speclive.live("acme/shop", SHA, 0) is None


async def test_windows_that_are_over_or_to_come_are_refused_with_a_word(pages: Pages, token: str) -> None:
    for now, word in ((NOW - 7 * 3_600, "was over"), (NOW + 120, "future")):
        answer = await tell(pages, report(now=now), token, NOW)
        assert (answer.status, word in await answer.text()) == (422, True)


async def test_nobody_sends_in_the_name_of_a_token_without_its_signature(pages: Pages, token: str) -> None:
    false = signature("another", b"")
    changed: list[dict[str, str]] = [
        {SIGNATURE: false},
        {SIGNATURE: ""},
        {TIMESTAMP: str(int(NOW) - 1)},
        {TIMESTAMP: "soon"},
        {KEY: "report-0009"},
    ]
    for headers in changed:
        packed, signed = sent(report(), token, NOW)
        assert (await pages.post("/api/speclive/reports", packed, token, **signed | headers)).status == 401
    for stamp in (NOW - 301, NOW + 301):
        assert (await tell(pages, report(), token, stamp)).status == 401
    assert (await tell(pages, report(), "mst_unknown", NOW)).status == 401
    packed, signed = sent(report(), token, NOW, key="report-0009")
    assert (await pages.post("/api/speclive/reports", packed, token, **signed)).status == 400


async def test_bombs_cost_no_more_than_their_answer(pages: Pages, token: str) -> None:
    bomb = gzip.compress(b'{"id": "' + b"x" * (64 * 1024 * 1024) + b'"}')
    assert len(bomb) < MOST_SENT
    large, stamp = b"x" * (MOST_SENT + 1), str(int(NOW))
    for body in (bomb, large):
        said = {
            KEY: "report-0001",
            TIMESTAMP: stamp,
            SIGNATURE: signature(token, f"{stamp}.report-0001.".encode() + body),
        }
        answer = await pages.post("/api/speclive/reports", body, token, **said | {"Content-Encoding": "gzip"})
        assert answer.status == 413


async def test_a_commit_tells_of_its_tests_and_not_of_what_is_in_service(pages: Pages) -> None:
    bound = await pages.stores.tokens.issue(Grant("acme/shop", SHA))
    bill = await pages.stores.tokens.issue(Grant("acme/shop", SHA, "bom.json"))
    assert (await tell(pages, report(environment="tests"), bound, NOW)).status == 202
    assert (await tell(pages, report(id="report-0002"), bound, NOW)).status == 403
    assert (await tell(pages, static("b" * 40), bound, NOW)).status == 403
    assert (await tell(pages, static(), bill, NOW)).status == 403


async def test_what_a_fork_brought_says_nothing_good_of_itself(pages: Pages) -> None:
    await judged(pages, fork=True)
    token = await pages.stores.tokens.issue(Grant("acme/shop", SHA))
    assert (await tell(pages, static(), token, NOW)).status == 202
    assert await pages.stores.speclive.static("acme/shop", SHA) is None


async def test_whoever_forks_a_commit_takes_no_report_of_it_away(pages: Pages) -> None:
    await judged(pages, fork=False)
    await judged(pages, fork=True, number=8)
    token = await pages.stores.tokens.issue(Grant("acme/shop", SHA))
    assert (await tell(pages, static(), token, NOW)).status == 202
    assert await pages.stores.speclive.static("acme/shop", SHA) is not None


async def test_what_a_commit_tells_of_itself_is_no_batch_of_what_is_in_service(
    pages: Pages, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []

    async def take(_self: NothingWatched, _repository: str, report: SpecReport) -> None:
        taken.append(report.id)

    monkeypatch.setattr(NothingWatched, "take", take)
    sketch = {"type": "categorical", "version": 1, "rows": 1, "counts": {"card": 1}}
    watched = [{"card": "pay.balance", "name": "way", "role": "input", "sketch": sketch}]
    for ident, body in (
        ("report-1000", report(environment="tests")),
        ("report-1001", static()),
        ("report-1002", report()),
    ):
        assert (await tell(pages, body | {"id": ident, "watched": watched}, token, NOW)).status == 202
    assert taken == ["report-1002"]


@pytest.mark.slow
async def test_jobs_tell_with_their_id_token_and_of_commits_that_there_are(hosted: Hosted) -> None:
    head, merge, ref = change(hosted.repo)
    said = {"event_name": "pull_request", "sha": merge, "ref": ref}
    job = hosted.issuer.token(hosted.url, repository="acme/shop", **said)
    here = hosted.issuer.token(hosted.url, repository="acme/shop", sha=hosted.sha)
    token = await hosted.stores.tokens.issue("acme/shop")
    unsigned = {"Content-Type": "application/json"}
    assert (await hosted.post("/api/speclive/reports", static(head), job, **unsigned)).status == 202
    for number, (body, who, status) in enumerate(
        (
            (report(head), job, 403),
            (static(hosted.sha), job, 403),
            (report(hosted.sha), here, 202),
            (report("f" * 40), token, 422),
            (report(head), token, 202),
        )
    ):
        assert (await tell(hosted, body | {"id": f"report-1{number:03}"}, who, NOW)).status == status, (number, status)


async def test_the_switch_turns_all_guards_off_and_on_and_the_log_is_told(pages: Pages, token: str) -> None:
    address = "/api/speclive/config"

    async def asked(**headers: str) -> Any:
        return await pages.session.get(pages.url + address, headers={"Authorization": f"Bearer {token}"} | headers)

    first = await asked()
    assert await first.json() == {"version": 1, "off": False, "settings": []}
    assert first.headers[SIGNATURE] == signature(token, await first.read())
    assert (await asked(**{"If-None-Match": first.headers["ETag"]})).status == 304
    put = {"Authorization": f"Bearer {token}"}
    said = json.dumps({"off": True, "reason": "too slow"})
    assert (await pages.session.put(pages.url + address, data=said, headers=put)).status == 200
    second = await asked(**{"If-None-Match": first.headers["ETag"]})
    assert (second.status, await second.json()) == (200, {"version": 1, "off": True, "settings": []})
    (entry,) = [one async for batch in pages.stores.provenance.rows() for one in batch if "guards" in str(one)]
    assert "too slow" in str(entry)
    assert (await pages.session.put(pages.url + address, data="{}", headers=put)).status == 400
    bound = await pages.stores.tokens.issue(Grant("acme/shop", SHA))
    refused = await pages.session.put(pages.url + address, data=said, headers={"Authorization": f"Bearer {bound}"})
    assert refused.status == 403
