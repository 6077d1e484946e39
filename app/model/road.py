"""What passes between the reader, the road and whoever asked: places, opened changes, open pull requests, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.model.commands import WHEREVER, Escalation, Undoing
from checks.decide import Policy
from checks.judge import Unreadable
from checks.model import Pull
from program.arms import Ladder
from program.bounds import Bounds


@dataclass(frozen=True, slots=True)
class Verb:
    """A slash command as it declares itself: help, refusals and docs/commands.md are made of this alone.

    `role`: the least that it takes, by GitHub's names. `destructive`: what it does weighs so much that it must name
    the commit. `about`: the head of an open pull request, which must be the one that was seen; a change, of which the
    same holds, open or merged; what a deployment did, also after the merge; or nothing that could move, where it merely
    answers. `label` is what stands on a button, at most 20 characters; "" for what has none. `named`: how many words
    may name the commit, where what follows them is a person's own text; None: any of them may.
    """

    name: str
    usage: str
    example: str
    effect: str
    role: str
    destructive: bool = False
    about: Literal["head", "change", "study", "nothing"] = "head"
    label: str = ""
    named: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where actions land. `installation` None: the client asks GitHub which installation speaks for the repository."""

    repository: str
    installation: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A change about to be judged: its place, its facts so far, and the rules it will be judged by."""

    place: Place
    pull: Pull
    policy: Policy | Unreadable | None  # None: the base has no configuration, but this change brings one
    card: str = "always"  # when the card is written: always on-change on-failure never
    commands: bool = True  # whether comments are read for commands
    files: int | None = None  # how many files GitHub says the change touches
    ladder: Ladder | None = None  # the arms of agents, where the rules name any
    escalation: Escalation | None = None  # the heavier tests, where the rules name some
    bots: Mapping[str, str] = field(default_factory=dict)  # that are heard: login, in lower case, to role
    undoing: Undoing = WHEREVER  # what a rollback by hand does
    bounds: Bounds | None = None  # what may be tried by itself where it may not ship; None: nothing
    merge_sha: str = ""  # of one that is merged: the commit that its base has it as
    closed: bool = False  # and not merged


@dataclass(frozen=True, slots=True)
class Standing:
    """What of ours stands at the head of one pull request. `base_ref` "": no word that counts."""

    base_ref: str  # the base that the newest decision at this head was made for
    completed: bool  # the run that is required says so, and what it says still stands
    touched: float  # when that run was last written or begun, epoch seconds; 0.0: never


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending of a webhook, as GitHub's log has it; a redelivery is another one of the same `guid`."""

    id: int
    guid: str
    at: float  # epoch seconds, UTC
    arrived: bool = False  # we answered it well


@dataclass(frozen=True, slots=True)
class Unread:
    """What GitHub did not tell us, and why. `limited`: it told us to wait, so nothing more is to be asked now."""

    reason: str
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not carried out; the reason is what the person reads."""

    reason: str
