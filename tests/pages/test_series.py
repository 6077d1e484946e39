"""Series over HTTP: who may send and read them, what is taken, and what is said of what is not."""

import gzip
import json
import time
from typing import Any
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from app.store.series import Stream
from app.store.tokens import Grant
from tests.pages.conftest import KEPT, NOW, Hosted, Pages

pytestmark = pytest.mark.slow

PATH = "/api/series"
SHA = "a" * 40
PRODUCTION = Stream("acme/shop", "production")
EVER = (0.0, 1e10)
CSV = {"Content-Type": "text/csv"}


@pytest.fixture
async def token(pages: Pages) -> str:
    return await pages.stores.tokens.issue("acme/shop")


def good(**told: object) -> dict[str, Any]:
    return {"environment": "production", "series": {"p95": [[NOW - 60, 212], [NOW, None]]}} | told


def iso(moment: float, form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    return time.strftime(form, time.gmtime(moment))


async def refusal(pages: Pages, token: str, body: Any, status: int = 400) -> str:
    """What is said of `body`, of which nothing may be kept."""
    answer = await pages.post(PATH, body, token)
    assert answer.status == status, await answer.text()
    assert await pages.stores.series.of(PRODUCTION, *EVER) == {}
    return str((await answer.json())["error"])


async def filled(pages: Pages, table: str, row: str, times: int) -> None:
    """Put a `row` into the table for each `at` from 1 on."""
    async with pages.stores.main.begin() as connection:
        await connection.exec_driver_sql(
            f"WITH RECURSIVE step(at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM step WHERE at < {times}) "
            f"INSERT INTO {table} {row} FROM step"
        )


# --- what is taken -----------------------------------------------------------------------------------------------


async def test_what_was_sent_is_read_back(pages: Pages, token: str) -> None:
    answer = await pages.post(PATH, good(), token)
    said = {"repository": "acme/shop", "environment": "production", "side": ""}
    assert (answer.status, await answer.json()) == (202, said | {"stored": 2, "new": 2, "old": 0})
    shown = await pages.get(f"{PATH}?environment=Production", token)
    expected = said | {"environment": "Production", "series": {"p95": [[NOW - 60, 212], [NOW, None]]}}
    assert (shown.status, await shown.json()) == (200, expected)


async def test_the_same_again_is_nothing_new_and_another_value_replaces_the_first(pages: Pages, token: str) -> None:
    await pages.post(PATH, good(), token)
    answer = await pages.post(PATH, good(series={"p95": [[NOW - 60, 213], [NOW + 1, 1], [NOW + 1, 2]]}), token)
    assert (await answer.json())["new"] == 1
    assert await pages.stores.series.of(PRODUCTION, *EVER) == {"p95": {NOW - 60: 213.0, NOW: None, NOW + 1: 2.0}}


async def test_times_are_numbers_or_texts_with_their_offset(pages: Pages, token: str) -> None:
    moments = [NOW - 30.5, iso(NOW - 20), iso(NOW - 10 + 7_200, "%Y-%m-%dT%H:%M:%S+02:00"), str(int(NOW))]
    await pages.post(PATH, good(series={"p95": [[at, 1] for at in moments]}), token)
    found = await pages.stores.series.of(PRODUCTION, *EVER)
    assert list(found["p95"]) == [NOW - 30.5, NOW - 20, NOW - 10, NOW]


async def test_a_table_has_a_column_for_each_series(pages: Pages, token: str) -> None:
    table = f"time, p95,rps\r\n{NOW - 60},212.5,\r\n\r\n{iso(NOW)},NaN,1e3\r\n".encode()
    answer = await pages.post(f"{PATH}?environment=canary&side=control", b"\xef\xbb\xbf" + table, token, **CSV)
    assert (answer.status, (await answer.json())["stored"]) == (202, 4)
    found = await pages.stores.series.of(Stream("acme/shop", "canary", "control"), *EVER)
    assert found == {"p95": {NOW - 60: 212.5, NOW: None}, "rps": {NOW - 60: None, NOW: 1_000.0}}


async def test_a_packed_body_is_read(pages: Pages, token: str) -> None:
    packed = gzip.compress(json.dumps(good()).encode())
    assert (await pages.post(PATH, packed, token, **{"Content-Encoding": "gzip"})).status == 202


async def test_what_would_be_forgotten_within_the_hour_is_not_kept_and_is_counted(pages: Pages, token: str) -> None:
    answer = await pages.post(PATH, good(series={"p95": [[NOW - KEPT - 60, 1], [NOW, 2]], "old": [[0, 1]]}), token)
    assert await answer.json() | {"old": 2, "stored": 1} == await answer.json()
    assert await pages.stores.series.of(PRODUCTION, *EVER) == {"p95": {NOW: 2.0}}


# --- what is read back -------------------------------------------------------------------------------------------


async def test_a_window_and_names_are_asked_for(pages: Pages, token: str) -> None:
    await pages.post(
        PATH, good(series={name: [[NOW - 60 * at, at] for at in range(5)] for name in ("a", "b", "c d")}), token
    )
    window = f"environment=production&start={NOW - 120}&end={iso(NOW)}"
    shown = await (await pages.get(f"{PATH}?{window}&name=a&name={quote('c d')}", token)).json()
    assert shown["series"] == {name: [[NOW - 120, 2], [NOW - 60, 1]] for name in ("a", "c d")}
    nothing = await (await pages.get(f"{PATH}?environment=staging", token)).json()
    assert nothing["series"] == {}


async def test_more_than_one_answer_holds_is_400(pages: Pages, token: str) -> None:
    await pages.post(PATH, good(), token)
    await filled(pages, "series_points", "SELECT 1, at, 0", 100_000)
    answer = await pages.get(f"{PATH}?environment=production&start=0", token)
    assert (answer.status, (await answer.json())["error"].startswith("more than 100,000 points")) == (400, True)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "`environment` must be"),
        ("environment=", "`environment` must be"),
        ("environment=a%0Ab", "can be printed"),
        ("environment=production&side=left", "`side` is"),
        ("environment=production&sid=canary", "'sid' is not known"),
        ("environment=production&start=yesterday", "`start`: 'yesterday' is no time"),
        ("environment=production&name=p95&name=a%00b", "'a\\x00b' is no name of a series"),
        ("environment=production&end=1e300", "`end`: '1e300' is no time"),
        ("environment=production&end=2026-11-30", "does not say its offset"),
    ],
)
async def test_a_question_that_cannot_be_answered_is_400(pages: Pages, token: str, query: str, said: str) -> None:
    answer = await pages.get(f"{PATH}?{query}", token)
    assert answer.status == 400
    assert said in (await answer.json())["error"]


