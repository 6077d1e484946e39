import pytest

from checks.sbom.remedy import Remedy
from checks.sbom.repair.ways import Lineage, Way, ways

from .advisories import entry, record

SAFE = Remedy("1.3.1", "minor", clears=("A-1",), reason="it is clear")
STUCK = Remedy(None, remaining=("A-1",), reason="no known release is clear")
RECORDS = (record(entry("introduced:1.0.0", "fixed:1.3.1"), id="A-1"),)


def found(lineage: Lineage, ecosystem: str = "npm", remedy: Remedy = SAFE) -> tuple[Way, ...]:
    return ways(ecosystem, "foo", "1.1.0", remedy, lineage)


def test_a_direct_dependency_is_raised_where_it_is_declared() -> None:
    assert found(Lineage(direct=True, parents={"bar": "^1"})) == (
        Way("bump", "foo", "1.3.1", text="raise foo to 1.3.1: it is clear"),
    )


def test_a_lock_file_will_do_where_every_parent_takes_the_version() -> None:
    assert found(Lineage(False, {"bar": "^1.1.0", "baz": ">=1"})) == (
        Way("lock", "foo", "1.3.1", text="renew the lock file: every parent takes foo 1.3.1"),
    )


def test_the_parents_that_refuse_are_named_and_overridden() -> None:
    assert found(Lineage(False, {"zap": "1.1.0", "bar": "^1.1.0", "baz": "~1.1.0"})) == (
        Way(
            "override",
            "foo",
            "1.3.1",
            ("baz", "zap"),
            "ask for foo 1.3.1 by an entry in `overrides`, since baz, zap would not take it",
        ),
    )


@pytest.mark.parametrize("parents", [{}, {"bar": ""}, {"bar": "^1", "baz": "git+https://x"}, {"bar": "^1", "baz": ""}])
def test_parents_whose_ranges_are_not_known_promise_nothing_and_are_not_blamed(parents: dict[str, str]) -> None:
    assert found(Lineage(False, parents)) == (
        Way("override", "foo", "1.3.1", text="ask for foo 1.3.1 by an entry in `overrides`"),
    )


def test_a_parent_is_raised_when_each_that_blocks_is_known_to_give_way() -> None:
    lineage = Lineage(False, {"bar": "~1.1.0", "baz": "1.0.0"}, {"bar": "5.0.1", "baz": "2.0.0", "other": "1"})
    first, second = found(lineage)
    assert first == Way(
        "parent", "bar", "5.0.1", ("bar", "baz"), "raise bar to 5.0.1, baz to 2.0.0, which takes foo 1.3.1"
    )
    assert second.kind == "override"
    half = Lineage(False, {"bar": "~1.1.0", "baz": "1.0.0"}, {"bar": "5.0.1"})
    assert [each.kind for each in found(half)] == ["override"]


@pytest.mark.parametrize(
    ("ecosystem", "words"),
    [
        ("Maven", "an entry in `dependencyManagement`"),
        ("golang", "a `require` with `// indirect`"),
        ("PyPI", "a constraint"),
    ],
)
def test_each_ecosystem_overrides_in_its_own_words(ecosystem: str, words: str) -> None:
    (only,) = found(Lineage(False), ecosystem)
    assert (only.kind, only.text) == ("override", f"ask for foo 1.3.1 by {words}")


def test_modules_of_go_have_no_lock_that_moves_on_its_own() -> None:
    assert [each.kind for each in found(Lineage(False, {"bar": "v1.0.0"}), "golang")] == ["override"]


def test_without_an_override_only_the_parents_can_help() -> None:
    assert found(Lineage(False, {"bar": "=1.1.0"}), "cargo") == (
        Way("none", "", None, ("bar",), "foo 1.3.1 is safe, but only the packages that ask for foo can take it"),
    )
    assert [each.kind for each in found(Lineage(False, {"bar": "1.1.0"}), "cargo")] == ["lock"]


def test_without_a_safe_version_it_is_said_what_else_there_is() -> None:
    for lineage in (Lineage(True), Lineage(False, {"bar": "^2"})):
        assert found(lineage, remedy=STUCK) == (
            Way(
                "none",
                "",
                None,
                (),
                "no known release is clear; replace foo, or state in a VEX document why it does not matter",
            ),
        )


def test_going_back_comes_first_when_the_green_version_is_clear() -> None:
    lineage = Lineage(True)
    back = Way("revert", "foo", "0.9.0", text="go back to foo 0.9.0, which was green and has nothing known against it")
    options = ways("npm", "foo", "1.1.0", SAFE, lineage, green="0.9.0", records=RECORDS)
    assert (options[0], options[1].kind) == (back, "bump")
    assert ways("npm", "foo", "1.1.0", STUCK, lineage, green="0.9.0", records=RECORDS) == (back,)
    assert ways("npm", "foo", "1.1.0", SAFE, lineage, green="1.0.5", records=RECORDS)[0].kind == "bump"
    assert ways("npm", "foo", "1.1.0", SAFE, lineage, green="1.1.0")[0].kind == "bump"
    assert ways("npm", "foo", "1.1.0", SAFE, lineage)[0].kind == "bump"
    excused = ways("npm", "foo", "1.1.0", SAFE, lineage, green="1.0.5", records=RECORDS, excused=frozenset({"A-1"}))[0]
    assert (excused.kind, excused.version) == ("revert", "1.0.5")
