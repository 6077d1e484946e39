"""What a licence asks in return: its category, and how choices and conjunctions combine."""

import pytest

from checks.model import State
from checks.sbom import Config, report
from checks.sbom.judging.outcome import Outcome
from checks.sbom.licences.categories import CATEGORIES, category, holds
from checks.sbom.licences.spellings import ALIASES

from .bills import document, npm


@pytest.fixture(autouse=True)
def _afresh() -> None:
    """What an earlier test worked out is no answer to this one."""
    category.cache_clear()


TABLE = [
    ("MIT", "permissive"),
    ("Apache-2.0", "permissive"),
    ("BSD-3-Clause", "permissive"),
    ("BSD", "permissive"),
    ("ISC", "permissive"),
    ("0BSD", "permissive"),
    ("MIT-0", "permissive"),
    ("CC0-1.0", "permissive"),
    ("CC-BY-4.0", "permissive"),
    ("Unlicense", "permissive"),
    ("Python-2.0", "permissive"),
    ("Zlib", "permissive"),
    ("LGPL-2.1-only", "weak_copyleft"),
    ("LGPL-3.0-or-later", "weak_copyleft"),
    ("MPL-2.0", "weak_copyleft"),
    ("EPL-2.0", "weak_copyleft"),
    ("CDDL-1.0", "weak_copyleft"),
    ("GPL-2.0-only", "copyleft"),
    ("GPL-3.0-or-later", "copyleft"),
    ("GPL", "copyleft"),
    ("GPLv3", "copyleft"),
    ("EUPL-1.2", "copyleft"),
    ("CC-BY-SA-4.0", "copyleft"),
    ("BSD-Protection", "copyleft"),
    ("AGPL-3.0-only", "network_copyleft"),
    ("AGPL-3.0-or-later", "network_copyleft"),
    ("OSL-3.0", "network_copyleft"),
    ("SSPL-1.0", "source_available"),
    ("BUSL-1.1", "source_available"),
    ("Elastic-2.0", "source_available"),
    ("PolyForm-Noncommercial-1.0.0", "source_available"),
    ("CC-BY-NC-4.0", "source_available"),
    ("UNLICENSED", "proprietary"),
    ("LicenseRef-Proprietary-Acme", "proprietary"),
    ("GPL-2.0-only WITH Classpath-exception-2.0", "exception"),
    ("AGPL-3.0-only WITH Classpath-exception-2.0", "exception"),
    ("Apache-2.0 WITH LLVM-exception", "permissive"),
    ("LGPL-3.0-only WITH LGPL-3.0-linking-exception", "weak_copyleft"),
    ("LicenseRef-Acme", "unknown"),
    ("NOASSERTION", "unknown"),
    ("", "unknown"),
    ("MIT OR GPL-3.0-only", "permissive"),
    ("MIT AND GPL-3.0-only", "copyleft"),
    ("(MIT OR GPL-3.0-only) AND LGPL-2.1-only", "weak_copyleft"),
    ("GPL-3.0-only OR AGPL-3.0-only", "copyleft"),
    ("MIT AND LicenseRef-Acme", "unknown"),
    ("MIT OR LicenseRef-Acme", "permissive"),
    ("SSPL-1.0 AND AGPL-3.0-only", "source_available"),
]


@pytest.mark.parametrize(("expression", "expected"), TABLE)
def test_every_expression_has_one_category(expression: str, expected: str) -> None:
    assert category(expression) == expected
    assert [name for name in CATEGORIES if holds(expression, name)] == [expected]


def test_every_licence_that_we_know_a_spelling_of_has_a_category() -> None:
    assert [spdx for spdx in ALIASES if category(spdx) == "unknown"] == []


