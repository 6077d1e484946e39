"""What does a Given/When/Then guard cost a service, beside its peers? Exit 1 when a bar is missed.

    python -m benchmarks.speclive_overhead

Processor time of the thread by interleaved rounds, so that a busy neighbour hits every variant alike; medians. The
endpoint is aiohttp's, over a real socket, with its answers guarded, bare, and bare again: what the two bare ones differ
by is what cannot be told from nothing. icontract and deal are told the same conditions.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

import deal
import icontract
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from speclive import control
from speclive.cards import Cards, parse
from speclive.guards import guard, report

ROUNDS, CALLS = 15, 4_000
PEER_CALLS = 400  # of those that take long
BAR, BAR_OFF, BAR_PEERS, BAR_ROUTE = 1_000.0, 300.0, 10.0, 1.0  # ns, ns, times, % of a route's median time
REQUESTS = ((0.0, 800), (0.005, 150))  # seconds that the answer waits, and how often it is asked for
WHEN = "ctx['user']['role'] == 'customer' and amount > 0"
THEN = "result['status'] == 'ok' and result['balance'] == old(ctx['balance']) - amount and result['balance'] >= 0"
FEATURE = '''
Feature: Payments
  Background:
    Given the endpoint "POST /pay" handled by "shop:pay"
  @spec-id:{name} {tags}
  Scenario: From the balance
    Given a customer
      """expr
      {when}
      """
    When they pay
    Then the balance drops
      """expr
      {then}
      """
    And it only raises
      | raises | PaymentDeclined |
'''
CTX: dict[str, Any] = {"user": {"role": "customer"}, "balance": 100}

Ctx = dict[str, Any]
Pay = Callable[[Ctx, int], Awaitable[Ctx]]


async def pay(ctx: Ctx, amount: int) -> Ctx:
    """What is guarded."""
    return {"status": "ok", "balance": ctx["balance"] - amount}


async def overdrawn(ctx: Ctx, amount: int) -> Ctx:
    """Does not keep its card."""
    return {"status": "ok", "balance": -1}


async def by_hand(ctx: Ctx, amount: int) -> Ctx:
    """The same conditions written into the function: the floor."""
    applies = ctx["user"]["role"] == "customer" and amount > 0
    before = ctx["balance"]
    result = {"status": "ok", "balance": ctx["balance"] - amount}
    if applies and not (result["status"] == "ok" and result["balance"] == before - amount and result["balance"] >= 0):
        raise AssertionError
    return result


@icontract.require(lambda ctx, amount: ctx["user"]["role"] == "customer" and amount > 0)
@icontract.snapshot(lambda ctx: ctx["balance"], name="balance")
@icontract.ensure(
    lambda result, OLD, amount: (  # noqa: N803 - as icontract calls it
        result["status"] == "ok" and result["balance"] == OLD.balance - amount and result["balance"] >= 0
    )
)
async def by_icontract(ctx: Ctx, amount: int) -> Ctx:
    """The same conditions by icontract."""
    return {"status": "ok", "balance": ctx["balance"] - amount}


@deal.pre(lambda ctx, amount: ctx["user"]["role"] == "customer" and amount > 0)
@deal.ensure(
    lambda _: (
        _.result["status"] == "ok" and _.result["balance"] == _.ctx["balance"] - _.amount and _.result["balance"] >= 0
    )
)
async def by_deal(ctx: Ctx, amount: int) -> Ctx:
    """The same conditions by deal, which has no `old`."""
    return {"status": "ok", "balance": ctx["balance"] - amount}


def cards(name: str, tags: str = "") -> Cards:
    """The card of the benchmark."""
    return parse(FEATURE.format(name=name, tags=tags, when=WHEN, then=THEN), "specs/pay.feature")


def drive(function: Pay, amount: int, calls: int) -> float:
    """ns a call: a coroutine that never waits needs no event loop."""
    began = time.thread_time_ns()
    for _ in range(calls):
        try:  # noqa: SIM105 - what a context manager costs would be measured, too
            function(CTX, amount).send(None)  # type: ignore[attr-defined]
        except StopIteration:
            pass
    return (time.thread_time_ns() - began) / calls


def switched_off(function: Pay) -> Callable[[int, int], float]:
    """Its time while the kill switch is thrown."""

    def run(amount: int, calls: int) -> float:
        control.off()
        try:
            return drive(function, amount, calls)
        finally:
            control.on()

    return run


def variants() -> dict[str, tuple[Callable[[int, int], float], int, int]]:
    """What is timed: how, with which amount, how often in a round."""

    def of(function: Pay) -> Callable[[int, int], float]:
        return lambda amount, calls: drive(function, amount, calls)

    guarded = guard(pay, cards("bench.pay"))
    return {
        "bare": (of(pay), 5, CALLS),
        "by hand": (of(by_hand), 5, CALLS),
        "guard": (of(guarded), 5, CALLS),
        "guard, Given is false": (of(guarded), 0, CALLS),
        "guard, sampled 1/16": (of(guard(pay, cards("bench.sampled", "@sample:0.0625"))), 5, CALLS),
        "guard, kill switch": (switched_off(guarded), 5, CALLS),
        "guard, mode off": (of(guard(pay, cards("bench.off", "@mode:off"))), 5, CALLS),
        "guard, violated each time": (of(guard(overdrawn, cards("bench.violated"))), 5, CALLS),
        "icontract": (of(by_icontract), 5, PEER_CALLS),
        "deal": (of(by_deal), 5, PEER_CALLS),
    }


def added() -> dict[str, float]:
    """ns by variant beyond the bare call of the same round, the medians of all rounds."""
    timed, rounds = variants(), list[dict[str, float]]()
    gc.disable()
    for _ in range(ROUNDS):
        rounds.append({name: run(amount, calls) for name, (run, amount, calls) in timed.items()})
    gc.enable()
    print(f"{ROUNDS} interleaved rounds of {CALLS:,} calls (peers {PEER_CALLS}), ns of processor time a call, medians")
    for name in timed:
        beyond = sorted(one[name] - one["bare"] for one in rounds)
        spread = f"({beyond[ROUNDS // 4]:,.0f} to {beyond[-ROUNDS // 4 - 1]:,.0f})"
        print(f"  {name:<28}{median(one[name] for one in rounds):>10,.0f}   added {median(beyond):>10,.0f} {spread}")
    return {name: median(one[name] - one["bare"] for one in rounds) for name in timed}


async def asked(wait: float, times: int) -> dict[str, list[float]]:
    """ms of a request by route: guarded, bare, and bare once more, in an order that changes."""

    def handler(function: Pay) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            body = await request.json()
            if wait:
                await asyncio.sleep(wait)
            return web.json_response(await function(CTX, body["amount"]))

        return handle

    app = web.Application()
    for path, function in (("/bare", pay), ("/again", pay), ("/guarded", guard(pay, cards("bench.route")))):
        app.router.add_post(path, handler(function))
    took: dict[str, list[float]] = {"/bare": [], "/again": [], "/guarded": []}
    server = TestServer(app)
    await server.start_server()
    async with ClientSession() as client:
        for _ in range(times):
            for path in random.sample(list(took), len(took)):
                began = time.perf_counter()
                async with client.post(server.make_url(path), json={"amount": 5}) as answer:
                    await answer.read()
                took[path].append((time.perf_counter() - began) * 1e3)
    await server.close()
    return took


def routes(cost: float) -> list[bool]:
    """Each route's time, and whether one guard is at most its share of that. `cost`: ns of the guard."""
    kept: list[bool] = []
    for wait, times in REQUESTS:
        took = {path: median(one) for path, one in asyncio.run(asked(wait, times)).items()}
        share = cost / 1e6 / took["/bare"] * 100
        noise, seen = ((took[path] / took["/bare"] - 1) * 100 for path in ("/again", "/guarded"))
        kept.append(share <= BAR_ROUTE)
        many = BAR_ROUTE / share
        print(f"a route of {took['/bare']:.2f} ms: a guard is {share:.3f} % of it, {many:.0f} guards are 1 %;")
        print(f"  the client saw {seen:+.2f} % of a guarded route, {noise:+.2f} % of a second bare one")
    return kept


def main() -> int:
    """Print the report."""
    random.seed(1)
    print(f"Python {sys.version.split()[0]}, icontract {icontract.__version__}, deal {deal.__version__}")
    cost = added()
    ratios, off = {peer: cost[peer] / cost["guard"] for peer in ("icontract", "deal")}, cost["guard, kill switch"]
    print(f"guard {cost['guard']:,.0f} ns (bar {BAR:,.0f}), the kill switch thrown {off:,.0f} ns (bar {BAR_OFF:,.0f})")
    told = ", ".join(f"{peer} {ratio:.1f} x" for peer, ratio in ratios.items())
    print(f"peers cost, in times of the guard: {told} (bar {BAR_PEERS:.0f} x)")
    kept = [cost["guard"] <= BAR, off <= BAR_OFF, min(ratios.values()) >= BAR_PEERS, *routes(cost["guard"])]
    row, calls = report()["bench.pay#t1"], ROUNDS * CALLS
    exact = row["evaluated"] == calls and not row["limited"]
    print(f"counted {row['evaluated']:,} of {calls:,} calls, share of the calls looked at {row['sample']:g}")
    return int(not all([*kept, exact]))


if __name__ == "__main__":
    sys.exit(main())
