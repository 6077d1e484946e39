"""Packages that should not arrive, and packages that stayed what they are called and became something else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import sbom
from checks.model import State
from checks.sbom import Component, Config, Kind, report
from checks.sbom.findings.popular import POPULAR
from checks.sbom.findings.typosquat import Names, skeleton, slipped
from checks.sbom.judging.outcome import Outcome
from checks.sbom.rules.targets import parse

from .advisories import entry, record
from .bills import NAMES, document, npm, pair

pytestmark = pytest.mark.slow

DEV: dict[str, Any] = {"properties": [{"name": "cdx:npm:package:development", "value": "true"}]}


def judged(base: list[Any], head: list[Any], **block: object) -> Outcome:
    return report.compare(document(npm("stay"), *base), document(npm("stay"), *head), Config.model_validate(block))


def told(outcome: Outcome) -> list[tuple[str, str, str]]:
    return [(each.concern.rule, each.concern.message, each.action) for each in outcome.judged]


# --- denied packages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("glob", "denied"),
    [
        ("pkg:npm/event-stream", True),
        ("pkg:npm/event-*", True),
        ("pkg:npm/event-stream@3.3.6", True),
        ("pkg:npm/event-stream@<3.3.6", False),
        ("pkg:npm/event-stream@>=3,<4", True),
        ("pkg:pypi/event-stream", False),
        ("pkg:npm/stream", False),
        ("pkg:npm/@event/stream", False),
    ],
)
def test_a_denied_package_that_arrives_stops_the_change(glob: str, denied: bool) -> None:
    outcome = judged([], [npm("event-stream", "3.3.6")], packages={"deny": [glob]})
    expected = [("denied_package", "`event-stream` 3.3.6 is denied by `sbom.packages`", "block")]
    assert told(outcome) == (expected if denied else [])


def test_a_scoped_name_is_matched_whole() -> None:
    scoped = npm("@angular/core", "1.0.0", purl="pkg:npm/%40angular/core@1.0.0")
    assert judged([], [scoped], packages={"deny": ["pkg:npm/core"]}).state is State.PASS
    assert judged([], [scoped], packages={"deny": ["pkg:npm/@angular/core"]}).state is State.BLOCK
    assert judged([], [scoped], packages={"deny": ["pkg:npm/@angular/*"]}).state is State.BLOCK


def test_a_denied_package_that_was_there_is_left_alone_until_a_denied_version_arrives() -> None:
    deny = {"deny": ["pkg:npm/old@>=2"]}
    assert told(judged([npm("old", "2.0.0")], [npm("old", "2.0.0")], packages=deny)) == []
    assert told(judged([npm("old", "1.0.0")], [npm("old", "2.0.0")], packages=deny))[0][0] == "denied_package"
    assert told(judged([npm("old", "1.0.0")], [npm("old", "1.1.0")], packages=deny)) == []


# --- look-alikes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ecosystem", "name", "twin"),
    [
        ("npm", "lodahs", "lodash"),  # two letters swapped
        ("npm", "expres", "express"),  # one less
        ("npm", "expresss", "express"),  # one more
        ("npm", "expreso", "express"),  # another
        ("npm", "crossenv", "cross-env"),  # other separators
        ("npm", "types-node", "@types/node"),
        ("npm", "c0lors", "colors"),  # a digit for a letter
        ("npm", "1odash", "lodash"),
        ("npm", "lоdash", "lodash"),  # a Cyrillic letter
        ("npm", "@angualr/core", "@angular/core"),
        ("pypi", "reqeusts", "requests"),
        ("pypi", "djanga", "django"),
        ("pypi", "python_dateutil", "python-dateutil"),
        ("npm", "lodash", ""),  # it is the popular one
        ("npm", "LODASH", ""),
        ("npm", "color", ""),
        ("npm", "left-pad", ""),
        ("npm", "vuw", ""),  # too short to tell
        ("npm", "mysql3", ""),  # a number only
        ("pypi", "lodahs", ""),  # of another ecosystem
        ("conan", "lodahs", ""),
        ("", "lodahs", ""),
        ("npm", "x" * 300, ""),
    ],
)
def test_a_name_made_to_be_mistaken_is_recognised(ecosystem: str, name: str, twin: str) -> None:
    assert Names(()).twin(ecosystem, name) == twin


def test_names_of_the_base_are_known_as_well_as_popular_ones() -> None:
    outcome = judged([npm("acme-billing")], [npm("acme-billing"), npm("acme-biling")])
    assert told(outcome) == [("typosquat", "`acme-biling` 1.0.0 is named almost like `acme-billing`", "warn")]
    assert outcome.judged[0].concern.versions == ("1.0.0",)
    assert outcome.judged[0].concern.fix == "Take `acme-billing`, if that is what is meant"


@pytest.mark.parametrize(("one", "other"), [("has-map", "has-set"), ("lib-a1b", "lib-a2b"), ("get-proto", "set-proto")])
def test_siblings_and_numbers_are_alike_by_nature(one: str, other: str) -> None:
    assert Names([("npm", one)]).twin("npm", other) == ""


def test_only_packages_that_arrive_are_looked_at_and_none_that_the_policy_knows() -> None:
    assert told(judged([npm("lodahs", "1.0.0")], [npm("lodahs", "1.0.1")])) == []
    known = {"known": ["pkg:npm/lodahs"]}
    assert told(judged([], [npm("lodahs")], packages=known)) == []
    assert len(told(judged([], [npm("lodahs")]))) == 1


@pytest.mark.parametrize("name", NAMES)
def test_no_package_of_a_real_pair_is_taken_for_a_look_alike_in_either_direction(name: str) -> None:
    base, head = (sbom.read(text) for text in pair(name))
    for old, new in ((base, head), (head, base)):
        names = Names({(part.ecosystem, part.name) for part in old.components})
        arrived = sbom.diff(old, new).of(Kind.ADDED)
        assert [change.name for change in arrived if names.twin(change.ecosystem, change.name)] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_two_packages_of_a_real_bill_are_taken_for_each_other(name: str) -> None:
    parts: set[tuple[str, str]] = {(part.ecosystem, part.name) for part in sbom.read(pair(name)[1]).components}
    alike = [part for part in sorted(parts) if Names(parts - {part}).twin(*part)]
    assert alike == []


def test_hardly_any_two_popular_names_would_be_taken_for_each_other() -> None:
    for ecosystem, names in POPULAR.items():
        assert [name for name in names if Names(()).twin(ecosystem, name)] == []


SHORT = st.text("abc", max_size=6)


@given(SHORT, SHORT)
def test_a_slip_is_one_letter_more_less_other_or_two_swapped(a: str, b: str) -> None:
    letters = "abc"
    one_less = {a[:i] + a[i + 1 :] for i in range(len(a))}
    one_more = {a[:i] + letter + a[i:] for i in range(len(a) + 1) for letter in letters}
    other = {a[:i] + letter + a[i + 1 :] for i in range(len(a)) for letter in letters}
    swapped = {a[:i] + a[i + 1] + a[i] + a[i + 2 :] for i in range(len(a) - 1)}
    assert slipped(a, b) is (b in one_less | one_more | other | swapped and a != b)
    assert slipped(a, b) is slipped(b, a)


def test_what_looks_alike_has_one_skeleton() -> None:
    assert skeleton("cross-env") == skeleton("Cross_Env") == skeleton("crossenv")
    assert skeleton("modem") == skeleton("modern")
    assert skeleton("lodash") != skeleton("lodahs")


# --- other contents, a wider scope -----------------------------------------------------------------------------


def test_the_same_version_with_other_contents_stops_the_change() -> None:
    def bill(digest: str) -> sbom.Bom:
        part = Component("pkg:npm/a", "npm", "a", "1.0.0", "pkg:npm/a", hashes=(("sha256", digest),))
        return sbom.Bom((part,))

    (change,) = sbom.diff(bill("aa"), bill("bb")).changes
    assert (change.kind, change.rehashed) == (Kind.HASH_CHANGED, ("1.0.0",))


def test_a_package_that_comes_to_be_shipped_is_told() -> None:
    outcome = judged([npm("a", **DEV), npm("b", **DEV)], [npm("a"), npm("b", **DEV)])
    assert told(outcome) == [("scope_changed", "`a` 1.0.0 was development and is runtime now", "warn")]


def test_a_package_that_ceases_to_be_shipped_is_a_change_and_no_finding() -> None:
    outcome = judged([npm("a"), npm("b", **DEV)], [npm("a", **DEV), npm("b", **DEV)])
    assert told(outcome) == []
    assert [change.kind for change in outcome.diff.changes] == [Kind.SCOPE_CHANGED]


@pytest.mark.parametrize(
    ("denied", "arriving", "version", "stopped"),
    [
        ("pkg:pypi/foo.bar", "pkg:pypi/foo-bar", "1.1", True),  # PEP 503: the same name
        ("pkg:pypi/Foo_Bar@<2", "pkg:pypi/foo-bar", "1.1", True),
        ("pkg:cargo/a-b", "pkg:cargo/a_b", "1.0.0", True),
        ("pkg:nuget/Newtonsoft.*", "pkg:nuget/newtonsoft.json", "13.0.1", True),
        ("pkg:npm/b@<1.2", "pkg:npm/b", "main", True),  # nobody can say that it is not
        ("pkg:npm/b@<1.2", "pkg:npm/b", "1.2.0", False),
        ("pkg:npm/A", "pkg:npm/a", "1.0.0", False),  # old npm packages differ by case
    ],
)
def test_a_denied_package_is_known_by_every_spelling_and_in_every_version_that_may_be_meant(
    denied: str, arriving: str, version: str, stopped: bool
) -> None:
    assert parse(denied).threatens(arriving, (version,)) is stopped


@pytest.mark.parametrize("fields", [{}, DEV])
def test_malware_stops_the_change_in_every_scope(fields: dict[str, Any]) -> None:
    malware = json.dumps(record(entry("introduced:0", ecosystem="npm", name="evil"), id="MAL-2024-1"))
    outcome = report.compare(document(npm("stay")), document(npm("stay"), npm("evil", **fields)), Config(), [malware])
    assert outcome.state is State.BLOCK
