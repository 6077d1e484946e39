"""The block of the configuration: what it may say, what is refused, and which findings a rule fits."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from checks.sbom import Config, Scope
from checks.sbom.concern import Concern
from checks.sbom.judging.weigh import weigh
from checks.sbom.rules.selectors import Rule
from checks.sbom.rules.targets import parse

CONCERN = Concern(
    "vulnerability",
    "GHSA-1 arrives",
    kind="introduced",
    path="sbom/app.json",
    ecosystem="npm",
    name="@acme/left-pad",
    purl="pkg:npm/%40acme/left-pad",
    versions=("1.2.0",),
    id="GHSA-1",
    names=("GHSA-1", "CVE-1"),
    severity="high",
    score=7.5,
    scope=Scope.RUNTIME,
    direct=False,
    trail=("a", "b", "@acme/left-pad"),
    licences=("MIT OR GPL-3.0-only",),
    fixable=True,
    bump="minor",
)


def rule(**selectors: Any) -> Rule:
    return Rule.model_validate({"rule": "vulnerability", "action": "warn"} | selectors)


def refused(**block: Any) -> str:
    with pytest.raises(ValidationError) as refusal:
        Config.model_validate(block)
    (error,) = refusal.value.errors()
    place = ".".join(str(part) for part in error["loc"])
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


# --- selectors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selectors", "fits"),
    [
        ({}, True),
        ({"rule": "licence"}, False),
        ({"class": "introduced"}, True),
        ({"class": "preexisting"}, False),
        ({"severity": "medium"}, True),
        ({"severity": "high"}, True),
        ({"severity": "critical"}, False),
        ({"severity": "unknown"}, False),
        ({"cvss": 7.5}, True),
        ({"cvss": 7.6}, False),
        ({"scope": "runtime"}, True),
        ({"scope": "development"}, False),
        ({"scope": "optional"}, False),
        ({"direct": False}, True),
        ({"direct": True}, False),
        ({"depth": 3}, True),
        ({"depth": 4}, False),
        ({"ecosystem": "npm"}, True),
        ({"ecosystem": "pypi"}, False),
        ({"purl": "pkg:npm/@acme/left-*"}, True),
        ({"purl": "pkg:npm/%40acme/left-pad"}, True),
        ({"purl": "pkg:npm/left-*"}, False),
        ({"purl": "pkg:npm/*"}, False),
        ({"purl": "pkg:npm/**"}, True),
        ({"purl": "pkg:npm/@acme/left-pad", "versions": "<1.3"}, True),
        ({"purl": "pkg:npm/@acme/left-pad@>=1,<2"}, True),
        ({"purl": "pkg:npm/@acme/left-pad", "versions": "<1.2.0"}, False),
        ({"purl": "pkg:npm/@acme/left-pad", "versions": "1.2.0"}, True),
        ({"licence": "permissive"}, True),
        ({"licence": "copyleft"}, False),
        ({"licence": "GPL-3.0-only"}, True),
        ({"licence": "ISC"}, False),
        ({"fix": True}, True),
        ({"fix": False}, False),
        ({"bump": "minor"}, True),
        ({"bump": "major"}, False),
        ({"path": "sbom/*.json"}, True),
        ({"path": "other/*.json"}, False),
        ({"class": "introduced", "severity": "high", "scope": "runtime", "fix": True}, True),
        ({"class": "introduced", "severity": "high", "scope": "runtime", "fix": False}, False),
    ],
)
def test_a_rule_fits_when_every_selector_does(selectors: dict[str, Any], fits: bool) -> None:
    assert rule(**selectors).fits(CONCERN) is fits


@pytest.mark.parametrize(
    ("selectors", "fields", "fits"),
    [
        ({"severity": "unknown"}, {"severity": "unknown"}, True),
        ({"severity": "info"}, {"severity": "unknown"}, False),
        ({"severity": "info"}, {"severity": "info"}, True),
        ({"severity": "low"}, {"severity": "info"}, False),
        ({"severity": "low"}, {"severity": ""}, False),
        ({"cvss": 0}, {"score": None}, False),
        ({"cvss": 0}, {"score": 0.0}, True),
        ({"scope": "runtime"}, {"scope": Scope.UNKNOWN}, True),
        ({"scope": "runtime"}, {"scope": Scope.OPTIONAL}, True),
        ({"scope": "runtime"}, {"scope": Scope.DEVELOPMENT}, False),
        ({"scope": "development"}, {"scope": Scope.DEVELOPMENT}, True),
        ({"scope": "optional"}, {"scope": Scope.OPTIONAL}, True),
        ({"scope": "unknown"}, {"scope": Scope.UNKNOWN}, True),
        ({"direct": True}, {"direct": None}, False),
        ({"direct": False}, {"direct": None}, False),
        ({"depth": 1}, {"trail": ()}, False),
        ({"fix": False}, {"fixable": None}, False),
        ({"purl": "pkg:npm/**"}, {"purl": ""}, False),
        ({"licence": "unknown"}, {"licences": ("",)}, True),
        ({"licence": "MIT"}, {"licences": ()}, False),
        ({"licence": "MIT"}, {"licences": ("ISC", "MIT")}, True),
        ({"purl": "pkg:npm/%40acme/*", "versions": "<1"}, {"versions": ("latest",)}, False),
    ],
)
def test_what_a_bill_does_not_say_fits_no_selector(
    selectors: dict[str, Any], fields: dict[str, Any], fits: bool
) -> None:
    assert rule(**selectors).fits(replace(CONCERN, **fields)) is fits


def test_of_several_versions_one_is_enough_to_stop_and_all_are_needed_to_ignore() -> None:
    both = replace(CONCERN, versions=("1.2.0", "2.0.0"))
    named = {"purl": "pkg:npm/@acme/left-pad", "versions": "<2"}
    assert rule(**named, action="block").fits(both)
    assert rule(**named, action="warn").fits(both)
    assert not rule(**named, action="ignore").fits(both)
    assert rule(purl="pkg:npm/@acme/left-pad", action="ignore").fits(both)
    assert not rule(**named, action="ignore").fits(replace(CONCERN, versions=()))


@pytest.mark.parametrize(
    ("glob", "purl", "touches"),
    [
        ("pkg:pypi/Django_Foo", "pkg:pypi/django-foo", True),
        ("pkg:github/Acme/Tool", "pkg:github/acme/tool", True),
        ("pkg:golang/github.com/Azure/*", "pkg:golang/github.com/Azure/go-autorest", True),
        ("pkg:maven/org.apache.*/*", "pkg:maven/org.apache.commons/commons-io?type=war", True),
        ("pkg:npm/core", "pkg:npm/%40angular/core", False),
        ("pkg:npm/lodash", "pkg:pypi/lodash", False),
    ],
)
def test_a_glob_knows_its_ecosystem(glob: str, purl: str, touches: bool) -> None:
    assert parse(glob).touches(purl, ("1.0.0",)) is touches


@pytest.mark.parametrize(
    ("text", "purl", "version", "touches"),
    [
        ("pkg:pypi/foo@>1.0", "pkg:pypi/foo", "1.0.post1", True),
        ("pkg:pypi/foo@>=1.0", "pkg:pypi/foo", "1.0rc1", False),
        ("pkg:deb/debian/foo@<1.0", "pkg:deb/debian/foo", "1.0~rc1", True),
        ("pkg:maven/g/foo@<1.0", "pkg:maven/g/foo?type=war", "1.0-alpha", True),
        ("pkg:npm/foo@<1 || >=3", "pkg:npm/foo", "3.1.0", True),
        ("pkg:npm/foo@<1 || >=3", "pkg:npm/foo", "2.0.0", False),
        ("pkg:npm/foo@*", "pkg:npm/foo", "2.0.0", True),
        ("pkg:npm/foo@vers:npm/<2", "pkg:npm/foo", "1.0.0", True),
        ("pkg:npm/foo@<2", "pkg:npm/foo", "latest", False),
    ],
)
def test_a_range_follows_the_order_of_the_packages_own_ecosystem(
    text: str, purl: str, version: str, touches: bool
) -> None:
    assert parse(text).touches(purl, (version,)) is touches
    assert parse(text).covers(purl, (version,)) is touches


# --- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selectors", "error"),
    [
        ({"class": "denied"}, "rules.0: `class: denied` is none of rule `vulnerability`"),
        ({"rule": "typosquat", "class": "plain"}, "rules.0: `class: plain` is none of rule `typosquat`; it has none"),
        ({"rule": "licence", "severity": "high"}, "rules.0: `severity` selects nothing of rule `licence`"),
        ({"rule": "hash_changed", "cvss": 0.0}, "rules.0: `cvss` selects nothing of rule `hash_changed`"),
        ({"rule": "licence", "fix": False}, "rules.0: `fix` selects nothing of rule `licence`"),
        ({"rule": "component_unreadable", "scope": "runtime"}, "rules.0: `scope` selects nothing of rule"),
        ({"rule": "vex_unmatched", "direct": False}, "rules.0: `direct` selects nothing of rule `vex_unmatched`"),
        ({"versions": "<1"}, "rules.0: `versions` needs `purl`"),
        ({"purl": "lodash"}, "rules.0: 'lodash' is no package URL"),
        ({"purl": "pkg:npm/a b"}, "rules.0: 'pkg:npm/a b' is no package URL"),
        ({"purl": "pkg:npm/"}, "rules.0: 'pkg:npm/' is no package URL"),
        ({"purl": "pkg:NPM/a"}, "rules.0: 'pkg:NPM/a' is no package URL"),
        ({"purl": "pkg:npm/a?x=y"}, "rules.0: 'pkg:npm/a?x=y' is no package URL"),
        ({"purl": "pkg:npm/a", "versions": "~> 1"}, "rules.0: '~> 1' is no range of versions"),
        ({"purl": "pkg:npm/a", "versions": "<1,,"}, "rules.0: '<1,,' is no range of versions"),
        ({"purl": "pkg:npm/a@<1", "versions": "<1"}, "rules.0: 'pkg:npm/a@<1' states versions already"),
        ({"licence": "GPL3-only"}, "rules.0.licence: 'GPL3-only' is neither a category"),
        ({"ecosystem": "PyPI"}, "rules.0.ecosystem: 'PyPI' is no package URL type"),
        ({"severity": "hgih"}, "rules.0.severity: Input should be"),
        ({"scope": "prod"}, "rules.0.scope: Input should be"),
        ({"bump": "huge"}, "rules.0.bump: Input should be"),
        ({"action": "deny"}, "rules.0.action: Input should be"),
        ({"rule": "licences"}, "rules.0.rule: Input should be"),
        ({"depth": 0}, "rules.0.depth: Input should be"),
        ({"cvss": 11.0}, "rules.0.cvss: Input should be"),
        ({"sevrity": "high"}, "rules.0.sevrity: Extra inputs"),
    ],
)
def test_a_rule_that_could_never_fit_is_refused_with_its_key(selectors: dict[str, Any], error: str) -> None:
    assert refused(rules=[{"rule": "vulnerability", "action": "warn"} | selectors]).startswith(error)


@pytest.mark.parametrize(
    ("block", "error"),
    [
        ({"packages": {"deny": ["left-pad"]}}, "packages.deny: 'left-pad' is no package URL"),
        ({"packages": {"known": ["pkg:npm/a@^1"]}}, "packages.known: '^1' is no range of versions"),
        ({"advisories": {"source": "files"}}, "advisories: `paths` belongs to `source: files`"),
        ({"advisories": {"paths": ["osv/*.json"]}}, "advisories: `paths` belongs to `source: files`"),
        ({"advisories": {"source": "nvd"}}, "advisories.source: Input should be"),
        ({"baseline": {"max_age_days": 0}}, "baseline.max_age_days: Input should be"),
    ],
)
def test_other_keys_that_mean_nothing_are_refused(block: dict[str, Any], error: str) -> None:
    assert refused(**block).startswith(error)


def test_the_whole_block_reads_as_planned() -> None:
    config = Config.model_validate_json(
        """{"mode": "block", "paths": ["sbom/*.json"], "severity": "high",
        "licenses": {"deny": ["AGPL-3.0-only"]},
        "rules": [{"rule": "vulnerability", "class": "introduced", "severity": "high", "scope": "runtime",
                   "action": "block"},
                  {"rule": "licence", "class": "denied", "purl": "pkg:npm/left-*", "action": "warn"}],
        "packages": {"deny": ["pkg:npm/event-stream"], "known": []},
        "exceptions": [{"id": "GHSA-1", "purl": "pkg:npm/qs", "versions": "<6.5.3", "owner": "@alice", "reason": "no",
                        "expires": "2026-12-31"}],
        "vex": ["vex/*.json"], "advisories": {"source": "osv", "paths": []}, "baseline": {"max_age_days": 30},
        "manifests": ["package.json"], "fix": {"pull_requests": true, "workflow": ""}}"""
    )
    assert [line.kind for line in config.rules] == ["introduced", "denied"]
    assert config.rules[0].model_dump(exclude_defaults=True)["class"] == "introduced"
    assert [target.glob for target in config.packages.denied()] == ["pkg:npm/event-stream"]
    assert (config.fix.pull_requests, config.baseline.max_age_days, config.vex) == (True, 30, ("vex/*.json",))


def test_the_defaults_ask_the_osv_service_and_open_pull_requests() -> None:
    config = Config()
    assert (config.rules, config.exceptions, config.manifests) == ((), (), ())
    assert (config.advisories.source, config.advisories.paths) == ("osv", ())
    assert (config.fix.pull_requests, config.fix.workflow, config.baseline.max_age_days) == (True, "", 30)
    assert config.vex == ("vex/*.json", ".vex/*.json")


# --- what a finding does ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "action"),
    [
        ({}, "block"),
        ({"severity": "critical"}, "block"),
        ({"severity": "medium"}, "warn"),
        ({"severity": "unknown"}, "warn"),
        ({"severity": "info"}, "warn"),
        ({"severity": "strange"}, "warn"),
        ({"scope": Scope.DEVELOPMENT}, "warn"),
        ({"scope": Scope.UNKNOWN}, "block"),
        ({"scope": Scope.OPTIONAL}, "block"),
        ({"kind": "preexisting"}, "warn"),
        ({"kind": "newly_published"}, "warn"),
        ({"kind": "fixed"}, "ignore"),
        ({"rule": "licence", "kind": "denied"}, "block"),
        ({"rule": "licence", "kind": "unknown"}, "warn"),
        ({"rule": "licence", "kind": "changed"}, "warn"),
        ({"rule": "downgrade", "kind": "into_vulnerable", "severity": "low"}, "block"),
        ({"rule": "downgrade", "kind": "plain"}, "warn"),
        ({"rule": "hash_changed", "kind": ""}, "block"),
        ({"rule": "denied_package", "kind": ""}, "block"),
        ({"rule": "scope_changed", "kind": ""}, "warn"),
        ({"rule": "typosquat", "kind": ""}, "warn"),
        ({"rule": "incomparable_versions", "kind": ""}, "warn"),
        ({"rule": "component_unreadable", "kind": ""}, "warn"),
        ({"rule": "exception_expired", "kind": ""}, "warn"),
        ({"rule": "vex_unmatched", "kind": ""}, "warn"),
        ({"rule": "unasked", "kind": ""}, "warn"),
    ],
)
def test_without_a_rule_the_defaults_decide(fields: dict[str, Any], action: str) -> None:
    assert weigh(replace(CONCERN, **fields), (), "high") == (action, False)


def test_the_first_rule_that_fits_decides() -> None:
    rules = (rule(ecosystem="pypi", action="ignore"), rule(action="warn"), rule(action="block"))
    assert weigh(CONCERN, rules, "high") == ("warn", True)
    assert weigh(CONCERN, rules[2:], "critical") == ("block", True)
    assert weigh(CONCERN, rules[:1], "high") == ("block", False)


RULES = st.lists(
    st.builds(
        rule,
        severity=st.sampled_from([None, "unknown", "low", "high"]),
        scope=st.sampled_from([None, "runtime", "development"]),
        action=st.sampled_from(["block", "warn", "ignore"]),
        **{"class": st.sampled_from([None, "introduced", "fixed"])},
    ),
    max_size=4,
)


@given(RULES, st.sampled_from(["low", "high", "unknown"]), st.sampled_from(list(Scope)))
def test_no_list_of_rules_lets_a_block_pass_unless_one_that_fits_says_so(
    rules: list[Rule], severity: str, scope: Scope
) -> None:
    concern = replace(CONCERN, severity=severity, scope=scope)
    before, after = weigh(concern, (), "high").action, weigh(concern, rules, "high").action
    if before == "block" and after != "block":
        fitting = next(each for each in rules if each.fits(concern))
        assert fitting.action == after
