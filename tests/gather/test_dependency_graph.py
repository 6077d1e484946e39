"""Where nobody else may be asked for advisories, GitHub's own graph is."""

import json

import pytest

from app.github.sandbox import Repo, Sandbox
from app.main import reader_with_token
from app.model import Kind, Trigger
from checks.judge import Case, judge
from checks.model import Advisories, Missing, State
from checks.sbom.advisories import advisory
from tests.road.supply import brings, kept

pytestmark = pytest.mark.slow


async def gathered(sandbox: Sandbox, number: int) -> Case:
    """What a reader without a database and without OSV knows of a pull request."""
    async with reader_with_token(sandbox.token("carol"), sandbox.url, "") as reader:
        opened = await reader.open(Trigger(Kind.EVALUATE, "octo/shop", number=number))
        assert opened is not None
        return await reader.gather(opened, 0)


async def told(graph: list[tuple[str, tuple[tuple[str, str], ...]]] | None) -> Case:
    """The case of a change that brings jinja2 2.4.0, where the graph lists these packages as added."""
    async with Sandbox(Sandbox.generate_app()) as sandbox:
        repo: Repo = kept(sandbox)
        number, _ = brings(repo)
        for purl, advisories in graph or ():
            repo.graph_adds(purl, *advisories)
        case = await gathered(sandbox, number)
        assert sandbox.violations == []
        return case


@pytest.mark.parametrize("purl", ["pkg:pypi/jinja2@2.4.0", "pkg:/pypi/Jinja2@2.4.0"])
async def test_what_the_graph_knows_of_an_added_package_stops_it(purl: str) -> None:
    case = await told([(purl, (("GHSA-1", "critical"), ("GHSA-2", "moderate")))])
    found = case.snapshot.advisories
    assert isinstance(found, Advisories)
    assert found.source == "GitHub's dependency graph"
    assert found.unasked == ("1 packages that GitHub's graph does not list as added",)
    known = advisory.known(found.records).of("pypi", "jinja2", "2.4.0")
    assert [(one.id, one.severity) for one in known] == [("GHSA-1", "critical"), ("GHSA-2", "medium")]
    decision = judge(case)
    assert decision is not None
    assert next(row for row in decision.rows if row.result.name == "sbom").result.state is State.BLOCK


async def test_one_advisory_on_two_packages_is_one_record() -> None:
    case = await told([(f"pkg:pypi/{name}@2.4.0", (("GHSA-1", "high"),)) for name in ("jinja2", "jinja")])
    found = case.snapshot.advisories
    assert isinstance(found, Advisories)
    (record,) = found.records
    assert [one["package"]["name"] for one in json.loads(record)["affected"]] == ["jinja2", "jinja"]


async def test_an_advisory_on_a_package_that_no_bill_can_be_held_against_holds() -> None:
    case = await told([("pkg:generic/zlib@1", (("GHSA-1", "high"),)), ("", (("GHSA-2", "high"),))])
    found = case.snapshot.advisories
    assert isinstance(found, Advisories)
    assert (found.records, [one.id for one in found.unread]) == ((), ["GHSA-1", "GHSA-2"])
    decision = judge(case)
    assert decision is not None
    result = next(row for row in decision.rows if row.result.name == "sbom").result
    assert result.state is State.UNMEASURED
    assert result.title.startswith(
        "An advisory could not be read: GHSA-1: GitHub's graph names it for pkg:generic/zlib@1"
    )


async def test_packages_of_a_kind_without_advisories_are_passed_over() -> None:
    case = await told([("pkg:generic/zlib@1", ()), ("", ())])
    found = case.snapshot.advisories
    assert isinstance(found, Advisories)
    assert (found.records, found.unread) == ((), ())


async def test_a_graph_that_is_switched_off_is_not_a_clean_bill() -> None:
    case = await told(None)
    assert case.snapshot.advisories == Missing("asking for advisories: GitHub answered 403")
    decision = judge(case)
    assert decision is not None
    assert next(row for row in decision.rows if row.result.name == "sbom").result.state is State.UNMEASURED
