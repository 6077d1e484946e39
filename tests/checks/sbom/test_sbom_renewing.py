"""A manifest that changed without its bill: which bill it belongs to, and what the policy makes of it."""

from typing import Any

import pytest

from checks import sbom
from checks.model import ChangeFacts, Document, FileChange, Missing, SbomPair, Snapshot, State
from checks.sbom import Config

from .supply import BASE, HEAD, PULL, bill

OLD, NEW = bill({"left-pad": "1.0.0"}), bill({"left-pad": "1.0.1"})


def alone(path: str) -> SbomPair:
    """A file that the change does not touch: it is not read."""
    return SbomPair(path, Document(path, BASE), Document(path, HEAD))


def renewed(path: str, text: str = NEW) -> SbomPair:
    return SbomPair(path, Document(path, BASE, OLD), Document(path, HEAD, text))


def judged(paths: list[str], *pairs: SbomPair, **config: Any) -> Any:
    change = ChangeFacts(tuple(FileChange(path, 1, 1) for path in paths))
    return sbom.evaluate(Snapshot(PULL, change=change, sboms=pairs), Config.model_validate(config), {})


def forgotten(paths: list[str], *pairs: SbomPair) -> list[str]:
    """The bills that the change forgot."""
    found = judged(paths, *pairs).detail["findings"]
    return [each["sbom"] for each in found if each["rule"] == "bill_not_renewed"]


def test_a_manifest_that_changes_without_its_bill_is_remarked_on() -> None:
    result = judged(["package.json", "src/a.js"], alone("sbom.json"))
    assert result.state is State.WARN
    assert result.title == "`package.json` changed, and `sbom.json` did not: it tells of before this change"
    assert [(each.rule, each.path) for each in result.findings] == [("bill_not_renewed", "package.json")]
    assert result.next_step.startswith("Generate the SBOM again")


def test_the_policy_may_stop_it_or_let_it_pass() -> None:
    for action, state in (("block", State.BLOCK), ("ignore", State.PASS)):
        rule = {"rule": "bill_not_renewed", "action": action, "path": "sbom.json"}
        assert judged(["go.sum"], alone("sbom.json"), rules=[rule]).state is state


@pytest.mark.parametrize("path", ["package-lock.json", "uv.lock", "requirements/dev.txt", "pom.xml", "Cargo.lock"])
def test_locks_and_manifests_of_every_kind_count(path: str) -> None:
    assert forgotten([path], alone("sbom.json")) == ["sbom.json"]


@pytest.mark.parametrize("path", ["README.md", "node_modules/x/package.json", "web/vendor/y/go.mod", "sbom.json.txt"])
def test_other_files_do_not(path: str) -> None:
    assert forgotten([path], alone("sbom.json")) == []


@pytest.mark.parametrize(
    ("manifest", "bills", "belongs"),
    [
        ("web/package.json", ["sbom.json", "web/bom.json"], ["web/bom.json"]),
        ("web/app/package.json", ["sbom.json", "web/bom.json"], ["web/bom.json"]),
        ("api/go.mod", ["sbom.json", "web/bom.json"], ["sbom.json"]),
        ("package.json", ["web/bom.json"], []),
        ("package.json", ["sbom/shop.json"], ["sbom/shop.json"]),
        ("web/package.json", ["web/sbom/web.json", "sbom/shop.json"], ["web/sbom/web.json"]),
        ("package.json", ["sbom/api.json", "sbom/web.json"], ["sbom/api.json"]),
    ],
)
def test_it_belongs_to_the_nearest_bills_at_or_above_it(manifest: str, bills: list[str], belongs: list[str]) -> None:
    assert forgotten([manifest], *map(alone, bills)) == belongs


@pytest.mark.parametrize(
    "pair",
    [
        renewed("sbom.json"),
        renewed("sbom.json", OLD),
        SbomPair("sbom.json", None, Document("sbom.json", HEAD, NEW)),
        SbomPair("sbom.json", Document("sbom.json", BASE), Document("sbom.json", HEAD, missing=Missing("soon"))),
    ],
    ids=["committed anew", "sent by CI, the same", "new", "still to come"],
)
def test_a_bill_that_was_made_for_the_head_is_not_forgotten(pair: SbomPair) -> None:
    assert forgotten(["package.json"], pair) == []


def test_of_several_bills_in_one_place_one_that_was_renewed_is_enough() -> None:
    assert forgotten(["package.json"], alone("sbom/api.json"), renewed("sbom/web.json")) == []


def test_many_manifests_are_told_in_one_sentence() -> None:
    title = judged([f"p{number}/package.json" for number in range(9)], alone("sbom.json")).title
    assert title.startswith(
        "`p0/package.json`, `p1/package.json`, `p2/package.json` and 6 more changed, and `sbom.json`"
    )
