"""What travels on the road: a Delivery comes in, becomes Triggers, and leaves as Actions or a Refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from checks.decide import Policy
from checks.judge import Unreadable
from checks.model import Pull


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook as GitHub sent it: verified and stored, not yet understood. `id` orders deliveries by arrival."""

    id: int
    guid: str
    event: str
    body: bytes
    received_at: float  # epoch seconds, UTC


WAKE = "maestro_wake"  # the event of our own reminders: new measurements of a commit are stored


class Kind(StrEnum):
    """What a Trigger asks for."""

    EVALUATE = "evaluate"  # judge the newest head of one pull request; evaluations of a lane coalesce
    LOCATE = "locate"  # only a head sha is known: find its pull requests, then evaluate each
    SWEEP = "sweep"  # evaluate every open pull request of a repository whose base is `base_ref`
    COMMAND = "command"  # a person asked for something; never coalesced, never reordered
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
    text: str = ""  # the comment, for a command
    hearsay: bool = False  # what others report: it brings no rules to a repository that has none
    remembered: bool = False  # look for the head only among those we have judged, without asking GitHub
    reset: bool = False  # GitHub reset our check runs on this head: say everything again
    who: str = MAESTRO  # whose doing it is: a login on GitHub
    surface: Surface = Surface.WEBHOOK

    @property
    def lane(self) -> str:
        """Work of one lane runs one at a time, in order. GitHub takes Octo/Shop and octo/shop for one."""
        if self.kind is Kind.SCHEDULED:
            return f"schedule {self.reason}"
        repository = self.repository.lower()
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
    """A run's answer: nothing failed, but look again after `seconds`, or sooner when there is news."""

    seconds: float


Body = Callable[[Trigger, int], Awaitable[Done | Again | Later]]
"""What a Kind of trigger does: called with the trigger and the number of attempts left."""


OWN_RUN = "maestro:"
"""How the `external_id` of each of our check runs begins: tells them where GitHub names no App."""

CARD_MARKER = "<!-- maestro:card "
"""How the card begins, whatever its version. It proves nothing by itself: anybody can type it."""

EVALUATE_BUTTON = "evaluate"
"""The identifier of the button that asks for a new evaluation, as GitHub sends it back."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A slash command as it declares itself: how to use it, what it means, the least role it takes."""

    name: str
    usage: str
    meaning: str
    role: str


CheckStatus = Literal["queued", "in_progress", "completed"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """One remark on a line of the head, as GitHub's checks API wants it."""

    path: str
    line: int
    level: Literal["notice", "warning", "failure"]
    message: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """One button on a completed check run; pressed, it comes back as `check_run.requested_action`."""

    label: str
    description: str
    identifier: str


@dataclass(frozen=True, slots=True)
class CheckRunText:
    """The words of one check run, already escaped and cut to GitHub's limits."""

    title: str
    summary: str
    text: str = ""
    annotations: tuple[Annotation, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class WriteCheckRun:
    """Action: the check run `name` on `head_sha` says this. `conclusion` None: in progress.

    `gist` is what counts as news while it waits; words that merely count down are not written again. Without it, all
    of the words count.
    """

    name: str
    head_sha: str
    conclusion: str | None
    words: CheckRunText
    gist: str = ""


@dataclass(frozen=True, slots=True)
class WriteCard:
    """Action: the one sticky comment of pull request `number` says this. `digest` leaves out what merely ages."""

    number: int
    head_sha: str
    body: str
    digest: str
    create: bool = True  # False: edit the card if there is one, and make none


@dataclass(frozen=True, slots=True)
class React:
    """Action: a reaction on a comment (GitHub's content words: eyes, rocket, confused ...)."""

    comment_id: int
    content: str


@dataclass(frozen=True, slots=True)
class Reply:
    """Action: one comment that answers comment `comment_id`."""

    number: int
    comment_id: int
    body: str


@dataclass(frozen=True, slots=True)
class BeginCheckRun:
    """Action: the check run `name` exists on `head_sha`. If it already says something, it is left alone."""

    name: str
    head_sha: str
    words: CheckRunText


@dataclass(frozen=True, slots=True)
class ForgetCheckRuns:
    """Action: what our check runs said on `head_sha` no longer stands, because somebody asked for a re-run."""

    head_sha: str


@dataclass(frozen=True, slots=True)
class RetireCheckRuns:
    """Action: our check runs on `head_sha` but for those named in `keep` speak of gates that nobody asks for any more.

    They would keep their last word for ever, and whoever requires one of them by name would be stuck.
    """

    head_sha: str
    keep: frozenset[str]
    words: CheckRunText


Action = WriteCheckRun | BeginCheckRun | ForgetCheckRuns | RetireCheckRuns | WriteCard | React | Reply


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
