"""GitHub as one process knows it, and calls in the name of an App, an installation or a person."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import aiohttp
from gidgethub import sansio

from app.github.address import Address, Parts, operation, owner_and_name
from app.github.auth import AppJwt, Credential, GivenToken, Granted, Identity, InstallationToken, read_grant
from app.github.cache import EtagCache
from app.github.caller import Caller, Surroundings, Tuning
from app.github.errors import Malformed, TooLarge
from app.github.exchange import NOT_MODIFIED, Answer, Request, Wire
from app.github.graphql import read_graphql
from app.github.limits import API_VERSION, MEDIA_TYPE, PER_PAGE
from app.github.meter import Metrics
from app.github.pacing import NOTHING, Budget, Ledger, Standing, Uncounted
from app.github.records import read_id
from app.github.windows import MemoryLedger

T = TypeVar("T")
Read = Callable[[Any], T]
"""Turns parsed JSON into what the caller wants; KeyError, TypeError, ValueError: the answer lacks it."""

API_URL = "https://api.github.com"
USER_AGENT = "maestro-conductor"
APP = 0  # the page of the App itself in a ledger; GitHub gives no installation this id
_HOPS = 3  # redirects followed in a row: a repository renamed, then renamed again


class Client:
    """Calls in one name. Templates are GitHub's own paths; every variable in them must be given in `parts`.

    Every call may raise any error of `app.github.errors`; ValueError means that the caller asked nonsense.
    """

    def __init__(self, address: Address, caller: Caller, tuning: Tuning) -> None:
        self.address = address
        self.caller = caller
        self._tuning = tuning
        self._cache = EtagCache(tuning.cache_bytes)

    def __repr__(self) -> str:
        return f"Client({self.caller.name!r}, {self.address!r})"

    async def get(self, template: str, parts: Parts, read: Read[T]) -> T:
        """GET one thing; TooLarge past `Tuning.max_bytes` of JSON."""
        request = self._request("GET", template, parts)
        return _parsed(await self._fetch(request), request, read)

    async def get_list(self, template: str, parts: Parts, read: Read[T], key: str = "") -> tuple[T, ...]:
        """GET all pages of a list; `template` offers `{?per_page}`; `key` names the list inside an object.

        TooLarge past `Tuning.pages` pages: part of a list is never passed off as the whole.
        """
        if "per_page" not in template:
            raise ValueError(f"{template} must offer per_page, or GitHub sends 30 items a page")
        request = self._request("GET", template, {**parts, "per_page": PER_PAGE})
        items: list[T] = []
        for _ in range(self._tuning.pages):
            answer = await self._fetch(request)
            items += _parsed(answer, request, lambda data: [read(item) for item in _items(data, key)])
            following = self._next(request, answer)
            if following is None:
                return tuple(items)
            request = following
        raise TooLarge(request.call, answer.status, f"more than {len(items):,} items")

    async def pages(self, template: str, parts: Parts, read: Read[T]) -> AsyncGenerator[tuple[T, ...], None]:
        """GET a list page by page, however long it is: for whoever knows when to stop."""
        request: Request | None = self._request("GET", template, {**parts, "per_page": PER_PAGE})
        while request is not None:
            answer = await self._fetch(request)
            yield _parsed(answer, request, lambda data: tuple(read(item) for item in _items(data, "")))
            request = self._next(request, answer)

    async def get_raw(self, template: str, parts: Parts, *, accept: str, max_bytes: int) -> Answer:
        """GET the bytes themselves in the media type `accept`; TooLarge past `max_bytes`."""
        request = replace(self._request("GET", template, parts, accept=accept), max_bytes=max_bytes)
        return await self._fetch(request)

    async def locate(self, template: str, parts: Parts, *, max_bytes: int) -> tuple[Request, Answer]:
        """GET what GitHub may answer with a redirect to its storage; following it is the caller's."""
        request = replace(self._request("GET", template, parts), max_bytes=max_bytes)
        answer = await self.caller.perform(request)
        if not answer.ok and not answer.redirects:
            raise answer.refusal(request.call)
        return request, answer

    async def post(self, template: str, parts: Parts, body: Mapping[str, Any], read: Read[T]) -> T:
        """POST; Unavailable(outcome_unknown=True), and no second try, when it may have been carried out."""
        request = self._request("POST", template, parts, body=body)
        return _parsed(await self._demand(request), request, read)

    async def patch(self, template: str, parts: Parts, body: Mapping[str, Any], read: Read[T]) -> T:
        """PATCH, with the same care as POST: not all of them do the same when done twice."""
        request = self._request("PATCH", template, parts, body=body)
        return _parsed(await self._demand(request), request, read)

    async def put(self, template: str, parts: Parts, body: Mapping[str, Any], read: Read[T]) -> T:
        """PUT, with the same care as POST: what GitHub does with it later it may do twice."""
        request = self._request("PUT", template, parts, body=body)
        return _parsed(await self._demand(request), request, read)

    async def graphql(self, document: str, variables: Mapping[str, str]) -> Any:
        """What GraphQL answers, with the same care as POST; it refuses with a 200 and `errors`, which are raised."""
        body = {"query": document, "variables": dict(variables)}
        request = replace(self._request("POST", "/graphql", {}, body=body), url=self.address.graphql)
        return _parsed(await self._demand(request), request, partial(read_graphql, request.call))

    async def delete(self, template: str, parts: Parts) -> None:
        """DELETE; tried again when the line is cut, so NotFound may mean that it had worked."""
        await self._demand(replace(self._request("DELETE", template, parts), repeatable=True))

    async def mint(self, template: str, parts: Parts, body: Mapping[str, Any], read: Read[T]) -> T:
        """POST for what a second time does no harm (an access token): tried again like a read."""
        request = replace(self._request("POST", template, parts, body=body), repeatable=True)
        return _parsed(await self._demand(request), request, read)

    def _request(
        self,
        method: str,
        template: str,
        parts: Parts,
        *,
        accept: str = MEDIA_TYPE,
        body: Mapping[str, Any] | None = None,
    ) -> Request:
        url = self.address.url(template, parts)
        headers = sansio.create_headers(USER_AGENT, accept=accept)
        headers["x-github-api-version"] = API_VERSION
        if body is not None:
            headers["content-type"] = "application/json; charset=utf-8"
        return Request(
            method=method,
            url=url,
            call=f"{method} {url.raw_path}",
            operation=operation(method, template),
            headers=headers,
            max_bytes=self._tuning.max_bytes,
            body=None if body is None else json.dumps(body).encode(),
            repeatable=method == "GET",
        )

    def _next(self, request: Request, answer: Answer) -> Request | None:
        """The next page. A link that leaves this API is a fault of the answer, not the end of the list."""
        link = answer.next_link
        if link is None:
            return None
        url = self.address.same_origin(request.url, link)
        if url is None:
            raise Malformed(request.call, answer.status, "the next page is on another host")
        return request.moved(url)

    async def _fetch(self, request: Request) -> Answer:
        """GET by way of the ETag cache."""
        known = self._cache.known(request)
        asked = request if known is None else request.unless_still(known)
        answer = await self._follow(asked)
        if answer.status == NOT_MODIFIED and known is not None:
            return known
        if not answer.ok:
            raise answer.refusal(request.call)
        self._cache.keep(request, answer)
        return answer

    async def _follow(self, request: Request) -> Answer:
        """GET, following redirects that stay on this API (a renamed repository); others are the answer."""
        answer = await self.caller.perform(request)
        for _ in range(_HOPS):
            target = self.address.same_origin(request.url, answer.location) if answer.redirects else None
            if target is None:
                break
            request = request.moved(target)
            answer = await self.caller.perform(request)
        return answer

    async def _demand(self, request: Request) -> Answer:
        answer = await self.caller.perform(request)
        if not answer.ok:
            raise answer.refusal(request.call)
        return answer


