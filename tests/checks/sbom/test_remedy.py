from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.sbom import remedy
from checks.sbom.advisories import advisory
from checks.sbom.remedy import Remedy, candidates, is_clear, safest

from .advisories import entry, record

TWO = (
    record(entry("introduced:0", "fixed:1.2.0"), id="A-1"),
    record(entry("introduced:1.0.0", "fixed:1.3.1", "introduced:2.0.0", "fixed:2.0.5"), id="B-1"),
)
KNOWN = ("1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.3.1", "1.4.0-rc.1", "1.4.0", "2.0.0", "2.0.5")


def chosen(current: str, offered: tuple[str, ...] = KNOWN, records: Any = TWO, **wishes: Any) -> str | None:
    return safest("npm", "foo", current, offered, records, **wishes).version


def test_the_smallest_version_clear_of_every_advisory_is_chosen() -> None:
    assert safest("npm", "foo", "1.1.0", KNOWN, TWO) == Remedy(
        version="1.3.1",
        bump="minor",
        within=None,
        breaking=False,
        clears=("A-1", "B-1"),
        remaining=(),
        reason="1.3.1 is the smallest known step up from 1.1.0 that no known advisory affects",
    )
    assert chosen("0.9.0") == "1.3.1"  # 1.2.0 mends A-1 and has B-1
    assert chosen("2.0.0") == "2.0.5"
    assert chosen("1.1.0", tuple(reversed(KNOWN))) == "1.3.1"


def test_the_book_or_its_records_will_do() -> None:
    assert chosen("1.1.0", records=advisory.known(TWO)) == chosen("1.1.0") == chosen("1.1.0", records=iter(TWO))


def test_nothing_older_is_ever_chosen() -> None:
    newest = record(entry("introduced:2.0.0"), id="C-1")
    assert chosen("2.0.5", records=[newest]) is None
    assert chosen("2.0.0", ("1.4.0", "2.0.0", "2.0.0+build"), [newest]) is None


def test_a_version_without_anything_against_it_stays() -> None:
    assert safest("npm", "foo", "1.3.1", KNOWN, TWO) == Remedy("1.3.1", reason="nothing is known against 1.3.1")
    assert chosen("1.2.5", ()) is None
    assert chosen("1.3.5", ()) == "1.3.5"


def test_prereleases_are_for_those_who_run_one() -> None:
    offered = ("1.3.1-rc.2", "1.4.0-rc.1", "1.4.0")
    assert chosen("1.3.0", offered) == "1.4.0"
    assert chosen("1.3.0-beta.1", offered) == "1.4.0-rc.1"


def test_the_declared_range_goes_first_then_the_major_then_the_size() -> None:
    only_late = record(entry("introduced:0", "fixed:2.0.0", "introduced:2.0.1", "fixed:2.0.3"), id="D-1")
    offered = ("1.5.0", "2.0.0", "2.0.3", "3.0.0")
    assert chosen("1.0.0", offered, [only_late]) == "2.0.0"
    assert chosen("1.0.0", offered, [only_late], declared="^3.0.0") == "3.0.0"
    assert chosen("1.0.0", offered, [only_late], declared=">=2.0.2") == "2.0.3"
    found = safest("npm", "foo", "1.1.0", KNOWN, TWO, declared="~1.4.0")
    assert (found.version, found.within, found.bump) == ("1.4.0", True, "minor")
    assert found.reason.endswith(", within the declared range ~1.4.0")
    outside = safest("npm", "foo", "1.1.0", KNOWN, TWO, declared="~1.1.0")
    assert (outside.version, outside.within) == ("1.3.1", False)
    assert outside.reason.endswith(", outside the declared range ~1.1.0")
    unclear = safest("npm", "foo", "1.1.0", KNOWN, TWO, declared="latest")
    assert (unclear.version, unclear.within) == ("1.3.1", None)
    assert unclear.reason.endswith("affects")


def test_a_smaller_major_is_not_left_for_a_version_of_another_spelling() -> None:
    offered = ("2.0.5", "1.4.0")
    assert chosen("1.0.0", offered) == "1.4.0"


def test_what_policy_does_not_let_in_is_passed_over() -> None:
    assert chosen("1.1.0", permitted=lambda version: version != "1.3.1") == "1.4.0"
    found = safest("npm", "foo", "1.1.0", KNOWN, TWO, permitted=lambda _: False)
    assert found.version is None
    assert found.remaining == ("A-1", "B-1")
    assert found.reason == (
        "no known release from 1.1.0 on may come in and is clear of every advisory; "
        "1.3.1 leaves the least: nothing, but it is not permitted"
    )


def test_excused_advisories_do_not_count_under_any_of_their_names() -> None:
    named = [TWO[0], TWO[1] | {"aliases": ["CVE-1"]}]
    assert chosen("1.1.0", records=named, excused=frozenset({"B-1"})) == "1.2.0"
    assert chosen("1.1.0", records=named, excused=frozenset({"CVE-1"})) == "1.2.0"
    assert chosen("1.1.0", records=named, excused=frozenset({"A-1", "B-1"})) == "1.1.0"


def test_without_a_clear_version_the_least_bad_is_named_and_not_chosen() -> None:
    endless = record(entry("introduced:0"), id="E-1", database_specific={"severity": "LOW"})
    found = safest("npm", "foo", "1.1.0", KNOWN, [*TWO, endless])
    assert (found.version, found.clears, found.remaining) == (None, (), ("E-1", "A-1", "B-1"))
    assert found.reason.endswith("; 1.3.1 leaves the least: E-1")
    alone = safest("npm", "foo", "1.1.0", KNOWN, [endless])
    assert alone.reason == "no known release from 1.1.0 on may come in and is clear of every advisory"


