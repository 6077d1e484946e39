"""The OSV service: few questions, each answer kept for a while, and every record fetched once until it changes.

A batch names advisories only by id and time. So first every version is asked about; then, without a version, each
package that was hit: what else is known of it decides which other version would be safe. Last come the records.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TypeVar
from urllib.parse import quote

import structlog
from cachetools import LRUCache, TTLCache

from app.osv.model import BadRecord, Found, Package, Record, Shelf, read_record
from app.osv.query import MOST_QUERIES, PATH, Hit, Query, answers
from app.wire import Refused, TooLarge, Unavailable, Unreadable, Wire, WireError
from checks.advised import Listing, Unread
from checks.sbom import osv
from checks.sbom.advisories.moments import DAWN, moment

log = structlog.get_logger(__name__)

A = TypeVar("A")
B = TypeVar("B")
Hits = dict[Query, tuple[Hit, ...]]

BAD_REQUEST = 400

_KEPT_IN_MEMORY = 20_000  # records
_PLAIN = Query("pkg:pypi/pip")  # a question that whoever knows the contract answers


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes and counts of one question, whatever it takes."""

    whole: float = 180.0
    batch_bytes: int = 32 * 1024 * 1024
    record_bytes: int = 8 * 1024 * 1024
    records: int = 5_000
    refusals: int = 20  # single questions that the service will not have, before it is taken for away
    pages: int = 200  # rounds of one batch: the service may cut an answer short of its own limit
    at_once: int = 8
    remembered: float = 600.0  # seconds that the service's word on a package counts: new advisories wait so long


