"""What a card's binding names in the code, and what a function does as far as its code shows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from speclive.cards import parse
from speclive.inspecting import Unresolved, checked, names_of, resolve
from speclive.purity import computes
from tests.speclive import market
from tests.speclive.written import card

HERE = "tests.speclive.market"


def test_a_binding_is_found_where_the_code_has_it() -> None:
    found = resolve(f"{HERE}:Till.pay")
    assert (found.owner, found.name, found.function) == (market.Till, "pay", market.Till.pay)
    assert names_of(found) == {"self", "amount"}
    whole = resolve(f"{HERE}:Till")
    assert list(whole.methods) == ["pay"]
    assert names_of(whole) == {"self", "amount"}


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (f"{HERE}:discount", "tests.speclive.market has no `discount`: did you mean `discounted`?"),
        (f"{HERE}:Till.pays", "tests.speclive.market:Till has no `pays`: did you mean `pay`?"),
        (f"{HERE}:SOLD", "tests.speclive.market:SOLD is a list, which nobody can call"),
        ("tests.speclive.markets:pay", "No module named 'tests.speclive.markets': did you mean `market`?"),
        ("nowhere_at_all:pay", "the module nowhere_at_all cannot be imported: No module named 'nowhere_at_all'"),
    ],
)
def test_what_is_not_there_is_refused_with_the_nearest_name(handler: str, reason: str) -> None:
    with pytest.raises(Unresolved) as refused:
        resolve(handler)
    assert str(refused.value).endswith(reason)


@pytest.mark.parametrize(
    ("binding", "given", "then", "reasons"),
    [
        (f'the function "{HERE}:discounted"', "percent > 0", "result <= amount", []),
        (f'the function "{HERE}:discounted"', "precent > 0", "result <= amount", ["6: .*`precent`.*mean `percent`"]),
        (f'the function "{HERE}:discounted"', "percent > 0", "resutl <= total", ["11: .*`result`", "11: .*`total` to"]),
        (f'the class "{HERE}:Till"', "self.balance > 0", "self.balance == old(self.balance) - amount", []),
        (f'the function "{HERE}:discount"', "percent > 0", "result <= amount", ["4: .*no `discount`"]),
        ('the endpoint "POST /pay"', "'amount' in body", "result['status'] == 200", []),
    ],
)
def test_what_an_expression_reads_must_be_there_or_the_line_is_named(
    binding: str, given: str, then: str, reasons: list[str]
) -> None:
    refusals = checked(parse(card(binding, given, then), "specs/pay.feature"))
    assert len(refusals) == len(reasons)
    for refusal, reason in zip(refusals, reasons, strict=True):
        assert str(refusal).startswith("specs/pay.feature:")
        line, _, words = reason.partition(": ")
        assert refusal.line == int(line)
        assert re.search(words, refusal.reason)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (market.discounted, True),
        (market.largest, True),
        (market.twice, True),
        (market.Till.rounded, True),
        (market.sold, False),
        (market.all_sold, False),
        (market.told, False),
        (market.waited, False),
        (market.Till.empty, False),
        (len, False),
    ],
)
def test_only_what_does_nothing_but_compute_is_taken_for_that(function: Any, expected: bool) -> None:
    assert computes(function) is expected