def test_the_least_bad_is_weighed_by_severity() -> None:
    grave = record(entry("introduced:0", "fixed:1.2.0"), id="G-1", database_specific={"severity": "CRITICAL"})
    mild = [record(entry("introduced:1.1.5"), id=f"M-{n}", database_specific={"severity": "LOW"}) for n in (1, 2)]
    found = safest("npm", "foo", "1.1.0", ("1.2.0",), [grave, *mild])
    assert found.reason.endswith("; 1.2.0 leaves the least: M-1, M-2")


def test_what_nobody_can_decide_blocks_only_what_it_did_not_touch_before() -> None:
    commits = entry() | {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}
    found = safest("npm", "foo", "1.1.0", KNOWN, [*TWO, record(commits, id="U-1")])
    assert (found.version, found.remaining, found.clears) == ("1.3.1", ("U-1",), ("A-1", "B-1"))
    later = record(entry(versions=["1.1.0"], ranges=[7]), id="V-1")
    assert chosen("1.1.0", records=[*TWO, later]) is None  # of 1.3.1 it cannot be said


def test_a_version_without_a_place_has_no_way_up() -> None:
    found = safest("npm", "foo", "latest", KNOWN, [record(entry("introduced:0"), id="E-1")])
    assert found == Remedy(None, remaining=("E-1",), reason="no telling which releases come after latest")


@pytest.mark.parametrize(
    ("ecosystem", "current", "version", "bump", "breaking"),
    [
        ("npm", "1.2.3", "1.2.4", "patch", False),
        ("npm", "1.2.3", "1.3.0", "minor", False),
        ("npm", "1.2.3", "2.0.0", "major", True),
        ("npm", "0.2.3", "0.3.0", "minor", True),
        ("npm", "0.2.3", "0.2.4", "patch", False),
        ("cargo", "0.2.3", "0.3.0", "minor", True),
        ("PyPI", "0.2.3", "0.3.0", "minor", False),
        ("PyPI", "1.0", "1.0.post1", "patch", False),
        ("PyPI", "1", "2", "major", True),
        ("golang", "v1.2.3", "v1.3.0", "minor", False),
        ("maven", "1.2", "1.2.1", "patch", False),
        ("GitHub Actions", "v3.0.0", "v4.0.0", "major", True),
    ],
)
def test_a_step_is_named_by_the_first_number_that_it_changes(
    ecosystem: str, current: str, version: str, bump: str, breaking: bool
) -> None:
    one = record(entry("introduced:0", f"fixed:{version}", ecosystem=ecosystem, kind="ECOSYSTEM"))
    found = safest(ecosystem, "foo", current, (version,), [one])
    assert (found.version, found.bump, found.breaking) == (version, bump, breaking)


# --- candidates ------------------------------------------------------------------------------------------------


def test_the_candidates_are_what_the_records_speak_of_and_what_was_seen() -> None:
    spoken = [
        record(entry("introduced:0.5.0", "fixed:1.2.0", "last_affected:1.9.0", versions=["1.0.0", "1.1.0"])),
        record(entry("introduced:0", "fixed:v1.2.0", "fixed:abc"), id="X-2"),
        record(entry("introduced:0", "fixed:9.0.0"), id="X-3", withdrawn="2024-01-01"),
        record(entry("introduced:0", "fixed:7.0.0", name="bar"), id="X-4"),
    ]
    assert candidates(spoken, "npm", "foo") == ("1.0.0", "1.1.0", "1.2.0")
    assert candidates(iter(spoken), "npm", "foo", ("3.0.0", "v1.2.0", "junk")) == ("1.0.0", "1.1.0", "v1.2.0", "3.0.0")
    assert candidates(advisory.known(spoken), "npm", "other") == ()


def test_a_version_is_clear_when_nothing_is_known_and_nothing_undecided() -> None:
    assert is_clear("npm", "foo", "1.3.1", TWO)
    assert not is_clear("npm", "foo", "1.2.0", TWO)
    assert is_clear("npm", "foo", "1.2.0", TWO, frozenset({"B-1"}))
    assert not is_clear("npm", "foo", "latest", TWO)
    assert is_clear("npm", "bar", "1.2.0", TWO)


INTERVAL = st.tuples(st.integers(0, 12), st.integers(1, 6))


@given(st.lists(INTERVAL, max_size=5), st.integers(0, 15), st.sets(st.integers(0, 20), max_size=12))
def test_the_choice_is_that_of_trying_each(intervals: list[tuple[int, int]], current: int, known: set[int]) -> None:
    records = [
        record(entry(f"introduced:{text(low)}", f"fixed:{text(low + length)}"), id=f"R-{n}")
        for n, (low, length) in enumerate(intervals)
    ]
    offered = tuple(text(number) for number in known)
    clear = [n for n in {*known, current} if n >= current and not any(low <= n < low + size for low, size in intervals)]
    best = min(clear, key=lambda n: (n // 5 != current // 5, n), default=None)
    assert remedy.safest("npm", "foo", text(current), offered, records).version == (
        None if best is None else text(best)
    )


def text(number: int) -> str:
    """Five releases to a major."""
    return f"{number // 5}.{number % 5}.0"
