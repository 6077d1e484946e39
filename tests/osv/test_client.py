"""The client against a service that insists on the contract."""

import json

import pytest
from aiohttp import ClientSession

from app.osv.client import Limits, Memory, Osv
from app.osv.model import Found, Package
from app.osv.sandbox import Fault, OsvSandbox
from app.wire import TooLarge, Unavailable, Wire, root
from checks.advised import Listing, Unread
from tests.osv.conftest import Naps, client
from tests.osv.records import record

QS = Package("pkg:npm/qs", "6.5.2")


def ids(found: object) -> list[str]:
    return [one.id for one in found.records]  # type: ignore[attr-defined]


def batches(service: OsvSandbox) -> list[list[str]]:
    """The purls of each batch."""
    bodies = [one.body for one in service.requests if one.path == "/v1/querybatch" and one.status == 200]
    return [[query["package"]["purl"] for query in body["queries"]] for body in bodies]


def read(service: OsvSandbox) -> list[str]:
    """The ids of the records that were fetched."""
    return [one.path.rpartition("/")[2] for one in service.requests if one.method == "GET"]


async def test_a_package_that_is_hit_brings_all_that_is_known_of_it(osv: Osv, service: OsvSandbox) -> None:
    service.publish(record("GHSA-now", "qs", fixed="6.5.3"), record("GHSA-later", "qs", "7.0.0", "7.1.0"))
    service.publish(record("GHSA-other", "left-pad"))
    found = await osv.about([QS, Package("pkg:npm/express", "4.0.0")])
    assert ids(found) == ["GHSA-later", "GHSA-now"]
    assert batches(service) == [["pkg:npm/express@4.0.0", "pkg:npm/qs@6.5.2"], ["pkg:npm/qs"]]
    assert found.unread == ()


async def test_a_package_that_is_not_hit_brings_nothing(osv: Osv, service: OsvSandbox) -> None:
    service.publish(record("GHSA-old", "qs", fixed="6.5.2"))
    assert (await osv.about([QS])).records == ()
    assert len(batches(service)) == 1


async def test_nothing_is_asked_about_nothing(osv: Osv, service: OsvSandbox) -> None:
    assert (await osv.about([])).records == ()
    assert service.requests == []


async def test_what_no_check_reads_of_a_record_is_not_kept(osv: Osv, service: OsvSandbox) -> None:
    service.publish(
        record("GHSA-now", "qs", summary="Short.", references=[{"type": "WEB", "url": "https://a.example"}])
    )
    (kept,) = (await osv.about([QS])).records
    assert json.loads(kept.text).keys() == {"id", "summary", "modified", "published", "affected"}


async def test_the_second_question_within_ten_minutes_costs_nothing(osv: Osv, service: OsvSandbox) -> None:
    service.publish(record("GHSA-now", "qs"))
    first = await osv.about([QS])
    asked = len(service.requests)
    assert await osv.about([QS]) == first
    assert len(service.requests) == asked


async def test_after_that_the_service_is_asked_and_only_what_changed_is_read(
    service: OsvSandbox, session: ClientSession
) -> None:
    now = [0.0]
    osv = Osv(Wire(session, root(service.url)), Memory(), timer=lambda: now[0])
    service.publish(record("GHSA-a", "qs"), record("GHSA-b", "qs"))
    await osv.about([QS])
    now[0] = 601.0
    service.publish(record("GHSA-b", "qs", modified="2024-06-01T00:00:00Z"), record("GHSA-c", "qs"))
    assert ids(await osv.about([QS])) == ["GHSA-a", "GHSA-b", "GHSA-c"]
    assert sorted(read(service)) == ["GHSA-a", "GHSA-b", "GHSA-b", "GHSA-c"]


async def test_a_record_that_lags_behind_its_index_is_read_again(service: OsvSandbox, session: ClientSession) -> None:
    now, shelf = [0.0], Memory()
    osv = Osv(Wire(session, root(service.url)), shelf, timer=lambda: now[0])
    service.publish(record("GHSA-a", "qs", modified="2024-06-01T00:00:00Z"))
    await osv.about([QS])
    (kept,) = (await shelf.get(["GHSA-a"])).values()
    assert kept.modified == "2024-06-01T00:00:00Z"
    service.records["GHSA-a"] = record("GHSA-a", "qs", modified="2024-06-01T00:00:00.000000Z")
    now[0] = 601.0
    await osv.about([QS])
    assert read(service) == ["GHSA-a"]  # the same moment, written otherwise


