import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.sbom import osv

from .advisories import entry, record


def affected(version: str, *pairs: str, **fields: object) -> bool | None:
    return osv.affected(record(entry(*pairs, **fields)), "npm", "foo", version)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pairs", "inside", "outside"),
    [
        (["introduced:0", "fixed:1.2.0"], ["0.0.1", "0", "1.1.9", "1.2.0-rc.1"], ["1.2.0", "1.2.1"]),
        (["introduced:1.0.0", "fixed:1.2.0"], ["1.0.0", "1.1.0"], ["0.9.9", "1.0.0-rc.1", "1.2.0"]),
        (["introduced:1.0.0"], ["1.0.0", "99.0.0"], ["0.9.0"]),
        (["introduced:0", "last_affected:1.2.0"], ["1.2.0", "0.1.0"], ["1.2.1"]),
        (["introduced:0", "fixed:1.0.0", "introduced:2.0.0", "fixed:2.1.0"], ["0.5.0", "2.0.5"], ["1.5.0", "2.1.0"]),
        (["introduced:2.0.0", "fixed:2.1.0", "introduced:0", "fixed:1.0.0"], ["0.5.0", "2.0.5"], ["1.5.0", "2.1.0"]),
        (["fixed:1.0.0", "introduced:0"], ["0.9.0"], ["1.0.0"]),
        (["introduced:0", "fixed:1.0.0", "introduced:1.0.0", "fixed:2.0.0"], ["1.0.0", "1.5.0"], ["2.0.0"]),
        (["introduced:1.0.0", "fixed:1.0.0"], [], ["0.9.0", "1.0.0", "1.1.0"]),
        (["introduced:0", "limit:2.0.0"], ["1.9.0"], ["2.0.0", "3.0.0"]),
        (["introduced:0", "limit:1.0.0", "limit:2.0.0"], ["1.9.0"], ["2.0.0"]),
        (["introduced:0", "limit:*", "limit:1.0.0"], ["1.9.0"], []),
        (["introduced:0.0.0-0", "fixed:1.0.0"], ["0.0.0", "0.0.0-0"], ["1.0.0"]),
        (["introduced:v1.0.0", "fixed:v1.2.0"], ["1.1.0", "v1.1.0"], ["v1.2.0"]),
        (["introduced:1.2.3-beta.2", "fixed:1.2.3"], ["1.2.3-beta.10"], ["1.2.3-beta.1", "1.2.3"]),
    ],
)
def test_the_walk_over_sorted_events_decides(pairs: list[str], inside: list[str], outside: list[str]) -> None:
    assert [version for version in inside if affected(version, *pairs) is not True] == []
    assert [version for version in outside if affected(version, *pairs) is not False] == []


def test_a_listed_version_is_affected_whatever_the_ranges_say() -> None:
    assert affected("9.9.9", "introduced:0", "fixed:1.0.0", versions=["9.9.9"]) is True
    assert affected("9.9.8", "introduced:0", "fixed:1.0.0", versions=["9.9.9"]) is False
    assert affected("0.9.0", "introduced:0", "fixed:1.0.0", versions=["9.9.9"]) is True


def test_a_listed_version_counts_in_any_spelling_of_its_ecosystem() -> None:
    python = record(entry(ecosystem="PyPI", versions=["1.0", "2.0RC1"]))
    assert osv.affected(python, "pypi", "foo", "1.0.0") is True
    assert osv.affected(python, "pypi", "foo", "2.0rc1") is True
    assert osv.affected(python, "pypi", "foo", "1.0.1") is False
    go = record(entry(ecosystem="Go", versions=["1.2.0"]))
    assert osv.affected(go, "golang", "foo", "v1.2.0") is True
    maven = record(entry(ecosystem="Maven", name="a:b", versions=["1.0"]))
    assert osv.affected(maven, "maven", "a:b", "v1.0") is False


def test_several_ranges_and_entries_add_up() -> None:
    two = record(entry("introduced:1.0.0", "fixed:1.1.0"), entry("introduced:2.0.0", "fixed:2.1.0"))
    answers = [osv.affected(two, "npm", "foo", version) for version in ("1.0.5", "1.5.0", "2.0.5")]
    assert answers == [True, False, True]


def test_a_withdrawn_record_affects_nothing() -> None:
    kept = record(entry("introduced:0"), withdrawn="2024-01-01T00:00:00Z")
    assert osv.affected(kept, "npm", "foo", "1.0.0") is False
    assert osv.affected(kept | {"withdrawn": None}, "npm", "foo", "1.0.0") is True
    assert osv.affected(kept | {"withdrawn": ""}, "npm", "foo", "1.0.0") is True


