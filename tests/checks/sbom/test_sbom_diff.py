from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import sbom
from checks.sbom import Bom, Change, Kind
from checks.sbom.drift import graph

from .bills import bill, npm

NOTHING = {"added": 0, "removed": 0, "upgraded": 0, "downgraded": 0, "multi_version": 0, "license_changed": 0}


def changes(base: Bom, head: Bom) -> list[tuple[Kind, str]]:
    return [(change.kind, change.name) for change in sbom.diff(base, head).changes]


def only(base: Bom, head: Bom) -> Change:
    (change,) = sbom.diff(base, head).changes
    return change


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ([], ["1.0.0"], Kind.ADDED),
        (["1.0.0"], [], Kind.REMOVED),
        (["1.0.0"], ["1.0.1"], Kind.UPGRADED),
        (["1.0.1"], ["1.0.0"], Kind.DOWNGRADED),
        (["1.0.0"], ["1.0.0", "2.0.0"], Kind.MULTI_VERSION),
        (["1.0.0", "2.0.0"], ["2.0.0"], Kind.MULTI_VERSION),
        (["1.0.0", "2.0.0"], ["1.0.0", "3.0.0"], Kind.MULTI_VERSION),
        (["latest"], ["1.0.0"], Kind.CHANGED),
        (["1.0.0"], ["v1.0.0"], Kind.CHANGED),
        ([""], ["1.0.0"], Kind.CHANGED),
    ],
)
def test_a_package_changes_by_its_sets_of_versions(before: list[str], after: list[str], kind: Kind) -> None:
    base, head = (bill(npm("stay"), *(npm("a", version) for version in versions)) for versions in (before, after))
    change = only(base, head)
    assert (change.kind, change.ecosystem, change.name, change.purl) == (kind, "npm", "a", "pkg:npm/a")
    assert (change.base_versions, change.head_versions) == (tuple(sorted(before)), tuple(sorted(after)))
    expected = NOTHING | ({kind.value: 1} if kind is not Kind.CHANGED else {})
    assert sbom.diff(base, head).summary() == expected


def test_the_same_versions_twice_and_elsewhere_are_no_change() -> None:
    assert changes(bill(npm("a")), bill(npm("a"), npm("b", components=[npm("a")])))[1:] == []


def test_the_versions_that_arrived_are_those_the_base_lacks() -> None:
    change = only(bill(npm("a", "1.0.0"), npm("a", "2.0.0")), bill(npm("a", "2.0.0"), npm("a", "3.0.0")))
    assert change.arrived == ("3.0.0",)


def test_packages_are_matched_whatever_the_spelling_of_their_purl() -> None:
    base = bill(npm("b", purl="pkg:npm/@a/b@1"), npm("x", purl="pkg:deb/debian/x@1?arch=amd64"))
    head = bill(npm("b", purl="pkg:npm/%40a/b@1"), npm("x", purl="pkg:deb/debian/x@1?arch=arm64"))
    assert changes(base, head) == []


def test_packages_without_a_purl_are_matched_by_type_group_and_name() -> None:
    def part(version: str, **fields: Any) -> dict[str, Any]:
        return {"type": "library", "name": "core", "version": version} | fields

    assert changes(bill(part("1")), bill(part("2"))) == [(Kind.UPGRADED, "core")]
    moved = changes(bill(part("1")), bill(part("1", group="g")))
    assert moved == [(Kind.ADDED, "g/core"), (Kind.REMOVED, "core")]
    assert len(changes(bill(part("1")), bill(part("1", type="file")))) == 2


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (["MIT"], ["AGPL-3.0-only"], True),
        (["MIT"], ["The MIT License"], False),
        (["MIT", "Zlib"], ["Zlib", "MIT"], False),
        (["MIT AND Zlib"], ["Zlib", "MIT"], False),
        (["MIT"], ["MIT", "Zlib"], True),
        (["BSD-3-Clause"], ["BSD License"], False),
        ([], ["AGPL-3.0-only"], True),
        (["MIT"], [], True),
        ([], ["NOASSERTION"], False),
    ],
)
def test_a_licence_changes_when_its_normal_expression_does(before: list[str], after: list[str], changed: bool) -> None:
    found = sbom.diff(bill(npm("a", "1.0.0", *before)), bill(npm("a", "1.0.0", *after)))
    assert [change.kind for change in found.changes] == [Kind.LICENSE_CHANGED] * changed
    assert found.summary()["license_changed"] == int(changed)


def test_a_package_may_move_and_change_its_licence() -> None:
    found = sbom.diff(bill(npm("a", "1.0.0", "MIT")), bill(npm("a", "2.0.0", "AGPLv3")))
    assert [change.kind for change in found.changes] == [Kind.UPGRADED, Kind.LICENSE_CHANGED]
    assert {(c.base_licences, c.head_licences) for c in found.changes} == {(("MIT",), ("AGPL-3.0-only",))}


