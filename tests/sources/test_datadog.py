"""Datadog's sums become ticks, and whatever else it may answer becomes words; over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import ClientSession, web
from pydantic import ValidationError

from app.sources import BadAnswer, BadSelector, NoSeries, Read, SourceError, Sources, Window, check, read
from app.sources.datadog import metric
from app.sources.errors import Withheld
from app.wire import Refused
from checks.experiment import Watched
from tests.sources.datadog import API_KEY, APPLICATION_KEY, DatadogStandIn, kept, serving, status

START = 1_700_000_040  # of the answers that are kept
WINDOW = Window(START, 30, 4)
TOTAL, BAD = "http.requests{service:shop,version:canary}", "http.errors{service:shop,version:canary}"
SIDE = {"total": TOTAL, "bad": BAD}
ERRORS = {"errors": {"control": SIDE, "canary": SIDE}}


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DD_API_KEY", API_KEY)
    monkeypatch.setenv("DD_APP_KEY", APPLICATION_KEY)


def watched(queries: object = ERRORS, **rules: object) -> Watched:
    return Watched.model_validate({"baseline": 0.01, "queries": queries, **rules})


def entered(url: str = "https://api.datadoghq.eu", **more: object) -> Sources:
    entry = {
        "kind": "datadog",
        "url": url,
        "repositories": ["octo/*"],
        "api_key_env": "DD_API_KEY",
        "application_key_env": "DD_APP_KEY",
        **more,
    }
    return Sources.model_validate({"sources": {"production": entry}})


async def told(
    stand_in: DatadogStandIn, config: Watched | None = None, window: Window = WINDOW, looks: int = 1, **more: object
) -> Read:
    """What the operator's source says to octo/shop."""
    async with serving(stand_in), ClientSession() as session:
        entry = entered(stand_in.url, **more).of("production", "octo/shop")
        for _ in range(looks):
            found = await read(entry.opened(session, "octo/shop"), config or watched(), window)
    return found


def changed(change: Callable[[Any], None]) -> DatadogStandIn:
    """One that answers something else than it should."""
    answer = kept("query.json")
    change(answer)
    return DatadogStandIn(lambda _query: answer)


async def test_sums_become_ticks_of_whole_numbers() -> None:
    found = await told(DatadogStandIn())
    assert [tick["t"] for tick in found.ticks] == [START + 30, START + 60, START + 90, START + 120]
    assert [tick["metrics"]["errors"].get("canary") for tick in found.ticks] == [
        {"total": 100, "good": 100},
        {"total": 120, "good": 118},
        None,  # no figure is no zero
        {"total": 90, "good": 90},
    ]


async def test_one_request_a_side_asks_for_exactly_the_ticks() -> None:
    stand_in = DatadogStandIn()
    await told(stand_in, demand={"team": "{repository}"})
    asked = ",".join(
        f"sum:{name}{{service:shop,version:canary,team:shop}}.as_count().rollup(sum, 30)"
        for name in ("http.requests", "http.errors")
    )
    assert stand_in.queries == [{"from": str(START), "to": str(START + 120), "query": asked}] * 2


async def test_a_metric_is_looked_up_once_for_all_looks() -> None:
    stand_in = DatadogStandIn()
    await told(stand_in, looks=3)
    assert len(stand_in.queries) == 6
    assert set(stand_in.described) == {"http.requests", "http.errors"}
    assert len(stand_in.described) <= 4  # both sides of the first look may ask at once


async def test_no_figure_at_all_is_no_zero() -> None:
    found = await told(DatadogStandIn(lambda _query: kept("empty.json")))
    assert [tick["metrics"]["errors"] for tick in found.ticks] == [{}] * 4


async def test_an_error_metric_that_does_not_exist_is_not_a_canary_without_errors() -> None:
    with pytest.raises(NoSeries, match=r"Datadog knows no metric `http\.errors`"):
        await told(DatadogStandIn(types={"http.requests": "count.json"}))


async def test_what_counts_nothing_is_not_summed() -> None:
    with pytest.raises(BadSelector, match=r"`http\.errors` is of type 'gauge', not of count or rate"):
        await told(DatadogStandIn(types={"http.requests": "count.json", "http.errors": "gauge.json"}))


async def test_a_mean_is_of_requests_and_what_they_cost() -> None:
    def answer(query: str) -> Any:
        found = kept("query.json")
        if "http.cost" in query:
            found["series"][1]["pointlist"] = [[START * 1000, 3.5], [(START + 90) * 1000, 2.25]]
        return found

    side = {"total": TOTAL, "sum": "http.cost{service:shop}"}
    metrics = [{"name": "errors"}, {"name": "cost", "kind": "mean", "role": "report", "margin": 1.1}]
    config = watched({**ERRORS, "cost": {"control": side, "canary": side}}, metrics=metrics)
    found = await told(DatadogStandIn(answer), config)
    costs = [tick["metrics"]["cost"].get("control") for tick in found.ticks]
    assert costs == [{"n": 100, "sum": 3.5}, None, None, {"n": 90, "sum": 2.25}]


