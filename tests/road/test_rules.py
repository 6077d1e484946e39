"""Rules come from the base branch; a change may show what its own would say, never use them."""

import pytest

from checks.model import Measurement
from tests.road.stories import CONTRACT, PATH, PERF, change, shop
from tests.road.town import DECISION, GREEN, Town

pytestmark = pytest.mark.slow

BROKEN = "version: 1\ncontract: {mode: blok}\n"


async def test_a_change_cannot_relax_its_own_gate(here: Town) -> None:
    repo = shop(here.sandbox, CONTRACT)
    number, sha = change(repo, **{PATH: GREEN})
    await here.rest()
    told = here.conclusions(repo, sha)
    assert told[DECISION] == "action_required", "the base's contract still holds"
    assert told["maestro / config"] == "success"
    assert "SHIP under the edit" in here.cards(repo, number)[0]


async def test_an_edit_that_breaks_the_configuration_blocks_with_its_line(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    _, sha = change(repo, **{PATH: BROKEN})
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "failure", "maestro / config": "failure"}
    run = next(run for run in repo.check_runs(sha) if run.name == "maestro / config")
    (annotation,) = run.annotations
    assert (annotation["path"], annotation["start_line"]) == (PATH, 2)
    assert "block" in annotation["message"]


async def test_a_broken_base_holds_every_change_and_says_where(here: Town) -> None:
    repo = shop(here.sandbox, BROKEN)
    number, sha = change(repo)
    await here.rest()
    assert here.conclusions(repo, sha) == {DECISION: "action_required", "maestro / config": "action_required"}
    card = here.cards(repo, number)[0]
    assert f"{PATH}:2" in card or "maestro.yml" in card
    assert "**HOLD**" in card


async def test_the_change_that_brings_the_first_configuration_is_shown_its_effect(here: Town) -> None:
    repo = shop(here.sandbox, None)
    _, sha = change(repo, **{PATH: CONTRACT})
    await here.rest()
    told = here.conclusions(repo, sha)
    assert told == {"maestro / config": "success"}, "nothing is configured yet, so nothing is decided"


async def test_the_organisations_configuration_serves_repositories_without_one(here: Town) -> None:
    here.sandbox.repository("octo/.github", {PATH: CONTRACT})
    repo = shop(here.sandbox, None)
    _, sha = change(repo)
    await here.rest()
    assert here.conclusions(repo, sha)["maestro / contract"] == "action_required"


async def test_extends_takes_another_repositorys_rules_and_the_own_file_wins(here: Town) -> None:
    rules = "version: 1\ncontract: {post: {tests: pass}}\nrisk: {mode: warn}\n"
    here.sandbox.repository("octo/policies", {PATH: rules})
    repo = shop(here.sandbox, "version: 1\nextends: octo/policies\ncontract: {mode: warn}\n")
    _, sha = change(repo)
    await here.rest()
    assert here.conclusions(repo, sha) == {
        DECISION: "success",
        "maestro / contract": "success",
        "maestro / risk": "success",
    }


async def test_contract_files_of_the_base_hold_and_the_head_may_only_tighten(here: Town) -> None:
    strict = '{"id": "speed", "post": {"perf_p95_ms": {"lt": 250}}}'
    loose = '{"id": "speed", "post": {"perf_p95_ms": {"lt": 9000}}}'
    place = ".maestro/contracts/speed.json"
    repo = shop(here.sandbox, "version: 1\ncontract: {}\n", **{place: strict})
    number, sha = change(repo, **{place: loose})
    await here.maestro.stores.measurements.keep("octo/shop", sha, _p95(300))
    repo.edit(number, body="measured now")
    await here.rest()
    assert here.conclusions(repo, sha)["maestro / contract"] == "failure"


async def test_a_contract_in_the_body_adds_a_condition(here: Town) -> None:
    repo = shop(here.sandbox, "version: 1\ncontract: {}\n")
    number, sha = change(repo)
    await here.rest()
    assert here.conclusions(repo, sha)["maestro / contract"] == "success"
    repo.edit(number, body='```maestro-contract\n{"id": "mine", "post": {"perf_p95_ms": {"lt": 250}}}\n```\n')
    await here.rest()
    assert here.conclusions(repo, sha)["maestro / contract"] == "action_required"


async def test_an_agent_without_a_contract_is_stopped_and_a_person_is_not(here: Town) -> None:
    repo = shop(here.sandbox, "version: 1\nagents: {}\n")
    _, person = change(repo, "fix")
    agent = repo.commit("agent/fix", {"a.py": "x = 5\n"})
    number = repo.open_pull("Agent's fix", "agent/fix")
    await here.rest()
    assert here.conclusions(repo, person) == {DECISION: "success"}
    assert here.conclusions(repo, agent)[DECISION] == "failure"
    assert "maestro / contract" in here.conclusions(repo, agent)
    repo.edit(number, body='```maestro-contract\n{"id": "mine", "post": {"tests": "pass"}}\n```\n')
    repo.report_check(agent, "unit")
    await here.rest()
    assert here.conclusions(repo, agent)[DECISION] == "success"
    assert "contract" in here.cards(repo, number)[0].partition("<details>")[0]


async def test_the_card_is_written_when_the_configuration_says_so(here: Town) -> None:
    shown = {}
    for mode in ("never", "on-failure", "always"):
        repo = here.sandbox.repository(f"octo/{mode}", {PATH: f"{CONTRACT}card: {{mode: {mode}}}\n", "a.py": "x = 1\n"})
        sha = repo.commit("fix", {"a.py": "x = 2\n"})
        repo.report_check(sha, "unit")
        number = repo.open_pull("Correct x", "fix")
        await here.rest()
        good = len(here.cards(repo, number))
        repo.report_check(sha, "slow", conclusion="failure")
        await here.rest()
        shown[mode] = (good, len(here.cards(repo, number)))
    assert shown == {"never": (0, 0), "on-failure": (0, 1), "always": (1, 1)}


async def test_a_card_on_change_is_edited_only_when_a_state_changes(here: Town) -> None:
    repo = shop(here.sandbox, f"{PERF}card: {{mode: on-change}}\n")
    number, sha = change(repo)
    await here.maestro.stores.measurements.keep("octo/shop", sha, _p95(200))
    repo.edit(number, body="measured")
    await here.rest()
    before = here.cards(repo, number)
    await here.maestro.stores.measurements.keep("octo/shop", sha, _p95(201))
    repo.edit(number, body="measured again")
    await here.rest()
    assert here.cards(repo, number) == before
    await here.maestro.stores.measurements.keep("octo/shop", sha, _p95(900))
    repo.edit(number, body="and again")
    await here.rest()
    assert here.cards(repo, number) != before


def _p95(value: float) -> tuple[Measurement, ...]:
    return (Measurement("perf_p95_ms", value, "ms", source="api"),)
