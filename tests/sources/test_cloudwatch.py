"""CloudWatch's sums become ticks, and whatever else it answers becomes words; over real HTTP, signatures verified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from app.sources import BadAnswer, BadSelector, NoSeries, Read, SourceError, Sources, Window, check, read
from app.sources.aws import Signer
from app.sources.cloudwatch import CloudWatch
from app.sources.errors import Withheld
from app.wire import Refused, Sign, Unavailable, Wire, root, unsigned
from checks.experiment import Watched
from tests.sources.cloudwatch import ACCESS_KEY, REGION, SECRET_KEY, CloudWatchStandIn, faults, kept, model, serving

START = 1_700_000_040  # of the answers that are kept
WINDOW = Window(START, 60, 4)
DIMENSIONS = {"LoadBalancer": "app/shop/50dc6c495c0c9188", "TargetGroup": "targetgroup/shop-canary/943f017f100becff"}
TOTAL = {"namespace": "AWS/ApplicationELB", "metric": "RequestCount", "dimensions": DIMENSIONS}
BAD = {**TOTAL, "metric": "HTTPCode_Target_5XX_Count"}
SIDE = {"total": TOTAL, "bad": BAD}
ERRORS = {"errors": {"control": SIDE, "canary": SIDE}}


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of AWS' documentation, and none of whoever runs the tests."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setattr("app.wire.Wire._wait", lambda *_: 0.0)


def watched(queries: object = ERRORS, **rules: Any) -> Watched:
    return Watched.model_validate({"baseline": 0.01, "tick_seconds": 60, "queries": queries, **rules})


def entered(url: str = "", **more: Any) -> Sources:
    entry = {"kind": "cloudwatch", "url": url, "region": REGION, "repositories": ["octo/*"], **more}
    return Sources.model_validate({"sources": {"production": entry}})


async def told(stand_in: CloudWatchStandIn, config: Watched | None = None, looks: int = 1, **more: object) -> Read:
    """What the operator's source says to octo/shop."""
    async with serving(stand_in), ClientSession() as session:
        entry = entered(stand_in.url, **more).of("production", "octo/shop")
        for _ in range(looks):
            found = await read(entry.opened(session, "octo/shop"), config or watched(), WINDOW)
    return found


async def answered(answer: object, status: int = 200, sign: Sign = unsigned) -> Read:
    """What comes of an answer that no file has."""

    async def serve(_request: web.Request) -> web.Response:
        return web.json_response(answer, status=status)

    app = web.Application()
    app.router.add_post("/", serve)
    async with TestServer(app) as server, ClientSession() as session:
        wire = Wire(session, root(str(server.make_url(""))), sign=sign)
        return await read(CloudWatch(wire, {}, 60, set()), watched(), WINDOW)


COUNTED = [
    {"total": 1000, "good": 1000},
    {"total": 1200, "good": 1193},
    None,  # no figure is no zero
    {"total": 900, "good": 900},
]


def canary(found: Read) -> list[Any]:
    return [tick["metrics"]["errors"].get("canary") for tick in found.ticks]


async def test_sums_become_ticks_of_whole_numbers() -> None:
    found = await told(CloudWatchStandIn())
    assert [tick["t"] for tick in found.ticks] == [START + 60, START + 120, START + 180, START + 240]
    assert canary(found) == COUNTED