# --- who may -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["acme/other", "acme/shop "])
async def test_a_token_speaks_for_its_own_repository_alone(pages: Pages, token: str, named: str) -> None:
    assert "speaks for acme/shop only" in await refusal(pages, token, good(repository=named), 403)
    assert (await pages.post(PATH, good(repository="Acme/Shop"), token)).status == 202
    assert (await pages.get(f"{PATH}?environment=production&repository={quote(named)}", token)).status == 403


async def test_without_a_token_nothing_is_read_or_written(pages: Pages) -> None:
    assert (await pages.post(PATH, good())).status == 401
    assert (await pages.post(PATH, good(), "mst_unknown")).status == 401
    assert (await pages.get(f"{PATH}?environment=production", "mst_unknown")).status == 401


async def test_what_speaks_for_one_commit_says_nothing_of_an_environment(pages: Pages) -> None:
    for grant in (Grant("acme/shop", SHA), Grant("acme/shop", "", "bom.json")):
        bound = await pages.stores.tokens.issue(grant)
        assert "a commit does not judge itself" in await refusal(pages, bound, good(), 403)


@pytest.mark.slow
async def test_of_jobs_only_those_of_the_default_branch_may_send(hosted: Hosted) -> None:
    def job(**claims: str) -> str:
        return hosted.issuer.token(hosted.url, **{"repository": "acme/shop", "sha": hosted.sha, **claims})

    for event in ("push", "schedule", "workflow_dispatch"):
        trusted = job(event_name=event, ref="refs/heads/main")
        assert (await hosted.post(PATH, good(), trusted)).status == 202
    for event, ref in (
        ("push", "refs/heads/fix"),
        ("workflow_dispatch", "refs/heads/fix"),
        ("pull_request", "refs/pull/1/merge"),
        ("pull_request_target", "refs/heads/main"),
        ("merge_group", "refs/heads/gh-readonly-queue/main/pr-1"),
    ):
        answer = await hosted.post(PATH, good(), job(event_name=event, ref=ref))
        assert (answer.status, "default branch" in (await answer.json())["error"]) == (403, True), event
    assert (await hosted.post(PATH, good(), job(repository="acme/unknown", ref="refs/heads/main"))).status == 403


