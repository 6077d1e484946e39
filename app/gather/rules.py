"""The rules a change is judged by: the base branch's configuration, never the head's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.config import PATH, Config, ConfigError, ConfigErrors, Loaded, Place, Read, complete, load
from app.config.tree import MAX_BYTES as LONGEST
from app.github.errors import Denied, NotFound, TooLarge, Unavailable
from app.model import OWN_BRANCHES, WHEREVER, Escalation, Undoing
from app.model import Place as Spot
from checks.decide import Policy
from checks.judge import Unreadable
from checks.model import Finding, Missing, Pull
from checks.registry import CHECKS
from program.arms import Ladder
from program.bounds import Bounds

if TYPE_CHECKING:
    from app.github.repository import Repository

NOT_HEEDED = "the block `remediation` is heeded only on the default branch, and this has another base"
MAX_BYTES = 1024 * 1024  # a configuration may hold far less; its reader says so better than a cut would

Connect = Callable[[Spot], Awaitable["Repository"]]


class Oversized(Exception):
    """A configuration of more bytes than are ever fetched, at `path`."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True)
class Rules:
    """The policy, when the card is written, whether comments are read for commands and which bots' are, with the role
    of each, and what commands may have run.
    """

    policy: Policy | Unreadable | None
    card: str = "always"
    commands: bool = True
    ladder: Ladder | None = None
    escalation: Escalation | None = None
    bots: Mapping[str, str] = field(default_factory=dict)
    undoing: Undoing = WHEREVER
    bounds: Bounds | None = None


def reading(connect: Connect, home: Spot) -> Read:
    """The port through which the configuration of `home` is read; "" as ref is the default branch. Raises Oversized.

    Other repositories, such as the owner's `.github`, belong to the same installation, or are not ours to read: what
    cannot be seen there is no file.
    """

    async def read(repository: str, path: str, ref: str) -> bytes | None:
        abroad = repository.lower() != home.repository.lower()
        try:
            there = await connect(Spot(repository, home.installation))
            return await there.content(path, ref, max_bytes=MAX_BYTES)
        except TooLarge:
            raise Oversized(f"{repository}:{path}" if abroad else path) from None
        except (Denied, NotFound):
            if abroad:
                return None
            raise

    return read


def overlaid(read: Read, text: bytes) -> Read:
    """The same port, but every repository's own configuration reads as `text`."""

    async def overlay(repository: str, path: str, ref: str) -> bytes | Missing | None:
        return text if path == PATH and ref else await read(repository, path, ref)

    return overlay


async def rules(read: Read, pull: Pull, home: str = "") -> Rules:
    """What the base branch asks of `pull`. `home`: the default branch, "" where what may be done by itself matters to
    nobody.
    """
    try:
        loaded = await load(read, pull.repository, pull.base_ref, checks=CHECKS)
    except Oversized as error:
        return Rules(_too_long(error.path))
    policy = _policy(loaded, pull)
    config = loaded.outcome
    if not isinstance(config, Config):
        return Rules(policy)
    ladder = config.arms.as_ladder() if config.arms else None
    heavier = Escalation(config.escalate.workflow, tuple(config.escalate.inputs.items())) if config.escalate else None
    bots = {login.lower(): role.value for login, role in config.commands.bots.items()}
    acting = ladder, heavier, bots, _undoing(config), _bounds(config, pull, home)
    return Rules(_told(policy, config, pull, home), config.card.mode, config.commands.enabled, *acting)


def _bounds(config: Config, pull: Pull, home: str) -> Bounds | None:
    """What may be tried by itself about `pull`: nothing by the rules of a base that is not the default branch, which
    whoever may push there writes; nothing about what we propose ourselves; and nothing about what is not asked for.
    """
    bounds = config.remediation.as_bounds() if config.remediation else None
    if bounds is None or _ours(pull) or not home or pull.base_ref != home:
        return None
    return bounds if bounds.everybody or config.agent_reason(pull) else None


def _told(policy: Policy | Unreadable | None, config: Config, pull: Pull, home: str) -> Policy | Unreadable | None:
    """With a note where the rules of another base than the default branch ask for what is not heeded there."""
    heeded = not home or pull.base_ref == home
    if heeded or _ours(pull) or config.remediation is None or not isinstance(policy, Policy):
        return policy
    return replace(policy, notes=(*policy.notes, NOT_HEEDED))


def _ours(pull: Pull) -> bool:
    return pull.head_ref.startswith(OWN_BRANCHES) and not pull.from_fork


def _undoing(config: Config) -> Undoing:
    asked = config.rollback
    return WHEREVER if asked is None else Undoing(asked.environments, asked.workflow or "", asked.revert)


async def brings_rules(read: Read, pull: Pull) -> bool:
    """Does the head hold a configuration of its own?"""
    try:
        return await read(pull.repository, PATH, pull.head_sha) is not None
    except Oversized:
        return True


async def edited_rules(read: Read, pull: Pull) -> Policy | Unreadable | None:
    """What would be asked of `pull` by the rules as its head leaves them; None where it leaves none."""
    place = Place(pull.repository, PATH, pull.head_sha)
    try:
        text = await read(place.repository, place.path, place.ref)
        if not isinstance(text, bytes):  # then the owner's rules, if any, stand in for them
            return _policy(await load(read, pull.repository, pull.head_sha, checks=CHECKS), pull)
        return _policy(await complete(read, place, text, pull.repository, checks=CHECKS), pull)
    except Oversized as error:
        return _too_long(error.path)


def _policy(loaded: Loaded, pull: Pull) -> Policy | Unreadable | None:
    match loaded.outcome:
        case None:
            return None
        case Missing(reason):
            raise Unavailable(f"GET {PATH}", 0, reason)  # nobody knows whether there is one: try again
        case ConfigErrors() as errors:
            return unreadable(errors)
        case Config() as config:
            return policy_of(config, pull)


def policy_of(config: Config, pull: Pull) -> Policy:
    """`config` as it bears on `pull`."""
    return Policy(
        checks=config.checks,
        agent=config.agent_reason(pull),
        digest=config.digest,
        notes=tuple(str(notice) for notice in config.notices),
    )


def unreadable(errors: ConfigErrors) -> Unreadable:
    """What is wrong with a configuration, in the words of the checks."""
    return Unreadable(tuple(_finding(error) for error in errors.errors))


def _too_long(path: str) -> Unreadable:
    message = f"the file has more than {MAX_BYTES:,} bytes; a configuration has at most {LONGEST:,}"
    return unreadable(ConfigErrors((ConfigError(path, 1, 1, "", message),)))


def _finding(error: ConfigError) -> Finding:
    return Finding("config", error.message, path=error.path, line=error.line, id=error.key)
