"""How much of what is critical is guarded, by the code and by calls."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, cast

import pytest

from speclive.cards import Cards, parse
from speclive.coverage import bound, coverage, percent, table
from speclive.covering import elsewhere, listed
from speclive.limits import percentage
from speclive.reports import read, write
from speclive.wire import Report, Target
from tests.speclive.written import card


def _cards(*endpoints: str, tags: str = "") -> Cards:
    cards = Cards()
    for endpoint in endpoints:
        cards += parse(
            card(f'the endpoint "{endpoint}"', "True", "result", ident=endpoint.replace(" ", ""), tags=tags),
            "pay.feature",
        )
    return cards


def _target(name: str, critical: bool = True, **more: Any) -> Target:
    target: Any = {"name": name, "handler": "shop.pay:pay", "critical": critical, **more}
    return cast("Target", target)


def _live(evaluated: dict[str, int], ident: str = "1", **calls: tuple[int, int]) -> Report:
    clauses: Any = [
        {"id": f"{one}#t1", "card": one, "part": "then", "evaluated": seen, "violated": 0, "errors": 0}
        for one, seen in evaluated.items()
    ]
    targets = [_target(f"POST /{name}", calls=seen, guarded=of) for name, (seen, of) in calls.items()]
    return Report(
        version=1, kind="live", id=ident, service="shop", environment="tests", side="", sha="", start=0, end=1,
        targets=targets, clauses=clauses, exemplars=[],
    )  # fmt: skip


BOTH = [_target("POST /pay"), _target("POST /refund"), _target("GET /", critical=False)]


def test_coverage_is_the_lesser_of_what_has_a_then_and_of_the_calls_that_one_saw() -> None:
    cards = _cards("POST /pay", "POST /refund")
    found = coverage(BOTH, cards, [_live({"POST/pay": 8, "POST/refund": 1}, pay=(9, 8), refund=(1, 1))])
    assert (found.static, found.live, found.share) == (1.0, 0.9, 0.9)
    assert (found.uncovered, found.vacuous) == ((), ())
    assert coverage(BOTH, cards).share == 1.0


def test_a_target_without_a_then_is_named_and_its_calls_count_against_it() -> None:
    found = coverage(BOTH, _cards("POST /pay"), [_live({"POST/pay": 1}, pay=(1, 1), refund=(3, 0))])
    assert (found.static, found.live, found.share) == (0.5, 0.25, 0.25)
    assert found.uncovered == ("POST /refund",)
    assert "without a Then that counts: POST /refund" in table(found)


def test_a_card_that_never_applied_does_not_count_and_is_named() -> None:
    found = coverage(BOTH, _cards("POST /pay", "POST /refund"), [_live({"POST/pay": 1}, pay=(1, 1), refund=(1, 1))])
    assert found.vacuous == ("POST/refund",)
    assert (found.static, found.share) == (0.5, 0.5)


def test_a_target_that_was_never_called_makes_no_card_vacuous_and_is_told() -> None:
    found = coverage(BOTH, _cards("POST /pay", "POST /refund"), [_live({"POST/pay": 1}, pay=(1, 1))])
    assert (found.static, found.live, found.uncalled, found.vacuous) == (1.0, 1.0, ("POST /refund",), ())


def test_a_report_that_is_given_twice_counts_once() -> None:
    once = _live({"POST/pay": 1, "POST/refund": 1}, pay=(1, 0), refund=(1, 1))
    again = _live({}, ident="2", pay=(2, 2))
    assert coverage(BOTH, _cards("POST /pay", "POST /refund"), [once, once, again]).live == 0.75


@pytest.mark.parametrize(
    ("targets", "reports", "share"),
    [([], [], None), ([_target("GET /", critical=False)], [], None), (BOTH, [_live({})], 0.0)],
)
def test_nothing_critical_and_nothing_called_is_not_all_of_it(
    targets: list[Target], reports: list[Report], share: float | None
) -> None:
    assert coverage(targets, _cards("POST /pay", "POST /refund"), reports).share == share


def test_a_card_that_is_off_promises_nothing() -> None:
    assert coverage([_target("POST /pay")], _cards("POST /pay", tags="@mode:off")).share == 0.0


@pytest.mark.parametrize(
    ("binding", "name", "handler", "expected"),
    [
        ('the endpoint "POST /pay" handled by "shop.pay:pay"', "POST /pay", "shop.web:door", True),
        ('the endpoint "POST /pay" handled by "shop.pay:pay"', "PUT /pay", "shop.pay:pay", False),
        ('the endpoint "POST /pay" handled by "shop.pay:pay"', "shop.pay:pay", "shop.pay:pay", True),
        ('the function "shop.pay:pay"', "POST /pay", "shop.pay:pay", True),
        ('the class "shop.pay:Pay"', "shop.pay:Pay.settle", "shop.pay:Pay.settle", True),
        ('the class "shop.pay:Pay"', "shop.pay:Payments", "shop.pay:Payments", False),
    ],
)
def test_a_target_has_the_cards_of_its_endpoint_or_of_its_code(
    binding: str, name: str, handler: str, expected: bool
) -> None:
    target = Target(name=name, handler=handler, critical=True)
    told = bound([target], parse(card(binding, "True", "result"), "pay.feature"))
    assert told[0]["clauses"] == (["pay.one#t1"] if expected else [])


@pytest.mark.parametrize(("share", "shown"), [(None, "-"), (1.0, "100.0 %"), (0.9999, "99.9 %"), (0.5, "50.0 %")])
def test_a_share_is_never_rounded_up_to_all_of_it(share: float | None, shown: str) -> None:
    assert percent(share) == shown


def test_critical_cards_of_what_the_application_does_not_list_count_as_well() -> None:
    cards = parse(card('the function "shop.pay:fee"', "True", "result", ident="fee", tags="@critical"), "fee.feature")
    there = [_target("POST /pay", clauses=["pay#t1"])]
    (missing,) = elsewhere(there, cards)
    assert (missing["name"], missing["critical"]) == ("shop.pay:fee", True)
    assert elsewhere([_target("shop.pay:fee")], cards) == []
    assert coverage(bound([*there, missing], cards), cards).critical == ("POST /pay", "shop.pay:fee")


@pytest.mark.parametrize("text", ["nan", "-1", "101", "inf", "many"])
def test_a_limit_that_nothing_or_everything_keeps_is_none(text: str) -> None:
    assert percentage("99.5") == 99.5
    with pytest.raises(argparse.ArgumentTypeError, match="from 0 to 100"):
        percentage(text)


def made(tags: str = "") -> list[Target]:
    return [_target(f"POST /pay{tags}")]


async def awaited() -> list[Target]:
    return made()


def test_a_factory_may_have_defaults_and_one_that_is_awaited_is_refused() -> None:
    assert [one["name"] for one in listed(f"{__name__}:made", (), Cards())] == ["POST /pay"]
    with pytest.raises(ValueError, match="awaited is awaited: name an application"):
        listed(f"{__name__}:awaited", (), Cards())


def test_a_report_in_two_files_is_read_once(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        write(tmp_path / name, [_live({}, "1")])
    assert len(read([tmp_path / "a.jsonl", tmp_path / "b.jsonl", tmp_path / "a.jsonl"])) == 1