# --- what is not taken -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b'{"a":' * 100_000, "not JSON"),
        (b"[]", 'send {"environment"'),
        ({"environment": "production"}, 'send {"environment"'),
        (good(series=[]), 'send {"environment"'),
        (good(sid="canary"), "'sid' is not known"),
        (good(side="left"), "`side` is"),
        (good(side=None), "`side` is"),
        (good(environment=""), "`environment` must be"),
        (good(environment="a\x00b"), "can be printed"),
        (good(environment="x" * 256), "up to 255"),
        (good(series={"p95": {}}), "series.p95: a list"),
        (good(series={"p95": [[NOW, 1], [NOW]]}), "series.p95[1]: "),
        (good(series={"p95": [[NOW, 1], 7]}), "series.p95[1]: 7 is not"),
        (good(series={"p95": [[NOW, True]]}), "series.p95[0]: True is no finite number"),
        (good(series={"p95": [[NOW, "1"]]}), "series.p95[0]: '1' is no finite number"),
        (good(series={"p95": [[NOW, 10**400]]}), "series.p95[0]: "),
        (good(series={"p95": [[NOW, -1.1e300]]}), "series.p95[0]: -1.1e+300 is no finite number"),
        (good(series={"p95": [[NOW, float("nan")]]}), "NaN is no number of JSON"),
        (good(series={"p95": [[NOW, float("inf")]]}), "Infinity is no number of JSON"),
        (good(series={"p95": [[True, 1]]}), "series.p95[0]: True is no time"),
        (good(series={"p95": [[None, 1]]}), "series.p95[0]: None is no time"),
        (good(series={"p95": [[-1, 1]]}), "series.p95[0]: -1 is no time"),
        (good(series={"p95": [["2026-11-30T10:00:00", 1]]}), "does not say its offset"),
        (good(series={"p95": [["soon", 1]]}), "'soon' is no time"),
        (good(series={"p95": [[NOW * 1_000, 1]]}), "no time"),
        (good(series={"p95": [[NOW, 1], [NOW + 3_700, 1]]}), "series.p95[1]: its time is more than an hour ahead"),
        (good(series={"": [[NOW, 1]]}), "'' is no name"),
        (good(series={" p95": [[NOW, 1]]}), "' p95' is no name"),
        (good(series={"p\n95": [[NOW, 1]]}), "is no name"),
        (good(series={"p\ud800": [[NOW, 1]]}), "is no name"),
        (good(series={"x" * 121: [[NOW, 1]]}), "up to 120"),
        (b'{"environment":"production","series":{"a":[],"a":[]}}', "'a' stands twice"),
    ],
    ids=lambda value: repr(value)[:50],
)
async def test_what_cannot_be_read_is_400_and_says_where(pages: Pages, token: str, body: Any, said: str) -> None:
    assert said in await refusal(pages, token, body)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "line 1: the first column is `time`"),
        ("time\n1\n", "line 1: the first column is `time`"),
        ("at,p95\n1,2\n", "line 1: the first column is `time`"),
        ("time,p95,p95\n", "line 1: 'p95' stands twice"),
        ("time,p95,time\n", "line 1: 'time' stands twice"),
        (f"time,p95\n{NOW},1\n\n{NOW},1,2\n", "line 4: 3 cells, and line 1 has 2"),
        (f"time,p95\n{NOW},many\n", "line 2, p95: 'many' is no finite number"),
        (f"time,p95\n{NOW},inf\n", "line 2, p95: 'inf' is no finite number"),
        (f"time,p95\n{NOW},1e999\n", "line 2, p95: inf is no finite number"),
        ("time,p95\nnow,1\n", "line 2, p95: 'now' is no time"),
        (f'time,p95\n{NOW},"1\n', "line 2: unexpected end of data"),
        (f"time,\n{NOW},1\n", "'' is no name"),
        ("time,p95\n\x00,1\n", "line 2, p95: '\\x00' is no time"),
        ("time,é\n".encode("latin-1"), "not UTF-8"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_a_table_that_cannot_be_read_says_in_which_line(
    pages: Pages, token: str, table: str | bytes, said: str
) -> None:
    sent = table if isinstance(table, bytes) else table.encode()
    answer = await pages.post(f"{PATH}?environment=production", sent, token, **CSV)
    assert answer.status == 400
    assert said in (await answer.json())["error"]
    assert await pages.stores.series.of(PRODUCTION, *EVER) == {}


async def test_a_table_says_in_its_address_what_it_is_of(pages: Pages, token: str) -> None:
    for query, said in (("", "`environment` must be"), ("?environment=production&sid=canary", "'sid' is not known")):
        answer = await pages.post(PATH + query, f"time,p95\n{NOW},1\n".encode(), token, **CSV)
        assert (answer.status, said in (await answer.json())["error"]) == (400, True)


async def test_too_much_at_a_time_is_413_and_too_much_in_all_409(pages: Pages, token: str) -> None:
    many = good(series={"p95": [[NOW, 1]] * 50_001})
    assert await refusal(pages, token, many, 413) == "more than 50,000 points at a time"
    assert "larger than" in await refusal(pages, token, b" " * (4 * 1024 * 1024 + 1), 413)
    await filled(pages, "series", "SELECT at, 'acme/shop', 'staging', '', at, 1", 1_000)
    assert "as many series as are kept" in await refusal(pages, token, good(), 409)


async def test_without_a_database_series_are_503(pages: Pages, token: str) -> None:
    async with pages.stores.main.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE series_points")
    with capture_logs() as logs:
        answer = await pages.post(PATH, good(), token)
    assert answer.status == 503
    assert token not in str(logs)