async def test_the_interval_that_has_just_begun_is_left_out() -> None:
    def later(answer: Any) -> None:
        answer["series"][0]["pointlist"].append([(START + 120) * 1000, 7.0])

    assert len((await told(changed(later))).ticks) == 4


async def test_counts_that_were_kept_as_rates_are_whole_again() -> None:
    def rates(answer: Any) -> None:
        answer["series"][0]["pointlist"] = [[START * 1000, 2.9999999999999996]]

    assert (await told(changed(rates))).ticks[0]["metrics"]["errors"]["canary"] == {"total": 3, "good": 3}


@pytest.mark.parametrize("interval", [30, 30_000])
async def test_the_interval_may_be_told_in_seconds_or_milliseconds(interval: int) -> None:
    def told_so(answer: Any) -> None:
        for series in answer["series"]:
            series["interval"] = interval

    assert (await told(changed(told_so))).ticks[0]["metrics"]["errors"]


def series(change: Callable[[Any], None]) -> Callable[[Any], None]:
    """`change` of the first series."""
    return lambda answer: change(answer["series"][0])


def points(*values: object) -> Callable[[Any], None]:
    return series(lambda one: one.update(pointlist=list(values)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (series(lambda one: one.update(interval=60)), "intervals of 60 where 30 seconds were asked for"),
        (series(lambda one: one.pop("interval")), "KeyError"),
        (series(lambda one: one.pop("query_index")), "KeyError"),
        (series(lambda one: one.update(query_index=1)), "not one series for each query"),
        (series(lambda one: one.update(query_index=7)), "not one series for each query"),
        (points([(START + 15) * 1000, 1.0]), "where no interval of 30 seconds begins"),
        (points([START * 1000, 1.0], [START * 1000, 2.0]), "or two of them"),
        (points([START * 1000, float("nan")]), "nan as a figure"),
        (points([START * 1000, "1"]), "'1' as a figure"),
        (points([START * 1000, True]), "True as a figure"),
        (points([START * 1000, 10**400]), "1000000.* as a figure"),
        (points([10**400, 1.0]), "OverflowError"),
        (points([None, 1.0]), "TypeError"),
        (points([START * 1000]), "ValueError"),
        (points([START * 1000, 1.0, 2.0]), "ValueError"),
        (points([START * 1000, 1.5]), "`total` is 1.5 in an interval, which is no number of requests"),
        (points([START * 1000, -1.0]), "`total` is -1.0 in an interval"),
        (lambda answer: answer.pop("series"), "KeyError"),
        (lambda answer: answer.pop("status"), "KeyError"),
    ],
)
async def test_an_answer_that_is_none_is_refused_and_not_bent(change: Callable[[Any], None], said: str) -> None:
    with pytest.raises(BadAnswer, match=said):
        await told(changed(change))


@pytest.mark.parametrize("answer", [[], "ok", None, 7])
async def test_an_answer_of_another_shape_is_refused(answer: object) -> None:
    with pytest.raises(BadAnswer, match="no answer of the query API"):
        await told(DatadogStandIn(lambda _query: web.json_response(answer)))


async def test_an_error_in_an_answer_that_is_fine_is_said() -> None:
    with pytest.raises(Withheld, match="unable to parse"):
        await told(DatadogStandIn(lambda _query: kept("failed.json")))


@pytest.mark.parametrize("code", [200, 400])
async def test_what_the_operator_demands_is_not_told_to_the_repository(code: int) -> None:
    words = "unable to parse sum:http.requests{service:shop,team:secret-of-shop}"
    body = {"status": "error", "error": words} if code == 200 else {"errors": [words]}
    stand_in = DatadogStandIn(lambda _query: web.json_response(body, status=code))
    with pytest.raises((Withheld, Refused), match=r"unable to parse sum:http\.requests\{service:shop,…\}") as caught:
        await told(stand_in, demand={"team": "secret-of-{repository}"})
    words = caught.value.said if isinstance(caught.value, Refused) else str(caught.value)
    assert "secret" not in words


async def test_a_description_of_another_shape_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.sources.datadog.kept", lambda _name: {"type": ["count"]})
    with pytest.raises(BadSelector, match="is of type"):
        await told(DatadogStandIn(lambda _query: {}))


async def test_wrong_keys_are_told_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DD_APP_KEY", "a-key-that-was-revoked")
    with pytest.raises(Refused, match="Forbidden") as caught:
        await told(DatadogStandIn())
    assert caught.value.status == 403
    assert not any(key in str(caught.value) for key in (API_KEY, "a-key-that-was-revoked"))


async def test_who_asks_too_often_waits_until_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    limited = [status(429, "limited.json", **{"X-RateLimit-Reset": "0"})]
    monkeypatch.setattr("app.wire.Wire._wait", lambda *_: 0.0)
    stand_in = DatadogStandIn(lambda _query: limited.pop() if limited else kept("query.json"))
    assert (await told(stand_in)).ticks[0]["metrics"]["errors"]
    assert len(stand_in.queries) == 3


