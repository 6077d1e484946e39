"""What else may differ than versions: digests, scopes, who depends on it; and which version became which."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import sbom
from checks.sbom import Bom, Change, Component, Kind, Scope
from checks.sbom.drift import graph, moves
from checks.sbom.versions import comparison

from .bills import bill, npm


def part(
    version: str = "1.0.0", *hashes: tuple[str, str], name: str = "a", scope: Scope = Scope.UNKNOWN, ref: str = ""
) -> Component:
    return Component(
        f"pkg:npm/{name}", "npm", name, version, f"pkg:npm/{name}", scope=scope, ref=ref or name, hashes=hashes
    )


def bom(*parts: Component, **edges: tuple[str, ...]) -> Bom:
    return Bom(parts, root="app" if edges else "", edges=edges)


def kinds(base: Bom, head: Bom) -> list[Kind]:
    return [change.kind for change in sbom.diff(base, head).changes]


def only(base: Bom, head: Bom) -> Change:
    (change,) = sbom.diff(base, head).changes
    return change


# --- digests ---------------------------------------------------------------------------------------------------


def test_the_same_version_with_another_digest_is_told_with_its_version() -> None:
    change = only(bom(part("1.0.0", ("sha256", "aa"))), bom(part("1.0.0", ("sha256", "bb"))))
    assert (change.kind, change.rehashed) == (Kind.HASH_CHANGED, ("1.0.0",))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([part("1.0.0", ("sha256", "aa"))], [part("1.0.0", ("sha512", "bb"))]),  # no algorithm in common
        ([part("1.0.0", ("sha256", "aa"))], [part("1.0.0")]),
        ([part("1.0.0", ("sha256", "aa"))], [part("1.0.0", ("sha1", "cc"), ("sha256", "aa"))]),
        ([part("1.0.0", ("sha256", "aa"), ("sha256", "bb"))], [part("1.0.0", ("sha256", "bb"), ("sha256", "cc"))]),
        ([part("1.0.0", ("sha256", "aa"))], [part("1.0.0", ("sha256", "aa")), part("1.0.0", ("sha256", "bb"))]),
    ],
)
def test_digests_that_do_not_contradict_each_other_are_no_change(
    before: list[Component], after: list[Component]
) -> None:
    assert kinds(bom(*before), bom(*after)) == []


def test_another_version_has_another_digest_by_right() -> None:
    assert kinds(bom(part("1.0.0", ("sha256", "aa"))), bom(part("1.1.0", ("sha256", "bb")))) == [Kind.UPGRADED]


def test_of_several_versions_only_the_one_whose_digest_changed_is_named() -> None:
    base = bom(part("1.0.0", ("sha256", "aa")), part("2.0.0", ("sha256", "bb")))
    head = bom(part("1.0.0", ("sha256", "aa")), part("2.0.0", ("sha256", "cc")))
    assert only(base, head).rehashed == ("2.0.0",)


def test_one_contradiction_among_two_algorithms_is_enough() -> None:
    base = bom(part("1.0.0", ("sha1", "11"), ("sha256", "aa")))
    assert kinds(base, bom(part("1.0.0", ("sha1", "11"), ("sha256", "bb")))) == [Kind.HASH_CHANGED]


# --- scopes ----------------------------------------------------------------------------------------------------


SCOPED = part(name="other", scope=Scope.DEVELOPMENT)


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (Scope.DEVELOPMENT, Scope.RUNTIME, True),
        (Scope.DEVELOPMENT, Scope.UNKNOWN, True),  # the bill tells scopes apart, so silence means runtime
        (Scope.RUNTIME, Scope.UNKNOWN, False),
        (Scope.OPTIONAL, Scope.RUNTIME, True),
        (Scope.RUNTIME, Scope.DEVELOPMENT, True),
        (Scope.OPTIONAL, Scope.OPTIONAL, False),
    ],
)
def test_a_scope_changes_where_both_bills_tell_scopes_apart(before: Scope, after: Scope, changed: bool) -> None:
    found = sbom.diff(bom(SCOPED, part(scope=before)), bom(SCOPED, part(scope=after))).changes
    assert [(c.kind, c.base_scope, c.scope) for c in found] == [(Kind.SCOPE_CHANGED, before, after)] * changed


def test_a_bill_that_states_no_scope_at_all_says_nothing_of_scopes() -> None:
    assert kinds(bom(part(scope=Scope.DEVELOPMENT)), bom(part())) == []
    assert kinds(bom(part()), bom(part(scope=Scope.DEVELOPMENT))) == []


@pytest.mark.parametrize(
    ("scopes", "widest"),
    [
        ([Scope.DEVELOPMENT, Scope.RUNTIME], Scope.RUNTIME),
        ([Scope.DEVELOPMENT, Scope.OPTIONAL], Scope.OPTIONAL),
        ([Scope.OPTIONAL, Scope.UNKNOWN], Scope.UNKNOWN),
        ([Scope.UNKNOWN, Scope.RUNTIME], Scope.RUNTIME),
    ],
)
def test_a_package_in_several_places_has_its_widest_scope(scopes: list[Scope], widest: Scope) -> None:
    head = bom(*(part(scope=scope, ref=f"a{n}") for n, scope in enumerate(scopes)), part(name="b"))
    (added,) = sbom.diff(bom(part(name="b")), head).of(Kind.ADDED)
    assert (added.scope, added.base_scope) == (widest, Scope.UNKNOWN)


# --- direct ----------------------------------------------------------------------------------------------------


def test_a_package_that_becomes_direct_or_ceases_to_be_is_told() -> None:
    parts = (part(name="a"), part(name="b"))
    through, straight = bom(*parts, app=("a",), a=("b",)), bom(*parts, app=("a", "b"), a=("b",))
    change = only(through, straight)
    assert (change.kind, change.name, change.direct, change.trail) == (Kind.DIRECT_CHANGED, "b", True, ("b",))
    back = only(straight, through)
    assert (back.kind, back.direct, back.trail, back.introduced_by) == (
        Kind.DIRECT_CHANGED,
        False,
        ("a", "b"),
        ("a",),
    )


def test_an_arrival_is_no_change_of_directness() -> None:
    base = bom(part(name="a"), app=("a",))
    assert kinds(base, bom(part(name="a"), part(name="b"), app=("a", "b"))) == [Kind.ADDED]


def test_without_a_graph_of_the_product_directness_is_nobodys_guess() -> None:
    parts = (part(name="a"), part(name="b"))
    rooted = bom(*parts, app=("a",), a=("b",))
    assert kinds(Bom(parts, edges={"b": ("a",)}), rooted) == []
    assert kinds(rooted, Bom(parts)) == []
    assert (sbom.diff(rooted, rooted).graph, sbom.diff(rooted, Bom(parts)).graph) == (True, False)


BILLS = st.lists(
    st.builds(
        part,
        st.sampled_from(["1.0.0", "2.0.0"]),
        st.tuples(st.just("sha256"), st.sampled_from(["aa", "bb"])),
        name=st.sampled_from("ab"),
        scope=st.sampled_from(list(Scope)),
    ),
    max_size=5,
)


@given(BILLS, BILLS, st.randoms(use_true_random=False))
def test_digests_and_scopes_differ_alike_in_both_directions_and_in_any_order(
    before: list[Component], after: list[Component], random: Any
) -> None:
    there, back = sbom.diff(bom(*before), bom(*after)), sbom.diff(bom(*after), bom(*before))
    for kind in (Kind.HASH_CHANGED, Kind.SCOPE_CHANGED):
        assert [c.key for c in there.of(kind)] == [c.key for c in back.of(kind)]
    assert [c.rehashed for c in there.of(Kind.HASH_CHANGED)] == [c.rehashed for c in back.of(Kind.HASH_CHANGED)]
    assert sbom.diff(bom(*before), bom(*before)).changes == ()
    random.shuffle(after)
    assert sbom.diff(bom(*before), bom(*after)) == there


# --- which version became which --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["1.0.0"], ["1.1.0"], [("1.0.0", "1.1.0")]),
        (["1.0.0", "2.0.0"], ["1.1.0", "2.1.0"], [("2.0.0", "2.1.0"), ("1.0.0", "1.1.0")]),
        (["1.0.0", "2.0.0"], ["2.0.0", "3.0.0"], [("1.0.0", "3.0.0")]),
        (["1.0.0", "1.1.0"], ["1.2.0"], [("1.1.0", "1.2.0")]),
        (["1.1.0", "2.0.0"], ["1.2.0", "3.0.0"], [("1.1.0", "1.2.0"), ("2.0.0", "3.0.0")]),
        (["1.0.0"], ["1.0.0", "2.0.0"], []),
        (["1.9.0", "1.10.0"], ["1.11.0"], [("1.10.0", "1.11.0")]),
        (["main"], ["next"], [("main", "next")]),
        (["1.0.0"], [], []),
    ],
)
def test_versions_are_matched_within_their_major_first(
    before: list[str], after: list[str], expected: list[tuple[str, str]]
) -> None:
    assert list(moves.pair("npm", before, after)) == expected


VERSIONS = st.sets(st.sampled_from(["1.0.0", "1.1.0", "1.10.0", "2.0.0", "2.0.1", "3.0.0-rc.1", "main", "", "v4"]))


@given(VERSIONS, VERSIONS)
def test_the_way_back_moves_the_same_versions(before: set[str], after: set[str]) -> None:
    there, back = moves.pair("npm", before, after), moves.pair("npm", after, before)
    assert {(new, old) for old, new in there} == set(back)
    assert len({old for old, _ in there}) == len({new for _, new in there}) == len(there)
    assert {old for old, _ in there} <= before - after
    assert {new for _, new in there} <= after - before
    assert len(there) == min(len(before - after), len(after - before))


def test_more_versions_than_anybody_can_follow_are_not_matched() -> None:
    many = [f"1.0.{n}" for n in range(moves.MOST)]
    assert len(moves.pair("npm", many, ["1.1.0"])) == 1
    assert moves.pair("npm", [*many, "1.0.999"], ["1.1.0"]) == ()


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.2.3", 1),
        ("v10.0", 10),
        ("=2", 2),
        ("2!3.1", 3),
        ("1:4.5-1", 4),
        ("main", None),
        ("", None),
        ("9" * 30, None),
    ],
)
def test_the_major_number_of_a_version(version: str, expected: int | None) -> None:
    assert moves.major(version) == expected


@pytest.mark.parametrize(
    ("before", "after", "major"),
    [("1.9.0", "2.0.0", True), ("2.0.0", "1.0.0", True), ("1.0.0", "1.9.0", False), ("main", "2.0.0", False)],
)
def test_a_change_says_whether_it_crosses_a_major(before: str, after: str, major: bool) -> None:
    change = only(bill(npm("a", before)), bill(npm("a", after)))
    assert (change.major, change.moves) == (major, ((before, after),))


# --- the trail -------------------------------------------------------------------------------------------------


def trails(head: Bom) -> dict[str, tuple[str, ...]]:
    return {change.name: change.trail for change in sbom.diff(bill(npm("elsewhere")), head).of(Kind.ADDED)}


def test_the_trail_is_the_shortest_way_and_ends_at_the_package() -> None:
    edges = {"app": ["x", "y"], "x": ["m"], "m": ["deep"], "y": ["deep"]}
    found = trails(bill(*map(npm, ["x", "y", "m", "deep"]), edges=edges))
    assert found == {"x": ("x",), "y": ("y",), "m": ("x", "m"), "deep": ("y", "deep")}


def test_of_two_shortest_ways_the_first_by_name_is_told_whatever_the_nodes_are_called() -> None:
    def named(*refs: str) -> Bom:
        a, b, mid, deep = (
            npm(name, **{"bom-ref": ref}) for name, ref in zip(("a", "b", "m", "deep"), refs, strict=True)
        )
        edges = {"app": [refs[1], refs[0]], refs[0]: [refs[3]], refs[1]: [refs[3]]}
        return bill(a, b, mid, deep, edges=edges)

    assert trails(named("1", "2", "3", "4"))["deep"] == trails(named("9", "2", "3", "4"))["deep"] == ("a", "deep")


def test_ways_that_share_their_names_are_one_way() -> None:
    twins = [npm("x", **{"bom-ref": ref}) for ref in ("x1", "x2")]
    leaves = [npm("z", **{"bom-ref": "z"}), npm("k", **{"bom-ref": "k"}), npm("end")]
    edges = {"app": ["x1", "x2"], "x1": ["z"], "x2": ["k"], "z": ["end"], "k": ["end"]}
    assert trails(bill(*twins, *leaves, edges=edges))["end"] == ("x", "k", "end")


def test_where_nothing_leads_or_nothing_is_said_there_is_no_trail() -> None:
    assert trails(bill(npm("x"), npm("lost"), edges={"app": ["x"]}))["lost"] == ()
    assert trails(bill(npm("x")))["x"] == ()


def test_a_package_in_two_places_takes_the_shorter_trail() -> None:
    places = [npm("deep", **{"bom-ref": "d1"}), npm("deep", **{"bom-ref": "d2"})]
    edges = {"app": ["x"], "x": ["m", "d2"], "m": ["d1"]}
    assert trails(bill(npm("x"), npm("m"), *places, edges=edges))["deep"] == ("x", "deep")


NODES = st.integers(0, 7)


@given(st.dictionaries(NODES, st.lists(NODES, max_size=3)), st.sets(NODES, max_size=3))
def test_a_trail_is_a_way_of_least_length_and_exists_where_one_does(
    edges: dict[int, list[int]], roots: set[int]
) -> None:
    named = {str(source): tuple(map(str, targets)) for source, targets in edges.items()}
    every = {str(node) for node in range(8)}
    found = graph.trails(named, {str(root) for root in roots}, {}, every)
    distance, level = dict[str, int](), {str(root) for root in roots}
    for step in range(9):
        distance |= {node: step for node in level if node not in distance}
        level = {target for node in level for target in named.get(node, ())}
    assert {node: len(trail) - 1 for node, trail in found.items()} == distance
    for node, trail in found.items():
        assert (trail[0] in {str(root) for root in roots}, trail[-1]) == (True, node)
        assert all(after in named[before] for before, after in pairwise(trail))


def test_a_downgrade_is_one_by_the_order_of_its_ecosystem() -> None:
    assert comparison.compare("npm", "1.10.0", "1.9.0") == 1
    change: Any = only(bill(npm("a", "1.10.0")), bill(npm("a", "1.9.0")))
    assert (change.kind, change.major) == (Kind.DOWNGRADED, False)
