"""Measurements come in, simulations go out, and neither writes where it should not."""

import json
import time

import aiohttp
import pytest

from app.github.sandbox import working
from app.store.series import Stream
from tests.road.stories import CONTRACT, PATH, PERF, change, shop
from tests.road.town import DECISION, Town

pytestmark = pytest.mark.slow


async def post(url: str, token: str, body: object) -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers, json=body) as answer:
        return answer.status, json.loads(await answer.text())


async def test_a_measurement_that_arrives_turns_the_gate(here: Town) -> None:
    repo = shop(here.sandbox, PERF)
    _, sha = change(repo)
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "action_required"
    token = await here.maestro.stores.tokens.issue("octo/shop")
    sent = {"sha": sha, "measurements": {"perf_p95_ms": {"value": 212, "unit": "ms", "n": 4000}}}
    status, said = await post(f"{here.url}/api/measurements", token, sent)
    assert (status, said["stored"]) == (202, 1)
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_the_case_of_a_repositorys_name_makes_no_difference(here: Town) -> None:
    repo = here.sandbox.repository("Octo/Shop", {PATH: PERF, "a.py": "x = 1\n"})
    number, sha = change(repo)
    await here.rest()
    token = await here.maestro.stores.tokens.issue("octo/SHOP")
    await post(f"{here.url}/api/measurements", token, {"sha": sha, "measurements": {"perf_p95_ms": 1}})
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"
    assert len(here.cards(repo, number)) == 1
    ours = [run.name for run in repo.state.runs.values() if run.suite.app.id == here.sandbox.app.app_id]
    assert len(ours) == 2


async def test_a_measurement_of_another_commit_changes_nothing(here: Town) -> None:
    repo = shop(here.sandbox, PERF)
    _, sha = change(repo)
    await here.rest()
    token = await here.maestro.stores.tokens.issue("octo/shop")
    await post(f"{here.url}/api/measurements", token, {"sha": "b" * 40, "measurements": {"perf_p95_ms": 1}})
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "action_required"


async def test_series_that_arrive_are_kept_for_whoever_studies_them(here: Town) -> None:
    token, now = await here.maestro.stores.tokens.issue("octo/shop"), time.time()
    sent = {"environment": "Production", "series": {"p95": [[now, 212]]}}
    status, said = await post(f"{here.url}/api/series", token, sent)
    assert (status, said["stored"]) == (202, 1)
    kept = await here.maestro.stores.series.of(Stream("octo/shop", "production"), now - 1, now + 1)
    assert list(kept["p95"].values()) == [212.0]


async def test_an_artifact_of_the_repositorys_own_workflow_is_read_and_trusted(here: Town) -> None:
    repo = shop(here.sandbox, PERF)
    _, sha = change(repo)
    await here.rest()
    metrics = {"maestro-metrics.json": b'{"perf_p95_ms": {"value": 212, "unit": "ms"}}'}
    repo.workflow_run(sha, "bench", artifacts={"maestro-metrics": metrics})
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"


def left(value: float, **beside: object) -> dict[str, dict[str, bytes]]:
    """A `maestro-metrics` artifact that says the latency is `value`."""
    table: dict[str, object] = {"perf_p95_ms": {"value": value, "unit": "ms"}}
    held = {"measurements": table, **beside} if beside else table
    return {"maestro-metrics": {"maestro-metrics.json": json.dumps(held).encode()}}


async def test_the_newest_runs_number_counts_whichever_way_the_verdict_turns(here: Town) -> None:
    repo = shop(here.sandbox, PERF)
    _, sha = change(repo)
    await here.rest()
    said = []
    for value in (300, 212, 261):
        repo.workflow_run(sha, "bench", artifacts=left(value))
        await here.rest()
        said.append(here.conclusions(repo, sha)[DECISION])
    assert said == ["failure", "success", "failure"]


async def test_a_benchmark_that_is_run_again_is_read_again(here: Town) -> None:
    repo = shop(here.sandbox, PERF)
    _, sha = change(repo)
    run = repo.workflow_run(sha, "bench", artifacts=left(300))
    repo.workflow_run(sha, "lint")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    working.add_artifact(here.sandbox.world, run, "maestro-metrics", left(212)["maestro-metrics"])
    working.finish_run(here.sandbox.world, repo.state, run, "success")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_what_was_sent_stands_against_an_artifact_that_came_later(here: Town) -> None:
    repo = shop(here.sandbox, f"{PERF[:-3]}, coverage: {{gte: 0.9}}}}}}\n")
    _, sha = change(repo)
    await here.rest()
    token = await here.maestro.stores.tokens.issue("octo/shop")
    await post(f"{here.url}/api/measurements", token, {"sha": sha, "measurements": {"perf_p95_ms": 261}})
    metrics = {"maestro-metrics": {"maestro-metrics.json": b'{"perf_p95_ms": 1, "coverage": 0.95}'}}
    repo.workflow_run(sha, "bench", artifacts=metrics)
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"