async def test_one_request_a_side_asks_for_exactly_the_ticks() -> None:
    stand_in = CloudWatchStandIn()
    await told(stand_in)
    dimensions = [{"Name": name, "Value": value} for name, value in DIMENSIONS.items()]
    queries = [
        {
            "Id": f"m{place}",
            "MetricStat": {
                "Metric": {"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": dimensions},
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for place, name in enumerate(("RequestCount", "HTTPCode_Target_5XX_Count"))
    ]
    asked = {
        "MetricDataQueries": queries,
        "StartTime": START,
        "EndTime": START + 240,
        "ScanBy": "TimestampAscending",
    }
    assert stand_in.asked == [("GetMetricData", asked)] * 2


async def test_pages_are_read_to_the_last() -> None:
    stand_in = CloudWatchStandIn("page_1.json")
    assert canary(await told(stand_in)) == COUNTED
    tokens = [asked.get("NextToken") for asked in stand_in.of("GetMetricData")]
    assert Counter(tokens) == {None: 2, kept("page_1.json")["NextToken"]: 2}


async def test_pages_without_end_are_refused() -> None:
    with pytest.raises(BadAnswer, match="GetMetricData goes on after 20 pages"):
        await told(CloudWatchStandIn("page_1.json", more="page_1.json"))


async def test_a_canary_without_errors_has_none_of_its_own_to_list() -> None:
    stand_in = CloudWatchStandIn("quiet.json")
    assert canary(await told(stand_in, looks=3))[1] == {"total": 1200, "good": 1200}
    asked = {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "HTTPCode_Target_5XX_Count",
        "Dimensions": [{"Name": "LoadBalancer"}, {"Name": "TargetGroup"}],
    }
    assert stand_in.of("ListMetrics")[0] == asked
    assert len(stand_in.of("ListMetrics")) <= 2  # both sides of the first look may ask at once


async def test_an_error_metric_of_other_dimensions_is_not_a_canary_without_errors() -> None:
    said = "no `HTTPCode_Target_5XX_Count` of AWS/ApplicationELB by LoadBalancer, TargetGroup for two weeks"
    with pytest.raises(NoSeries, match=said):
        await told(CloudWatchStandIn("quiet.json", listed="unlisted.json"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("forbidden.json", "CloudWatch: Forbidden: .*Authentication too complex"),
        ("cut.json", "Maximum number of allowed metrics exceeded"),
    ],
)
async def test_what_is_not_all_is_not_used(name: str, said: str) -> None:
    with pytest.raises(Withheld, match=said):
        await told(CloudWatchStandIn(name))


@pytest.mark.parametrize("code", ["PartialData", "InternalError", None])
async def test_a_result_that_ends_incomplete_is_not_used(code: str | None) -> None:
    answer = kept("data.json")
    answer["MetricDataResults"][1]["StatusCode"] = code
    with pytest.raises(Withheld, match=f"CloudWatch: {code}"):
        await answered(answer)


async def test_who_asks_too_often_asks_again() -> None:
    assert canary(await told(CloudWatchStandIn(throttled=1))) == COUNTED


async def test_who_is_throttled_for_long_gives_up_for_this_time() -> None:
    with pytest.raises(Unavailable):
        await told(CloudWatchStandIn(throttled=99))


async def test_a_wrong_secret_is_told_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-that-was-revoked")
    with pytest.raises(Refused, match="does not match the signature") as caught:
        await told(CloudWatchStandIn())
    assert caught.value.status == 403
    assert "revoked" not in str(caught.value)


async def test_a_session_token_is_sent_and_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-token-for-an-hour")
    stand_in = CloudWatchStandIn()
    assert canary(await told(stand_in)) == COUNTED
    assert set(stand_in.tokens) == {"a-token-for-an-hour"}
    assert set(entered().secrets) == {SECRET_KEY, "a-token-for-an-hour"}


async def test_a_token_that_comes_back_is_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-token-for-an-hour")
    said = "The canonical string should have been x-amz-security-token:a-token-for-an-hour"
    with pytest.raises(Refused) as caught:
        await answered({"message": said}, status=403, sign=Signer(REGION))
    assert "a-token" not in str(caught.value)


async def test_without_credentials_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    stand_in = CloudWatchStandIn()
    with pytest.raises(SourceError, match="no AWS credentials"):
        await told(stand_in)
    assert stand_in.asked == []


async def test_a_profile_that_does_not_exist_is_told() -> None:
    with pytest.raises(SourceError, match="no AWS credentials: ProfileNotFound"):
        await told(CloudWatchStandIn(), profile="nobody")


def result(change: Callable[[Any], None]) -> Any:
    """`data.json` with a change of its first result."""
    answer = kept("data.json")
    change(answer["MetricDataResults"][0])
    return answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([], "no answer of GetMetricData: list"),
        (None, "no answer of GetMetricData: NoneType"),
        ({}, "an answer without MetricDataResults"),
        ({"MetricDataResults": ["m0"]}, "an answer without MetricDataResults"),
        ({"MetricDataResults": []}, "no result for query m0"),
        (result(lambda one: one["Values"].pop()), "not as many values as times"),
        (result(lambda one: one.pop("Timestamps")), "not as many values as times"),
        (result(lambda one: one["Timestamps"].__setitem__(0, START + 30)), "where no interval of 60 seconds begins"),
        (result(lambda one: one["Timestamps"].__setitem__(0, "2023-11-14T22:14:00Z")), "where no interval"),
        (result(lambda one: one["Timestamps"].__setitem__(0, START + 60)), "or two of them"),
        (result(lambda one: one["Values"].__setitem__(0, float("nan"))), "nan as a figure"),
        (result(lambda one: one["Values"].__setitem__(0, "1000")), "'1000' as a figure"),
        (result(lambda one: one["Values"].__setitem__(0, 0.5)), "`total` is 0.5 in an interval"),
        (result(lambda one: one["Values"].__setitem__(0, -3.0)), "`total` is -3.0 in an interval"),
    ],
)
async def test_an_answer_that_is_none_is_refused_and_not_bent(answer: object, said: str) -> None:
    with pytest.raises(BadAnswer, match=said):
        await answered(answer)


