import jsonschema_rs
import pytest

from app.config import parse
from checks.registry import CHECKS
from tests.pages.conftest import Pages

PATH = "/api/validate"


async def test_a_right_configuration_is_200_with_its_digest(pages: Pages) -> None:
    text = b"version: 1\nrisk: {limit: 0.5}\n"
    answer = await pages.post(PATH, text)
    config = parse(text, checks=CHECKS)
    assert answer.status == 200
    assert await answer.json() == {"valid": True, "digest": getattr(config, "digest", None), "notices": []}


async def test_what_has_no_effect_yet_is_noticed(pages: Pages) -> None:
    answer = await pages.post(PATH, b"version: 1\npools: {}\n")
    (notice,) = (await answer.json())["notices"]
    assert "`pools` has no effect in this version" in notice


async def test_a_wrong_configuration_is_422_naming_line_key_and_the_nearest_key(pages: Pages) -> None:
    answer = await pages.post(PATH, b"version: 1\nrisk:\n  limt: 0.5\n")
    assert answer.status == 422
    body = await answer.json()
    assert body["valid"] is False
    (error,) = body["errors"]
    assert (error["line"], error["key"]) == (3, "risk.limt")
    assert "limit" in str(error)


@pytest.mark.parametrize("body", [b"", b" \n\t"])
async def test_nothing_to_validate_is_400(pages: Pages, body: bytes) -> None:
    assert (await pages.post(PATH, body)).status == 400


async def test_more_than_a_mebibyte_is_413(pages: Pages) -> None:
    assert (await pages.post(PATH, b"#" * (1024 * 1024 + 1))).status == 413


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\x00",
        b"\x00",
        b"- a list",
        b"version: 1\nversion: 1",
        b"a: &a [*a]",
        b"!!python/object/apply:os.system [true]",
        b"{" * 100_000,
        b"[" * 100_000,
        b"#" * (1024 * 1024),
        b"a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n" * 2,
        "version: 1\n\u202eevil: 1".encode(),
    ],
    ids=lambda body: repr(body[:16]),
)
async def test_a_hostile_file_is_refused_with_a_message(pages: Pages, body: bytes) -> None:
    answer = await pages.post(PATH, body)
    assert answer.status == 422
    assert all(error["message"] for error in (await answer.json())["errors"])


async def test_the_served_schema_accepts_what_the_reader_accepts_and_refuses_what_it_refuses(pages: Pages) -> None:
    answer = await pages.get("/schema/maestro.json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    schema = jsonschema_rs.validator_for(await answer.json())
    assert schema.is_valid({"version": 1, "contract": {"post": {"tests": "pass"}}})
    assert not schema.is_valid({"version": 1, "contract": {"pots": {}}})
