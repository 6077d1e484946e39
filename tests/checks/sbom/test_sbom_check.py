import json
from typing import Any

import pytest
from pydantic import ValidationError

from app.render.templates import render
from checks import sbom
from checks.model import Missing, Mode, Need, SbomPair, Snapshot, State
from checks.sbom import Config

from .bills import document, npm, pair
from .judging import PULL, ROOT, STRICT, compare, files, judge, measures

# --- what cannot be measured -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "state", "reason"),
    [
        (Missing("no token"), State.UNMEASURED, "no token"),
        (Missing("the upload is running", coming=True), State.WAIT, "the upload is running"),
        (Missing("GitHub answered 502", ours=True), State.ERROR, "GitHub answered 502"),
        (None, State.ERROR, "the bills of materials were not gathered"),
    ],
)
def test_a_missing_section_is_what_it_says(section: Missing | None, state: State, reason: str) -> None:
    result = sbom.evaluate(Snapshot(PULL, sboms=section), STRICT, {})
    assert (result.state, result.reasons, result.title) == (state, (reason,), f"SBOM not read: {reason}")
    assert result.measures == ()


@pytest.mark.parametrize("side", ["base", "head"])
@pytest.mark.parametrize(
    ("missing", "state"),
    [
        (Missing("over 10 MB"), State.UNMEASURED),
        (Missing("soon", coming=True), State.WAIT),
        (Missing("502", ours=True), State.ERROR),
    ],
)
def test_a_document_that_was_not_read_is_what_it_says(side: str, missing: Missing, state: State) -> None:
    good = document(npm("a"))
    result = judge(files(missing, good) if side == "base" else files(good, missing))
    assert result.state is state
    assert result.title == f"The {side}'s SBOM was not read: {missing.reason}"


@pytest.mark.parametrize("pairs", [(), (files(None, None),)])
def test_no_file_at_all_is_unmeasured_and_says_where_one_was_looked_for(pairs: tuple[SbomPair, ...]) -> None:
    result = judge(*pairs, config=Config.model_validate({"paths": ["sbom/*.json", "x.json"]}))
    assert (result.state, result.title) == (State.UNMEASURED, "No SBOM found at sbom/*.json, x.json")
    assert result.reasons == ("neither base nor head has a file at sbom/*.json, x.json",)
    assert "Commit a CycloneDX or SPDX file" in result.next_step


def test_a_first_bill_is_no_baseline_and_no_flood_of_arrivals() -> None:
    result = judge(files(None, document(*(npm(f"p{n}", "1.0.0", "AGPL-3.0-only") for n in range(50)))))
    assert (result.state, result.findings, result.measures) == (State.UNMEASURED, (), ())
    assert result.title == "No baseline: the base has no SBOM to compare with"
    assert "base branch first" in result.next_step


def test_a_file_that_was_not_compared_has_the_same_fields_in_detail_and_no_changes() -> None:
    (file,) = judge(files(None, document(npm("a")))).detail["files"]
    assert file == {
        "path": "sbom/app.json",
        "comparison": "no_baseline",
        "baseline": None,
        "graph": False,
        "unidentified": [],
        "title": "No baseline: the base has no SBOM to compare with",
        "base_components": None,
        "head_components": None,
        "changes": [],
        "more": 0,
    }


def test_removing_the_bill_does_not_open_the_gate() -> None:
    result = judge(files(document(npm("a")), None))
    assert (result.state, result.title) == (State.UNMEASURED, "This change removes the SBOM")
    assert "Restore it" in result.next_step


@pytest.mark.parametrize("side", ["base", "head"])
def test_an_unreadable_bill_is_unmeasured_and_names_its_path_and_side(side: str) -> None:
    good, bad = document(npm("a")), "{ not json"
    result = judge(files(good, bad, "sbom/x.json") if side == "head" else files(bad, good, "sbom/x.json"))
    assert result.state is State.UNMEASURED
    assert result.title.startswith(f"The {side}'s SBOM cannot be read: no JSON object")
    assert result.reasons == (f"sbom/x.json: {result.title}",)
    assert "Generate the file again" in result.next_step


def test_an_unchanged_bill_passes_even_where_it_could_not_be_read() -> None:
    result = judge(files("same", "same"))
    assert (result.state, result.title) == (State.PASS, "SBOM unchanged")
    assert set(measures(result).values()) == {0}


