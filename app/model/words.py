"""Actions that show or answer: check runs, the card, replies, reactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OWN_RUN = "maestro:"
"""How the `external_id` of each of our check runs begins: tells them where GitHub names no App."""

CARD_MARKER = "<!-- maestro:card "
"""How the card begins, whatever its version. It proves nothing by itself: anybody can type it."""

REPLY_MARKER = "<!-- maestro:reply to="
"""How each answer to a comment begins, before the comment's id: an answer of unknown fate is looked for by it."""

CLOSING_MARKER = "<!-- maestro:closing -->"
"""How the comment begins that says why we close a pull request of ours; there is one for each."""

TOLD_MARKER = "<!-- maestro:told "
"""How a comment begins that tells a pull request, open or closed, what became of it; what about follows."""

ISSUE_MARKER = "<!-- maestro:issue "
"""How an issue of ours begins, before what it is about; and the comment that says why we close it."""

EVALUATE_BUTTON = "evaluate"
"""The identifier of the button that asks for a new evaluation, as GitHub sends it back."""


AGREE_BUTTON, DISAGREE_BUTTON = "agree", "disagree"
"""How the identifiers of the buttons begin that say something to a study; a colon and its id follow."""

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
    """The words of one check run, already escaped and cut to GitHub's limits; and the page that tells more, or ""."""

    title: str
    summary: str
    text: str = ""
    annotations: tuple[Annotation, ...] = ()
    buttons: tuple[Button, ...] = ()
    page: str = ""


@dataclass(frozen=True, slots=True)
class WriteCheckRun:
    """Action: the check run `name` on `head_sha` says this. `conclusion` None: in progress.

    `gist` is what counts as news while it waits; words that merely count down are not written again. Without it, all
    of the words count. `merged`: it speaks of what became of a pull request that was merged at this head.
    """

    name: str
    head_sha: str
    conclusion: str | None
    words: CheckRunText
    gist: str = ""
    merged: bool = False


@dataclass(frozen=True, slots=True)
class WriteCard:
    """Action: the one sticky comment of pull request `number` says this. `digest` leaves out what merely ages.

    `merged`: it speaks of what became of it since it was merged, or closed, at this head.
    """

    number: int
    head_sha: str
    body: str
    digest: str
    create: bool = True  # False: edit the card if there is one, and make none
    merged: bool = False


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
class Tell:
    """Action: pull request `number` has one comment that says `body`, once for each `about`. It may be closed."""

    number: int
    about: str
    body: str


@dataclass(frozen=True, slots=True)
class BeginCheckRun:
    """Action: the check run `name` exists on `head_sha`. If it already says something, it is left alone."""

    name: str
    head_sha: str
    words: CheckRunText


@dataclass(frozen=True, slots=True)
class FollowHead:
    """Action: from now on pull request `number` is judged at `head_sha`.

    Check runs of ours that still wait on the head before it end as `cancelled` with `words`: nobody will answer them.
    Where another pull request is still at that head, they are its own, and left alone.
    """

    number: int
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


@dataclass(frozen=True, slots=True)
class EndCheckRuns:
    """Action: check runs of ours that still wait on `head_sha`, which was merged, end as `cancelled` with `words`."""

    head_sha: str
    words: CheckRunText


Words = (
    WriteCheckRun
    | BeginCheckRun
    | FollowHead
    | ForgetCheckRuns
    | RetireCheckRuns
    | EndCheckRuns
    | WriteCard
    | React
    | Reply
    | Tell
)
"""Actions that show or answer."""