@pytest.mark.parametrize(
    ("expression", "name", "expected"),
    [
        ("MIT", "MIT", True),
        ("mit", "MIT", True),
        ("MIT OR ISC", "ISC", True),
        ("MIT AND (ISC OR GPL-3.0-only)", "GPLv3", True),
        ("MIT", "ISC", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("LicenseRef-Acme", "LicenseRef-Acme", True),
        ("", "MIT", False),
        ("SEE LICENSE IN X", "see license in x", True),
    ],
)
def test_a_licence_is_held_where_the_expression_names_it(expression: str, name: str, expected: bool) -> None:
    assert holds(expression, name) is expected


# --- licences in a change --------------------------------------------------------------------------------------


def judged(before: str, after: str, **block: object) -> Outcome:
    base, head = (
        document(npm("bar", "1", "MIT"), *([npm("foo", "1", text)] if text else [])) for text in (before, after)
    )
    return report.compare(base, head, Config.model_validate(block))


def told(outcome: Outcome) -> list[tuple[str, str, str]]:
    return [(each.concern.rule, each.concern.kind, each.action) for each in outcome.judged]


def test_a_licence_that_changes_is_told_with_both_categories_whatever_the_policy() -> None:
    outcome = judged("MIT", "AGPL-3.0-only")
    assert (outcome.state, told(outcome)) == (State.WARN, [("licence", "changed", "warn")])
    assert outcome.judged[0].concern.message == (
        "The licence of `foo` 1 was MIT and is AGPL-3.0-only (permissive before, network copyleft now)"
    )
    same = judged("MIT", "ISC").judged[0].concern.message
    assert same == "The licence of `foo` 1 was MIT and is ISC"
    assert judged("MIT", "Apache-2.0 OR MIT").judged[0].concern.kind == "changed"


def test_a_licence_is_one_finding_and_the_worst_that_can_be_said_of_it() -> None:
    assert told(judged("MIT", "AGPL-3.0-only", licenses={"deny": ["AGPL-3.0-only"]})) == [
        ("licence", "denied", "block")
    ]
    turned = judged("MIT", "AGPL-3.0-only", licenses={"deny": ["AGPL-3.0-only"]}).judged[0]
    assert turned.concern.fix == "Return to 1, or replace the package"
    assert judged("", "AGPL-3.0-only", licenses={"deny": ["AGPL-3.0-only"]}).judged[0].concern.fix == ""
    assert told(judged("MIT", "Acme Terms", licenses={"deny": ["AGPL-3.0-only"]})) == [("licence", "unknown", "warn")]


def test_a_licence_that_nobody_knows_is_asked_about_where_a_rule_does() -> None:
    assert told(judged("", "Acme Terms")) == []
    rules = [{"rule": "licence", "class": "unknown", "action": "block"}]
    assert told(judged("", "Acme Terms", rules=rules)) == [("licence", "unknown", "block")]
    assert told(judged("", "MIT", rules=rules)) == []


@pytest.mark.parametrize(
    ("before", "after", "actions"),
    [
        ("", "AGPL-3.0-only", ["block"]),
        ("", "MIT OR AGPL-3.0-only", []),
        ("", "MIT AND AGPL-3.0-only", ["block"]),
        ("", "GPL-3.0-only", ["warn"]),
        ("", "MIT", []),
        ("MIT", "AGPL-3.0-only", ["block"]),
        ("AGPL-3.0-only", "AGPL-3.0-only", []),
    ],
)
def test_a_rule_may_deny_a_category_or_a_licence_by_name(before: str, after: str, actions: list[str]) -> None:
    rules = [
        {"rule": "licence", "licence": "network_copyleft", "action": "block"},
        {"rule": "licence", "licence": "GPL-3.0-only", "action": "warn"},
    ]
    assert [each.action for each in judged(before, after, rules=rules).judged] == actions


def test_a_rule_about_another_class_denies_nothing() -> None:
    rules = [{"rule": "licence", "class": "changed", "licence": "network_copyleft", "action": "block"}]
    assert told(judged("", "AGPL-3.0-only", rules=rules)) == []
    assert told(judged("MIT", "AGPL-3.0-only", rules=rules)) == [("licence", "changed", "block")]


def test_a_denied_licence_may_be_let_in_for_one_package() -> None:
    deny = {"deny": ["AGPL-3.0-only"]}
    rules = [{"rule": "licence", "class": "denied", "purl": "pkg:npm/fo*", "action": "warn"}]
    assert told(judged("", "AGPL-3.0-only", licenses=deny, rules=rules)) == [("licence", "denied", "warn")]