def _parsed(answer: Answer, request: Request, read: Read[T]) -> T:
    data = answer.json(request.call)
    try:
        return read(data)
    except KeyError as absent:
        raise Malformed(request.call, answer.status, f"the answer lacks {absent}") from None
    except (TypeError, ValueError, AttributeError, ArithmeticError):
        raise Malformed(request.call, answer.status, "the answer is not of the shape we know") from None


def _items(data: Any, key: str) -> Sequence[Any]:
    """The list itself. An object is never iterated: that would yield the names of its keys."""
    items = data[key] if key and isinstance(data, dict) else data
    if not isinstance(items, list):
        raise TypeError(f"no list{' ' + repr(key) if key else ''}")
    return items


class GitHub:
    """GitHub as one process knows it. The session stays the caller's, to be closed by the caller.

    `identity` None serves where only a given token is used (a GitHub Action, a simulation). `ledger` holds the write
    budgets of all installations and outlives the process; None: they live and die with it.
    """

    def __init__(
        self,
        identity: Identity | None,
        session: aiohttp.ClientSession,
        *,
        api_url: str = API_URL,
        tuning: Tuning | None = None,
        metrics: Metrics | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        tuning = tuning or Tuning()
        wire = Wire(session, total=tuning.total_timeout, connect=tuning.connect_timeout)
        self.address = Address(api_url)
        self._identity = identity
        self._shared = Surroundings(wire, tuning, metrics or Metrics())
        self._ledger = ledger or MemoryLedger(tuning.clock.steady)
        self._budgets: dict[int, Budget] = {}
        self._clients: dict[tuple[int, str], Client] = {}
        self._app: Client | None = None

    def __repr__(self) -> str:
        return f"GitHub({self._identity!r}, {self.address!r})"

    @property
    def app(self) -> Client:
        """Calls signed with the App's JWT."""
        if self._identity is None:
            raise ValueError("this process has no GitHub App identity")
        if self._app is None:
            credential = AppJwt(self._identity, self._shared.tuning.clock)
            self._app = self._client(_name(APP), credential, self._budget(Uncounted(self._ledger), APP))
        return self._app

    def installation(
        self,
        installation_id: int,
        *,
        permissions: Mapping[str, str] | None = None,
        repositories: Sequence[str] | None = None,
    ) -> Client:
        """Calls of an installation, its token narrowed where asked (`repositories`: names without owner).

        Narrowing gives a piece of work a token that can do no more than the work: GitHub refuses the rest, whatever
        we do wrong. `permissions` as in the App's manifest, e.g. {"checks": "write"}; None: all that was granted.
        The same arguments give the same client. Clients of one installation share its budget, not a cache.
        """
        narrowed: dict[str, Any] = {}
        if permissions is not None:
            narrowed["permissions"] = dict(sorted(permissions.items()))
        if repositories is not None:
            narrowed["repositories"] = sorted(repositories)
        key = installation_id, json.dumps(narrowed)
        if key not in self._clients:
            self._clients[key] = self._installation(installation_id, narrowed)
        return self._clients[key]

    def with_token(self, token: str) -> Client:
        """Calls with a token that somebody gave us; nothing of it is kept but in the client returned."""
        alone = MemoryLedger(self._shared.tuning.clock.steady)
        return self._client("token", GivenToken(token), self._budget(alone, APP))

    async def standings(self) -> dict[int, Standing]:
        """The write budget of each installation that uses it, whichever process does; the gauges show it from now on.

        Raises LedgerAway.
        """
        every = await self._ledger.standings()
        for installation in {*self._budgets, *every}:
            self._shared.metrics.stands(_name(installation), every.get(installation, NOTHING))
        return every

    async def installation_of(self, repository: str) -> int:
        """The id of our installation on "owner/name"; NotFound when the App is not installed there."""
        owner, name = owner_and_name(repository)
        parts = {"owner": owner, "repo": name}
        return await self.app.get("/repos/{owner}/{repo}/installation", parts, read_id)

    def _installation(self, installation_id: int, narrowed: Mapping[str, Any]) -> Client:
        app = self.app

        async def mint() -> Granted:
            template = "/app/installations/{installation_id}/access_tokens"
            return await app.mint(template, {"installation_id": installation_id}, narrowed, read_grant)

        if installation_id not in self._budgets:
            self._budgets[installation_id] = self._watched(installation_id)
        credential = InstallationToken(mint, self._shared.tuning.clock)
        return self._client(_name(installation_id), credential, self._budgets[installation_id])

    def _client(self, name: str, credential: Credential, budget: Budget) -> Client:
        return Client(self.address, Caller(name, credential, budget, self._shared), self._shared.tuning)

    def _watched(self, installation_id: int) -> Budget:
        """An installation's budget, which the gauges show."""
        metrics = self._shared.metrics
        return self._budget(self._ledger, installation_id, partial(metrics.stands, _name(installation_id)))

    def _budget(self, ledger: Ledger, installation: int, *watch: Callable[[Standing], None]) -> Budget:
        tuning = self._shared.tuning
        return Budget(tuning.clock, tuning.concurrency, ledger, installation, *watch)


def _name(installation: int) -> str:
    """An installation as metrics and logs name it."""
    return "app" if installation == APP else str(installation)
