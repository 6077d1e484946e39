"""What do the pages of the Decision Center cost? Exit 1 when a bar is missed.

    python -m benchmarks.center

A pull request with contract, bill, experiment and commands, and 500 open ones beside it, over HTTP on loopback: the
list as a fresh process draws it, which has read none of them yet, and again; and the page. Bytes are with gzip, of the
page and of every file that it loads; each time stands beside that of a small file of the same process.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from dataclasses import dataclass
from statistics import median

import aiohttp

from app.render.assets import address, bundle
from tools import center

OTHERS, ROUNDS = 500, 10
SECONDS, BYTES = 1.0, 150_000  # bars: of each page, and of a page with all that it loads


@dataclass(frozen=True, slots=True)
class Fetched:
    """Seconds to the last byte, and the bytes as they were sent."""

    seconds: float
    size: int


async def fetch(session: aiohttp.ClientSession, url: str) -> Fetched:
    """One request."""
    began = time.perf_counter()
    async with session.get(url, headers={"Accept-Encoding": "gzip"}) as answer:
        answer.raise_for_status()
        return Fetched(time.perf_counter() - began, len(await answer.read()))


async def loaded(session: aiohttp.ClientSession, root: str, page: str) -> int:
    """Bytes of every file that `page` names, and of the modules that these import."""
    async with session.get(page, headers={"Accept-Encoding": "identity"}) as answer:
        named = set(re.findall(r'"(/static/[^"]+)"', (await answer.read()).decode()))
    if any("/center/" in name for name in named):
        named |= {address(name) for name in bundle()}
    return sum([(await fetch(session, root + name)).size for name in sorted(named)])


async def measure() -> bool:
    """Ask, print, and say whether the bars hold."""
    async with (
        center.served(OTHERS) as opened,
        aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        root, page = opened.partition("/pr/")[0], opened.partition("?")[0]
        plain = median([(await fetch(session, f"{root}/static/mark.svg")).seconds for _ in range(ROUNDS)])
        cold = await fetch(session, f"{root}/")
        again = [await fetch(session, f"{root}/") for _ in range(ROUNDS)]
        first = await fetch(session, page)
        known = [await fetch(session, page) for _ in range(ROUNDS)]
        beside = {url: await loaded(session, root, url) for url in (f"{root}/", page)}
    warm, kept = median(one.seconds for one in again), median(one.seconds for one in known)
    print(f"plain file: {1e3 * plain:.1f} ms")
    whole = cold.size + beside[f"{root}/"]
    print(
        f"list of {OTHERS + 1}: {1e3 * cold.seconds:.0f} ms at first, {1e3 * warm:.0f} ms ({warm / plain:.0f} x) then,",
        end=" ",
    )
    print(f"{cold.size:,} bytes, {whole:,} with all that it loads")
    print(
        f"page: {1e3 * first.seconds:.0f} ms drawn anew, {1e3 * kept:.0f} ms ({kept / plain:.0f} x) as it was,", end=" "
    )
    print(f"{first.size:,} bytes, {first.size + beside[page]:,} with all that it loads")
    return max(cold.seconds, first.seconds) < SECONDS and max(whole, first.size + beside[page]) < BYTES


def main() -> int:
    """Measure; 0 where the bars hold."""
    return int(not asyncio.run(measure()))


if __name__ == "__main__":
    sys.exit(main())