async def refused(config: Watched, **more: Any) -> str:
    """Why `config` can never be asked for; "" where it can."""
    async with ClientSession() as session:
        source = entered(**more).of("production", "octo/shop").opened(session, "octo/shop")
        try:
            check(source, config)
        except BadSelector as error:
            return str(error)
    return ""


@pytest.mark.parametrize(
    ("seconds", "finest", "fits"),
    [
        (60, 60, True),
        (300, 60, True),
        (30, 60, False),
        (90, 60, False),
        (30, 10, True),
        (5, 10, False),
        (15, 1, False),
        (0.5, 1, False),
    ],
)
async def test_ticks_are_periods_that_cloudwatch_has(seconds: float, finest: int, fits: bool) -> None:
    said = await refused(watched(tick_seconds=seconds), finest_seconds=finest)
    assert (said == "") is fits
    assert fits or f"tick_seconds is {seconds:g}: CloudWatch adds up by other periods here: " in said
    assert fits or said.endswith("a multiple of 60")


async def test_an_estimate_of_slow_requests_is_no_count() -> None:
    metrics = [{"name": "p95", "kind": "latency_bucket", "tau_ms": 250.0, "margin": 1.25}]
    buckets = {"buckets": {**TOTAL, "metric": "TargetResponseTime"}}
    said = await refused(watched({"p95": {"control": buckets, "canary": buckets}}, metrics=metrics))
    assert "only estimates how many requests were slow" in said


@pytest.mark.parametrize(
    ("side", "said"),
    [
        ({"total": "RequestCount", "bad": "Errors"}, "not a text"),
        (
            {"total": TOTAL, "bad": {**BAD, "dimensions": {**DIMENSIONS, "TargetGroup": "targetgroup/shop-canari/9"}}},
            "bad: TargetGroup is 'targetgroup/shop-canari/9'",
        ),
    ],
)
async def test_what_can_never_be_asked_is_refused_beforehand(side: object, said: str) -> None:
    assert said in await refused(watched({"errors": {"control": side, "canary": side}}))


async def test_what_the_operator_demands_must_be_said() -> None:
    assert await refused(watched(), demand={"LoadBalancer": "app/{repository}/50dc6c495c0c9188"}) == ""
    said = await refused(watched(), demand={"Service": "{repository}"})
    assert said == "the operator lets this repository read no `RequestCount` of these dimensions"


def test_without_the_extra_the_entry_says_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.sources.cloudwatch_entry.installed", lambda: False)
    with pytest.raises(ValidationError, match=r"pip install 'maestro-conductor\[cloudwatch\]'"):
        entered()


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        *((f"{name}.json", "GetMetricData") for name in ("data", "quiet", "page_1", "page_2", "forbidden", "cut")),
        ("listed.json", "ListMetrics"),
        ("unlisted.json", "ListMetrics"),
    ],
)
def test_kept_answers_have_the_published_shape(name: str, operation: str) -> None:
    assert faults(kept(name), model().operation_model(operation).output_shape) == ""