async def test_a_record_of_which_the_index_names_no_time_is_read_each_time(
    service: OsvSandbox, session: ClientSession
) -> None:
    now = [0.0]
    osv = Osv(Wire(session, root(service.url)), Memory(), timer=lambda: now[0])
    service.publish(record("GHSA-a", "qs", modified=""))
    await osv.about([QS])
    now[0] = 601.0
    await osv.about([QS])
    assert read(service) == ["GHSA-a", "GHSA-a"]


async def test_more_than_a_thousand_packages_go_in_batches_of_a_thousand(osv: Osv, service: OsvSandbox) -> None:
    await osv.about([Package(f"pkg:npm/p{number}", "1.0.0") for number in range(2_001)])
    assert sorted(len(batch) for batch in batches(service)) == [1, 1_000, 1_000]


@pytest.mark.parametrize("token", ["next_page_token", "nextPageToken"])
async def test_every_page_of_every_answer_is_read(osv: Osv, service: OsvSandbox, token: str) -> None:
    service.page, service.token = 2, token
    service.publish(*(record(f"GHSA-{number}", "qs") for number in range(5)), record("GHSA-x", "express"))
    found = await osv.about([QS, Package("pkg:npm/express", "4.0.0")])
    assert ids(found) == [*(f"GHSA-{number}" for number in range(5)), "GHSA-x"]
    first, *others = batches(service)[:3]
    assert first == ["pkg:npm/express@4.0.0", "pkg:npm/qs@6.5.2"]
    assert others == [["pkg:npm/qs@6.5.2"]] * 2


async def test_pages_that_do_not_end_end(service: OsvSandbox, session: ClientSession, naps: Naps) -> None:
    service.page = 1
    service.publish(*(record(f"GHSA-{number}", "qs") for number in range(9)))
    with pytest.raises(Unavailable, match="do not end"):
        await client(service, session, naps, Limits(pages=3)).about([QS])


async def test_a_page_that_is_refused_after_others_loses_nothing_in_silence(osv: Osv, service: OsvSandbox) -> None:
    service.page = 1
    service.publish(record("GHSA-a", "qs"), record("GHSA-b", "qs"))
    service.faults.extend([Fault(), Fault(400)])
    with pytest.raises(Unavailable, match="refuses the next page"):
        await osv.about([QS])


async def test_more_records_than_anybody_reads_are_refused_before_they_are_fetched(
    service: OsvSandbox, session: ClientSession, naps: Naps
) -> None:
    service.publish(*(record(f"GHSA-{number}", "qs") for number in range(4)))
    with pytest.raises(TooLarge, match="more than 3"):
        await client(service, session, naps, Limits(records=3)).about([QS])
    assert read(service) == []


async def test_one_question_that_is_refused_does_not_silence_the_others(
    service: OsvSandbox, session: ClientSession, naps: Naps
) -> None:
    osv = client(service, session, naps, Limits())
    service.publish(record("GHSA-now", "qs"))
    found = await osv.about([QS, Package("pkg:npm/", "1.0.0"), Package("pkg:npm/a", "1.0.0")])
    assert ids(found) == ["GHSA-now"]
    assert found.unasked == ("pkg:npm/@1.0.0: OSV refused the question: Invalid Package URL.",)
    service.violations.clear()


async def test_a_service_that_refuses_everything_is_taken_for_away(
    service: OsvSandbox, session: ClientSession, naps: Naps
) -> None:
    osv = client(service, session, naps, Limits(refusals=2))
    with pytest.raises(Unavailable, match="400"):
        await osv.about([Package(f"pkg:npm/{'/' * number}", "1.0.0") for number in range(64)])
    assert len(service.requests) < 30
    service.violations.clear()


async def test_a_service_that_refuses_the_few_questions_of_a_small_bill_is_away(osv: Osv, service: OsvSandbox) -> None:
    service.refusing = True
    with pytest.raises(Unavailable, match="refuses every question: Out of order"):
        await osv.about([QS, Package("pkg:npm/a", "1.0.0")])
    with pytest.raises(Unavailable):
        await osv.about([QS])


