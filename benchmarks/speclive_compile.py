"""What does it cost to read Spec Cards? Exit 1 when a bar is missed.

    python -m benchmarks.speclive_compile [rounds]

Cards like that of docs/spec-cards.md, each with conditions of its own, so that none is found in a cache: one card from
its text to the guarded function; 1,000 of them in a file, in 1,000 files, in an outline. Beside each, in the same run
and by turns, the same texts read by gherkin-official alone, which knows nothing of conditions. Processor time.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from gherkin.parser import Parser

import speclive
from speclive.cards import Cards, load, parse
from speclive.expression import vetted

CARDS = 1_000
CARD_BAR, LOAD_BAR = 0.005, 2.0  # seconds
HEAD = """\
@speclive @critical @owner:payments
Feature: Payments debit exactly once {file}
  Background:
    Given the endpoint "POST /pay" handled by "benchmarks.speclive_compile:pay"
"""
SCENARIO = """\
  @spec-id:pay.{number} @mode:observe @sample:1.0
  Scenario: Customer pays from balance {number}
    Given a signed-in customer
      '''expr
      ctx['user']['role'] == 'customer' and amount > {number}
      '''
    When the payment is made
    Then the balance drops by the amount
      '''expr
      result['balance'] == old(ctx['balance']) - amount and amount != {number}
      '''
    And it only raises
      | raises | PaymentDeclined |
""".replace("'''", '"""')
OUTLINE = """\
  @spec-id:pay
  Scenario Outline: Customer pays
    Then the balance drops by the amount
      '''expr
      result['balance'] == old(ctx['balance']) - amount and amount != <number>
      '''
    Examples:
      | number |
""".replace("'''", '"""')


def pay(ctx: dict[str, Any], amount: int) -> dict[str, Any]:
    """What the cards are bound to."""
    return {"balance": ctx["balance"] - amount}


def texts(number: int) -> str:
    """A file of one card."""
    return HEAD.format(file=number) + SCENARIO.format(number=number)


def spent(work: Callable[[], object]) -> float:
    """Seconds of this process."""
    vetted.cache_clear()
    began = time.process_time()
    work()
    return time.process_time() - began


def compared(name: str, ours: Callable[[], Cards], plain: Callable[[], object], rounds: int) -> float:
    """Print both medians; ours."""
    pairs = [(spent(ours), spent(plain)) for _ in range(rounds)]
    mine, bare = statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)
    slowest = max(pair[0] for pair in pairs)
    print(f"{name:42} {mine:7.3f} s (at most {slowest:.3f})  gherkin-official {bare:7.3f} s  {mine / bare:5.2f} x")
    return mine


def whole(number: int) -> None:
    """One card from its text to the guarded function."""
    speclive.guard(pay, parse(texts(number), "pay.feature"))


def read(paths: list[Path]) -> None:
    """The same files by the parser alone."""
    for path in paths:
        Parser().parse(path.read_text("utf-8"))


def command(folder: Path) -> float:
    """Seconds of processor time that `speclive compile` of a folder takes as a process, start included."""
    code = "import sys, time; from speclive.cli import main; main(sys.argv[1:]); print(time.process_time())"
    ended = subprocess.run(
        [sys.executable, "-c", code, "compile", str(folder)], capture_output=True, text=True, check=True
    )
    return float(ended.stdout.split()[-1])


def main() -> int:
    """Print the report; 1 where a bar is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    singles = [spent(partial(whole, number)) for number in range(200)]
    card = statistics.median(singles)
    print(f"one card, text to guarded function: {1e3 * card:.2f} ms (at most {1e3 * max(singles):.2f}; bar 5 ms)")
    many = HEAD.format(file="") + "".join(SCENARIO.format(number=number) for number in range(CARDS))
    rows = HEAD.format(file="") + OUTLINE + "".join(f"      | {number} |\n" for number in range(CARDS))
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.feature" for number in range(CARDS)]
        for number, path in enumerate(paths):
            path.write_text(texts(number), encoding="utf-8")
        slowest = max(
            compared("1,000 cards in 1,000 files", lambda: load(folder), lambda: read(paths), rounds),
            compared("1,000 cards in a file", lambda: parse(many, "a"), lambda: Parser().parse(many), rounds),
            compared("1,000 cards of an outline", lambda: parse(rows, "a"), lambda: Parser().parse(rows), rounds),
        )
        print(f"`speclive compile` of the 1,000 files, as a process: {command(Path(folder)):.2f} s")
    print(f"bars: {1e3 * CARD_BAR:g} ms a card, {LOAD_BAR:g} s for 1,000")
    return int(card > CARD_BAR or slowest >= LOAD_BAR)


if __name__ == "__main__":
    sys.exit(main())
