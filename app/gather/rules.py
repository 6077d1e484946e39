"""The rules a change is judged by: the base branch's configuration, never the head's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.config import PATH, Config, ConfigError, ConfigErrors, Loaded, Place, Read, complete, load
from app.github.errors import GitHubError
from app.model import Place as Spot
from checks.decide import Policy
from checks.judge import Unreadable
from checks.model import Finding, Missing, Pull
from checks.registry import CHECKS

if TYPE_CHECKING:
    from app.github.repository import Repository

MAX_BYTES = 1024 * 1024  # a configuration may hold far less; its reader says so better than a cut would

Connect = Callable[[Spot], Awaitable["Repository"]]


class RulesUnknown(GitHubError):
    """The configuration could not be read, so nobody knows whether there is one: try again."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The policy, when the card is written, and whether comments are read for commands."""

    policy: Policy | Unreadable | None
    card: str = "always"
    commands: bool = True


def reading(connect: Connect, installation: int | None) -> Read:
    """The port through which configuration is read; "" as ref is the default branch.

    An owner's `.github` repository belongs to the same installation, or is not ours to read.
    """

    async def read(repository: str, path: str, ref: str) -> bytes | None:
        there = await connect(Spot(repository, installation))
        return await there.content(path, ref, max_bytes=MAX_BYTES)

    return read


def overlaid(read: Read, text: bytes) -> Read:
    """The same port, but every repository's own configuration reads as `text`."""

    async def overlay(repository: str, path: str, ref: str) -> bytes | Missing | None:
        return text if path == PATH and ref else await read(repository, path, ref)

    return overlay


async def rules(read: Read, pull: Pull) -> Rules:
    """What the base branch asks of `pull`. Raises RulesUnknown."""
    loaded = await load(read, pull.repository, pull.base_ref, checks=CHECKS)
    policy = _policy(loaded, pull)
    if not isinstance(loaded.outcome, Config):
        return Rules(policy)
    return Rules(policy, loaded.outcome.card.mode, loaded.outcome.commands.enabled)


async def own_rules(read: Read, pull: Pull) -> bytes | None:
    """The configuration file as it stands at the head."""
    found = await read(pull.repository, PATH, pull.head_sha)
    return found if isinstance(found, bytes) else None


async def edited_rules(read: Read, pull: Pull, text: bytes) -> Policy | Unreadable | None:
    """What `text`, the head's copy, would ask of `pull` once it is merged."""
    place = Place(pull.repository, PATH, pull.head_sha)
    return _policy(await complete(read, place, text, pull.repository, checks=CHECKS), pull)


def _policy(loaded: Loaded, pull: Pull) -> Policy | Unreadable | None:
    match loaded.outcome:
        case None:
            return None
        case Missing(reason):
            raise RulesUnknown(f"GET {PATH}", 0, reason)
        case ConfigErrors() as errors:
            return unreadable(errors)
        case Config() as config:
            return policy_of(config, pull)


def policy_of(config: Config, pull: Pull) -> Policy:
    """`config` as it bears on `pull`."""
    return Policy(
        checks=config.checks,
        reserved=config.reserved,
        agent=config.agent_reason(pull),
        digest=config.digest,
        notes=tuple(str(notice) for notice in config.notices),
    )


def unreadable(errors: ConfigErrors) -> Unreadable:
    """What is wrong with a configuration, in the words of the checks."""
    return Unreadable(tuple(_finding(error) for error in errors.errors))


def _finding(error: ConfigError) -> Finding:
    return Finding("config", error.message, path=error.path, line=error.line, id=error.key)
