"""Our own Spec Cards: what is critical here, where they look on, and how they get there. They observe; nothing waits.

Each function here is a target: something that cards in `specs/` are bound to, with a result that is told in plain words
so that a Then can speak of it. What is done is done by whoever did it before; an example of a violation shows no more
than types, since no card of ours allows more.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

import structlog
from aiohttp import web

from app.intake import Accepted, Rejected, receive
from app.model import Action, Cause, Outcome, Performed, Place, Verb
from app.publish.publisher import Perform
from handlers.commands.allowed import Allowed
from handlers.commands.asked import Act, Answer, Asked, Declined
from speclive import aiohttp as guarding
from speclive.cards import CardError, Cards, load
from speclive.patching import Patches
from speclive.targets import listed, plain

log = structlog.get_logger(__name__)

SPECS = Path(__file__).parents[2] / "specs"  # not by import: a repository under check may have `specs` too
LARGEST = 64 * 1024
"""Bytes of a webhook whose signature is found out a second time, by whoever looks on."""

Words = dict[str, Any]
Receive = Callable[[Mapping[str, str], bytes, Sequence[bytes]], Accepted | Rejected]
Check = Callable[[Verb, Asked], Awaitable[Asked | Declined]]


class Effects:
    """One function for each kind of action, so that each is a target of its own: `app.main.guarded:Effects.React`."""


def kinds(union: Any = Action) -> Iterator[type]:
    """Every kind of action that the writer knows, as the model lists them."""
    members = get_args(union)
    if not members:
        yield union
    for member in members:
        yield from kinds(member)


def taken_in(headers: Mapping[str, str], matches: bool | None, take: Callable[[], Any]) -> Words:
    """A webhook at the door. `matches`: whether its signature is one of ours, None where it is too large to ask."""
    received = take()
    if isinstance(received, Rejected):
        return {"status": received.status, "guid": "", "event": ""}
    return {"status": 202, "guid": received.guid, "event": received.event}


async def role_checked(verb: Verb, asked: Asked, check: Check) -> Words:
    """Whether somebody may have a command carried out: `role` is the one that they have, where it was enough."""
    found = await check(verb, asked)
    if isinstance(found, Declined):
        return {"allowed": False, "role": found.role, "who": asked.cause.who, "reason": found.reason}
    return {"allowed": True, "role": found.cause.role, "who": found.cause.who, "reason": ""}


async def rolled_back(asked: Asked, act: Act) -> Words:
    """A change that is taken back by hand."""
    answer = await act(asked)
    if isinstance(answer, Declined):
        return {"done": False, "said": answer.reason, "before": "", "after": ""}
    return {"done": True, "said": answer.said, "before": answer.before, "after": answer.after}


def receiving() -> Receive:
    """The door, looked on."""

    def received(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> Accepted | Rejected:
        kept: list[Accepted | Rejected] = []

        def take() -> Accepted | Rejected:
            kept.append(receive(headers, body, secrets))
            return kept[0]

        taken_in(headers, _matches(headers.get("X-Hub-Signature-256", ""), body, secrets), take)
        return kept[0]

    return received


async def carried(place: Place, action: Action, cause: Cause, perform: Perform) -> Outcome:
    """An action that is carried out, looked on as the effect that it is."""
    kept: list[Outcome] = []

    async def performing(action: Action) -> Outcome:
        kept.append(await perform(action))
        return kept[0]

    await getattr(Effects, type(action).__name__)(place, action, cause, performing)
    return kept[0]


@dataclass(frozen=True, slots=True)
class Checked(Allowed):
    """The role check, looked on."""

    async def __call__(self, verb: Verb, asked: Asked) -> Asked | Declined:
        """As it is."""
        kept: list[Asked | Declined] = []

        async def check(verb: Verb, asked: Asked) -> Asked | Declined:
            kept.append(await super(Checked, self).__call__(verb, asked))
            return kept[0]

        await role_checked(verb, asked, check)
        return kept[0]


def rolling_back(act: Act) -> Act:
    """The rollback, looked on."""

    async def back(asked: Asked) -> Answer | Declined:
        kept: list[Answer | Declined] = []

        async def acting(asked: Asked) -> Answer | Declined:
            kept.append(await act(asked))
            return kept[0]

        await rolled_back(asked, acting)
        return kept[0]

    return back


@cache
def cards() -> Cards:
    """Our own, once a process, with all that is no route guarded. None where they cannot be read: we work without."""
    try:
        found = Cards(tuple(replace(card, path=_told(card.path)) for card in load(SPECS)))
    except CardError as error:
        log.warning("speclive.unread", error=str(error))
        return Cards()
    for refusal in Patches().bind(found):
        log.warning("speclive.unread", error=str(refusal))
    return found


def guarded(application: web.Application) -> web.Application:
    """The same, with its routes looked on. A card of a route that this process has not is left out."""
    here = {f"{route.method} {plain(route.path)}" for route in listed(application)}
    mine = Cards(tuple(card for card in cards() if card.binding.endpoint in here and not card.binding.handler))
    guarding.setup(application, mine)
    return application


def _told(path: str) -> str:
    """A file of cards as the repository has it, wherever that lies."""
    return Path(path).relative_to(SPECS.parent).as_posix()


def _matches(signature: str, body: bytes, secrets: Sequence[bytes]) -> bool | None:
    """Found out by itself, whatever the door thinks of it."""
    if len(body) > LARGEST:
        return None
    made = ["sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest() for secret in secrets if secret]
    return any(hmac.compare_digest(one.encode(), signature.encode("utf-8", "surrogateescape")) for one in made)


def _effect(kind: type) -> Callable[..., Awaitable[Words]]:
    async def effect(place: Place, action: Action, cause: Cause, perform: Perform) -> Words:
        outcome = await perform(action)
        if isinstance(outcome, Performed):
            return {
                "action": outcome.action,
                "performed": True,
                "why": "",
                "remote": outcome.remote,
                "sha": outcome.sha,
            }
        return {"action": outcome.action, "performed": False, "why": outcome.why.value, "remote": None, "sha": ""}

    effect.__name__, effect.__qualname__ = kind.__name__, f"{Effects.__name__}.{kind.__name__}"
    effect.__doc__ = f"An effect on GitHub: {kind.__doc__}"
    return effect


for _kind in kinds():
    setattr(Effects, _kind.__name__, staticmethod(_effect(_kind)))