def test_a_vague_restatement_is_kept_apart() -> None:
    found = sbom.diff(bill(npm("a", "1", "GPL")), bill(npm("a", "1", "GPL-3.0-only")))
    assert found.changes == ()
    (restated,) = found.restated
    assert (restated.base_licences, restated.head_licences) == (("GPL",), ("GPL-3.0-only",))
    assert sbom.diff(bill(npm("a", "1", "mit")), bill(npm("a", "1", "MIT"))).restated == ()


def test_changes_are_listed_by_kind_then_ecosystem_then_name() -> None:
    base = bill(npm("up"), npm("old"), npm("back", "2.0.0"), npm("lic", "1.0.0", "MIT"), npm("odd", "x"))
    head = bill(
        npm("lic", "1.0.0", "ISC"),
        npm("up", "2.0.0"),
        npm("back"),
        npm("z"),
        npm("p", purl="pkg:pypi/p@1"),
        npm("b"),
        npm("odd", "y"),
        npm("up"),
    )
    assert changes(base, head) == [
        (Kind.ADDED, "b"),
        (Kind.ADDED, "z"),
        (Kind.ADDED, "p"),
        (Kind.REMOVED, "old"),
        (Kind.DOWNGRADED, "back"),
        (Kind.MULTI_VERSION, "up"),
        (Kind.CHANGED, "odd"),
        (Kind.LICENSE_CHANGED, "lic"),
    ]


COMPONENTS = st.lists(
    st.builds(
        npm,
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from(["1.0.0", "1.1.0", "2.0.0-rc.1", "2.0.0", "junk", ""]),
        st.sampled_from(["MIT", "Apache 2.0", "GPL", "GPL-3.0-only", "BSD-3-Clause", "BSD"]),
    ),
    max_size=8,
)
MIRROR = {
    Kind.ADDED: Kind.REMOVED,
    Kind.REMOVED: Kind.ADDED,
    Kind.UPGRADED: Kind.DOWNGRADED,
    Kind.DOWNGRADED: Kind.UPGRADED,
}


@given(COMPONENTS)
def test_nothing_differs_from_itself(components: list[Any]) -> None:
    found = sbom.diff(bill(*components), bill(*components))
    assert (found.changes, found.restated, found.summary()) == ((), (), NOTHING)


@given(COMPONENTS, COMPONENTS)
def test_the_way_back_is_the_mirror_of_the_way_there(before: list[Any], after: list[Any]) -> None:
    there = sbom.diff(bill(*before), bill(*after))
    back = sbom.diff(bill(*after), bill(*before))
    mirrored = {(MIRROR.get(c.kind, c.kind), c.name, c.head_versions, c.base_versions) for c in there.changes}
    assert {(c.kind, c.name, c.base_versions, c.head_versions) for c in back.changes} == mirrored
    assert {change.name for change in there.restated} == {change.name for change in back.restated}


@given(COMPONENTS, COMPONENTS, st.randoms(use_true_random=False))
def test_the_order_within_a_file_makes_no_difference(before: list[Any], after: list[Any], random: Any) -> None:
    found = sbom.diff(bill(*before), bill(*after))
    random.shuffle(before)
    random.shuffle(after)
    assert sbom.diff(bill(*before), bill(*after)) == found


@given(COMPONENTS, COMPONENTS)
def test_every_key_that_differs_is_told_once_by_version(before: list[Any], after: list[Any]) -> None:
    base, head = bill(*before), bill(*after)
    found = sbom.diff(base, head)
    moved = [c.key for c in found.changes if c.kind is not Kind.LICENSE_CHANGED]

    def versions(bom: Bom, key: str) -> set[str]:
        return {component.version for component in bom.components if component.key == key}

    keys = {component.key for component in (*base.components, *head.components)}
    assert sorted(moved) == sorted(key for key in keys if versions(base, key) != versions(head, key))


# --- why it is there -------------------------------------------------------------------------------------------


def why(head: Bom) -> dict[str, tuple[bool | None, tuple[str, ...]]]:
    found = sbom.diff(bill(npm("elsewhere")), head)
    return {change.name: (change.direct, change.introduced_by) for change in found.of(Kind.ADDED)}


def test_all_direct_dependencies_that_bring_a_package_are_named() -> None:
    edges = {"app": ["x", "y", "z"], "x": ["m"], "m": ["deep"], "y": ["deep"], "z": []}
    reasons = why(bill(*map(npm, ["x", "y", "z", "m", "deep"]), edges=edges))
    assert reasons["deep"] == (False, ("x", "y"))
    assert reasons["m"] == (False, ("x",))
    assert reasons["x"] == reasons["z"] == (True, ())


def test_a_direct_dependency_that_others_bring_as_well_is_direct() -> None:
    assert why(bill(npm("x"), npm("y"), edges={"app": ["x", "y"], "x": ["y"]}))["y"] == (True, ())


def test_cycles_end() -> None:
    edges = {"app": ["x"], "x": ["a"], "a": ["b"], "b": ["c", "a"], "c": ["a", "c", "x"]}
    reasons = why(bill(*map(npm, "xabc"), edges=edges))
    assert {reasons[name] for name in "abc"} == {(False, ("x",))}


def test_an_orphan_has_no_introducer() -> None:
    assert why(bill(npm("x"), npm("lost"), edges={"app": ["x"]}))["lost"] == (False, ())


