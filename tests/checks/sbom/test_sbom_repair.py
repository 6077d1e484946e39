"""Repairs: the smallest safe move of each package, or why there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from checks.model import Document, Finding, Snapshot, State
from checks.sbom.check import CHECK
from checks.sbom.repair import Repair, Unrepaired, exposed, plan, told
from checks.sbom.rules.policy import Config
from tests.checks.sbom.supply import APP, BASE, advisory, bill, package_json, snapshot

BEFORE = bill({"left-pad": "1.0.0"})
VIA = {APP: ["left-pad", "express"], "express": ["body-parser"], "body-parser": ["qs"]}
DEEP = bill({"left-pad": "1.0.0", "express": "4.0.0", "body-parser": "1.0.0", "qs": "6.5.1"}, VIA)
QS = advisory("qs", "6.5.3", introduced="6.0.0")


ALL = Config()


def blocked(finding: Finding) -> bool:
    return finding.rule == "vulnerability" and finding.state is State.BLOCK


def planned(
    facts: Snapshot, config: Config = ALL, before: Mapping[str, str] | None = None
) -> tuple[Repair | Unrepaired, ...]:
    found = CHECK.evaluate(facts, config, {})
    documents = tuple(Document(path, BASE, text) for path, text in (before or {}).items())
    return plan(found.findings, facts, config, blocked, documents)


def only(answers: Sequence[Repair | Unrepaired]) -> Repair:
    (answer,) = answers
    assert isinstance(answer, Repair), answer
    return answer


def refused(answers: Sequence[Repair | Unrepaired]) -> str:
    (answer,) = answers
    assert isinstance(answer, Unrepaired), answer
    return answer.reason


# --- a package that the manifest declares -----------------------------------------------------------------------


def direct(version: str = "6.5.1", constraint: str = "^6.5.1", *records: str) -> Snapshot:
    after = bill({"left-pad": "1.0.0", "qs": version})
    manifest = package_json({"left-pad": "1.0.0", "qs": constraint})
    return snapshot(BEFORE, after, records or (QS,), {"package.json": manifest})


def test_a_declared_package_is_raised_where_it_is_declared() -> None:
    repair = only(planned(direct()))
    assert (repair.package, repair.current, repair.version, repair.way) == ("qs", ("6.5.1",), "6.5.3", "raise")
    (splice,) = repair.splices
    assert (splice.path, splice.before, splice.after) == ("package.json", "^6.5.1", "^6.5.3")
    assert splice.text == package_json({"left-pad": "1.0.0", "qs": "^6.5.3"})
    assert [one.id for one in repair.mended] == ["GHSA-aaaa-bbbb-cccc"]
    assert not repair.breaking


def test_one_repair_answers_all_advisories_of_a_package() -> None:
    second = advisory("qs", "6.6.0", identity="GHSA-dddd-eeee-ffff", introduced="6.5.0", severity="HIGH")
    repair = only(planned(direct("6.5.1", "^6.5.1", QS, second)))
    assert repair.version == "6.6.0"
    assert {one.id for one in repair.mended} == {"GHSA-aaaa-bbbb-cccc", "GHSA-dddd-eeee-ffff"}


def long(name: str, fixed: str) -> Snapshot:
    record = advisory(name, fixed, introduced="6.0.0")
    return snapshot(BEFORE, bill({"left-pad": "1.0.0", name: "6.5.1"}), [record], {})


def test_a_name_longer_than_any_is_told_and_not_mended() -> None:
    longest = "q" * (400 - len("pkg:npm/"))
    assert "longer than any" not in refused(planned(long(longest, "6.5.3")))
    assert refused(planned(long(f"{longest}q", "6.5.3"))) == "its name is longer than any package's"


@pytest.mark.parametrize(("length", "mended"), [(100, True), (101, False)])
def test_a_version_longer_than_any_is_no_way_out(length: int, mended: bool) -> None:
    record = advisory("qs", "6.5.".ljust(length, "3"), introduced="6.0.0")
    manifest = {"package.json": package_json({"qs": "^6.5.1"})}
    (answer,) = planned(snapshot(BEFORE, bill({"left-pad": "1.0.0", "qs": "6.5.1"}), [record], manifest))
    assert isinstance(answer, Repair) == mended


def test_every_manifest_that_declares_it_is_raised() -> None:
    facts = direct()
    both = {"package.json": package_json({"qs": "^6.5.1"}), "web/package.json": package_json({"qs": "~6.5.0"})}
    facts = snapshot(BEFORE, bill({"left-pad": "1.0.0", "qs": "6.5.1"}), [QS], both)
    repair = only(planned(facts))
    assert {splice.path: splice.after for splice in repair.splices} == {
        "package.json": "^6.5.3",
        "web/package.json": "~6.5.3",
    }


def test_a_manifest_that_asks_for_it_already_needs_no_edit_and_hinders_none() -> None:
    both = {"package.json": package_json({"qs": "^6.5.1"}), "web/package.json": package_json({"qs": "^6.6.0"})}
    facts = snapshot(BEFORE, bill({"left-pad": "1.0.0", "qs": "6.5.1"}), [QS], both)
    assert [splice.path for splice in only(planned(facts)).splices] == ["package.json"]


def test_where_all_ask_for_it_already_there_is_nothing_to_edit() -> None:
    assert "already" in refused(planned(direct("6.5.1", "^6.5.3")))


def test_a_declaration_that_cannot_be_edited_is_a_reason() -> None:
    assert refused(planned(direct("6.5.1", "git+https://example.org/qs.git")))


def test_without_a_safe_release_there_is_no_repair() -> None:
    assert refused(planned(direct("6.5.1", "^6.5.1", advisory("qs", None))))


def test_a_major_step_is_marked() -> None:
    assert only(planned(direct("6.5.1", "^6.5.1", advisory("qs", "7.0.0")))).breaking


def test_a_lock_file_that_is_there_must_be_made_anew() -> None:
    facts = direct()
    assert facts.manifests
    lock = Document("package-lock.json", "2b" * 20, "{}")
    withlock = snapshot(
        BEFORE,
        bill({"left-pad": "1.0.0", "qs": "6.5.1"}),
        [QS],
        {"package.json": package_json({"qs": "^6.5.1"}), lock.path: lock.text},
    )
    assert only(planned(withlock)).locks == ("package-lock.json",)
    assert only(planned(facts)).locks == ()


# --- a package that others bring --------------------------------------------------------------------------------


def transitive(manifest: str | None = None, path: str = "package.json", **more: str) -> Snapshot:
    declared = manifest or package_json({"left-pad": "1.0.0", "express": "^4.0.0"})
    return snapshot(BEFORE, DEEP, [QS], {path: declared, **more})


def test_a_package_that_others_bring_is_settled_in_the_manifest_of_what_brings_it() -> None:
    repair = only(planned(transitive()))
    assert (repair.way, repair.version) == ("override", "6.5.3")
    assert repair.trail[:1] == ("express",)
    (splice,) = repair.splices
    assert '"overrides"' in splice.text


def test_in_a_workspace_it_is_settled_at_the_top() -> None:
    top = package_json({}, workspaces=["web"])
    facts = transitive(path="web/package.json", **{"package.json": top})
    assert [splice.path for splice in only(planned(facts)).splices] == ["package.json"]


def test_whose_range_refuses_the_version_is_known_where_a_lock_file_tells() -> None:
    lock = '{"lockfileVersion": 3, "packages": {"node_modules/body-parser": {"dependencies": {"qs": "6.5.1"}}}}'
    assert only(planned(transitive(**{"package-lock.json": lock}))).blocked == ("body-parser",)
    assert only(planned(transitive(**{"package-lock.json": lock.replace("6.5.1", "^6.5.1")}))).blocked == ()


def test_of_a_package_that_is_declared_and_brought_only_what_the_format_can_say_is_settled() -> None:
    """npm takes no override for what the manifest declares itself."""
    packages = {"left-pad": "1.0.0", "express": "4.0.0", "qs": "6.5.1"}
    after = bill(packages, {APP: ["left-pad", "express"], "express": ["qs"]})
    after = after.replace('"components": [', '"components": [' + _component("qs", "6.9.0") + ", ")
    facts = snapshot(BEFORE, after, [QS], {"package.json": package_json({"express": "^4.0.0", "qs": "6.9.0"})})
    assert "declare" in refused(planned(facts))


def test_without_a_manifest_of_what_brings_it_there_is_no_repair() -> None:
    facts = snapshot(BEFORE, DEEP, [QS], {"package.json": package_json({"left-pad": "1.0.0"})})
    assert "express" in refused(planned(facts))


def test_settling_it_lowers_no_other_version_that_is_there() -> None:
    later = DEEP.replace('"components": [', '"components": [' + _component("qs", "6.7.0") + ", ")
    facts = snapshot(BEFORE, later, [QS], {"package.json": package_json({"express": "^4.0.0"})})
    assert only(planned(facts)).version == "6.7.0"


def _component(name: str, version: str) -> str:
    purl = f"pkg:npm/{name}@{version}"
    return f'{{"type": "library", "bom-ref": "{purl}", "name": "{name}", "version": "{version}", "purl": "{purl}"}}'


# --- back to what the base has ----------------------------------------------------------------------------------


def bumped(fixed: str | None, before: str = "6.4.0") -> tuple[Snapshot, dict[str, str]]:
    facts = snapshot(
        bill({"left-pad": "1.0.0", "qs": before}),
        bill({"left-pad": "1.0.0", "qs": "6.5.1"}),
        [advisory("qs", fixed, introduced="6.5.0")],
        {"package.json": package_json({"left-pad": "^1.0.0", "qs": "6.5.1"})},
    )
    return facts, {"package.json": package_json({"left-pad": "1.0.0", "qs": before})}


def test_what_the_change_brought_goes_back_where_no_later_version_is_safe() -> None:
    facts, base = bumped(None)
    repair = only(planned(facts, before=base))
    assert (repair.way, repair.version, repair.breaking) == ("revert", "6.4.0", False)
    (splice,) = repair.splices
    assert splice.text == package_json({"left-pad": "^1.0.0", "qs": "6.4.0"}), "only the one line goes back"


def test_going_back_is_better_than_a_major_step_and_worse_than_a_small_one() -> None:
    facts, base = bumped("7.0.0")
    assert only(planned(facts, before=base)).way == "revert"
    facts, base = bumped("6.5.2")
    assert only(planned(facts, before=base)).way == "raise"


def test_a_base_that_is_affected_too_is_no_place_to_go_back_to() -> None:
    facts, base = bumped(None, before="6.5.0")
    documents = tuple(Document(path, BASE, text) for path, text in base.items())
    found = CHECK.evaluate(facts, Config(), {}).findings
    assert refused(plan(found, facts, ALL, lambda one: one.rule == "vulnerability", documents))


def test_what_brought_it_goes_back_with_it() -> None:
    old = bill(
        {"left-pad": "1.0.0", "express": "3.0.0", "qs": "5.0.0"}, {APP: ["left-pad", "express"], "express": ["qs"]}
    )
    record = advisory("qs", None, introduced="6.0.0")
    facts = snapshot(old, DEEP, [record], {"package.json": package_json({"express": "^4.0.0"})})
    repair = only(planned(facts, before={"package.json": package_json({"express": "^3.0.0"})}))
    assert (repair.way, repair.splices[0].text) == ("revert", package_json({"express": "^3.0.0"}))


# --- what the check may tell of it ------------------------------------------------------------------------------


def of(facts: Snapshot, config: Config = ALL) -> list[dict[str, Any]]:
    said = told(CHECK.evaluate(facts, config, {}).findings, facts, config)
    assert json.loads(json.dumps(said)) == said
    return said


def test_the_version_that_is_proposed_is_told() -> None:
    (said,) = of(transitive())
    assert (said["purl"], said["package"], said["version"]) == ("pkg:npm/qs", "qs", "6.5.3")


def test_why_nothing_is_proposed_is_told() -> None:
    (said,) = of(direct("6.5.1", "git+https://example.org/qs.git"))
    assert said["version"] is None
    assert said["reason"]


@pytest.mark.parametrize(
    ("pull", "fix", "reason"), [({"from_fork": True}, {}, "fork"), ({}, {"fix": {"pull_requests": False}}, "is off")]
)
def test_who_gets_no_fix_is_told_so(pull: dict[str, Any], fix: dict[str, Any], reason: str) -> None:
    facts = direct()
    (said,) = of(replace(facts, pull=replace(facts.pull, **pull)), Config.model_validate(fix))
    assert said["version"] is None
    assert reason in said["reason"]


def test_of_what_may_yet_go_back_nothing_is_claimed() -> None:
    facts, _ = bumped(None)
    assert of(facts) == []


# --- what counts ------------------------------------------------------------------------------------------------


def test_nothing_is_planned_that_is_not_wanted() -> None:
    facts = direct("6.5.1", "^6.5.1", advisory("qs", "6.5.3", severity="LOW"))
    assert planned(facts) == ()


def test_what_somebody_answers_for_moves_nothing() -> None:
    accepted = {"id": "GHSA-aaaa-bbbb-cccc", "purl": "pkg:npm/qs", "owner": "@alice", "reason": "not reached"}
    config = Config.model_validate({"exceptions": [{**accepted, "expires": "2026-12-31"}]})
    assert planned(direct(), config) == ()
    second = advisory("qs", "6.5.2", identity="GHSA-dddd-eeee-ffff")
    assert only(planned(direct("6.5.1", "^6.5.1", QS, second), config)).version == "6.5.2"


def test_no_repair_leads_to_a_version_that_the_policy_denies() -> None:
    config = Config.model_validate({"packages": {"deny": ["pkg:npm/qs@6.5.3"]}})
    assert refused(planned(direct(), config))


def test_what_is_still_open_is_known_by_every_name_that_it_has() -> None:
    facts = direct("6.5.1", "^6.5.1", advisory("qs", "6.5.3", aliases=["CVE-2026-1"]))
    found = CHECK.evaluate(facts, Config(), {}).findings
    assert exposed(found, facts).names == {"pkg:npm/qs": frozenset({"GHSA-aaaa-bbbb-cccc", "CVE-2026-1"})}
    assert not exposed(found, facts).free("pkg:npm/qs", ["CVE-2026-1"])
    assert only(planned(facts)).names == ("GHSA-aaaa-bbbb-cccc", "CVE-2026-1")


def test_what_has_been_mended_is_not_open() -> None:
    facts = snapshot(bill({"left-pad": "1.0.0", "qs": "6.5.1"}), bill({"left-pad": "1.0.0", "qs": "6.5.3"}), [QS], {})
    found = CHECK.evaluate(facts, Config(), {}).findings
    assert {one.kind for one in found if one.rule == "vulnerability"} == {"fixed"}
    assert exposed(found, facts).free("pkg:npm/qs", ["GHSA-aaaa-bbbb-cccc"])


@pytest.mark.parametrize("junk", ["", "{", "[]", '{"dependencies": 3}'])
def test_a_manifest_that_cannot_be_read_is_a_reason(junk: str) -> None:
    assert refused(planned(transitive(junk or " ")))


def test_a_name_that_no_package_has_is_not_touched() -> None:
    name = "a" * 500
    record = advisory(name, "2.0.0")
    facts = snapshot(BEFORE, bill({"left-pad": "1.0.0", name: "1.0.0"}), [record], {})
    assert "longer" in refused(planned(facts))
