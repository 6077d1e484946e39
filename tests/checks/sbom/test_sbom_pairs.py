import json
from typing import Any

import pytest

from checks import sbom
from checks.sbom import Diff, Kind, Scope

from .bills import NAMES, PAIRS, pair


def compared(name: str) -> tuple[Diff, dict[str, Any]]:
    base, head = pair(name)
    expected: dict[str, Any] = json.loads((PAIRS / name / "expected.json").read_text())
    return sbom.diff(sbom.read(base), sbom.read(head)), expected


@pytest.mark.parametrize("name", NAMES)
def test_every_real_pair_is_counted_as_its_lock_file_counts_it(name: str) -> None:
    diff, expected = compared(name)
    counts = expected["counts"]
    assert diff.summary() == {
        "added": counts["added"],
        "removed": counts["removed"],
        "upgraded": counts["upgraded"],
        "downgraded": counts["downgraded"],
        "multi_version": counts["multi_version_changes"],
        "license_changed": 0,
    }
    assert diff.of(Kind.CHANGED) == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_real_change_is_named_with_its_versions(name: str) -> None:
    diff, expected = compared(name)
    assert sorted(f"{c.name}@{c.head_versions[0]}" for c in diff.of(Kind.ADDED)) == expected["added"]
    assert sorted(f"{c.name}@{c.base_versions[0]}" for c in diff.of(Kind.REMOVED)) == expected["removed"]
    for kind in (Kind.UPGRADED, Kind.DOWNGRADED):
        moves = [f"{c.name} {c.base_versions[0]} -> {c.head_versions[0]}" for c in diff.of(kind)]
        assert moves == expected[kind.value]
    several = [(c.name, list(c.base_versions), list(c.head_versions)) for c in diff.of(Kind.MULTI_VERSION)]
    assert several == [(m["name"], m["base"], m["head"]) for m in expected["multi_version_changes"]]
    assert {change.ecosystem for change in diff.changes} == {expected["ecosystem"]}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", ["base", "head"])
def test_no_component_of_a_real_bill_is_lost_or_faulted(name: str, side: str) -> None:
    expected = json.loads((PAIRS / name / "expected.json").read_text())
    bom = sbom.read((PAIRS / name / f"{side}.cdx.json").read_bytes())
    assert bom.flaws == ()
    assert len({component.key for component in bom.components}) == expected[f"{side}_names"]
    versions = {(component.key, component.version) for component in bom.components}
    assert len(versions) == expected[f"{side}_name_versions"]


def test_seven_spellings_of_flask_and_friends_are_no_licence_change() -> None:
    diff, expected = compared("pypi-flask")
    assert len(expected["license_text_changes"]) == 7
    assert diff.of(Kind.LICENSE_CHANGED) == ()
    assert [change.name for change in diff.restated] == ["flask", "itsdangerous", "jinja2", "werkzeug"]
    assert {(c.base_licences, c.head_licences) for c in diff.restated} == {(("BSD-3-Clause",), ("BSD",))}


def test_direct_dependencies_of_a_real_npm_project_are_those_of_its_manifest() -> None:
    diff, expected = compared("npm-shop-api")
    arrived = {change.name for change in diff.changes if change.direct and change.head_versions}
    assert arrived <= set(expected["direct_head"])
    assert {"dayjs", "node-forge", "express", "axios"} <= arrived
    why = {change.name: change.introduced_by for change in diff.of(Kind.ADDED)}
    assert why["dayjs"] == ()
    assert why["combined-stream"] == ("axios",)
    assert why["hasown"] == ("axios", "express")
    gone = {change.name: change.introduced_by for change in diff.of(Kind.REMOVED)}
    assert gone["nanoid"] == ("mocha",)


def test_development_packages_are_told_from_optional_ones() -> None:
    expected = json.loads((PAIRS / "npm-shop-api" / "expected.json").read_text())
    bom = sbom.read(pair("npm-shop-api")[1])
    development = {(c.key, c.version) for c in bom.components if c.scope is Scope.DEVELOPMENT}
    others = {(c.key, c.version) for c in bom.components if c.scope is not Scope.DEVELOPMENT}
    assert len(development - others) == expected["dev_only_head"]


def test_an_environment_without_a_root_takes_what_nothing_depends_on_as_direct() -> None:
    diff, _ = compared("pypi-flask")
    why = {change.name: (change.direct, change.introduced_by) for change in diff.changes}
    assert why["unidecode"] == (True, ())
    assert why["blinker"] == (False, ("flask",))
    assert why["chardet"] == (False, ("requests",))
