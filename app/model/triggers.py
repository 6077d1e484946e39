"""What comes in: a Delivery, and the Triggers that it becomes; and what a run of one answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook as GitHub sent it: verified and stored, not yet understood. `id` orders deliveries by arrival."""

    id: int
    guid: str
    event: str
    body: bytes
    received_at: float  # epoch seconds, UTC


WAKE = "maestro_wake"  # the event of our own reminders: measurements or a bill of a commit are stored
MEASURED = "measurements"  # the reason of a trigger: measurements of a commit are stored
USAGE = "usage"  # the reason of a trigger: what work on a commit used is stored
SPECLIVE = "speclive"  # the reason of a trigger: a report of the Spec Cards of a commit told something new
SBOM = "sbom"  # the reason of a trigger: a bill of a commit is stored
EXPERIMENT = "experiment"  # what a reminder is about: an experiment was begun, or ended from outside


MOVED = "moved"  # what a reminder is about: somebody looks at a head that is none any more
DRIFT = "drift"  # what a reminder is about: a batch of a watched module came


class Kind(StrEnum):
    """What a Trigger asks for."""

    EVALUATE = "evaluate"  # judge the newest head of one pull request; evaluations of a lane coalesce
    LOCATE = "locate"  # only a head sha is known: find its pull requests, then evaluate each
    SWEEP = "sweep"  # evaluate every open pull request of a repository whose base is `base_ref`
    COMMAND = "command"  # somebody asked for something, wherever; never coalesced, never reordered
    REPAIR = "repair"  # propose fixes of what a pull request (without a number: the default branch) was found to have
    REMEDIATE = "remediate"  # do what is next about one pull request that may not ship
    CANARY = "canary"  # a deployment may be a canary: begin its experiment, or end it
    EXPERIMENT = "experiment"  # look at one guarded experiment, again and again until it has its answer
    DRIFT = "drift"  # look at one watched module
    DEPLOYED = "deployed"  # a deployment serves: begin the study of what it brought
    STUDY = "study"  # look at one study, again and again until all that it is of has come
    AFTER = "after"  # show on one merged pull request what the studies of its deployment say
    OPINION = "opinion"  # somebody pressed a button to say whether they agree with a study
    SIGNED_OUT = "signed_out"  # somebody took back, on GitHub, what lets us act as them
    SCHEDULED = "scheduled"  # the clock asked for what `reason` names


MAESTRO = "maestro"
"""Who did it, where no person and no other App asked."""


class Surface(StrEnum):
    """Where somebody asked: they all ride the same road."""

    WEBHOOK = "webhook"
    COMMENT = "comment"
    BUTTON = "button"
    API = "api"
    SCHEDULE = "schedule"
    CLI = "cli"
    CENTER = "center"  # the page, or the overlay


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is done: what asked for it, who, in which role, from where; and the decision that it rests on."""

    reason: str = ""  # of the trigger: "pull_request.opened"
    who: str = MAESTRO  # a login on GitHub, or ourselves
    role: str = ""  # of `who` in the repository, where one was asked for
    surface: Surface = Surface.WEBHOOK
    head_sha: str = ""  # what it is about, where an action itself names no head
    config_digest: str = ""
    decision_id: int | None = None  # None: done before anything was decided
    number: int | None = None  # the pull request that it is about, where what is done does not rest on its head


@dataclass(frozen=True, slots=True)
class Seal:
    """Where an entry stands in the provenance log: its number, and the hash that seals it and all before it."""

    seq: int
    hash: str  # 64 hexadecimal digits; a witness may know only how it begins

    @property
    def short(self) -> str:
        """As a card shows it, with 48 bits of the hash (docs/provenance.md tells what they are worth)."""
        return f"{self.seq}:{self.hash[:12]}"

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Archived:
    """A decision that is kept: the seal of its entry, and the cause of whatever is done on the strength of it."""

    cause: Cause
    seal: Seal


@dataclass(frozen=True, slots=True)
class Trigger:
    """One thing to do, on one lane. `installation` None: GitHub did not say, and the client will ask."""

    kind: Kind
    repository: str
    installation: int | None = None
    number: int | None = None
    head_sha: str = ""  # what the event spoke of; the evaluation reads the newest head itself
    base_ref: str = ""
    base_sha: str = ""  # of a merge group: what it is built on, which may be the entry before it in the queue
    merge_group: bool = False
    reason: str = ""  # "pull_request.opened": kept with the decision, and logged
    comment_id: int | None = None
    text: str = ""  # the comment, or the verb and its arguments, for a command; what the button says, for an opinion
    command: str = ""  # the id that a command is kept under
    bot: bool = False  # no person asked
    at: float = 0.0  # when it was written, or served, in epoch seconds by GitHub's clock; 0: GitHub did not say
    hearsay: bool = False  # what others report: it brings no rules to a repository that has none
    remembered: bool = False  # look for the head only among those we have judged, without asking GitHub
    experiment: int | None = None  # the id of one
    module: str = ""  # the name of one that is watched for drift
    study: int | None = None  # the id of one
    environment: str = ""  # of a deployment
    deployment: int | None = None
    reset: bool = False  # GitHub reset our check runs on this head: say everything again
    who: str = MAESTRO  # whose doing it is: a login on GitHub
    person: int | None = None  # GitHub's id of somebody, where it is about them and no repository
    surface: Surface = Surface.WEBHOOK

    @property
    def lane(self) -> str:
        """Work of one lane runs one at a time, in order. GitHub takes Octo/Shop and octo/shop for one."""
        if self.kind is Kind.SCHEDULED or self.person is not None:
            return f"schedule {self.reason}" if self.person is None else f"person {self.person}"
        repository = self.repository.lower()
        if self.experiment is not None:
            return f"{repository} experiment {self.experiment}"
        if self.module:
            return f"{repository} drift {self.module}"
        if self.study is not None:
            return f"{repository} study {self.study}"
        if self.number is not None:
            return f"{repository}#{self.number}"
        return f"{repository}@{self.head_sha}" if self.head_sha else repository

    @property
    def needs(self) -> frozenset[str]:
        """What a run must do beyond the least: it answers whatever else waits on its lane and needs no more."""
        needs = {"rules": not self.hearsay, "search": not self.remembered, "anew": self.reset}
        return frozenset(need for need, needed in needs.items() if needed)

    @property
    def cause(self) -> Cause:
        """What the log says of whatever this brings about."""
        return Cause(self.reason, self.who, surface=self.surface, head_sha=self.head_sha)


@dataclass(frozen=True, slots=True)
class Done:
    """A run's answer: done; `then` are triggers that follow from it."""

    then: tuple[Trigger, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """A run's answer: not done, run me again later; `reason` is kept as the attempt's error."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """A run's answer: nothing failed, but look again after `seconds`, or sooner when there is news.

    `then` are triggers that follow from it already now.
    """

    seconds: float
    then: tuple[Trigger, ...] = ()


Body = Callable[[Trigger, int], Awaitable[Done | Again | Later]]
"""What a Kind of trigger does: called with the trigger and the number of attempts left."""
