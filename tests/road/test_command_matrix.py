"""Who may do what from where: every verb, every role, every surface, asked of the local GitHub through the real road.

What a verb does is another test's matter: here each only notes that it was reached. A verb that is declared later is
tried by itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from app.commands.demo import settings_for
from app.github.sandbox import Repo, Sandbox
from app.github.sandbox.faults import TokenExpired
from app.main.reached import reaching
from app.main.road import laid
from app.model import (
    ASKED,
    Action,
    Cause,
    Delivery,
    KeptCommand,
    Outcome,
    Performed,
    Place,
    Progress,
    React,
    Reply,
    Surface,
    Verb,
)
from app.storage import Stores
from app.store.asked_tables import commands
from handlers.command import Commands
from handlers.commands import VERBS
from handlers.commands.asked import Act, Answer, Asked, Declined
from handlers.commands.roles import suffices
from handlers.understand import Understanding
from tests.road.town import SECRET, github
from tests.storage import laid as database_laid

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

RULES = "version: 1\ncommands:\n  bots:\n    writer[bot]: write\n    maestro[bot]: maintain\n"
GRANTED = {"rita": "read", "tara": "triage", "will": "write", "mona": "maintain", "ada": "admin"}
# What everybody's role is good for: their own, where it is one of GitHub's; else it is none.
PEOPLE: Mapping[str, str] = {
    **GRANTED,
    "nobody": "",  # has no role here, and the repository is private
    "custom": "",  # has one that the organisation made up
    "silent": "",  # GitHub does not tell which
}
PUBLIC: Mapping[str, str] = {"stranger": "read", "mallory": "read"}  # mallory is the author, from a fork
# Ourselves twice: GitHub does not always name the App beside its bot.
BOTS: Mapping[str, str] = {"writer[bot]": "write", "other[bot]": "", "maestro[bot]": "", "Maestro[bot]": ""}
# Ada, the admin, by way of Apps that have a token of hers.
APPS: Mapping[str, str] = {"ada, by writer": "write", "ada, by other": "", "ada, by maestro": ""}
_ids = count(1)


@dataclass
class Hand:
    """Writes nothing and notes what it is told to write: hundreds of reactions would have to keep GitHub's pace."""

    told: list[Action] = field(default_factory=list)

    def turn(self, place: Place, head_sha: str) -> AbstractAsyncContextManager[object]:
        raise AssertionError("no command writes words about a head")

    async def perform(self, place: Place, actions: Sequence[Action], cause: Cause) -> Sequence[Outcome]:
        self.told += actions
        return [Performed(action) for action in actions]


@dataclass
class World:
    """A private repository and a public one, each with a pull request; `reached`: the commands that came to act."""

    sandbox: Sandbox
    commands: Commands
    stores: Stores
    private: tuple[Repo, int]
    public: tuple[Repo, int]
    hand: Hand
    wired: set[Verb]
    reached: list[str] = field(default_factory=list)

    async def asks(self, where: tuple[Repo, int], surface: Surface, who: str, verb: Verb) -> bool:
        """Whether it was carried out. Where it was not, nothing but an answer was written, and nothing is done."""
        repo, number = where
        event, payload = await self.said(where, surface, who, verb, repo.pull(number).head_sha)
        self.reached.clear()
        self.hand.told.clear()
        wrote = len(self.sandbox.writes)
        body = json.dumps(payload).encode()
        delivery = Delivery(next(_ids), f"guid {next(_ids)}", event, body, time.time())
        for trigger in Understanding(self.sandbox.app.app_id)(delivery):
            await self.commands(trigger)
        rows = await self.stores.commands.of_pull(repo.full_name, number, 1)
        ended = bool(rows) and rows[0].state is Progress.DONE
        assert all(isinstance(one, React | Reply) for one in self.hand.told)
        assert [one.path for one in self.sandbox.writes[wrote:] if "access_tokens" not in one.path] == []
        assert self.reached == ([verb.name] if ended else []), "what acts is done, and nothing else is"
        if surface is not Surface.COMMENT:
            assert self.hand.told == []
        if ended:
            assert (rows[0].verb, rows[0].surface) == (verb.name, surface)
        await self._forget()
        return ended

    async def _forget(self) -> None:
        """So that the newest row is the next one's."""
        async with self.stores.main.begin() as connection:
            await connection.execute(commands.delete())

    async def said(
        self, where: tuple[Repo, int], surface: Surface, who: str, verb: Verb, head: str
    ) -> tuple[str, dict[str, Any]]:
        """The event that asks for `verb` on `head`, and its payload; of the Decision Center the row is stored, too."""
        repo, number = where
        said = f"{verb.name} {head[:7]}"
        who, _, app = who.partition(", by ")
        bot = who.endswith("[bot]")
        sender = {"login": who, "type": "Bot" if bot else "User"}
        common = {"repository": {"full_name": repo.full_name}, "sender": sender}
        if surface is Surface.COMMENT:
            comment = repo.comment(number, "ada", f"/maestro {said}")
            via = {"id": 999, "slug": app} if app else {"id": self.sandbox.app.app_id}
            own = {"performed_via_github_app": via} if app or who == "maestro[bot]" else {}
            told = {"id": comment, "body": f"/maestro {said}", "user": sender, "created_at": "2027-01-15T08:00:00Z"}
            issue = {"number": number, "pull_request": {}}
            return "issue_comment", {**common, "action": "created", "issue": issue, "comment": told | own}
        if surface is Surface.BUTTON:
            run = {"head_sha": head, "app": {"id": self.sandbox.app.app_id}, "pull_requests": [{"number": number}]}
            pressed = {"action": "requested_action", "requested_action": {"identifier": verb.name}}
            return "check_run", {**common, **pressed, "check_run": run}
        key = f"{next(_ids):032x}"
        row = KeptCommand(key, key, repo.full_name, number, head, verb.name, head[:7], who, surface, time.time())
        await self.stores.commands.ask(row)
        named = {"number": number, "head_sha": head, "command": key, "verb": verb.name, "arguments": head[:7]}
        return ASKED, {**common, **named}

    def recorder(self, verb: Verb) -> Act:
        """An act that only notes that it was reached."""

        async def act(asked: Asked) -> Answer | Declined:
            assert asked.cause.role, "who acts has a role"
            self.reached.append(verb.name)
            return Answer(said="done")

        return act


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    directory = tmp_path_factory.mktemp("matrix")
    database_laid(directory)
    async with github() as sandbox:
        settings = settings_for(sandbox, directory, SECRET)
        async with reaching(settings) as reached:
            work = laid(settings, reached, _ours)
            made = World(
                sandbox,
                work.commands,
                reached.kept,
                _private(sandbox),
                _public(sandbox),
                Hand(),
                set(work.commands.acts),
            )
            acts = {verb: made.recorder(verb) for verb in VERBS}
            made.commands = replace(work.commands, acts=acts, writer=made.hand)
            yield made