async def test_a_bill_of_questions_that_are_refused_is_told_apart_from_a_service_that_refuses_all(
    osv: Osv, service: OsvSandbox
) -> None:
    found = await osv.about([Package("pkg:npm/", "1.0.0")])
    assert found.unasked == ("pkg:npm/@1.0.0: OSV refused the question: Invalid Package URL.",)
    service.violations.clear()


async def test_what_osv_itself_names_for_each_version_is_told(osv: Osv, service: OsvSandbox) -> None:
    service.publish(record("GHSA-b", "qs"), record("GHSA-a", "qs"), record("GHSA-later", "qs", "7.0.0"))
    service.publish({"id": "GHSA-bare", "modified": ""})
    service.listed["pkg:npm/a@1.0.0"] = ["GHSA-bare"]
    found = await osv.about([QS, Package("pkg:npm/a", "1.0.0"), Package("pkg:npm/none", "1.0.0")])
    assert found.listed == (
        Listing("pkg:npm/a", "1.0.0", ("GHSA-bare",)),
        Listing("pkg:npm/qs", "6.5.2", ("GHSA-a", "GHSA-b")),
    )
    assert ids(found) == ["GHSA-a", "GHSA-b", "GHSA-bare", "GHSA-later"]
    assert await osv.about([QS]) == Found(found.records[:2] + found.records[3:], listed=found.listed[1:])


DEEP = b'{"id": "GHSA-bad", "a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>", "the answer is not JSON"),
        (b'{"id": "GHSA-bad", ', "the answer is not JSON"),
        (DEEP, "the answer is nested too deep"),
        (b'{"id": "GHSA-bad", "x": NaN}', "no JSON"),
        (b'"GHSA-bad"', "no OSV record"),
        (b'{"id": "GHSA-else"}', "OSV sent the record of another"),
        (b'{"id": "GHSA-bad", "x": "' + b"x" * 10_000_000 + b'"}', "more than 8,388,608 bytes"),
    ],
    ids=["no JSON", "half", "deep", "NaN", "a text", "another", "10 MB"],
)
async def test_a_record_that_cannot_be_read_is_named_and_the_rest_is_read(
    osv: Osv, service: OsvSandbox, body: bytes, why: str
) -> None:
    service.publish(record("GHSA-a", "qs"), record("GHSA-bad", "qs"))
    service.bodies["GHSA-bad"] = body
    found = await osv.about([QS])
    (unread,) = found.unread
    assert (ids(found), unread.id, found.unasked) == (["GHSA-a"], "GHSA-bad", ())
    assert why in unread.why
    assert found.listed == (Listing(QS.purl, QS.version, ("GHSA-a", "GHSA-bad")),)
    assert len(service.requests) < 10


@pytest.mark.parametrize("depth", [400, 900, 950, 980, 1_000, 1_100])
async def test_however_deep_a_record_is_it_is_read_or_named(osv: Osv, service: OsvSandbox, depth: int) -> None:
    service.publish(record("GHSA-now", "qs"))
    nested = json.dumps(record("GHSA-now", "qs"))[:-1].encode() + b', "x": ' + b"[" * depth + b"]" * depth + b"}"
    service.bodies["GHSA-now"] = nested
    found = await osv.about([QS])
    assert [*ids(found), *(one.id for one in found.unread)] == ["GHSA-now"]
    assert all("nested too deep" in one.why for one in found.unread)


async def test_half_a_character_costs_no_record(osv: Osv, service: OsvSandbox) -> None:
    service.publish(record("GHSA-now", "qs", summary="half \ud800 of one"))
    (kept,) = (await osv.about([QS])).records
    assert json.loads(kept.text)["summary"] == "half ? of one"
    assert kept.text.encode()


async def test_a_record_that_only_concerns_other_versions_is_missed_less(osv: Osv, service: OsvSandbox) -> None:
    service.publish(record("GHSA-now", "qs"), record("GHSA-later", "qs", "7.0.0"))
    service.bodies["GHSA-later"] = b"<html>"
    found = await osv.about([QS])
    assert (ids(found), found.unread) == (["GHSA-now"], ())
    assert found.unasked == ("GHSA-later, which is about other versions: the answer is not JSON",)


