"""Experiments are begun, fed with mirrored answers, read and ended by the API, over real HTTP on both sides."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.github.sandbox.faults import ServerError
from app.model import Cause
from app.store.looks import gate_of
from app.store.tokens import Grant
from checks.experiment import load, report
from tests.deliveries import new
from tests.pages.experiments_api import RULES, START, Here, api, tick
from tests.road.stories import PATH, change

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    async with api(tmp_path) as one:
        yield one


# --- beginning ---------------------------------------------------------------------------------------------------


async def test_an_experiment_begins_on_the_pull_request_of_the_commit_under_the_rules_of_its_base(here: Here) -> None:
    number, sha = change(here.repo)
    served = here.repo.deploy(sha, "Canary").id
    answer = await here.post(START, {"sha": sha, "environment": "canary", "deployment": served})
    assert answer.status == 201
    told = await answer.json()
    assert (told["repository"], told["sha"], told["pull_request"]) == ("octo/shop", sha, number)
    assert told["deployment"] == served
    assert (told["status"], told["evidence"]) == ("waiting_data", {"errors": "1 of 200 needed"})
    assert told["rules"]["gate"]["baseline"] == 0.01
    (kept,) = await here.stores.experiments.of("octo/shop", sha)
    assert kept.canary.base_ref == "main"


async def test_asked_for_again_it_is_the_same_and_the_worker_is_woken_once(here: Here) -> None:
    _, sha = change(here.repo)
    asked = {"sha": sha, "environment": "canary"}
    first, second = await here.post(START, asked), await here.post(START, asked | {"environment": "Canary"})
    assert (first.status, second.status) == (201, 200)
    assert (await first.json())["experiment"] == (await second.json())["experiment"]
    (wake,) = await new(here.stores.inbox.engine)
    assert json.loads(wake.body)["about"] == "experiment"


async def test_a_commit_of_no_pull_request_is_under_the_rules_of_the_default_branch(here: Here) -> None:
    answer = await here.post(START, {"sha": here.repo.tip(), "environment": "canary"})
    assert (answer.status, (await answer.json())["pull_request"]) == (201, None)


async def test_the_rules_of_the_head_do_not_count(here: Here) -> None:
    _, sha = change(here.repo, **{".github/maestro.yml": RULES.replace("[canary]", "[canary, mine]")})
    answer = await here.post(START, {"sha": sha, "environment": "mine"})
    assert (answer.status, await answer.json()) == (
        422,
        {"error": "`mine` is no canary: `experiment.environments` on main does not name it"},
    )


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ("version: 1\n", "has no block `experiment`, or it is off"),
        (RULES + "  mode: off\n", "has no block `experiment`, or it is off"),
        (RULES + "  kill_switch: true\n", "`experiment.kill_switch` is set on main"),
        ("version: 2\n", "cannot be read"),
    ],
)
async def test_where_none_may_run_the_answer_says_why(here: Here, rules: str, why: str) -> None:
    sha = here.repo.commit("main", {".github/maestro.yml": rules})
    answer = await here.post(START, {"sha": sha, "environment": "canary"})
    assert answer.status == 422
    assert why in (await answer.json())["error"]
    assert await here.stores.experiments.of("octo/shop", sha) == []


async def test_a_commit_that_is_not_there_has_no_canary(here: Here) -> None:
    assert (await here.post(START, {"sha": "f" * 40, "environment": "canary"})).status == 422


async def test_no_deployment_is_taken_but_the_canarys_own(here: Here) -> None:
    _, sha = change(here.repo)
    elsewhere, base = here.repo.deploy(sha, "production").id, here.repo.deploy("main", "canary").id
    moved = here.repo.deploy(sha, "canary").id
    here.repo.report_deployment(moved, "success", environment="production")
    of_canary = f"and not of {sha[:7]} to `canary`"
    for deployment, why in (
        (elsewhere, f"deployment {elsewhere} is of {sha[:7]} to `production`, {of_canary}"),
        (moved, f"deployment {moved} is of {sha[:7]} to `production`, {of_canary}"),
        (base, f"deployment {base} is of {here.repo.tip()[:7]} to `canary`, {of_canary}"),
        (2**63 - 1, f"octo/shop has no deployment {2**63 - 1} that Maestro may see"),
    ):
        answer = await here.post(START, {"sha": sha, "environment": "canary", "deployment": deployment})
        assert (answer.status, await answer.json()) == (422, {"error": why})
    here.sandbox.faults.add(ServerError(), path="*/deployments/*", times=50)
    assert (await here.post(START, {"sha": sha, "environment": "canary", "deployment": moved})).status == 503
    assert await here.stores.experiments.of("octo/shop", sha) == []


async def test_without_github_the_sender_is_asked_to_come_again(here: Here) -> None:
    here.sandbox.faults.add(ServerError(), path="*/commits/*", times=50)
    answer = await here.post(START, {"sha": here.repo.tip(), "environment": "canary"})
    assert answer.status == 503


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        {"environment": "canary"},
        {"sha": "abc", "environment": "canary"},
        {"sha": "a" * 40},
        {"sha": "a" * 40, "environment": ""},
        {"sha": "a" * 40, "environment": "a\nb"},
        {"sha": "a" * 40, "environment": "x" * 256},
        {"sha": "a" * 40, "environment": "canary", "deployment": -1},
        {"sha": "a" * 40, "environment": "canary", "rules": {}},
    ],
    ids=lambda asked: str(asked)[:40],
)
async def test_what_asks_for_no_experiment_is_400(here: Here, asked: Any) -> None:
    answer = await here.post(START, asked)
    assert answer.status == 400
    assert "error" in await answer.json()


# --- who may -----------------------------------------------------------------------------------------------------


async def test_another_repositorys_token_finds_nothing(here: Here) -> None:
    path = await here.begun()
    other = await here.stores.tokens.issue("octo/other")
    with capture_logs() as logs:
        answers = [
            await here.get(path, other),
            await here.post(f"{path}/ticks", tick(time.time()), other),
            await here.post(f"{path}/shadow", b"", other),
            await here.post(f"{path}/stop", b"", other),
        ]
    assert [answer.status for answer in answers] == [404] * 4
    assert other not in str(logs)
    assert (await here.post(START, {"sha": "a" * 40, "environment": "canary", "repository": "octo/x"})).status == 403
    assert (await (await here.get(path)).json())["status"] == "waiting_data"


async def test_a_token_of_one_commit_does_not_judge_that_commit(here: Here) -> None:
    path = await here.begun()
    bound = await here.stores.tokens.issue(Grant("octo/shop", here.repo.tip("fix")))
    assert (await here.post(f"{path}/ticks", tick(time.time()), bound)).status == 403


async def test_without_a_token_that_counts_nothing_is_said(here: Here) -> None:
    path = await here.begun()
    assert (await here.get(path, "mst_unknown")).status == 401
    await here.stores.tokens.revoke("octo/shop")
    assert (await here.post(f"{path}/ticks", tick(time.time()))).status == 401


# --- mirrored answers --------------------------------------------------------------------------------------------


async def test_mirrored_answers_are_kept_once(here: Here) -> None:
    path = await here.begun()
    triple = {"id": "a", "endpoint": "/orders", "candidate": {"status": 200}, "primary": {"status": 200}}
    lines = "\n".join(json.dumps(one) for one in (triple, triple, triple | {"id": "b"})).encode()
    answer = await here.post(f"{path}/shadow", lines)
    assert (answer.status, await answer.json()) == (
        202,
        {"experiment": 1, "ended": False, "compared": False, "accepted": 2, "duplicate": 1, "differing": 0},
    )
    bad = await here.post(f"{path}/shadow", lines + b'\n{"id": "c"}')
    assert bad.status == 400
    assert "line 4 is no triple" in (await bad.json())["error"]
    assert len(await here.stores.triples.of(1)) == 2


async def test_a_body_that_nobody_could_compare_is_refused(here: Here) -> None:
    deep = "[" * 300 + "]" * 300
    line = (
        f'{{"id": "a", "endpoint": "/", "candidate": {{"status": 200, "body": {deep}}}, "primary": {{"status": 200}}}}'
    )
    answer = await here.post(f"{await here.begun()}/shadow", line.encode())
    assert (answer.status, "nested more than 200 levels" in await answer.text()) == (400, True)


async def test_after_the_end_answers_are_still_compared_for_a_day_and_wake_the_worker_once_a_minute(here: Here) -> None:
    here.repo.commit("main", {".github/maestro.yml": RULES + "shadow: {}\n"})
    path = await here.begun()
    await here.post(f"{path}/stop", b"")
    await here.stores.experiments.acted(1, "nothing was asked for", "hold")
    woken = len(await new(here.stores.inbox.engine))
    triple = {"id": "a", "endpoint": "/orders", "candidate": {"status": 200}, "primary": {"status": 200}}
    for name in ("a", "b", "a"):
        answer = await here.post(f"{path}/shadow", triple | {"id": name})
        assert (await answer.json())["compared"]
    assert len(await new(here.stores.inbox.engine)) in {woken + 1, woken + 2}, "two where a minute begins in between"
    async with here.stores.main.begin() as connection:
        await connection.exec_driver_sql("UPDATE experiments SET changed_at = changed_at - 90000000000")
    late = await here.post(f"{path}/shadow", triple | {"id": "c"})
    assert (late.status, await late.json()) == (200, {"experiment": 1, "ended": True})
    assert len(await here.stores.triples.of(1)) == 2


# --- reading and ending ------------------------------------------------------------------------------------------


async def test_how_the_evidence_went_is_told_as_the_page_draws_it(here: Here) -> None:
    path = await here.begun()
    now = time.time()
    await here.post(f"{path}/ticks", tick(now + 1))
    kept = await replace(here.stores.experiments, now=lambda: int((now + 2) * 1e6)).look(1, Cause())
    (point,) = (told := await (await here.get(f"{path}/history")).json())["points"]
    gate = gate_of(kept.rules)
    (row,) = report(load(kept.state, gate), gate).rows
    assert row.promote is not None
    assert point["log_e"] == {"errors": {"promote": row.promote.log_e, "rollback": row.rollback.log_e}}
    assert (point["t"], point["ticks"], point["unused"], point["restarts"]) == (now + 1, 1, 0, 0)
    assert told["status"] == "continue"
    assert (await here.get("/api/experiments/99/history")).status == 404


async def test_an_experiment_shows_its_evidence_and_its_guarantee(here: Here) -> None:
    path = await here.begun()
    told = await (await here.get(path)).json()
    (row,) = told["report"]["rows"]
    assert row["promote"]["words"] == "1 of 200 needed"
    assert "however often one looks" in told["report"]["guarantee"][0]
    assert (await here.get(f"{START}/999")).status == 404


async def test_who_stops_it_ends_it_for_good_and_the_worker_hears_of_it(here: Here) -> None:
    path = await here.begun()
    told = await (await here.post(f"{path}/stop", b"")).json()
    assert (told["status"], told["reason"]) == ("inconclusive", "stopped")
    assert (await here.post(f"{path}/stop", b"")).status == 200
    answer = await here.post(f"{path}/ticks", tick(time.time()))
    assert (answer.status, (await answer.json())["ended"]) == (200, True)
    assert [json.loads(wake.body)["experiment"] for wake in await new(here.stores.inbox.engine)] == [1, 1]


SOURCED = (
    RULES.replace("watermark_seconds: 0", "watermark_seconds: 400")
    + """  source: production
  queries: {errors: {control: {total: a, bad: b}, canary: {total: c, bad: d}}}
"""
)


async def test_what_is_read_from_a_source_is_sent_by_nobody_and_begins_with_what_can_be_foreseen(here: Here) -> None:
    here.repo.commit("main", {PATH: SOURCED})
    _, sha = change(here.repo)
    answer = await here.post(START, {"sha": sha, "environment": "canary"})
    begun = await answer.json()
    assert begun["warnings"] == ["source `production`: the operator lets octo/shop use no source of this name"]
    tick = {"t": time.time(), "control": {"good": 9, "total": 9}, "canary": {"good": 9, "total": 9}}
    refused = await here.post(f"{START}/{begun['experiment']}/ticks", tick)
    assert refused.status == 409
    assert "read from the source `production`" in (await refused.json())["error"]


async def test_an_experiment_that_cannot_answer_in_time_begins_with_a_warning(here: Here) -> None:
    here.repo.commit("main", {PATH: RULES.replace("watermark_seconds: 0", "watermark_seconds: 400")})
    _, sha = change(here.repo)
    begun = await (await here.post(START, {"sha": sha, "environment": "canary"})).json()
    (warning,) = begun["warnings"]
    assert "a rollback within 7 min is not possible, it takes 8.33 min at least" in warning