def packages(count: int, start: int = 0) -> str:
    return document(*(npm(f"p{n}") for n in range(start, start + count)))


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [
        (10, 4, State.UNMEASURED),
        (10, 5, State.PASS),
        (9, 1, State.PASS),
        (11, 5, State.UNMEASURED),
        (11, 6, State.PASS),
    ],
)
def test_a_bill_of_ten_or_more_that_lost_over_half_is_a_failed_generator(before: int, after: int, state: State) -> None:
    result = compare(packages(before), packages(after))
    assert result.state is state
    if state is State.UNMEASURED:
        assert result.title == f"The SBOM shrank from {before} to {after} components"
        assert "generator" in result.next_step


@pytest.mark.parametrize(
    ("before", "after"), [(packages(3), packages(3, 5)), (packages(2), packages(0)), (packages(0), packages(2))]
)
def test_bills_without_a_component_in_common_cannot_be_compared(before: str, after: str) -> None:
    result = compare(before, after)
    assert (result.state, result.findings) == (State.UNMEASURED, ())
    assert result.title.startswith("Nothing comparable: ")
    assert "baseline" in result.next_step


def test_the_counts_of_incomparable_bills_are_told() -> None:
    title = "Nothing comparable: no component in common (3 in the base, 4 in the head)"
    assert compare(packages(3), packages(4, 5)).title == title


def test_two_empty_bills_are_equal() -> None:
    result = compare(document(), document(version=2))
    assert (result.state, result.title) == (State.PASS, "No component changed")


# --- several files, and the whole answer -----------------------------------------------------------------------


def test_many_bills_are_judged_together_and_the_worst_leads() -> None:
    good = files(document(npm("a")), document(npm("a"), npm("b", "1", "MIT")), "sbom/z.json")
    new = files(None, document(npm("a")), "sbom/b.json")
    bad = files(document(npm("a")), document(npm("a"), npm("c", "1", "AGPL-3.0-only")), "sbom/c.json")
    result = judge(good, new, bad)
    assert (result.state, result.title) == (State.BLOCK, "AGPL-3.0-only arrives with `c` 1")
    assert result.reasons[-1] == "sbom/b.json: No baseline: the base has no SBOM to compare with"
    assert measures(result)["added"] == 2
    assert result.measures[0].evidence == "sbom/c.json, sbom/z.json"
    assert [file["path"] for file in result.detail["files"]] == ["sbom/b.json", "sbom/c.json", "sbom/z.json"]
    held = judge(good, new)
    assert (held.state, held.title) == (
        State.UNMEASURED,
        "sbom/b.json: No baseline: the base has no SBOM to compare with",
    )


@pytest.mark.parametrize(
    ("missing", "state"),
    [(Missing("x", coming=True), State.WAIT), (Missing("x"), State.UNMEASURED), (Missing("x", ours=True), State.ERROR)],
)
def test_one_unmeasured_file_outweighs_a_warning_but_not_a_block(missing: Missing, state: State) -> None:
    warns = files(document(npm("a", "2")), document(npm("a", "1")), "a.json")
    blocks = files(document(npm("a")), document(npm("a"), npm("c", "1", "AGPL-3.0-only")), "b.json")
    absent = files(missing, document(npm("a")), "c.json")
    assert judge(warns, absent).state is state
    assert judge(warns, absent, blocks).state is State.BLOCK


def test_the_order_of_files_makes_no_difference() -> None:
    one = files(document(npm("a")), document(npm("a"), npm("b", "1", "MIT")), "1.json")
    two = files(document(npm("a", "2")), document(npm("a", "1")), "2.json")
    assert judge(one, two) == judge(two, one)


def test_flask_has_one_licence_finding_and_one_step_back() -> None:
    config = Config.model_validate({"licenses": {"deny": ["GPL-2.0-or-later"]}})
    result = compare(*pair("pypi-flask"), config)
    assert (result.state, result.title) == (State.BLOCK, "GPL arrives with `unidecode` 1.3.8")
    assert [finding.rule for finding in result.findings] == ["licence", "downgrade"]
    assert measures(result) == {
        "added": 4,
        "removed": 1,
        "upgraded": 12,
        "downgraded": 1,
        "multi_version": 0,
        "license_changed": 0,
        "licence_denied": 1,
        "vulnerabilities_introduced": 0,
    }
    assert result.detail["files"][0]["title"] == "4 added, 1 removed, 12 upgraded, 1 downgraded"


def test_a_gpl_deny_list_lets_the_dual_licences_of_a_real_npm_project_pass() -> None:
    config = Config.model_validate({"licenses": {"deny": ["GPL-2.0-or-later", "AGPL-3.0-only"]}})
    result = compare(*pair("npm-shop-api"), config)
    assert (result.state, result.findings) == (State.PASS, ())
    assert result.title == "32 added, 10 removed, 43 upgraded, 8 multi version"