@pytest.mark.parametrize("edges", [None, {"app": []}, {"x": ["y"]}, {"app": [], "x": ["y"]}])
def test_a_bill_that_does_not_say_leaves_it_open(edges: dict[str, Sequence[str]] | None) -> None:
    assert set(why(bill(npm("x"), npm("y"), edges=edges)).values()) == {(None, ())}


def test_a_component_outside_the_graph_leaves_it_open() -> None:
    loose = npm("loose") | {"bom-ref": None, "purl": None}
    assert why(bill(npm("x"), loose, edges={"app": ["x"]}))["loose"] == (None, ())
    assert why(bill(npm("x"), loose, dependencies=[{"ref": "x", "dependsOn": ["y"]}]))["loose"] == (None, ())


def test_without_a_root_what_nothing_depends_on_is_direct() -> None:
    entries = [{"ref": "x", "dependsOn": ["y"]}, {"ref": "y", "dependsOn": ["y"]}, {"ref": "z", "dependsOn": ["z"]}]
    reasons = why(bill(npm("x"), npm("y"), npm("z"), dependencies=entries))
    assert reasons == {"x": (True, ()), "y": (False, ("x",)), "z": (True, ())}


def test_a_removed_package_is_explained_by_the_base() -> None:
    base = bill(*map(npm, ["x", "gone", "stay"]), edges={"app": ["x", "stay"], "x": ["gone"]})
    found = sbom.diff(base, bill(npm("stay"), npm("x"), edges={"app": ["stay", "x"]}))
    assert [(c.name, c.direct, c.introduced_by) for c in found.changes] == [("gone", False, ("x",))]


def test_a_node_without_a_component_is_shown_by_its_reference() -> None:
    assert why(bill(npm("y"), edges={"app": ["ghost"], "ghost": ["y"]}))["y"] == (False, ("ghost",))


NODES = st.integers(0, 7)


@given(st.dictionaries(NODES, st.lists(NODES, max_size=3)), st.sets(NODES, max_size=3), st.sets(NODES))
def test_introducers_are_the_roots_from_which_a_walk_arrives(
    edges: dict[int, list[int]], roots: set[int], wanted: set[int]
) -> None:
    named = {str(source): tuple(map(str, targets)) for source, targets in edges.items()}

    def reachable(start: str) -> set[str]:
        seen, waiting = set[str](), [start]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting.extend(named.get(node, ()))
        return seen

    expected = {
        str(node): tuple(sorted(str(root) for root in roots if str(node) in reachable(str(root)))) for node in wanted
    }
    found = graph.introducers(
        named, {str(root): str(root) for root in roots}, {str(node): [str(node)] for node in wanted}
    )
    assert found == expected


def test_a_package_in_two_places_is_brought_by_all_that_bring_either_each_name_once() -> None:
    edges = {"x1": ("p1",), "x2": ("p2",), "y": ("p2",), "p1": ("p1",)}
    assert graph.introducers(edges, {"x1": "x", "x2": "x", "y": "y"}, {"p": ["p1", "p2"], "lost": []}) == {
        "p": ("x", "y"),
        "lost": (),
    }


def test_of_more_than_a_thousand_introducers_the_first_are_named() -> None:
    roots = {f"{number:04}": f"{number:04}" for number in range(1001)}
    edges = dict.fromkeys(roots, ("leaf",))
    assert graph.introducers(edges, dict(list(roots.items())[:1000]), {"leaf": ["leaf"]})["leaf"][-1] == "0999"
    assert graph.introducers(edges, roots, {"leaf": ["leaf"]})["leaf"][998:] == ("0998", "0999", graph.GAP)


def test_a_chain_of_fifty_thousand_needs_no_recursion() -> None:
    edges = {str(n): (str(n + 1),) for n in range(50_000)}
    assert graph.introducers(edges, {"0": "a", "9": "b"}, {"50000": ["50000"]}) == {"50000": ("a", "b")}


def test_a_ring_of_fifty_thousand_needs_no_recursion() -> None:
    edges = {str(n): (str((n + 1) % 50_000),) for n in range(50_000)}
    assert graph.introducers(edges, {"7": "a"}, {"3": ["3"]}) == {"3": ("a",)}


def test_packages_that_differ_only_in_their_type_come_in_one_order() -> None:
    twins = [{"type": kind, "name": "x", "version": "1"} for kind in ("library", "file", "device", "data")]
    found = sbom.diff(bill(npm("stay")), bill(npm("stay"), *twins)).changes
    assert [change.key for change in found] == ["data:x", "device:x", "file:x", "library:x"]


def test_a_very_long_way_in_is_told_by_its_root_and_its_end() -> None:
    refs = [f"n{number}" for number in range(200)]
    edges = {"app": [refs[0]], **{one: [other] for one, other in pairwise(refs)}}
    found = graph.trails(edges, [refs[0]], {}, {refs[-1], refs[20]})
    assert found[refs[20]] == tuple(refs[:21])
    assert found[refs[-1]] == (refs[0], graph.GAP, *refs[-62:])