@pytest.mark.parametrize("window", [Window(START + 0.5, 30, 2), Window(START + 10, 30, 2), Window(START, 7.5, 2)])
async def test_ticks_that_are_no_intervals_are_not_asked_for(window: Window) -> None:
    stand_in = DatadogStandIn()
    with pytest.raises(BadSelector, match="no intervals of the source"):
        await told(stand_in, window=window)
    assert stand_in.queries == []


@pytest.mark.parametrize(
    "text",
    [
        "http.requests",
        "http.requests{}",
        "http.requests{*}",
        "avg:http.requests{service:shop}",
        "http.requests{service:shop}.rollup(sum, 3600)",
        "http.requests{service:shop} by {host}",
        "http.requests{service:shop} + http.errors{service:shop}",
        "http.requests{service:shop},sum:secret.metric{env:prod}",
        "http.requests{service:shop OR team:other}",
        "default_zero(http.requests{service:shop})",
        "http.requests{service:shop}}",
        "../../v1/validate{service:shop}",
    ],
)
def test_what_is_no_metric_with_tags_is_not_sent(text: str) -> None:
    with pytest.raises(BadSelector, match="no metric of the form"):
        metric(text)


def test_what_the_operator_demands_stands_beside_what_is_said() -> None:
    found = metric("http.requests{service:shop, !code:5*, team:mine}", {"team": "shop"})
    assert found.query(60) == "sum:http.requests{service:shop,!code:5*,team:mine,team:shop}.as_count().rollup(sum, 60)"


@pytest.mark.parametrize(
    ("side", "rules", "said"),
    [
        (SIDE, {"tick_seconds": 7.5}, "tick_seconds is 7.5: Datadog adds up by whole seconds"),
        ({**SIDE, "bad": "http.errors{version:cannary}"}, {}, "bad: version is 'cannary', and 'canary' in the counter"),
        ({**SIDE, "bad": {"namespace": "AWS/ELB", "metric": "Errors"}}, {}, "not a metric with dimensions"),
    ],
)
async def test_what_can_never_be_asked_is_refused_beforehand(side: object, rules: dict[str, Any], said: str) -> None:
    config = watched({"errors": {"control": side, "canary": side}}, **rules)
    async with ClientSession() as session:
        source = entered().of("production", "octo/shop").opened(session, "octo/shop")
        with pytest.raises(BadSelector, match=said):
            check(source, config)


async def test_an_estimate_of_slow_requests_is_no_count() -> None:
    metrics = [{"name": "p95", "kind": "latency_bucket", "tau_ms": 250.0, "margin": 1.25}]
    config = watched({"p95": {"control": {"buckets": TOTAL}, "canary": {"buckets": TOTAL}}}, metrics=metrics)
    async with ClientSession() as session:
        source = entered().of("production", "octo/shop").opened(session, "octo/shop")
        with pytest.raises(BadSelector, match="only estimates how many requests were slow"):
            check(source, config)


def test_the_keys_are_secrets_and_the_file_holds_none() -> None:
    assert set(entered().secrets) == {API_KEY, APPLICATION_KEY}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"api_key_env": ""}, "api_key_env or api_key_file: one of them is needed"),
        ({"application_key_file": "/nowhere"}, "application_key_env or application_key_file: one of them"),
        ({"api_key_env": "NOT_SET"}, "the environment has no variable of the name"),
        ({"url": "http://api.datadoghq.eu"}, "https"),
    ],
)
def test_an_entry_that_could_not_be_asked_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        entered(**more)


async def test_a_key_that_is_gone_is_trouble_of_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = entered().of("production", "octo/shop")
    monkeypatch.delenv("DD_APP_KEY")
    async with ClientSession() as session:
        with pytest.raises(SourceError, match="its keys cannot be read: the environment has no variable of the name"):
            entry.opened(session, "octo/shop")


# --- what the kept answers are ---------------------------------------------------------------------------------

# Names and types of github.com/DataDog/datadog-api-client-python, OpenAPI of version 1.
ANSWER = {
    "error": str, "from_date": int, "group_by": list, "message": str, "query": str, "res_type": str, "series": list,
    "status": str, "to_date": int,
}  # fmt: skip
SERIES = {
    "aggr": str, "display_name": str, "end": int, "expression": str, "interval": int, "length": int, "metric": str,
    "pointlist": list, "query_index": int, "scope": str, "start": int, "tag_set": list, "unit": (list, type(None)),
}  # fmt: skip
BESIDES = {"resp_version", "attributes", "times", "values"}  # that answers have and the description lacks


@pytest.mark.parametrize("name", ["query.json", "empty.json", "failed.json"])
def test_kept_answers_have_the_published_shape(name: str) -> None:
    answer = kept(name)
    shapes: list[tuple[dict[str, Any], dict[str, Any]]] = [(answer, ANSWER)]
    for found, shape in shapes + [(one, SERIES) for one in answer["series"]]:
        assert found.keys() <= shape.keys() | BESIDES
        assert all(isinstance(found[field], kind) for field, kind in shape.items() if field in found)
    assert all(len(point) == 2 for one in answer["series"] for point in one["pointlist"])
