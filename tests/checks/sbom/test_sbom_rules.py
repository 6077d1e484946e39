from typing import Any

import pytest

from checks.model import Finding, State
from checks.sbom import Config

from .bills import advisory, document, npm
from .judging import ROOT, compare, measures

# --- licences --------------------------------------------------------------------------------------------------


def test_a_denied_licence_that_arrives_blocks_and_says_why_it_is_there() -> None:
    base = document(npm("bar", "1.0.0", "MIT"), edges={"app": ["bar"]})
    head = document(npm("bar", "1.0.0", "MIT"), npm("foo", "1.2", "AGPL-3.0-only"), edges=ROOT)
    result = compare(base, head)
    assert (result.state, result.title) == (State.BLOCK, "AGPL-3.0-only arrives with `foo` 1.2 (via bar)")
    assert result.findings == (
        Finding(
            "licence",
            result.title,
            path="sbom/app.json",
            purl="pkg:npm/foo@1.2",
            state=State.BLOCK,
            kind="denied",
            trail=("bar", "foo"),
        ),
    )
    assert result.reasons == (result.title,)
    assert "sbom.licenses" in result.next_step
    assert measures(result)["licence_denied"] == 1
    (denied,) = (measure for measure in result.measures if measure.name == "licence_denied")
    assert (denied.state, denied.limit, denied.unit, denied.evidence) == (State.BLOCK, "0", "", "sbom/app.json")


def test_a_denied_licence_that_was_there_is_left_alone_whatever_its_version() -> None:
    result = compare(document(npm("foo", "1.0.0", "AGPLv3")), document(npm("foo", "2.0.0", "AGPL-3.0-or-later")))
    assert [(finding.kind, finding.state) for finding in result.findings] == [("changed", State.WARN)]
    same = document(npm("foo", "2.0.0", "AGPLv3"))
    assert compare(document(npm("foo", "1.0.0", "AGPLv3")), same).findings == ()


@pytest.mark.parametrize("before", [("MIT",), (), ("GPL",)])
def test_a_package_that_turns_to_a_denied_licence_blocks(before: tuple[str, ...]) -> None:
    result = compare(document(npm("foo", "1.0.0", *before)), document(npm("foo", "1.0.0", "GPL-3.0-only")))
    assert (result.state, result.title) == (State.BLOCK, "GPL-3.0-only arrives with `foo` 1.0.0")
    assert len(result.findings) == 1


def test_an_upgrade_into_a_denied_licence_is_told_once_with_its_new_version() -> None:
    result = compare(document(npm("foo", "1.0.0", "MIT")), document(npm("foo", "2.0.0", "GPL-3.0-only")))
    assert [finding.purl for finding in result.findings] == ["pkg:npm/foo@2.0.0"]


def test_a_second_version_under_a_denied_licence_is_an_arrival() -> None:
    head = document(npm("foo", "1.0.0", "MIT"), npm("foo", "2.0.0", "GPL-3.0-only"))
    result = compare(document(npm("foo", "1.0.0", "MIT")), head)
    assert result.title == "GPL-3.0-only arrives with `foo` 2.0.0"


def test_an_arrival_whose_licence_nobody_knows_warns() -> None:
    head = document(npm("bar", "1.0.0", "MIT"), npm("foo", "1.0.0"), npm("baz", "1.0.0", "Acme Terms"))
    result = compare(document(npm("bar", "1.0.0", "MIT")), head)
    assert result.state is State.WARN
    assert [(finding.kind, finding.message, finding.state) for finding in result.findings] == [
        ("unknown", "The licence of `baz` 1.0.0 cannot be judged: Acme Terms", State.WARN),
        ("unknown", "The licence of `foo` 1.0.0 cannot be judged: none stated", State.WARN),
    ]
    assert result.title == "The licence of `baz` 1.0.0 cannot be judged: Acme Terms, and 1 more"


