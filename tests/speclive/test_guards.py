"""A guarded function is the function, and says what its cards saw."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import speclive
from speclive.guards import guard
from tests.speclive.features import PAY
from tests.speclive.guarding import as_before, seen

CTX = {"user": {"role": "customer", "email": "ada@example.org"}, "balance": 100}


class PaymentDeclinedError(Exception):
    """As its name says."""


async def pay(ctx: dict[str, Any], amount: int) -> dict[str, Any]:
    """Take an amount from a balance."""
    if amount > 100:
        raise PaymentDeclinedError("too much")
    return {"balance": ctx["balance"] - amount - (amount == 13)}


def test_a_card_counts_each_clause_of_each_call() -> None:
    given = speclive.cards.parse(
        PAY.replace("pay.balance", "pay.first").replace("Declined", "DeclinedError"), "p.feature"
    )
    held = guard(pay, given)

    async def calls() -> None:
        assert await held(CTX, 5) == {"balance": 95}
        assert await held(CTX, amount=13) == {"balance": 86}
        assert await held({**CTX, "user": {"role": "guest"}}, 5) == {"balance": 95}
        with pytest.raises(PaymentDeclinedError):
            await held(CTX, 101)
        with pytest.raises(KeyError, match="balance"):
            await held({"user": CTX["user"]}, 1)

    asyncio.run(calls())
    assert seen(given) == {"g1": (5, 0, 0), "t1": (3, 1, 1), "r1": (3, 0, 0)}


@pytest.fixture
def _as_before() -> Iterator[None]:
    with as_before():
        yield