def test_another_package_or_ecosystem_is_not_meant() -> None:
    one = record(entry("introduced:0"))
    assert osv.affected(one, "npm", "bar", "1.0.0") is False
    assert osv.affected(one, "PyPI", "foo", "1.0.0") is False


# --- what cannot be decided ------------------------------------------------------------------------------------


def test_commits_alone_decide_nothing_and_do_not_disturb_what_does() -> None:
    commits = {"type": "GIT", "repo": "https://example.org/foo", "events": [{"introduced": "0"}, {"fixed": "abc"}]}
    only = record(entry() | {"ranges": [commits]})
    assert osv.affected(only, "npm", "foo", "1.0.0") is None
    listed = record(entry(versions=["1.0.0"]) | {"ranges": [commits]})
    assert [osv.affected(listed, "npm", "foo", version) for version in ("1.0.0", "1.0.1")] == [True, False]
    both = entry("introduced:0", "fixed:1.0.0")
    both["ranges"].append(commits)
    assert osv.affected(record(both), "npm", "foo", "1.0.0") is False
    assert osv.affected(record(both), "npm", "foo", "0.9.0") is True


def test_an_entry_that_says_nothing_decides_nothing() -> None:
    assert osv.affected(record(entry()), "npm", "foo", "1.0.0") is None
    assert osv.affected({"id": "X-1"}, "npm", "foo", "1.0.0") is False


@pytest.mark.parametrize("version", ["latest", "", "git+ssh://x", "1." + "0" * 300])
def test_a_version_without_a_place_is_undecided_unless_it_is_listed_or_all_are_affected(version: str) -> None:
    assert affected(version, "introduced:0", "fixed:1.0.0") is None
    assert affected(version, "introduced:0") is True
    if 0 < len(version) < 100:
        assert affected(version, "introduced:0", "fixed:1.0.0", versions=[version]) is True


@pytest.mark.parametrize(
    "pairs", [["introduced:0", "fixed:tbd"], ["introduced:soon"], ["fixed:1.0.0"], ["limit:1.0.0"], ["introduced:"]]
)
def test_a_range_with_an_event_that_has_no_place_is_undecided(pairs: list[str]) -> None:
    assert affected("0.5.0", *pairs) is None


def test_a_true_answer_stands_beside_an_undecided_one() -> None:
    pair = record(entry("introduced:0", "fixed:tbd"), entry("introduced:0", "fixed:1.0.0"))
    assert osv.affected(pair, "npm", "foo", "0.5.0") is True
    assert osv.affected(pair, "npm", "foo", "1.5.0") is None


def test_an_ecosystem_range_follows_the_order_of_its_ecosystem_and_a_semver_range_semver() -> None:
    python = record(entry("introduced:0", "fixed:1.0", ecosystem="PyPI", kind="ECOSYSTEM"))
    assert osv.affected(python, "pypi", "foo", "1.0rc1") is True
    assert osv.affected(python, "pypi", "foo", "1.0.post1") is False
    assert osv.affected(python, "pypi", "foo", "not a version") is None
    semver = record(entry("introduced:0", "fixed:1.0.0", ecosystem="PyPI", kind="SEMVER"))
    assert osv.affected(semver, "pypi", "foo", "1.0rc1") is None
    action = record(entry("introduced:0", "fixed:4.1.0-rc.2", ecosystem="GitHub Actions", name="a/b", kind="ECOSYSTEM"))
    assert osv.affected(action, "github", "a/b", "v4.1.0-rc.1") is True
    odd = record(entry("introduced:0", "fixed:1.0.0", kind="CALENDAR"))
    assert osv.affected(odd, "npm", "foo", "0.1.0") is None


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True), st.integers(0, 30))
def test_alternating_events_are_half_open_intervals(bounds: list[int], at: int) -> None:
    bounds.sort()
    names = ["introduced", "fixed"] * 3
    pairs = [f"{name}:{bound}.0.0" for name, bound in zip(names, bounds, strict=False)]
    below = sum(bound <= at for bound in bounds)
    assert affected(f"{at}.0.0", *pairs) is (below % 2 == 1)
    assert affected(f"{at}.0.0", *reversed(pairs)) is (below % 2 == 1)


@pytest.mark.parametrize(("version", "affected"), [("go1.20.1", True), ("1.20.1", True), ("go1.20.2", False)])
def test_the_standard_library_of_go_is_known_by_the_name_of_its_toolchain(version: str, affected: bool) -> None:
    known = record(entry("introduced:0", "fixed:1.20.2", ecosystem="Go", name="stdlib"))
    assert osv.affected(known, "Go", "stdlib", version) is affected
