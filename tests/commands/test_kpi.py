"""`maestro kpi`: what it prints, and the shape of its JSON."""

import asyncio
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from app.model import Cause
from app.storage import Stores, stores
from program.kpi import KPIS
from program.kpi.rows import Closed
from tests.commands.conftest import Maestro

pytestmark = pytest.mark.slow

NUMBER = {"type": ["number", "null"]}
COUNT = {"type": ["integer", "null"], "minimum": 0}
FIGURE = {
    "standing": {"enum": ["told", "too few", "none"]},
    "value": NUMBER,
    "low": NUMBER,
    "high": NUMBER,
    "n": {"type": "integer", "minimum": 0},
    "k": COUNT,
    "of": COUNT,
}


def exactly(**properties: Any) -> dict[str, Any]:
    """An object with these keys and no other."""
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


SCHEMA = exactly(
    repository={"type": ["string", "null"]},
    start={"type": "integer"},
    end={"type": "integer"},
    least={"const": 6},
    confidence={"const": 0.95},
    kpis={
        "type": "array",
        "items": exactly(
            name={"type": "string", "pattern": "^[a-z_]+$"},
            title={"type": "string"},
            unit={"enum": ["share", "seconds", "usd", "minutes", "score"]},
            **FIGURE,
            said={"type": "string"},
            beside={"type": "array", "items": {"type": "string"}},
            parts={"type": "array", "items": exactly(name={"type": "string"}, **FIGURE)},
            before={"anyOf": [{"type": "null"}, exactly(**FIGURE)]},
            ratio=NUMBER,
            course={"type": "array", "items": exactly(**FIGURE), "minItems": 1, "maxItems": 10},
        ),
    },
)


async def fill(kept: Stores) -> None:
    """Seven judged pull requests, four of another repository whose name tries to fool a terminal."""
    for number in range(7):
        await kept.decisions.keep("octo/shop", number + 1, "a" * 40, "ship", b"{}", Cause("test"))
    for number in range(4):
        await kept.decisions.keep("octo/\x1b[2Jevil", number + 1, "b" * 40, "block", b"{}", Cause("test"))
    await kept.pull_times.keep("octo/shop", [Closed(1, 1_000.0, 2_000.0, True)], 2_000.0)


@pytest.fixture
def url(tmp_path: Path, environment: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'maestro.db'}"
    environment.setenv("DATABASE_URL", url)
    return url


@pytest.fixture
def filled(url: str) -> None:
    async def make() -> None:
        async with stores(url) as kept:
            await fill(kept)

    asyncio.run(make())


@pytest.mark.usefixtures("filled")
def test_the_json_has_every_figure_in_the_shape_that_is_documented(maestro: Maestro) -> None:
    ended = maestro("kpi", "--json")
    assert ended.code == 0
    told = json.loads(ended.out)
    jsonschema_rs.validate(SCHEMA, told)
    assert [one["name"] for one in told["kpis"]] == [one.name for one in KPIS]
    assert told["end"] - told["start"] == 30 * 86_400
    by_name = {one["name"]: one for one in told["kpis"]}
    assert (by_name["adoption"]["k"], by_name["adoption"]["n"], by_name["adoption"]["value"]) == (0, 11, 0.0)
    assert by_name["eval_score"]["said"] == "not reported"
    assert by_name["cost_usd"]["of"] == 11


@pytest.mark.usefixtures("filled")
def test_one_repository_and_another_period_can_be_asked_for(maestro: Maestro) -> None:
    told = json.loads(maestro("kpi", "Octo/Shop", "--days", "7", "--json").out)
    jsonschema_rs.validate(SCHEMA, told)
    assert told["repository"] == "octo/shop"
    assert told["end"] - told["start"] == 7 * 86_400
    adoption = next(one for one in told["kpis"] if one["name"] == "adoption")
    assert (adoption["n"], len(adoption["course"])) == (7, 7)


@pytest.mark.usefixtures("filled")
def test_people_get_a_table_that_says_where_there_is_no_figure_and_why(maestro: Maestro) -> None:
    ended = maestro("kpi", "octo/shop")
    assert ended.code == 0
    lines = {line.split("  ")[0]: line for line in ended.out.splitlines()}
    assert "0 %" in lines["Adoption"]
    assert "0 of 7" in lines["Adoption"]
    assert "not reported" in lines["Eval score"]
    assert "too few: 1 of the 6 that a figure takes" in lines["Open to first verdict"]
    assert "Before and after, and no experiment." in ended.out


@pytest.mark.usefixtures("filled")
def test_what_was_never_judged_is_a_mistake_and_its_name_does_no_harm(maestro: Maestro) -> None:
    for name in ("octo/none", "octo", "\x1b[2J'; drop table decisions; --"):
        ended = maestro("kpi", name)
        assert ended.code == 2
        assert "nothing was ever decided in" in ended.err
        assert "\x1b" not in ended.err
    assert maestro("kpi", "--days", "0").code == 2


@pytest.mark.usefixtures("url")
def test_a_database_that_is_not_there_is_no_empty_one(maestro: Maestro) -> None:
    ended = maestro("kpi", "--json")
    assert (ended.code, ended.out) == (4, "")


def test_an_empty_one_tells_of_nothing(url: str, maestro: Maestro) -> None:
    async def make() -> None:
        async with stores(url):
            pass

    asyncio.run(make())
    told = json.loads(maestro("kpi", "--json").out)
    jsonschema_rs.validate(SCHEMA, told)
    assert {one["standing"] for one in told["kpis"]} == {"none"}