class Osv:
    """Asks through `wire`; records are kept on `shelf`. One serves a whole process."""

    def __init__(
        self, wire: Wire, shelf: Shelf, limits: Limits | None = None, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._wire, self._shelf, self._limits = wire, shelf, limits or Limits()
        self._known: TTLCache[Query, tuple[Hit, ...]] = TTLCache(200_000, self._limits.remembered, timer=timer)
        self._slots = asyncio.Semaphore(self._limits.at_once)

    @property
    def name(self) -> str:
        """Who is asked."""
        return f"OSV ({self._wire.root.host})"

    async def about(self, packages: Collection[Package]) -> Found:
        """All records of each package of which the service knows one for a version of `packages`.

        Raises Unavailable; TooLarge where more records are known than one question may bring.
        """
        try:
            return await self._in_time(sorted(set(packages)))
        except Unavailable as error:
            log.warning("osv.away", error=str(error))
            raise

    async def _in_time(self, packages: Sequence[Package]) -> Found:
        try:
            async with asyncio.timeout(self._limits.whole):
                return await self._about(packages)
        except TimeoutError:
            raise Unavailable(f"POST {PATH}", 0, f"not done within {self._limits.whole:.0f} seconds") from None

    async def _about(self, packages: Sequence[Package]) -> Found:
        refused: list[str] = []
        struck = await self._hits([Query(one.purl, one.version) for one in packages], refused)
        names = sorted({query.purl for query, hits in struck.items() if hits})
        others = await self._hits([Query(name) for name in names], refused)
        wanted = {hit.id: hit.modified for hit in chain(*struck.values(), *others.values())}
        if len(wanted) > self._limits.records:
            raise TooLarge(f"POST {PATH}", 200, f"more than {self._limits.records:,} advisories")
        records, unread = await self._records(wanted)
        here = {hit.id for hit in chain(*struck.values())}
        of_others = [f"{one.id}, which is about other versions: {one.why}" for one in unread if one.id not in here]
        return Found(
            records,
            unasked=(*sorted(refused), *of_others),
            listed=tuple(_listing(query, hits) for query, hits in sorted(struck.items(), key=_by_package) if hits),
            unread=tuple(one for one in unread if one.id in here),
        )

    # --- which advisories ------------------------------------------------------------------------------------

    async def _hits(self, queries: Sequence[Query], refused: list[str]) -> Hits:
        """What is known of each query; those that the service will not have are told to `refused`."""
        known = {query: self._known[query] for query in queries if query in self._known}
        unknown = [query for query in queries if query not in known]
        batches = [unknown[start : start + MOST_QUERIES] for start in range(0, len(unknown), MOST_QUERIES)]
        answered = await self._side_by_side(partial(self._batch, refused), batches)
        if unknown and not any(answered):
            await self._prove()
        for found in answered:
            self._known.update(found)
            known |= found
        return known

    async def _prove(self) -> None:
        """Every question was refused. Is it for the questions? A service that refuses a plain one too is away."""
        try:
            await self._page([_PLAIN], {_PLAIN: []})
        except Refused as error:
            raise Unavailable(error.call, error.status, f"refuses every question: {error.reason}") from None

    async def _batch(self, refused: list[str], queries: Sequence[Query]) -> Hits:
        """One batch with all its pages. One bad query spoils its batch, so a refused batch is cut in two."""
        hits: dict[Query, list[Hit]] = {query: [] for query in queries}
        asking = list(queries)
        try:
            for _ in range(self._limits.pages):
                if not asking:
                    return {query: tuple(found) for query, found in hits.items()}
                asking = await self._page(asking, hits)
        except Refused as error:
            if any(query.page for query in asking):  # what it named on the pages before is not to be lost
                raise Unavailable(error.call, error.status, f"refuses the next page: {error.reason}") from None
            return await self._halves(refused, queries, error)
        raise Unavailable(f"POST {PATH}", 200, "the pages do not end")

    async def _halves(self, refused: list[str], queries: Sequence[Query], error: Refused) -> Hits:
        if error.status != BAD_REQUEST or len(refused) >= self._limits.refusals:
            raise Unavailable(error.call, error.status, error.reason)
        if len(queries) == 1:
            refused.append(f"{queries[0]}: OSV refused the question: {error.reason}")
            return {}
        middle = len(queries) // 2
        first = await self._batch(refused, queries[:middle])
        return first | await self._batch(refused, queries[middle:])

    async def _page(self, asking: Sequence[Query], hits: Mapping[Query, list[Hit]]) -> list[Query]:
        """Add what one request brings to `hits`; the queries that have more to come."""
        body = {"queries": [query.body() for query in asking]}
        try:
            data = await self._wire.post(PATH, body, self._limits.batch_bytes)
        except Unreadable as error:
            raise Unavailable(error.call, error.status, error.reason) from None
        try:
            said = answers(data, asking)
        except (ValueError, TypeError, AttributeError):
            raise Unavailable(f"POST {PATH}", 200, "the answer is not of the shape we know") from None
        for query, answer in zip(asking, said, strict=True):
            hits[replace(query, page="")].extend(answer.hits)
        return [replace(query, page=answer.page) for query, answer in zip(asking, said, strict=True) if answer.page]

    # --- what they say ---------------------------------------------------------------------------------------

    async def _records(self, wanted: Mapping[str, str]) -> tuple[tuple[Record, ...], list[Unread]]:
        """The records of these ids, none older than the time it is wanted at, and those that cannot be had."""
        kept = await self._shelf.get(wanted)
        fresh = {one.id: one for one in kept.values() if DAWN < moment(wanted[one.id]) <= moment(one.modified)}
        fetched = await self._side_by_side(self._record, sorted(name for name in wanted if name not in fresh))
        new = [one for one in fetched if isinstance(one, Record)]
        await self._shelf.put(new)
        records = {**fresh, **{one.id: one for one in new}}
        return tuple(records[name] for name in sorted(records)), [one for one in fetched if isinstance(one, Unread)]

    async def _record(self, name: str) -> Record | Unread:
        """One record, or why there is none and will be none."""
        try:
            found = read_record(await self._wire.get(f"/v1/vulns/{quote(name, safe='')}", self._limits.record_bytes))
            osv.parse(found.text)
        except Unavailable:
            raise
        except WireError as error:
            return Unread(name, f"OSV answered {error.status}" if isinstance(error, Refused) else error.reason)
        except (BadRecord, osv.UnreadableError) as error:
            return Unread(name, str(error))
        return found if found.id == name else Unread(name, "OSV sent the record of another")

    async def _side_by_side(self, ask: Callable[[A], Awaitable[B]], questions: Sequence[A]) -> list[B]:
        """All answers, in order; the first error ends the rest."""

        async def in_turn(question: A) -> B:
            async with self._slots:
                return await ask(question)

        tasks = [asyncio.create_task(in_turn(one)) for one in questions]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()


class Memory:
    """A shelf that ends with the process: the records that were used last."""

    def __init__(self) -> None:
        self._records: LRUCache[str, Record] = LRUCache(_KEPT_IN_MEMORY)

    async def get(self, ids: Collection[str]) -> Mapping[str, Record]:
        """Those that are kept, by id."""
        return {name: self._records[name] for name in ids if name in self._records}

    async def put(self, records: Collection[Record]) -> None:
        """Keep these."""
        for one in records:
            self._records[one.id] = one


def _listing(query: Query, hits: Sequence[Hit]) -> Listing:
    return Listing(query.purl, query.version, tuple(sorted({hit.id for hit in hits})))


def _by_package(answer: tuple[Query, tuple[Hit, ...]]) -> tuple[str, str]:
    return answer[0].purl, answer[0].version