def test_detail_is_json_and_shows_at_most_two_hundred_changes() -> None:
    result = compare(packages(1), packages(240))
    (file,) = json.loads(json.dumps(dict(result.detail)))["files"]
    assert (len(file["changes"]), file["more"]) == (200, 39)
    assert (file["base_components"], file["head_components"]) == (1, 240)
    assert file["changes"][0] | {"direct": None} == {
        "kind": "added",
        "ecosystem": "npm",
        "name": "p1",
        "purl": "pkg:npm/p1",
        "base_versions": [],
        "head_versions": ["1.0.0"],
        "direct": None,
        "introduced_by": [],
        "base_licences": [],
        "head_licences": [""],
        "key": "pkg:npm/p1",
        "trail": [],
        "moves": [],
        "major": False,
        "base_scope": "unknown",
        "scope": "unknown",
        "rehashed": [],
    }


# --- the page --------------------------------------------------------------------------------------------------


def test_the_template_shows_changes_findings_and_reasons() -> None:
    relicensed = files(document(npm("lic", "1", "MIT")), document(npm("lic", "1", "ISC")), "b.json")
    base = document(npm("bar"), edges={"app": ["bar"]})
    head = document(npm("bar"), npm("foo", "1.2", "AGPL-3.0-only"), edges=ROOT)
    result = judge(files(base, head), relicensed, files(None, head, "c.json"))
    shown = render("checks/sbom.md.j2", detail=result.detail)
    assert "| added | `foo` |  | 1.2 | bar |" in shown
    assert "| license changed | `lic` | MIT | ISC | not said |" in shown
    assert "`c.json`: No baseline: the base has no SBOM to compare with" in shown
    assert "(components: 1 in the base, 2 in the head)" in shown


def test_the_template_counts_what_it_leaves_out() -> None:
    assert "and 39 more changes" in render("checks/sbom.md.j2", detail=compare(packages(1), packages(240)).detail)


def test_hostile_names_are_inert_on_the_page() -> None:
    evil = "</details> @team | `x` <!-- maestro -->"
    head = document(npm("a"), {"name": evil, "version": evil, "licenses": [{"license": {"name": evil}}]})
    shown = render("checks/sbom.md.j2", detail=compare(document(npm("a")), head).detail)
    assert "</details>" not in shown
    assert "<!-- maestro" not in shown
    assert "@team" not in shown


# --- configuration ---------------------------------------------------------------------------------------------


def test_the_block_in_the_configuration_reads_as_documented() -> None:
    config = Config.model_validate(
        {
            "mode": "warn",
            "paths": ["sbom/*.json"],
            "severity": "critical",
            "licenses": {"deny": ["AGPL-3.0-only"], "allow": ["MIT"]},
        }
    )
    assert (config.mode, config.paths, config.severity) == (Mode.WARN, ("sbom/*.json",), "critical")
    assert config.licenses.terms() == {"deny": ("AGPL-3.0-only",), "allow": ("MIT",)}


def test_the_defaults_ask_for_high_severity_and_no_licence_rule() -> None:
    config = Config()
    assert (config.mode, config.severity, config.licenses.terms()) == (Mode.BLOCK, "high", {})
    assert config.paths == (
        "sbom/*.json",
        "sbom.json",
        "bom.json",
        "*.cdx.json",
        "*.spdx.json",
        "bom.xml",
        "*.cdx.xml",
    )


@pytest.mark.parametrize(
    "block",
    [
        {"paths": []},
        {"severity": "unknown"},
        {"severity": "High"},
        {"licenses": {"deny": ["GPL3-only"]}},
        {"licenses": {"allow": ["MIT OR"]}},
        {"licenses": {"forbid": ["MIT"]}},
        {"licences": {}},
        {"paths": "sbom.json"},
    ],
)
def test_a_block_that_means_nothing_is_refused(block: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Config.model_validate(block)


def test_a_misspelt_licence_is_named() -> None:
    with pytest.raises(ValidationError, match="'GPL3-only' is no SPDX licence identifier"):
        Config.model_validate({"licenses": {"deny": ["MIT", "GPL3-only"]}})


def test_the_check_registers_itself() -> None:
    assert (sbom.CHECK.name, sbom.CHECK.config) == ("sbom", Config)
    assert sbom.CHECK.needs == {Need.SBOMS, Need.ADVISORIES, Need.MANIFESTS}
    assert sbom.CHECK.evaluate is sbom.evaluate
    assert sbom.CHECK.paths(Config(paths=("a.json",))) == ("a.json",)
