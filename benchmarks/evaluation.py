"""What does one evaluation cost, from `pull_request.opened` to rest? Exit 1 when a bar is missed.

    python -m benchmarks.evaluation [PULL_REQUESTS]

Each pull request touches 300 files and an SBOM, under `contract` and `sbom`, its tests green before it opens. The
plain ceiling of the same run: the very requests that the evaluation made, sent one after the other by a bare client.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from app.commands.story import bill
from app.github.sandbox import Repo
from tests.road.stories import CONTRACT, SBOM
from tests.road.town import DECISION, Town, town

CALLS, PENDING, CARD = 15, 2.0, 15.0  # bars: calls an evaluation; seconds to the pending check, and to the card
RULES = CONTRACT + SBOM.partition("\n")[2]


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls to GitHub, seconds to the pending check and to rest, seconds of the same reads made bare."""

    calls: int
    pending: float
    rest: float
    bare: float


async def one(here: Town, repo: Repo, index: int) -> Cost:
    """Open one pull request, wait for rest, then make its calls again without us."""
    files = {f"src/{index}/m{n}.py": "x = 1\n" for n in range(299)}
    sha = repo.commit(f"b{index}", {**files, "sbom.json": bill(("flask", f"3.1.{index}", "BSD-3-Clause"))})
    here.sandbox.webhook_url, address = None, here.sandbox.webhook_url
    repo.report_check(sha, "unit")
    await here.sandbox.settle()
    here.sandbox.webhook_url = address
    before, started = len(here.sandbox.requests), time.time()
    number = repo.open_pull("Many files", f"b{index}")
    await here.rest()
    made = here.sandbox.requests[before:]
    begun = next(request.at for request in made if request.method == "POST" and request.path.endswith("/check-runs"))
    ended = max(request.at for request in made)
    assert here.conclusions(repo, sha)[DECISION] == "success"
    assert len(here.cards(repo, number)) == 1
    reads = [request.path for request in made if request.method == "GET"]
    return Cost(len(made), begun - started, ended - started, await bare(here, reads))


async def bare(here: Town, paths: list[str]) -> float:
    """Seconds that the same reads take a client that does nothing else."""
    headers = {"Authorization": f"Bearer {here.sandbox.token('alice')}"}
    started = time.perf_counter()
    async with aiohttp.ClientSession(headers=headers) as session:
        for path in paths:
            async with session.get(f"{here.sandbox.url}{path}") as answer:
                await answer.read()
    return time.perf_counter() - started


async def measure(count: int) -> list[Cost]:
    """`count` pull requests, one after the other; the first also buys the token and warms everything up."""
    with tempfile.TemporaryDirectory() as directory:
        async with town(Path(directory)) as here:
            files = {".github/maestro.yml": RULES, "sbom.json": bill(("flask", "3.0.3", "BSD-3-Clause"))}
            repo = here.sandbox.repository("octo/shop", files, collaborators={"alice": "write"})
            return [await one(here, repo, index) for index in range(count)]


def main(arguments: list[str]) -> int:
    """Print the report."""
    costs = asyncio.run(measure(int(arguments[0]) if arguments else 10))
    calls = max(cost.calls for cost in costs)
    pending, rest = (max(times) for times in zip(*((c.pending, c.rest) for c in costs), strict=True))
    middle = statistics.median(cost.rest for cost in costs)
    ratio = statistics.median(cost.rest / cost.bare for cost in costs)
    print(f"{len(costs)} evaluations of 300 files with contract and sbom, the token included")
    print(f"calls to GitHub, most: {calls} (bar {CALLS})")
    print(f"seconds to the pending check, most: {pending:.2f} (bar {PENDING})")
    print(f"seconds to the last write, median {middle:.2f}, most {rest:.2f} (bar {CARD})")
    print(f"ratio to the same reads made bare, median: {ratio:.1f}")
    return int(calls > CALLS or pending > PENDING or rest > CARD)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
