"""The people who signed in, as GitHub lets us ask in their name: their keys sealed at rest, renewed before they end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from app.github.client import Client, GitHub
from app.github.errors import Denied, GitHubError
from app.github.limits import REFRESH_TOKEN_SECONDS
from app.github.user import Flow, Keys, Who, whoami
from app.pages.believing import NoAnswer
from app.pages.sealing import Sealer
from app.store.people import People, Person

T = TypeVar("T")
_MARGIN = 300.0  # seconds of life that a token must still have
_QUICKER = (0.0, 0.2, 0.8)  # seconds before each look whether another process renewed what was refused to us


class Gone(NoAnswer):
    """GitHub lets us ask in their name no longer: they are signed out."""


@dataclass(frozen=True, slots=True)
class Sealers:
    """Each kind of token has a key of its own."""

    access: Sealer
    refresh: Sealer

    @classmethod
    def of(cls, secret: str) -> Sealers:
        """Derived from the App's private key: whoever replaces that signs everybody out."""
        return cls(Sealer.of(secret, b"maestro user access v1"), Sealer.of(secret, b"maestro user refresh v1"))

    def person(self, who: Who, keys: Keys, now: float) -> Person:
        """What is kept of somebody; `now`: epoch seconds. What GitHub does not let end, we do."""
        until = now + (keys.seconds if keys.refresh else REFRESH_TOKEN_SECONDS)
        about = str(who.id)
        sealed = (self.access.seal(keys.access, about), until, self.refresh.seal(keys.refresh, about))
        return Person(who.id, who.login, *sealed, now + (keys.refresh_seconds or REFRESH_TOKEN_SECONDS))

    def access_of(self, person: Person) -> str | None:
        return self.access.open(person.access, str(person.id))

    def refresh_of(self, person: Person) -> str | None:
        return self.refresh.open(person.refresh, str(person.id))


@dataclass(frozen=True, slots=True)
class Acquaintances:
    """Asks GitHub in the name of whoever signed in. `now`: epoch seconds."""

    github: GitHub
    flow: Flow
    people: People
    sealers: Sealers
    now: Callable[[], float] = time.time
    _renewing: dict[int, asyncio.Task[Person]] = field(default_factory=dict)

    async def welcome(self, code: str, verifier: str, back: str) -> Who:
        """Whoever GitHub says signed in. Raises Denied for a code that is good for nothing, else any GitHubError."""
        keys = await self.flow.exchange(code, verifier, back)
        who = await whoami(self.github.with_token(keys.access))
        await self.people.keep(self.sealers.person(who, keys, self.now()))
        return who

    async def ask(self, person: int, question: Callable[[Client], Awaitable[T]]) -> T:
        """What GitHub answers them. Raises NoAnswer, and Gone where they are signed out by it."""
        kept = await self._current(person)
        access = self.sealers.access_of(kept)
        if access is None:
            raise await self._gone(person)
        try:
            return await question(self.github.with_token(access))
        except Denied as denied:
            if denied.status != 401:
                raise NoAnswer(str(denied)) from None
            raise await self._refused(kept) from None
        except GitHubError as error:
            raise NoAnswer(str(error)) from None

    async def leave(self, person: int) -> None:
        """They signed out everywhere: their token is taken back, if GitHub can be told, and they are forgotten."""
        kept = await self.people.get(person)
        await self.people.forget(person)
        access = None if kept is None else self.sealers.access_of(kept)
        if access is not None:
            await self._take_back(access)

    async def _take_back(self, access: str) -> None:
        """If GitHub can be told, and knows of it; else it ends by itself, and nobody has it any more."""
        with suppress(GitHubError):
            await self.flow.revoke(access)

    async def _current(self, person: int) -> Person:
        kept = await self.people.get(person)
        if kept is None:
            raise Gone("nobody by that id")
        if self.now() < kept.access_until - _MARGIN:
            return kept
        if person not in self._renewing:
            self._renewing[person] = asyncio.ensure_future(self._renewed(kept))
            self._renewing[person].add_done_callback(lambda task: self._landed(person, task))
        # shield: a request that is cut off must not lose the new token, for the old one is good for nothing
        return await asyncio.shield(self._renewing[person])

    def _landed(self, person: int, task: asyncio.Task[Person]) -> None:
        del self._renewing[person]
        if not task.cancelled():
            task.exception()  # seen: a failure that nobody waited for is not reported as lost

    async def _renewed(self, kept: Person) -> Person:
        refresh = self.sealers.refresh_of(kept)
        if not refresh or self.now() > kept.refresh_until:
            raise await self._gone(kept.id)
        try:
            keys = await self.flow.refresh(refresh)
        except Denied:
            return await self._renewed_elsewhere(kept)
        except GitHubError as error:
            raise NoAnswer(str(error)) from None
        renewed = self.sealers.person(Who(kept.id, kept.login), keys, self.now())
        if await self.people.renew(kept, renewed):
            return renewed
        await self._take_back(keys.access)  # they signed out meanwhile, or in anew
        return await self._current_now(kept.id)

    async def _renewed_elsewhere(self, before: Person) -> Person:
        """A refresh token is good once: where several web processes run, another may have been quicker."""
        for seconds in _QUICKER:
            await asyncio.sleep(seconds)
            kept = await self._current_now(before.id)
            if kept.refresh != before.refresh:
                return kept
        raise await self._gone(before.id)

    async def _current_now(self, person: int) -> Person:
        kept = await self.people.get(person)
        if kept is None:
            raise Gone("they signed out meanwhile")
        return kept

    async def _refused(self, asked_with: Person) -> NoAnswer:
        """GitHub took their token no longer; unless another took its place while we asked, they are signed out."""
        kept = await self.people.get(asked_with.id)
        if kept is not None and kept.access != asked_with.access:
            return NoAnswer("their token was renewed meanwhile")
        return await self._gone(asked_with.id)

    async def _gone(self, person: int) -> Gone:
        await self.people.forget(person)
        return Gone("GitHub takes their token no longer")
