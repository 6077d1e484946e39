"""Where people act: what they ask for on the page or in the overlay is stored, and rides the road of all commands.

Whatever is asked of the door is asked anew each time: who it is, whether they may, and where the head is.
docs/actions-api.md tells the whole API.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

import structlog
from aiohttp import web

from app.github.errors import GitHubError
from app.model import ASKED, MOVED, WAKE, KeptCommand, Place, Surface, Verb
from app.pages.answers import Refused, body, refuse
from app.pages.browser import HEADERS
from app.pages.pace import Pace
from app.pages.visitors import Visitor, Visitors
from app.pages.wanted import Arm, OnHead, Wanted, read
from app.record import repository_of
from app.store.commands import Commands
from app.store.decisions import Decisions
from app.store.inbox import Full, Inbox

log = structlog.get_logger(__name__)

MAX_BYTES = 16 * 1024
TWICE = 10.0  # seconds in which the same person, asking for the same, has pressed twice and means it once
_AWAY = 5.0  # seconds after which it may be tried again, where nothing can be stored
_ID = "{command:[0-9a-f]{32}}"
_PRIVATE = HEADERS | {"Cache-Control": "no-store"}


class Roles(Protocol):
    """Knows what people may do in a repository."""

    async def of(self, place: Place, login: str) -> str:
        """GitHub's `role_name`, asked now; "" where it does not say."""


class Heads(Protocol):
    """Knows where pull requests are."""

    async def of(self, place: Place) -> str | None:
        """The head, asked now; None where there is no such pull request. Raises GitHubError."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What can be asked for, and whether a role suffices for the least one that it takes."""

    verbs: Mapping[str, Verb]
    suffices: Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Kept:
    """What was decided, what was asked for, and the worker's inbox; `stored` is called whenever it got something.
    `answers`: what was asked for, as it is read for whoever waits for an answer.
    """

    commands: Commands
    answers: Commands
    decisions: Decisions
    inbox: Inbox
    stored: Callable[[], None]


