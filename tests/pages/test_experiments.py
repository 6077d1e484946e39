"""The API of experiments over a real socket, a real SQLite file, and a local GitHub for commits and rules."""

import io
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import BaseTestServer, TestServer
from structlog.testing import capture_logs

from app.gather.canaries import Canaries
from app.gather.commits import Commits
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.connecting import Connector
from app.github.sandbox import Repo, Sandbox
from app.github.sandbox.faults import ServerError
from app.model import Cause
from app.pages.experiments import ExperimentsApi
from app.pages.senders import Senders
from app.server import Web
from app.storage import Stores, stores
from app.store.experiments import gate_of
from app.store.tokens import Grant
from checks.experiment import load, report
from tests.deliveries import new
from tests.road.stories import PATH, change, shop
from tests.road.town import github

pytestmark = pytest.mark.slow

RULES = """version: 1
experiment:
  environments: [canary]
  gate: {baseline: 0.01, watermark_seconds: 0}
"""
START = "/api/experiments"


@dataclass
class Here:
    """The API, and GitHub as it finds it."""

    sandbox: Sandbox
    repo: Repo
    stores: Stores
    server: BaseTestServer
    session: ClientSession
    token: str = ""

    async def post(self, path: str, body: Any, token: str = "") -> ClientResponse:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return await self.session.post(self.server.make_url(path), data=io.BytesIO(sent), headers=headers)

    async def get(self, path: str, token: str = "") -> ClientResponse:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return await self.session.get(self.server.make_url(path), headers=headers)

    async def begun(self) -> str:
        """The path of an experiment on a pull request's head."""
        _, sha = change(self.repo)
        answer = await self.post(START, {"sha": sha, "environment": "canary"})
        assert answer.status == 201, await answer.text()
        return f"{START}/{(await answer.json())['experiment']}"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    url = f"sqlite:///{tmp_path / 'maestro.db'}"
    async with github() as sandbox, stores(url) as kept, ClientSession() as session:
        identity = Identity(sandbox.app.app_id, sandbox.app.private_key)
        client = GitHub(identity, session, api_url=sandbox.url, tuning=Tuning(patience=0.2))
        canaries = Canaries(Connector(client))
        senders = Senders(kept.tokens, Commits(Connector(client)))
        tables = (kept.experiments, kept.triples, kept.points, kept.inbox)
        api = ExperimentsApi(senders, canaries, *tables, lambda: None)
        async with TestServer(Web([b"secret"], kept.inbox, lambda: None, api.routes()).app()) as server:
            repo = shop(sandbox, RULES)
            yield Here(sandbox, repo, kept, server, session, await kept.tokens.issue("octo/shop"))


def tick(t: float, bad: int = 10, total: int = 1_000) -> dict[str, Any]:
    return {"t": t, "control": {"good": 990, "total": 1_000}, "canary": {"good": total - bad, "total": total}}


# --- beginning ---------------------------------------------------------------------------------------------------


async def test_an_experiment_begins_on_the_pull_request_of_the_commit_under_the_rules_of_its_base(here: Here) -> None:
    number, sha = change(here.repo)
    answer = await here.post(START, {"sha": sha, "environment": "canary", "deployment": 31})
    assert answer.status == 201
    told = await answer.json()
    assert (told["repository"], told["sha"], told["pull_request"], told["deployment"]) == ("octo/shop", sha, number, 31)
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


# --- ticks -------------------------------------------------------------------------------------------------------


async def test_one_tick_a_list_and_lines_are_all_read(here: Here) -> None:
    path, now = await here.begun(), float(int(time.time()))
    lines = b"\n".join(json.dumps(tick(now + at)).encode() for at in (4, 5))
    for body, accepted in ((tick(now + 1), 1), ([tick(now + 2), tick(now + 3)], 2), (lines, 2)):
        answer = await here.post(f"{path}/ticks", body)
        assert (answer.status, (await answer.json())["accepted"]) == (202, accepted)
    kept = await here.stores.experiments.look(1, Cause())
    assert await here.stores.experiments.replayed(1) == kept.state


async def test_each_tick_is_told_what_became_of_it(here: Here) -> None:
    path, now = await here.begun(), time.time()
    flawed = tick(now + 20) | {"canary": {"good": 5, "total": 1}}
    sent = [tick(now + 10), tick(now - 3_600), flawed, {"t": "now"}, tick(now + 10), tick(now + 10, bad=11), 7]
    assert await (await here.post(f"{path}/ticks", sent)).json() == {
        "ended": False,
        "accepted": 4,
        "duplicate": 1,
        "differing": [5],
        "late": [1],
        "flawed": [{"tick": 2, "reason": "canary of errors has more good requests than requests"}],
        "unreadable": [
            {"tick": 3, "reason": "t must be a time in epoch seconds"},
            {"tick": 6, "reason": "a tick is an object with t, control and canary"},
        ],
        "experiment": 1,
        "status": "waiting_data",
        "reason": "",
        "evidence": {"errors": "1 of 200 needed"},
    }
    again = await (await here.post(f"{path}/ticks", sent)).json()
    assert (again["accepted"], again["duplicate"], again["late"], again["flawed"]) == (0, 5, [], [])


async def test_ticks_wake_nobody(here: Here) -> None:
    path = await here.begun()
    before = await new(here.stores.inbox.engine)
    for at in range(5):
        await here.post(f"{path}/ticks", tick(time.time() + at))
    assert await new(here.stores.inbox.engine) == before


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"\xff", 400), (b"[" * 100_000, 400), ([{}] * 501, 413), (b" " * (2**20 + 1), 413)],
    ids=lambda value: str(value)[:20],
)
async def test_what_holds_no_ticks_is_refused_whole(here: Here, body: Any, status: int) -> None:
    answer = await here.post(f"{await here.begun()}/ticks", body)
    assert answer.status == status
    assert "error" in await answer.json()


async def test_a_broken_line_spoils_no_other_and_a_tick_without_end_is_not_kept(here: Here) -> None:
    path, now = await here.begun(), time.time()
    lines = [json.dumps(tick(now)), "{", json.dumps(tick(now + 1) | {"note": "x" * 70_000})]
    told = await (await here.post(f"{path}/ticks", "\n".join(lines).encode())).json()
    assert told["accepted"] == 1
    assert told["unreadable"] == [
        {"tick": 1, "reason": "not JSON"},
        {"tick": 2, "reason": "longer than 65536 characters"},
    ]


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