async def test_a_record_that_is_gone_or_too_long_is_told_and_the_rest_is_read(
    service: OsvSandbox, session: ClientSession, naps: Naps
) -> None:
    service.publish(record("GHSA-a", "qs"), record("GHSA-long", "qs", summary="x" * 4_000))
    service.publish(record("GHSA-odd", "qs") | {"id": "GHSA-odd"})
    service.records["GHSA-odd"] = record("GHSA-even", "qs")
    found = await client(service, session, naps, Limits(record_bytes=2_000)).about([QS])
    assert ids(found) == ["GHSA-a"]
    assert found.unread == (
        Unread("GHSA-long", "more than 2,000 bytes"),
        Unread("GHSA-odd", "OSV sent the record of another"),
    )


@pytest.mark.parametrize(
    "fault", [Fault(429, retry_after=3), Fault(500), Fault(503), Fault(garbage=True), Fault(cut=True)], ids=str
)
async def test_what_passes_is_waited_out(osv: Osv, service: OsvSandbox, naps: Naps, fault: Fault) -> None:
    service.publish(record("GHSA-now", "qs"))
    service.faults.extend([fault, fault])
    assert ids(await osv.about([QS])) == ["GHSA-now"]
    assert naps.taken == ([3.0, 3.0] if fault.retry_after else [0.5, 1.0])


@pytest.mark.parametrize("fault", [Fault(429), Fault(500), Fault(garbage=True), Fault(cut=True)], ids=str)
async def test_what_does_not_pass_is_an_error_and_never_an_empty_answer(
    osv: Osv, service: OsvSandbox, fault: Fault
) -> None:
    service.faults.extend([fault] * 4)
    with pytest.raises(Unavailable):
        await osv.about([QS])


async def test_a_failure_halfway_is_a_failure(osv: Osv, service: OsvSandbox) -> None:
    service.publish(*(record(f"GHSA-{number}", "qs") for number in range(20)))
    service.faults.extend([Fault(), Fault(), *[Fault(500)] * 40])
    with pytest.raises(Unavailable):
        await osv.about([QS])


async def test_a_service_that_takes_too_long_is_away(service: OsvSandbox, session: ClientSession, naps: Naps) -> None:
    service.faults.append(Fault(delay=2.0))
    with pytest.raises(Unavailable, match="not done within"):
        await client(service, session, naps, Limits(whole=0.1)).about([QS])


async def test_no_redirect_is_followed(osv: Osv, service: OsvSandbox) -> None:
    service.faults.append(Fault(302, location="http://169.254.169.254/latest"))
    with pytest.raises(Unavailable, match="redirected"):
        await osv.about([QS])
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"results": []},
        {"results": [[]]},
        {"results": [{"vulns": [{"id": "../x", "modified": ""}]}]},
        {"results": [{"vulns": 0}]},
        {"results": [{"vulns": {}}]},
        {"results": [{"vulns": [], "next_page_token": 0}]},
        {"results": [{"nextPageToken": ["x"]}]},
        7,
    ],
)
async def test_an_answer_of_another_shape_is_none(
    session: ClientSession, naps: Naps, answer: object, aiohttp_server: object
) -> None:
    from aiohttp import web

    app = web.Application()

    async def say(_request: web.Request) -> web.Response:
        return web.json_response(answer)

    app.router.add_post("/v1/querybatch", say)
    server = await aiohttp_server(app)  # type: ignore[operator]
    with pytest.raises(Unavailable, match=r"shape"):
        await Osv(Wire(session, root(str(server.make_url(""))), naps.tuning()), Memory()).about([QS])


@pytest.mark.parametrize(
    "address",
    [
        "http://api.osv.dev",
        "ftp://api.osv.dev",
        "https://",
        "api.osv.dev",
        "https://user@api.osv.dev",
        "https://api.osv.dev?x=1",
        "http://127.0.0.1.example.com",
        "http://[",
    ],
)
def test_only_https_or_this_machine_is_ever_asked(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        root(address)


@pytest.mark.parametrize("address", ["https://api.osv.dev", "https://osv.example/mirror/", "http://127.0.0.1:9"])
def test_such_addresses_are_taken(address: str) -> None:
    assert str(root(address)).rstrip("/") == address.rstrip("/")