async def test_an_artifact_of_another_commit_measures_nothing(here: Town) -> None:
    repo = shop(here.sandbox, PERF)
    _, sha = change(repo)
    repo.workflow_run(sha, "bench", artifacts=left(1, sha="0" * 40))
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "action_required"
    repo.workflow_run(sha, "bench", artifacts=left(1, sha=sha[:8]))
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "success"


async def test_the_reader_stores_nothing(here: Town) -> None:
    repo = shop(here.sandbox, PERF)
    number, sha = change(repo)
    repo.workflow_run(sha, "bench", artifacts=left(212))
    await here.rest()
    status, said = await post(f"{here.url}/api/simulate/octo/shop/{number}", here.sandbox.token("carol"), None)
    assert (status, said["verdict"], here.conclusions(repo, sha)[DECISION]) == (200, "ship", "success")
    assert await here.maestro.stores.measurements.of("octo/shop", sha) == ()


async def test_without_a_wanted_number_no_workflow_run_is_listed(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    _, sha = change(repo)
    repo.workflow_run(sha, "bench", artifacts=left(212))
    await here.rest()
    assert not [call for call in here.calls() if call.endswith("/artifacts")]


async def test_an_artifact_that_holds_nonsense_leaves_the_measurement_missing(here: Town) -> None:
    repo = shop(here.sandbox, PERF)
    _, sha = change(repo)
    await here.rest()
    for content in (b"not json", b'{"perf_p95_ms": NaN}', b'["perf_p95_ms"]'):
        repo.workflow_run(sha, "bench", artifacts={"maestro-metrics": {"maestro-metrics.json": content}})
        await here.rest()
        assert here.conclusions(repo, sha)[DECISION] == "action_required"


async def test_what_was_wrong_with_an_artifact_is_on_the_card_and_nobody_is_told_to_send_one(here: Town) -> None:
    repo = shop(here.sandbox, PERF)
    number, sha = change(repo)
    await here.rest()
    assert "Send perf_p95_ms" in here.cards(repo, number)[0]
    other = {"sha": "0000000", "measurements": {"perf_p95_ms": 1}}
    for content, why in (
        (b"not json", "not a JSON object"),
        (b'{"perf_p95_ms": NaN}', "expected a finite number"),
        (json.dumps(other).encode(), "measured at commit '0000000', which is not " + sha),
    ):
        repo.workflow_run(sha, "bench", artifacts={"maestro-metrics": {"maestro-metrics.json": content}})
        await here.rest()
        card = here.cards(repo, number)[0]
        assert "the maestro-metrics artifact was refused: " in card
        assert why in card
        assert "Send perf_p95_ms" not in card
        assert "Correct what the workflow writes to maestro-metrics.json" in card


async def test_a_simulation_gives_the_whole_decision_and_writes_nothing(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    number, sha = change(repo)
    repo.report_check(sha, "unit", conclusion="failure")
    await here.rest()
    before = len(here.sandbox.writes)
    url = f"{here.url}/api/simulate/octo/shop/{number}"
    status, said = await post(url, here.sandbox.token("carol"), None)
    assert (status, said["verdict"], said["head_sha"]) == (200, "block", sha)
    status, said = await post(url, here.sandbox.token("carol"), {"config": "version: 1\n"})
    assert (status, said["verdict"]) == (200, "ship")
    assert here.sandbox.writes[before:] == []


async def test_a_simulation_shows_nobody_what_their_token_cannot_see(here: Town) -> None:
    repo = here.sandbox.repository("octo/secret", {PATH: CONTRACT, "a.py": "x = 1\n"}, private=True)
    number, _ = change(repo)
    await here.rest()
    url = f"{here.url}/api/simulate/octo/secret/{number}"
    assert (await post(url, here.sandbox.token("stranger"), None))[0] == 404
    assert (await post(url, "ghp_nonsense", None))[0] in {403, 404}
    assert (await post(url, "", None))[0] == 401
    assert (await post(f"{here.url}/api/simulate/octo/none/1", here.sandbox.token("carol"), None))[0] == 404


async def test_a_simulation_names_the_mistakes_of_the_configuration_it_was_given(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    number, _ = change(repo)
    await here.rest()
    url = f"{here.url}/api/simulate/octo/shop/{number}"
    status, said = await post(url, here.sandbox.token("carol"), {"config": "version: 1\nrisk: {limt: 0.5}\n"})
    assert status == 200
    assert said["verdict"] == "hold"
    assert "limit" in json.dumps(said["checks"])


async def test_the_calls_of_each_evaluation_are_a_metric(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    change(repo)
    await here.rest()
    async with aiohttp.ClientSession() as session, session.get(f"{here.url}/metrics") as answer:
        text = await answer.text()
    assert "maestro_evaluation_github_calls_count" in text
    assert 'maestro_webhooks_total{event="pull_request",result="stored"}' in text
