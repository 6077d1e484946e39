import json
import zlib
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store import asked_tables, remedial_tables, tables
from app.store.kpi import Kpis
from app.store.pull_times import DAY, PullTimes
from program.kpi.rows import Closed, Facts, Failing, Judged, Lasted, Number, Remedied, Tokens, Voice

A, B, C = "a" * 40, "b" * 40, "c" * 40
START, END = 1_000.0, 2_000.0
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "decisions": {"repository": "octo/shop", "head_sha": A, "reason": "test", "record": b""},
    "commands": {"repository": "octo/shop", "head_sha": A, "verb": "retry", "arguments": "", "who": "alice"}
    | {"role": "write", "state": "done", "said": "", "before": "", "after": "", "asked_at": 0, "changed_at": 0},
    "overrides": {"repository": "octo/shop", "head_sha": A, "base_ref": "main", "who": "alice", "reason": "because"}
    | {"withdrawn_by": ""},
    "usage": {"repository": "octo/shop", "sha": A, "trace": "", "trusted": 1, "model": ""},
    "ci_jobs": {"repository": "octo/shop"},
    "measurements": {"repository": "octo/shop", "sha": A, "source": "api", "trusted": True},
    "remediations": {"repository": "octo/shop", "head_sha": A, "failure": "contract", "who": "maestro", "why": ""}
    | {"word": "", "changed_at": 0},
    "attempts": {"repository": "octo/shop", "step": "agent", "failure": "contract", "arm": "", "task_class": ""}
    | {"expected": "", "head_sha": A, "note": "", "began_at": 0},
    "experiments": {"repository": "octo/shop", "environment": "canary", "base_ref": "main", "rules": "", "state": ""}
    | {"reason": "", "acted": "", "taken": 0, "started_at": 0},
    "studies": {"repository": "octo/shop", "environment": "production", "sha": A, "at": 0, "side": "", "cut": False}
    | {"rules": "", "until": 0, "look_at": 0, "told": b"", "done": True},
    "study_opinions": {"metric": "", "reason": ""},
    "drift_modules": {"repository": "octo/shop", "rules": "{}", "since_at": 0, "revision": 1, "closed": 0}
    | {"version": 1, "course": ""},
    "drift_steps": {"version": 1, "watch": b""},
}


def us(at: float) -> int:
    return round(at * 1e6)


