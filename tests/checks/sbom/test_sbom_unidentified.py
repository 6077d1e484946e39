"""What nobody can be asked about is counted by reason, and what of it arrives is a finding of its own."""

from typing import Any

import pytest

from checks import sbom
from checks.model import Finding, Snapshot, State
from checks.sbom import Config, report

from .bills import document, npm
from .judging import PULL, files

BLOB = {"type": "library", "name": "blob", "version": "1", "bom-ref": "blob"}
ZLIB = {"type": "library", "name": "zlib", "version": "1.3", "purl": "pkg:generic/zlib@1.3"}
BARE = {"type": "library", "name": "bare", "purl": "pkg:npm/bare"}
BASE = document(npm("a"))
HEAD = document(npm("a"), BLOB, ZLIB, BARE)


def found(base: str, head: str, **block: Any) -> list[Finding]:
    snapshot = Snapshot(PULL, sboms=(files(base, head),))
    result = sbom.evaluate(snapshot, Config.model_validate(block), {})
    return [one for one in result.findings if one.rule == "unidentified"]


def test_each_that_arrives_is_a_finding_that_warns() -> None:
    assert [(one.kind, one.message, one.state) for one in found(BASE, HEAD)] == [
        ("no_version", "Nobody can be asked about `bare`, which arrives without a version", State.WARN),
        ("no_purl", "Nobody can be asked about `blob` 1, which arrives without a package URL", State.WARN),
        (
            "no_advisories",
            "Nobody can be asked about `zlib` 1.3, which arrives of a kind that no advisories are filed under",
            State.WARN,
        ),
    ]


def test_it_says_who_brings_it_and_which_of_its_versions_nobody_can_be_asked_about() -> None:
    edges = {"app": ["a"], "a": ["blob"]}
    (one,) = found(document(npm("a"), edges={"app": ["a"]}), document(npm("a"), BLOB, edges=edges))
    assert one.message == "Nobody can be asked about `blob` 1 (via a), which arrives without a package URL"
    two = document(npm("a"), npm("bare", "2.0.0"), BARE | {"bom-ref": "second"})
    (one,) = found(BASE, two)
    assert (one.kind, one.purl) == ("no_version", "pkg:npm/bare")
    assert "2.0.0" not in one.message


def test_what_was_there_before_is_counted_and_no_finding() -> None:
    after = document(npm("a", "2.0.0"), BLOB, ZLIB, BARE)
    assert found(HEAD, after) == []
    assert found(HEAD, document(npm("a"), BLOB | {"version": "2"}, ZLIB, BARE))[0].message.startswith(
        "Nobody can be asked about `blob` 2"
    )
    told = sbom.as_json(HEAD, after)["unidentified"]
    assert [(one["reason"], one["count"], one["components"]) for one in told] == [
        ("no_purl", 1, ["blob 1"]),
        ("no_version", 1, ["pkg:npm/bare"]),
        ("no_advisories", 1, ["pkg:generic/zlib@1.3"]),
    ]
    assert sbom.as_json(BASE, BASE)["unidentified"] == []


def test_the_answer_of_the_check_counts_them_and_names_some() -> None:
    many = [{"type": "library", "name": f"blob{n:03}", "version": "1"} for n in range(300)]
    snapshot = Snapshot(PULL, sboms=(files(BASE, document(npm("a"), *many)),))
    (told,) = sbom.evaluate(snapshot, Config(), {}).detail["files"][0]["unidentified"]
    assert (told["reason"], told["said"], told["count"]) == ("no_purl", "without a package URL", 300)
    assert told["components"] == [f"blob{n:03} 1" for n in range(10)]


@pytest.mark.parametrize(
    ("rule", "kinds"),
    [
        ({}, {"no_purl", "no_version", "no_advisories"}),
        ({"class": "no_purl"}, {"no_purl"}),
        ({"ecosystem": "generic"}, {"no_advisories"}),
        ({"scope": "runtime"}, {"no_purl", "no_version", "no_advisories"}),
        ({"scope": "development"}, set()),
        ({"purl": "pkg:npm/*"}, {"no_version"}),
    ],
)
def test_a_rule_of_its_own_weighs_them(rule: dict[str, Any], kinds: set[str]) -> None:
    rules = [{"rule": "unidentified", "action": "block", **rule}]
    assert {one.kind for one in found(BASE, HEAD, rules=rules) if one.state is State.BLOCK} == kinds


def test_where_the_rules_want_nobody_to_be_asked_nobody_is_missed() -> None:
    assert found(BASE, HEAD, advisories={"source": "bill"}) == []


def test_an_exception_may_answer_for_one() -> None:
    excuse = {"purl": "pkg:generic/zlib", "owner": "@a", "reason": "ours", "expires": "2026-07-01"}
    outcome = report.compare(BASE, HEAD, Config.model_validate({"exceptions": [excuse]}), day="2026-06-10")
    assert [one.concern.kind for one in outcome.judged] == ["no_version", "no_purl"]
