"""What a bill no longer shows may have left, or only be out of sight."""

import json

import pytest

from checks.model import Document, Missing
from checks.sbom.repair import Exposed, in_sight

from .supply import BASE, HEAD, bill

PAD = "pkg:npm/left-pad"
OTHERS = {f"package-{number}": "1.0.0" for number in range(11)}
HAD = bill({"left-pad": "1.0.0", **OTHERS})


def before(text: str = HAD, path: str = "sbom.json") -> Document:
    return Document(path, BASE, text)


def now(text: str, path: str = "sbom.json") -> Document:
    return Document(path, HEAD, text)


@pytest.mark.parametrize("text", [HAD, bill({"left-pad": "1.0.1", **OTHERS}), bill(OTHERS)])
def test_the_bill_that_had_it_can_tell(text: str) -> None:
    assert in_sight(PAD, [before()], [now(text), now("{", "other.json")])


def test_half_of_a_bill_can_tell_and_less_cannot() -> None:
    half = dict.fromkeys(list(OTHERS)[:6], "1.0.0")
    assert in_sight(PAD, [before()], [now(bill(half))])
    assert not in_sight(PAD, [before()], [now(bill(dict(list(half.items())[:5])))])


def test_a_small_bill_may_lose_what_it_likes() -> None:
    assert in_sight(PAD, [before(bill({"left-pad": "1.0.0", "qs": "1.0.0"}))], [now(bill({}))])


@pytest.mark.parametrize(
    "later",
    [
        [],
        [now(HAD, "renamed.json")],
        [now("{")],
        [Document("sbom.json", HEAD, missing=Missing("too large"))],
        [now(json.dumps({**json.loads(HAD), "components": [*json.loads(HAD)["components"], 7]}))],
    ],
    ids=["gone", "renamed", "unreadable", "not read", "a part cannot be read"],
)
def test_a_bill_that_is_lost_or_broken_cannot(later: list[Document]) -> None:
    assert not in_sight(PAD, [before()], later)


def test_what_could_not_be_read_before_either_hides_nothing_new() -> None:
    flawed = json.dumps({**json.loads(HAD), "components": [*json.loads(HAD)["components"], 7]})
    assert in_sight(PAD, [before(flawed)], [now(flawed)])


def test_every_bill_that_had_it_must_tell() -> None:
    both = [before(), before(path="web.json")]
    assert in_sight(PAD, both, [now(HAD), now(HAD, "web.json")])
    assert not in_sight(PAD, both, [now(HAD)])


@pytest.mark.parametrize("earlier", [[], [before(bill(OTHERS))], [before("{")]], ids=["none", "without it", "broken"])
def test_where_no_bill_had_it_nobody_knows_where_to_look(earlier: list[Document]) -> None:
    assert not in_sight(PAD, earlier, [now(bill(OTHERS))])


def test_a_package_that_is_out_of_sight_is_not_free() -> None:
    assert Exposed({}).free(PAD, ["GHSA-1"])
    assert not Exposed({}, unseen=frozenset({PAD})).free(PAD, ["GHSA-1"])
