"""What `.github/maestro.yml` may say, what was read of it, and what was wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, create_model
from pydantic_core import PydanticKnownError

from app.config.acting import Arms, Escalate, Rollback
from app.config.remediation import Remediation
from checks.model import Check, CheckConfig, Pull, Strict

PATH = ".github/maestro.yml"

RESERVED_BLOCKS = ("sources", "pools", "rego", "program")

Checks = tuple[Check, ...]


# --- what is wrong -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConfigError:
    """One mistake, at a place a reader can open: `line` and `column` count from 1, `key` is dotted.

    `nearest` is the valid key or value that was probably meant. Texts of the file appear on one line and cut
    to 80 characters, but not escaped for any medium.
    """

    path: str
    line: int
    column: int
    key: str
    message: str
    nearest: str | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True, slots=True)
class ConfigErrors:
    """Why a configuration cannot be used: its first mistakes in the file's order, and how many more."""

    errors: tuple[ConfigError, ...]
    more: int = 0

    def __str__(self) -> str:
        rest = [f"and {self.more} more"] if self.more else []
        return "\n".join([*map(str, self.errors), *rest])


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a reader should know of a configuration that is valid."""

    path: str
    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


# --- what may be written -----------------------------------------------------------------------------------


class CardMode(StrEnum):
    """When the Decision Card is written into the pull request."""

    ALWAYS = "always"
    ON_CHANGE = "on-change"
    ON_FAILURE = "on-failure"
    NEVER = "never"


class Card(Strict):
    """The one comment that shows the decision."""

    mode: CardMode = CardMode.ALWAYS
    """`always` keeps it up to date, `on-change` writes only when the verdict or the state of a check changes,
    `on-failure` first writes when a change may not ship, `never` leaves the pull request to its check runs."""


class Agents(Strict):
    """Which pull requests count as an agent's: any one of the three patterns is enough.

    `*` stands for any text and `?` for one character; brackets stand for themselves.
    """

    labels: tuple[str, ...] = ("agent",)
    """Labels that mark an agent's pull request; upper and lower case are one."""
    authors: tuple[str, ...] = ("*[bot]",)
    """Logins of agents; upper and lower case are one."""
    branches: tuple[str, ...] = ("agent/*",)
    """Names of head branches that agents push to."""


NOBODY = Agents(labels=(), authors=(), branches=())  # without an `agents` block, everybody counts as a person


class BotRole(StrEnum):
    """What a bot may be given: GitHub has no role for an App's, and none may have everything."""

    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"


BotLogin = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}\[bot\]$")]


class Commands(Strict):
    """Slash commands in comments."""

    enabled: bool = True
    """`false`: comments are not read for commands."""
    bots: dict[BotLogin, BotRole] = Field(default_factory=dict, max_length=50, examples=[{"deployer[bot]": "write"}])
    """Bots whose comments are read for commands, each with the role that it has for them. No other bot is heard."""


def _no_truth(value: object) -> object:
    """Python takes `true` for 1; JSON Schema, and whoever reads the file, does not."""
    if isinstance(value, bool):
        raise PydanticKnownError("literal_error", {"expected": "1"})
    return value


class Document(Strict):
    """What Maestro Conductor asks of a pull request, read from the base branch."""

    version: Annotated[Literal[1], BeforeValidator(_no_truth)]
    """The version of this format."""
    extends: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]{1,39}/\.?[A-Za-z0-9_-][A-Za-z0-9._-]*"
        r"(:(\.?[A-Za-z0-9_-][A-Za-z0-9._-]*/)*\.?[A-Za-z0-9_-][A-Za-z0-9._-]*)?$",
        max_length=300,
        examples=["acme/policies", "acme/policies:teams/web.yml"],
    )
    """A configuration to start from, `owner/repo` or `owner/repo:path`, of the same owner, read from that
    repository's default branch. Blocks are merged key by key, this file wins, lists are replaced.
    One level only."""
    card: Card = Field(default_factory=Card)
    """The one comment that shows the decision."""
    agents: Agents = NOBODY
    """Which pull requests count as an agent's: label, author or branch, any one is enough. Without this block
    nobody's do; `agents: {}` takes the patterns below."""
    commands: Commands = Field(default_factory=Commands)
    """Slash commands in comments."""


@cache
def document(checks: Checks) -> type[Document]:
    """The whole format: the common blocks, a block per check of `checks`, the blocks of later versions."""
    fields: dict[str, Any] = {check.name: _block(check.name, check.config) for check in checks}
    fields |= {"arms": _block("arms", Arms), "escalate": _block("escalate", Escalate)}
    fields |= {"rollback": _block("rollback", Rollback), "remediation": _block("remediation", Remediation)}
    later = "Reserved for a later version: accepted, without effect in this one."
    fields |= {name: (dict[str, Any], Field(default=None, description=later)) for name in RESERVED_BLOCKS}
    return create_model("Maestro", __base__=Document, __doc__=Document.__doc__, **fields)


def _block(name: str, config: type[Strict]) -> tuple[type[Strict], Any]:
    summary = (config.__doc__ or "").strip().partition("\n\n")[0]
    return config, Field(default=None, title=name, description=" ".join(summary.split()))


# --- what was read -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Config:
    """A valid configuration. What the file does not mention is absent from `checks`.

    A block in `mode: off` is present. `source`: the path, or `path@blob` of each file when it was loaded from
    repositories.
    """

    version: int
    checks: Mapping[str, CheckConfig]
    card: Card
    agents: Agents
    commands: Commands
    extends: str | None
    notices: tuple[Notice, ...]
    source: str
    arms: Arms | None = None
    escalate: Escalate | None = None
    rollback: Rollback | None = None
    remediation: Remediation | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical effective configuration; comments and order do not change it."""
        canonical = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The effective configuration with every default: itself a valid configuration, in JSON values."""
        blocks: dict[str, Strict] = {
            "card": self.card,
            "commands": self.commands,
            "agents": self.agents,
            **({"arms": self.arms} if self.arms else {}),
            **({"escalate": self.escalate} if self.escalate else {}),
            **({"rollback": self.rollback} if self.rollback else {}),
            **({"remediation": self.remediation} if self.remediation else {}),
            **self.checks,
        }
        written = {name: block.model_dump(mode="json", by_alias=True) for name, block in blocks.items()}
        return {"version": self.version, **written}

    def agent_reason(self, pull: Pull) -> str:
        """Why `pull` counts as an agent's, in words ("label `agent`"); "" for people."""
        agents = self.agents
        if label := _first_like(_folded(agents.labels), pull.labels):
            return f"label `{label}`"
        if _first_like(_folded(agents.authors), [pull.author]):
            return f"author `{pull.author}`"
        if _like(agents.branches, pull.head_ref):
            return f"branch `{pull.head_ref}`"
        return ""


def _folded(patterns: Iterable[str]) -> list[str]:
    return [pattern.casefold() for pattern in patterns]


def _first_like(patterns: Sequence[str], texts: Iterable[str]) -> str | None:
    return next((text for text in texts if _like(patterns, text.casefold())), None)


def _like(patterns: Iterable[str], text: str) -> bool:
    """Whether a pattern covers all of `text`. fnmatch's brackets are off: `[bot]` is five characters."""
    return any(fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in patterns)