class Filled:
    """A database, and rows for it; moments are given in seconds."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.read = Kpis(engine)

    async def row(self, table: Table, **values: Any) -> None:
        moments = {name: us(value) for name, value in values.items() if name == "at" or name.endswith("_at")}
        async with self.engine.begin() as connection:
            await connection.execute(insert(table).values(**{**DEFAULTS[table.name], **values, **moments}))

    async def decided(self, number: int, verdict: str, at: float, **more: Any) -> None:
        await self.row(tables.decisions, number=number, verdict=verdict, decided_at=at, **more)

    async def command(self, number: int, surface: str, at: float = 1_500.0, **more: Any) -> None:
        key = f"{number} {surface} {more}"[:40]
        values = {"id": key, "key": key, "number": number, "surface": surface, "kept_at": at}
        await self.row(asked_tables.commands, **(values | more))

    async def facts(self, *repositories: str) -> Facts:
        return await self.read.facts(repositories or None, START, END)


@pytest.fixture
def here(database: AsyncEngine) -> Filled:
    return Filled(database)


async def test_an_empty_database_tells_of_nothing(here: Filled) -> None:
    assert await here.facts() == Facts(START, END, [], [], [], [], [], [], [])
    assert await here.facts("octo/shop") == Facts(START, END, [], [], [], [], [], [], [])
    assert await here.read.repositories() == []


async def test_a_pull_request_belongs_to_the_period_of_its_first_verdict(here: Filled) -> None:
    await here.decided(1, "ship", 999.0)
    await here.decided(1, "block", 1_500.0)
    await here.decided(2, "hold", 1_000.0)
    await here.decided(2, "block", 1_100.0)
    await here.decided(3, "ship", 1_999.0)
    await here.decided(3, "ship", 2_500.0)
    await here.decided(4, "ship", 2_000.0)
    await here.decided(5, "silence", 1_200.0)  # nothing was asked of it
    await here.row(tables.decisions, number=None, verdict="ship", decided_at=1_300.0)  # a merge group
    found = await here.facts()
    assert found.judged == [Judged(1_000.0, blocked=True), Judged(1_999.0)]


async def test_only_the_repositories_that_are_asked_for_are_told_of_in_whatever_case(here: Filled) -> None:
    await here.decided(1, "ship", 1_100.0)
    await here.decided(1, "ship", 1_200.0, repository="Octo/Other")
    await here.decided(1, "ship", 1_300.0, repository="evil/'; drop table decisions; --")
    assert [one.at for one in (await here.facts("octo/other")).judged] == [1_200.0]
    assert [one.at for one in (await here.facts("OCTO/SHOP", "octo/other")).judged] == [1_100.0, 1_200.0]
    assert [one.at for one in (await here.facts("evil/'; DROP table decisions; --")).judged] == [1_300.0]
    assert len((await here.facts()).judged) == 3
    assert await here.read.repositories() == ["evil/'; drop table decisions; --", "octo/other", "octo/shop"]
    assert (await here.read.facts((), START, END)).judged == []


async def test_what_was_carried_out_counts_by_surface_and_what_only_answers_does_not(here: Filled) -> None:
    for number in (1, 2, 3):
        await here.decided(number, "ship", 1_100.0)
    await here.command(1, "comment")
    await here.command(1, "center")
    await here.command(2, "comment", verb="explain")
    await here.command(2, "button", state="refused")
    await here.command(3, "center", at=2_500.0)  # after the period: the pull request is of it
    assert [set(one.surfaces) for one in (await here.facts()).judged] == [{"comment", "center"}, set(), {"center"}]


async def test_an_override_counts_until_it_is_taken_back(here: Filled) -> None:
    await here.decided(1, "block", 1_100.0)
    await here.decided(2, "block", 1_100.0)
    await here.row(asked_tables.overrides, number=1, check_name="sbom", at=1_200.0)
    await here.row(asked_tables.overrides, number=2, check_name="risk", at=1_200.0, withdrawn_by="bob")
    assert [set(one.overridden) for one in (await here.facts()).judged] == [{"sbom"}, set()]


async def test_what_was_reported_of_any_head_is_added_up_and_a_forks_word_does_not_count(here: Filled) -> None:
    for number, head in ((1, A), (1, B), (2, C)):
        await here.decided(number, "ship", 1_100.0, head_sha=head)
    await here.decided(3, "ship", 1_100.0, head_sha="d" * 40)
    used = remedial_tables.usage
    await here.row(used, sha=A, report="llm", usd=0.25, received_at=1_200.0)
    await here.row(used, sha=B, report="ci", ci_minutes=12.0, number=1, received_at=1_300.0)
    await here.row(used, sha=B, report="llm", usd=0.5, received_at=1_300.0)
    await here.row(used, sha=C, report="fork", usd=99.0, trusted=0, received_at=1_300.0)
    for sha, value in ((A, 5.0), (C, 0.75), ("d" * 40, "pass"), ("e" * 40, 1.0)):
        more = {"name": "cost_usd", "value": json.dumps({"value": value}), "received_at": 1_200.0}
        await here.row(tables.measurements, sha=sha, **more)
    assert [(one.usd, one.ci_minutes) for one in (await here.facts()).judged] == [
        (0.75, 12.0),
        (0.75, None),
        (None, None),
    ]


async def test_what_a_head_of_two_pull_requests_cost_counts_for_each(here: Filled) -> None:
    for number, head in ((1, A), (2, A), (3, B), (4, B)):
        await here.decided(number, "ship", 1_100.0, head_sha=head)
        await here.decided(number, "ship", 1_200.0, head_sha=head)
    await here.row(remedial_tables.usage, report="agent", usd=0.5, received_at=1_200.0)
    await here.row(tables.measurements, sha=B, name="cost_usd", value=json.dumps({"value": 0.25}), received_at=1_200.0)
    for job, head in ((1, A), (2, A), (3, B)):
        await here.row(remedial_tables.ci_jobs, job=job, sha=head, minutes=4)
    found = [(one.usd, one.ci_minutes) for one in (await here.facts()).judged]
    assert found == [(0.5, 8.0), (0.5, 8.0), (0.25, 4.0), (0.25, 4.0)]


async def test_what_github_lists_as_closed_says_when_it_was_opened_and_whether_it_merged(here: Filled) -> None:
    for number in (1, 2, 3):
        await here.decided(number, "block", 1_100.0 + number)
    times = PullTimes(here.engine)
    await times.keep("Octo/Shop", [Closed(1, 900.0, 1_500.0, True), Closed(2, 1_000.0, 1_600.0, False)], 1_600.0)
    found = (await here.facts("octo/shop")).judged
    assert [(one.opened, one.merged) for one in found] == [(900.0, True), (1_000.0, False), (None, None)]


async def test_a_pull_request_recovers_with_the_next_ship_and_holding_ends_nothing(here: Filled) -> None:
    for verdict, at in (("block", 1_100.0), ("block", 1_150.0), ("hold", 1_200.0), ("rollback", 1_250.0)):
        await here.decided(1, verdict, at)
    await here.decided(2, "block", 1_120.0)  # another one, in between
    await here.decided(1, "ship", 1_300.0)
    await here.decided(1, "ship", 1_400.0)
    await here.decided(1, "block", 1_500.0)
    await here.decided(1, "ship", 1_550.0)
    await here.decided(3, "block", 900.0)  # began before, and ends in the period
    await here.decided(3, "ship", 1_000.0)
    await here.decided(4, "block", 1_100.0)
    await here.decided(4, "silence", 1_200.0)
    await here.decided(5, "block", 1_100.0)
    await PullTimes(here.engine).keep("octo/shop", [Closed(5, 1_000.0, 1_200.0, False)], 1_200.0)
    assert sorted((await here.facts()).failing, key=lambda one: one.at) == [
        Failing(1_000.0, "verdict", 100.0),
        Failing(1_120.0, "verdict"),
        Failing(1_300.0, "verdict", 200.0),
        Failing(1_550.0, "verdict", 50.0),
    ]


async def test_an_environment_recovers_with_the_next_promotion(here: Filled) -> None:
    rows = (
        (A, "canary", "rollback", 1_100.0),
        (B, "canary", "inconclusive", 1_200.0),
        (C, "canary", "promote", 1_400.0),
    )
    for sha, environment, status, at in (*rows, (A, "eu", "rollback", 1_500.0)):
        await here.row(tables.experiments, sha=sha, environment=environment, status=status, changed_at=at)
    assert (await here.facts()).failing == [Failing(1_400.0, "experiment", 300.0), Failing(1_500.0, "experiment")]


async def test_a_module_recovers_on_the_first_day_that_is_ok(here: Filled) -> None:
    await here.row(tables.drift_modules, id=1, name="ranker")
    epoch = 719_163  # 1970-01-01 as `date.toordinal` counts
    for day, state in enumerate(("ok", "watch", "drift", "drift", "blind", "watch", "ok")):
        told = zlib.compress(json.dumps({"day": epoch + day, "state": state, "reason": ""}).encode())
        await here.row(tables.drift_steps, module=1, day=epoch + day, told=told)
    found = await here.read.facts(None, 0.0, 10.0 * DAY)
    assert found.failing == [Failing(6.0 * DAY, "drift", 4.0 * DAY)]
    assert (await here.read.facts(None, 7.0 * DAY, 10.0 * DAY)).failing == []


@pytest.mark.parametrize("days", [1, 30, 200])
async def test_a_long_drift_is_as_long_whatever_the_period(here: Filled, days: int) -> None:
    for module, quiet in ((1, "drift"), (2, "watch")):  # 2: nothing was heard of it for as long as is read at first
        await here.row(tables.drift_modules, id=module, name=f"ranker-{module}")
        for day in range(200):
            state = "drift" if day == 10 else "ok" if day in {9, 199} else quiet if day > 10 else "ok"
            told = zlib.compress(json.dumps({"state": state}).encode())
            await here.row(tables.drift_steps, module=module, day=719_163 + day, told=told)
    found = await here.read.facts(None, (200.0 - days) * DAY, 200.0 * DAY)
    assert found.failing == [Failing(199.0 * DAY, "drift", 189.0 * DAY)] * 2


async def test_a_remediation_counts_as_its_own_work_unless_somebody_else_pushed(here: Filled) -> None:
    table = remedial_tables.remediations
    for key, course, failure in ((1, "mended", "flaky"), (2, "mended", "contract"), (3, "handed_over", "sbom")):
        ended = {"began_at": 1_100.0, "ended_at": 1_400.0 + key}
        await here.row(table, id=key, number=key, course=course, failure=failure, **ended)
    await here.row(table, id=4, number=4, course="working", began_at=1_100.0)
    await here.row(table, id=5, number=5, course="mended", began_at=900.0, ended_at=999.0)
    await here.row(table, id=6, number=6, course="mended", failure="infra", began_at=1_100.0, ended_at=1_404.0)
    for n, (key, result) in enumerate(
        ((1, "failed"), (1, "mended"), (2, "overtaken"), (2, "mended"), (3, "failed"), (6, "silent"))
    ):
        await here.row(remedial_tables.attempts, remediation=key, n=n, trace=f"trace-{n}", result=result)
    assert (await here.facts()).remedied == [
        Remedied(1_401.0, 301.0, "flaky", True),
        Remedied(1_402.0, 302.0, "contract", False),
        Remedied(1_403.0, 303.0, "sbom", False),
        Remedied(1_404.0, 304.0, "infra", False),  # it passed by itself
    ]


async def test_voices_numbers_and_tokens_are_told_as_they_came(here: Filled) -> None:
    await here.row(tables.studies, id=1, deployment=1)
    for login, agree, at in (("alice", True, 1_100.0), ("bob", False, 1_200.0), ("carol", True, 999.0)):
        await here.row(tables.study_opinions, study=1, login=login, agree=agree, at=at)
    sent = [("eval_score", 0.5, True), ("eval_score", 0.75, True), ("eval_score", 9.0, False)]
    sent += [("robustness_delta", True, True), ("robustness_delta", 10**400, True), ("p95", 1.0, True)]
    for at, (name, value, trusted) in enumerate(sent):
        more = {"value": json.dumps({"value": value}), "trusted": trusted, "received_at": 1_100.0 + at}
        await here.row(tables.measurements, name=name, **more)
    for report, tokens, cached in (("a", 1_000, 900), ("b", 100, 200), ("c", 0, 0), ("d", 50, None)):
        more = {"report": report, "tokens": tokens, "cached_tokens": cached, "received_at": 1_300.0}
        await here.row(remedial_tables.usage, **more)
    found = await here.facts("octo/shop")
    assert sorted(found.voices, key=lambda one: one.at) == [Voice(1_100.0, True), Voice(1_200.0, False)]
    assert found.numbers == [Number(1_101.0, "eval_score", 0.75)]
    assert found.tokens == [Tokens(1_300.0, 1_000, 900), Tokens(1_300.0, 100, 100)]
    assert (await here.facts("octo/other")).voices == []


async def test_both_sides_of_the_comparison_are_as_long(here: Filled) -> None:
    await here.decided(1, "ship", 1_700.0)  # the App is there for 300 seconds of the period
    closed = [
        Closed(1, 1_390.0, 1_500.0, True),  # more than 300 seconds before
        Closed(2, 1_400.0, 1_500.0, True),
        Closed(3, 1_600.0, 1_750.0, True),  # opened before the App, closed after
        Closed(4, 1_700.0, 1_900.0, False),
        Closed(5, 1_800.0, 2_000.0, True),  # after the period
        Closed(6, 1_500.0, 1_600.0, True, bot=True),
        Closed(7, 1_800.0, 1_900.0, True, draft=True),
    ]
    await PullTimes(here.engine).keep("octo/shop", closed, 2_000.0)
    await PullTimes(here.engine).keep("octo/unjudged", closed, 2_000.0)
    found = sorted((await here.facts()).lasted, key=lambda one: one.at)
    assert found == [Lasted(1_400.0, 100.0, since=False), Lasted(1_700.0, 200.0)]


async def test_a_list_is_due_once_a_day_and_of_what_was_closed_twice_the_last_counts(here: Filled) -> None:
    clock = [us(10.0 * DAY)]
    times = PullTimes(here.engine, lambda: clock[0])
    assert await times.due(10) == []
    await here.decided(1, "ship", 1_100.0)
    await here.decided(1, "ship", 1_100.0, repository="octo/other")
    assert await times.due(10) == [("octo/other", 0.0), ("octo/shop", 0.0)]
    await times.keep("Octo/Other", [Closed(1, 1.0, 2.0, False)], 5.0)
    assert await times.due(10) == [("octo/shop", 0.0)]
    clock[0] += us(DAY)
    assert await times.due(1) == [("octo/shop", 0.0)]
    assert await times.due(10) == [("octo/shop", 0.0), ("octo/other", 5.0)]
    await times.keep("octo/other", [Closed(1, 1.0, 9.0, True)], 9.0)
    (one,) = (await here.read.facts(("octo/other",), START, END)).judged
    assert (one.opened, one.merged) == (1.0, True)