@dataclass(frozen=True, slots=True)
class AskingApi:
    """Takes in what visitors ask for. `now`: epoch seconds."""

    visitors: Visitors
    rules: Rules
    roles: Roles
    heads: Heads
    kept: Kept
    now: Callable[[], float] = time.time
    pace: Pace = field(default_factory=Pace)

    def routes(self) -> list[web.RouteDef]:
        """Where it listens; the last three under the addresses that the first Decision Center had."""
        return [
            web.post("/api/commands", self.command),
            web.get(f"/api/commands/{_ID}", self.answer),
            web.post("/api/decision/alt", self.alternative),
            web.post("/api/decision/tests", self.tests),
            web.post("/api/release/rollback", self.rollback),
        ]

    async def command(self, request: web.Request) -> web.Response:
        """202 once it is stored: any verb."""
        visitor = await self._acting(request)
        return await self._ask(visitor, read(Wanted, await body(request, MAX_BYTES)))

    async def alternative(self, request: web.Request) -> web.Response:
        """202: another try, with the next arm or the one that is named."""
        visitor = await self._acting(request)
        wanted = read(Arm, await body(request, MAX_BYTES))
        return await self._ask(visitor, wanted.wanting("retry", wanted.arm))

    async def tests(self, request: web.Request) -> web.Response:
        """202: the heavier tests."""
        visitor = await self._acting(request)
        return await self._ask(visitor, read(OnHead, await body(request, MAX_BYTES)).wanting("escalate", "tests"))

    async def rollback(self, request: web.Request) -> web.Response:
        """202: back to what was before."""
        visitor = await self._acting(request)
        wanted = read(OnHead, await body(request, MAX_BYTES))
        return await self._ask(visitor, wanted.wanting("rollback", wanted.head_sha[:7]))

    async def answer(self, request: web.Request) -> web.Response:
        """200 with how far it has come; 401 for nobody, 404 for what there is not, or is not theirs to see."""
        visitor = await self.visitors.known(request)
        if visitor is None:
            refuse(401, "sign in first")
        kept = await self.kept.answers.get(request.match_info["command"])
        if kept is None or not await self._reads(visitor, kept.repository, kept.number, kept.asked):
            refuse(404, "there is no such command")
        return web.json_response(told(kept), headers=_PRIVATE)

    async def _reads(self, visitor: Visitor, repository: str, number: int | None, at: float) -> bool:
        """Whether they may read the repository of which the pull request was when it was decided last before `at`."""
        decided = await self.kept.decisions.decided(repository, number or 0, at)
        return await self.visitors.may_read(visitor, repository, repository_of(decided or b""))

    async def _acting(self, request: web.Request) -> Visitor:
        """Whoever means it; 415 for what a form of another site could send, 429 for whoever asks too often."""
        if request.content_type != "application/json":
            refuse(415, "send JSON, as `Content-Type: application/json`")
        visitor = await self.visitors.acting(request)
        wait = self.pace.wait(visitor.id)
        if wait:
            refuse(429, f"that is more than {self.pace.most} in a minute", wait)
        return visitor

    async def _ask(self, visitor: Visitor, wanted: Wanted) -> web.Response:
        """Store it, unless it is: the same key again finds the row, and only makes sure that the worker is told."""
        verb, arguments = self._verb(wanted)
        asked = _command(visitor, wanted, verb.name, arguments, self.now())
        if not await self._reads(visitor, wanted.repository, wanted.number, self.now()):
            _nothing()
        known = await self.kept.commands.get(asked.id)
        if known is None:
            await self._allowed(visitor, wanted, verb)
            known = await self.kept.commands.press(asked, TWICE)
        elif not _same(known, asked):
            refuse(400, "this key was used before, to ask for something else")
        if not known.state.ended:
            await self._tell(known.id, ASKED, known.delivered)
        log.info("command.asked", guid=known.id, repository=known.repository, action=known.verb)
        answer = {"action": known.id, "state": "pending", "follow": f"/api/commands/{known.id}"}
        return web.json_response(answer, status=202, headers=_PRIVATE)

    def _verb(self, wanted: Wanted) -> tuple[Verb, str]:
        """Which it is, and what follows it: some verbs have two words, of which the second may stand on its own."""
        words = f"{wanted.verb} {wanted.arguments}".split(" ")
        verbs = self.rules.verbs
        length = next((length for length in (2, 1) if " ".join(words[:length]).lower() in verbs), 0)
        if not length:
            refuse(400, f"there is no such verb; there are: {', '.join(sorted(verbs))}")
        return verbs[" ".join(words[:length]).lower()], " ".join(words[length:]).strip()

    async def _allowed(self, visitor: Visitor, wanted: Wanted, verb: Verb) -> None:
        """404, 403 or 409, each asked of GitHub now."""
        place = Place(wanted.repository, number=wanted.number)
        shown = await self.kept.decisions.head(wanted.repository, wanted.number)
        if shown is None:
            _nothing()
        role = await self.roles.of(place, visitor.login)
        if not self.rules.suffices(role, verb.role):
            has = f"you have `{role}`" if role else "GitHub does not say which you have"
            refuse(403, f"it takes the role `{verb.role}` or more in this repository, and {has}")
        head = await self._head(place)
        if not shown == head == wanted.head_sha:
            await self._look_again(wanted.repository, head)
            raise Refused(409, "the pull request has moved: look at its new head", head_sha=head)

    async def _head(self, place: Place) -> str:
        try:
            head = await self.heads.of(place)
        except GitHubError:
            refuse(503, "GitHub cannot be asked where the head is; try it again", _AWAY)
        if head is None:
            _nothing()
        return head

    async def _look_again(self, repository: str, head: str) -> None:
        """So that there is a decision on the new head to look at; asked for once a minute, however many look."""
        reminder = {"repository": {"full_name": repository}, "sha": head, "about": MOVED}
        named = _named(f"{repository}@{head} {self.now() // 60}")
        await self._tell(f"moved:{named}", WAKE, json.dumps(reminder).encode())

    async def _tell(self, guid: str, event: str, told: bytes) -> None:
        """Tell the worker; 503 where that cannot be stored: the same key, sent again, makes up for it."""
        try:
            await self.kept.inbox.keep(guid, event, told)
        except (Full, OSError):
            refuse(503, "not stored; please send it again", _AWAY)
        self.kept.stored()


def told(kept: KeptCommand) -> Mapping[str, Any]:
    """A command, as whoever may read its repository is told of it."""
    return {
        "action": kept.id,
        "verb": kept.verb,
        "arguments": kept.arguments,
        "state": kept.state.value,
        "said": kept.said,
        "before": kept.before,
        "after": kept.after,
        "who": kept.who,
        "asked": kept.asked,
        "ended": kept.ended,
    }


def _command(visitor: Visitor, wanted: Wanted, verb: str, arguments: str, now: float) -> KeptCommand:
    """Its id is made of its key: whoever sends that again finds the same one, whatever became of it."""
    key = f"center {visitor.id} {wanted.key}"
    where = (wanted.repository, wanted.number, wanted.head_sha)
    return KeptCommand(_named(key), key, *where, verb, arguments, visitor.login, Surface.CENTER, now)


def _named(what: str) -> str:
    """The same 32 hexadecimal digits whenever it is asked for the same."""
    return hashlib.sha256(what.encode()).hexdigest()[:32]


def _same(known: KeptCommand, asked: KeptCommand) -> bool:
    """Whether both ask for the same, of the same head."""

    def of(one: KeptCommand) -> tuple[object, ...]:
        return one.repository.lower(), one.number, one.head_sha, one.verb, one.arguments

    return of(known) == of(asked)


def _nothing() -> NoReturn:
    """The same for what there is not and for what may not be seen."""
    refuse(404, "there is no such pull request here")