def test_an_unknown_licence_that_was_there_is_no_news_on_an_upgrade() -> None:
    assert compare(document(npm("foo", "1.0.0")), document(npm("foo", "1.1.0"))).findings == ()


def test_without_a_licence_rule_licences_are_nobodys_business() -> None:
    base, head = document(npm("bar")), document(npm("bar"), npm("foo", "1", "AGPL-3.0-only"), npm("baz"))
    assert compare(base, head, Config()).state is State.PASS


def test_an_allow_list_blocks_what_it_does_not_name() -> None:
    config = Config.model_validate({"licenses": {"allow": ["MIT"]}})
    base = document(npm("bar", "1", "MIT"))
    assert compare(base, document(npm("bar", "1", "MIT"), npm("foo", "1", "MIT OR ISC")), config).state is State.PASS
    assert compare(base, document(npm("bar", "1", "MIT"), npm("foo", "1", "ISC")), config).state is State.BLOCK


def test_a_removed_package_under_a_denied_licence_is_welcome() -> None:
    result = compare(document(npm("bar"), npm("foo", "1", "AGPL-3.0-only")), document(npm("bar")))
    assert (result.state, result.title) == (State.PASS, "1 removed")


def test_files_and_libraries_of_one_name_are_judged_apart() -> None:
    parts: list[dict[str, Any]] = [
        {"type": kind, "name": "foo", "version": "1", "licenses": [{"license": {"id": licence}}]}
        for kind, licence in (("file", "MIT"), ("library", "AGPL-3.0-only"))
    ]
    assert compare(document(npm("bar")), document(npm("bar"), *parts)).state is State.BLOCK


# --- versions and vulnerabilities ------------------------------------------------------------------------------


def test_a_step_back_warns() -> None:
    result = compare(document(npm("foo", "2.0.0")), document(npm("foo", "1.0.0")))
    assert (result.state, result.title) == (State.WARN, "`foo` goes back from 2.0.0 to 1.0.0")
    assert [(f.rule, f.purl, f.path) for f in result.findings] == [("downgrade", "pkg:npm/foo@1.0.0", "sbom/app.json")]
    assert "step back" in result.next_step


def test_a_step_that_nobody_can_order_warns() -> None:
    result = compare(document(npm("foo", "")), document(npm("foo", "main")))
    assert result.title == "`foo` goes from no version to main: no telling which is newer"
    assert [finding.rule for finding in result.findings] == ["incomparable_versions"]


def test_an_advisory_at_the_limit_that_the_change_introduces_blocks() -> None:
    base = document(npm("bar"), edges={"app": ["bar"]})
    head = document(
        npm("bar"), npm("foo", "1.2", "MIT"), edges=ROOT, vulnerabilities=[advisory("CVE-1", "foo", severity="high")]
    )
    result = compare(base, head)
    assert (result.state, result.title) == (State.BLOCK, "CVE-1 (high) arrives with `foo` 1.2 (via bar)")
    (finding,) = result.findings
    assert (finding.rule, finding.kind) == ("vulnerability", "introduced")
    assert (finding.severity, finding.id, finding.trail) == ("high", "CVE-1", ("bar", "foo"))
    assert (finding.purl, finding.path) == ("pkg:npm/foo@1.2", "sbom/app.json")
    (risky,) = (measure for measure in result.measures if measure.name == "vulnerabilities_introduced")
    assert (risky.value, risky.unit, risky.limit, risky.state) == (
        1,
        "",
        "0 of severity high or worse",
        State.BLOCK,
    )


