"""A small service for the tests of cards."""

from __future__ import annotations

import asyncio
from enum import Enum

SOLD: list[str] = []


class Size(Enum):
    SMALL = 1
    LARGE = 2


class Till:
    """What has a public method, a private one, and others of their own sort."""

    def __init__(self, balance: int) -> None:
        self.balance = balance

    def pay(self, amount: int) -> dict[str, int]:
        self.balance -= amount
        return {"balance": self.balance}

    @staticmethod
    def rounded(amount: int, unit: int) -> int:
        return amount - amount % unit

    @classmethod
    def empty(cls) -> Till:
        return cls(0)

    def _count(self, notes: int) -> int:
        return notes


def discounted(amount: int, percent: int) -> int:
    """A function that computes."""
    if not 0 <= percent <= 100:
        raise ValueError("no such discount")
    return amount * (100 - percent) // 100


def largest(amounts: list[int], size: Size) -> int:
    """Another one, that calls what is built in."""
    return max([amount for amount in amounts if amount >= 0], default=0) * (2 if size is Size.LARGE else 1)


def twice(amount: int, percent: int) -> int:
    """One that calls one that computes."""
    return discounted(amount, percent) * 2


def sold(name: str) -> int:
    """One with an effect."""
    SOLD.append(name)
    return len(SOLD)


def all_sold(names: list[str]) -> int:
    """One with an effect within what is defined in it."""
    return len([SOLD.append(name) for name in names])  # type: ignore[func-returns-value]


def told(name: str) -> None:
    """One that tells somebody."""
    print(name)


async def waited(amount: int) -> int:
    """One that lets others run."""
    await asyncio.sleep(0)
    return amount


def untyped(amount, percent):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """One of which nobody says what it takes."""
    return amount * percent