async def _ours() -> bool:
    return True


def _private(sandbox: Sandbox) -> tuple[Repo, int]:
    granted = {**GRANTED, "custom": "security-lead", "silent": "admin"}
    repo = sandbox.repository("octo/vault", _files(), private=True, collaborators=granted)
    sandbox.world.account("nobody")
    sandbox.faults.add(TokenExpired(), path="*/collaborators/silent/permission", times=None)
    repo.commit("fix", {"a.py": "x = 2\n"}, author="ada")
    return repo, repo.open_pull("Correct x", "fix", author="ada")


def _public(sandbox: Sandbox) -> tuple[Repo, int]:
    repo = sandbox.repository("octo/shop", _files(), collaborators={"ada": "admin"})
    sandbox.world.account("stranger")
    fork = repo.fork("mallory")
    fork.commit("topic", {"a.py": "x = 2\n"}, author="mallory")
    return repo, repo.open_pull("Mine", "mallory:topic", author="mallory")


def _files() -> dict[str, str]:
    return {"a.py": "x = 1\n", ".github/maestro.yml": RULES}


SURFACES = (Surface.COMMENT, Surface.BUTTON, Surface.CENTER)


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
async def test_a_person_may_what_their_role_is_good_for_from_everywhere(
    world: World, verb: Verb, surface: Surface
) -> None:
    acted = {who: await world.asks(world.private, surface, who, verb) for who in PEOPLE}
    assert acted == {who: suffices(role, verb.role) for who, role in PEOPLE.items()}


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
async def test_strangers_and_authors_of_forks_may_what_everybody_may(
    world: World, verb: Verb, surface: Surface
) -> None:
    acted = {who: await world.asks(world.public, surface, who, verb) for who in PUBLIC}
    assert acted == {who: suffices(role, verb.role) for who, role in PUBLIC.items()}


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
async def test_a_bot_may_what_it_was_named_for_by_comment_alone(world: World, verb: Verb, surface: Surface) -> None:
    acted = {who: await world.asks(world.private, surface, who, verb) for who in BOTS}
    may = {who: surface is Surface.COMMENT and suffices(role, verb.role) for who, role in BOTS.items()}
    assert acted == may


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
async def test_an_app_with_a_persons_token_may_what_its_bot_may(world: World, verb: Verb) -> None:
    acted = {who: await world.asks(world.private, Surface.COMMENT, who, verb) for who in APPS}
    assert acted == {who: suffices(role, verb.role) for who, role in APPS.items()}


async def test_every_verb_that_is_declared_has_its_act(world: World) -> None:
    assert world.wired == set(VERBS)


@pytest.mark.parametrize("surface", SURFACES)
async def test_a_verb_that_there_is_not_does_nothing_though_an_admin_asks(world: World, surface: Surface) -> None:
    unknown = Verb("destroy", "/maestro destroy", "/maestro destroy", "Nothing.", "read")
    assert not await world.asks(world.private, surface, "ada", unknown)


@pytest.mark.parametrize("surface", [Surface.BUTTON, Surface.CENTER])
@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.about in {"head", "change"}], ids=lambda v: v.name)
async def test_what_stood_beside_another_head_does_nothing_though_an_admin_asks(
    world: World, verb: Verb, surface: Surface
) -> None:
    event, payload = await world.said(world.private, surface, "ada", verb, "e" * 40)
    body = json.dumps(payload).encode()
    world.reached.clear()
    for trigger in Understanding(world.sandbox.app.app_id)(Delivery(1, f"moved {next(_ids)}", event, body, 1.0)):
        done = await world.commands(trigger)
        assert [one.reason for one in done.then] == ["command.head_moved"]
    assert world.reached == []