@pytest.mark.parametrize(
    ("severity", "limit", "state"),
    [
        ("critical", "high", State.BLOCK),
        ("high", "high", State.BLOCK),
        ("medium", "high", State.WARN),
        ("medium", "medium", State.BLOCK),
        ("low", "medium", State.WARN),
        ("low", "low", State.BLOCK),
        ("info", "low", State.WARN),
        ("high", "critical", State.WARN),
        ("", "critical", State.WARN),
        ("", "low", State.WARN),
    ],
)
def test_severity_is_weighed_against_the_limit_and_unknown_is_a_level_of_its_own(
    severity: str, limit: str, state: State
) -> None:
    rating = {"severity": severity} if severity else {}
    head = document(npm("foo", "2.0.0"), vulnerabilities=[advisory("CVE-1", "foo", **rating)])
    result = compare(document(npm("foo", "1.0.0")), head, Config.model_validate({"severity": limit}))
    assert result.state is state
    assert [(f.state, f.severity) for f in result.findings] == [(state, severity or "unknown")]


def test_an_advisory_that_the_base_had_on_the_same_package_is_not_introduced() -> None:
    known = [advisory("CVE-1", "foo", severity="critical")]
    base = document(npm("foo", "1.0.0"), npm("bar"), vulnerabilities=known)
    moved = compare(base, document(npm("foo", "1.1.0"), npm("bar"), vulnerabilities=known))
    assert (moved.state, moved.title) == (State.WARN, "CVE-1 (critical) was there before, in `foo` 1.1.0")
    spread = [advisory("CVE-1", "foo", "bar", severity="critical")]
    result = compare(base, document(npm("foo", "1.0.0"), npm("bar"), vulnerabilities=spread))
    assert [(finding.kind, finding.purl) for finding in result.findings] == [
        ("newly_published", "pkg:npm/bar@1.0.0"),
        ("preexisting", "pkg:npm/foo@1.0.0"),
    ]


def test_an_advisory_on_two_places_of_one_package_is_told_once() -> None:
    twice = [npm("foo"), npm("bar", components=[npm("foo", **{"bom-ref": "foo2"})])]
    head = document(*twice, vulnerabilities=[advisory("CVE-1", "foo", "foo2", "ghost", severity="high")])
    result = compare(document(npm("foo"), npm("bar")), head)
    assert len([finding for finding in result.findings if finding.rule == "vulnerability"]) == 1


def test_parts_that_could_not_be_read_warn_with_side_and_place() -> None:
    result = compare(document(npm("a"), 3), document(npm("a"), npm("b", "1", "MIT"), 4, licenses=[]))
    assert result.state is State.WARN
    assert [finding.message for finding in result.findings] == [
        "base, components[1]: not an object",
        "head, components[2]: not an object",
    ]
    assert {finding.rule for finding in result.findings} == {"component_unreadable"}
    many = compare(document(npm("a")), document(npm("a"), *range(102)))
    assert "head: 2 more parts could not be read" in many.reasons


def test_what_stops_the_change_comes_first() -> None:
    base = document(npm("bar", "2.0.0"), npm("old", "1"))
    head = document(
        npm("bar", "1.0.0"),
        npm("old", "1"),
        npm("foo", "1", "AGPL-3.0-only"),
        npm("zoo", "1", "MIT"),
        vulnerabilities=[
            advisory("CVE-2", "zoo", severity="low"),
            advisory("CVE-3", "zoo", severity="high"),
            advisory("CVE-4", "zoo", severity="critical"),
        ],
    )
    result = compare(base, head)
    assert [(finding.rule, finding.id) for finding in result.findings] == [
        ("licence", ""),
        ("vulnerability", "CVE-4"),
        ("vulnerability", "CVE-3"),
        ("downgrade", ""),
        ("vulnerability", "CVE-2"),
    ]
    assert result.title == "AGPL-3.0-only arrives with `foo` 1, and 2 more"
    assert len(result.reasons) == 5


def test_a_long_list_of_introducers_is_cut_in_the_message() -> None:
    names = ["d1", "d2", "d3", "d4", "d5"]
    head = document(
        *map(npm, names), npm("foo", "1", "AGPL-3.0-only"), edges={"app": names} | {name: ["foo"] for name in names}
    )
    base = document(*map(npm, names))
    assert compare(base, head).title == "AGPL-3.0-only arrives with `foo` 1 (via d1, d2, d3 and 2 more)"
