"""What handlers need of the outside, as narrow protocols. `app.main` brings the real ones, tests bring small ones."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from app.model import (
    Action,
    Archived,
    Attempt,
    BeginCheckRun,
    Beside,
    Canary,
    Cause,
    Change,
    Figures,
    Fix,
    FixText,
    FollowHead,
    KeptExperiment,
    Landed,
    Opened,
    Outcome,
    Place,
    Proposal,
    Refusal,
    RevertText,
    Seal,
    Standing,
    Trigger,
    Unread,
    Verb,
)
from checks import experiment, shadow
from checks.judge import Case
from checks.model import Decision, Document, Pull
from checks.rules import Rules
from checks.sbom.repair import Repair
from checks.sbom.rules.policy import Config


class Reader(Protocol):
    """Reads GitHub; never writes."""

    async def open(self, trigger: Trigger) -> Opened | None:
        """The newest head and its rules; None when there is nothing to judge: no rules, closed, or gone."""

    async def gather(self, opened: Opened, attempts_left: int) -> Case:
        """All facts that the rules ask for."""

    async def stands(self, place: Place, pull: Pull) -> bool:
        """Is `pull` still open, at the same head and onto the same base?"""


class Writer(Protocol):
    """Writes to GitHub; drops what speaks of a head that has moved."""

    def turn(self, place: Place, head_sha: str) -> AbstractAsyncContextManager[object]:
        """One writer a head at a time: two pull requests may share a head, and their lanes do not know each other."""

    async def perform(self, place: Place, actions: Sequence[Action], cause: Cause) -> Sequence[Outcome]:
        """Carry out `actions` in order, each at most once, and log each with its `cause`.

        What became of them, up to the first that stopped.
        """


class Archive(Protocol):
    """Keeps decisions."""

    async def keep(self, case: Case, decision: Decision, cause: Cause) -> Archived:
        """Keep what was decided and all that it was made of, and log it with its `cause`."""

    async def void(self, trigger: Trigger) -> None:
        """Nothing is asked of the trigger's pull request any more, so what was decided of it no longer counts."""

    async def others_at_head(self, pull: Pull) -> Sequence[Decision]:
        """The newest decision of each other pull request that was judged at the same head."""


class Renderer(Protocol):
    """Turns decisions into the words of each place they are shown."""

    def following(self, pull: Pull) -> Sequence[FollowHead]:
        """The head of `pull` is what counts from now on."""

    def pending(self, pull: Pull) -> BeginCheckRun:
        """`maestro / decision`, in progress."""

    def check_runs(self, decision: Decision, beside: Beside) -> tuple[Action, ...]:
        """The check runs that say `decision`, with what is known `beside` it."""

    def card(self, decision: Decision, mode: str, seal: Seal, beside: Beside) -> tuple[Action, ...]:
        """The card that says `decision`, where its mode lets it, with the seal of its entry in the log, and with what
        is known `beside` it.
        """

    def help(self, verbs: Sequence[Verb]) -> str:
        """The answer to `/maestro help`."""

    def unknown_command(self, verb: str, nearest: Sequence[str]) -> str:
        """The answer to a verb that does not exist."""

    def noted(self, verb: Verb, notes: Sequence[str]) -> str:
        """What there is to say of a command that was carried out."""

    def fell_short(self, verb: Verb, notes: Sequence[str]) -> str:
        """What became of each part of a command that was carried out in part only."""

    def declined(self, verb: Verb, reason: str) -> str:
        """The answer to a command that was not carried out."""


class Roles(Protocol):
    """What people may do."""

    async def of(self, place: Place, login: str) -> str:
        """GitHub's `role_name` of `login` in the repository, asked now; "" where GitHub does not say."""


class Seen(Protocol):
    """What people have seen of us."""

    async def first_at(self, repository: str, head_sha: str) -> float | None:
        """When a head was first judged, in epoch seconds; None when it never was."""

    async def heads(self, repository: str, number: int) -> Sequence[str]:
        """Every head that a pull request was judged at."""


class Census(Protocol):
    """Everything of ours that is open on GitHub; what it does not tell is an Unread."""

    async def installations(self) -> Sequence[int] | Unread:
        """The installations that may be asked."""

    async def repositories(self, installation: int) -> Sequence[str] | Unread:
        """The repositories of one, `owner/name`."""

    async def open_pulls(self, installation: int, repository: str) -> Sequence[Pull] | Unread:
        """The open pull requests of one repository."""

    async def ruled(self, installation: int, pull: Pull) -> bool | Unread:
        """Does the base of `pull` have a configuration?"""


class Standings(Protocol):
    """What of ours stands, as we remember it."""

    async def of(self, repository: str, pulls: Sequence[Pull]) -> Mapping[int, Standing]:
        """What stands at the head of each of `pulls`, by number."""


class Hooks(Protocol):
    """The App's webhook as GitHub keeps its log."""

    def failed(self) -> AsyncGenerator[Sequence[Attempt] | Unread, None]:
        """Attempts, at least those that failed, page by page, the newest first; an Unread is the last."""

    async def again(self, attempt: Attempt) -> Unread | None:
        """Ask for one delivery again; None when GitHub will send it."""


class Intake(Protocol):
    """The deliveries that came in."""

    async def held(self, guids: Sequence[str]) -> Collection[str]:
        """Those of `guids` that came in and are not dead."""


class Cases(Protocol):
    """What decisions were made of."""

    async def newest(self, repository: str, number: int) -> Case | None:
        """What the newest decision of a pull request was made of; None where it was voided, or never made."""


class Bases(Protocol):
    """Default branches, looked at without a pull request."""

    async def base(self, trigger: Trigger) -> Case | None:
        """The bills of a repository's default branch, held against themselves, with all that its rules ask for. None
        where there are no rules of bills, or no bill.
        """

    async def bills(self, place: Place, sha: str, config: Config) -> tuple[Document, ...]:
        """The bills that the branch had at its commit `sha`; none where that is gone."""


class Proposals(Protocol):
    """Pull requests, and files, as GitHub has them now."""

    async def of(self, place: Place, number: int) -> Proposal | None:
        """How pull request `number` stands; None when it is gone."""

    async def merging(self, place: Place, number: int) -> Proposal | None:
        """The same, and whether it merges, for which GitHub may have to be asked again."""

    async def from_branch(self, place: Place, branch: str) -> Sequence[int]:
        """The open pull requests of this repository's own `branch`."""

    async def documents(self, place: Place, paths: Sequence[str], sha: str) -> tuple[Document, ...]:
        """The text files at `paths` of commit `sha` that are there and can be read."""


class Fixes(Protocol):
    """The fixes that we proposed."""

    async def of_target(self, repository: str, target: str) -> Sequence[Fix]:
        """All that were ever proposed for a branch, the oldest first."""

    async def of_pull(self, repository: str, number: int) -> Sequence[Fix]:
        """Those that mend what pull request `number` brings, and the one whose pull request it is."""

    async def of_repository(self, repository: str) -> Sequence[Fix]:
        """All of a repository, the oldest first."""

    async def keep(self, fix: Fix) -> Fix:
        """Keep `fix` as it is now. A new one that is known already changes nothing, and the known one comes back."""

    async def reopen(self, fix: Fix) -> Fix:
        """One that had ended is open again, as GitHub says: whatever came of it is taken back."""


class FixTexts(Protocol):
    """The words of fixes."""

    def fix(self, repair: Repair, fix: Fix, workflow: str) -> FixText:
        """What `fix` says, which makes `repair`."""

    def superseded(self, newer: int) -> str:
        """The last words on a fix that another one stands in for."""

    def unmendable(self, target: str) -> str:
        """The last words on a fix that no longer merges, where nothing can be planned that does."""

    def moot(self, target: str, source: int | None = None) -> str:
        """The last words on a fix that nothing is left for, on `target`; or whose pull request `source` is closed."""


class Canaries(Protocol):
    """Canaries, and the rules that their base branch has for them."""

    async def found(self, place: Place, sha: str, environment: str) -> tuple[Canary, Rules] | Refusal:
        """The canary of a commit in an environment, with its rules; or why there is none."""

    async def rules(self, canary: Canary) -> Rules | Refusal | None:
        """What its base branch asks of experiments now. None: nothing; a Refusal: nobody can read it."""


class Deployments(Protocol):
    """Deployments, as GitHub has them now."""

    async def serving(self, place: Place, sha: str, environment: str) -> int | None:
        """The id of the newest one of a commit to an environment that serves; None where none does."""


class Foreseen(Protocol):
    """The sources that the operator has."""

    def warnings(self, config: experiment.GateConfig, repository: str) -> Sequence[str]:
        """What is known of `config` before anything was read: that nothing can be, or that it comes too late."""


class Merges(Protocol):
    """Changes that were merged."""

    async def landed(self, place: Place, canary: Canary) -> Landed | None:
        """The change that `canary` tried, where it is merged."""

    async def change(self, place: Place, landed: Landed) -> Change | Refusal | None:
        """What it did; None where its base does not hold it any more; a Refusal says why nobody can tell."""

    async def proposal(self, place: Place, number: int) -> Proposal | None:
        """How a pull request that takes a change back stands; None where it is gone."""


class RevertTexts(Protocol):
    """The words of what is taken back."""

    def revert(self, kept: KeptExperiment, told: experiment.Report, landed: Landed) -> RevertText:
        """What the pull request says that takes `landed` back, because of what `kept` has shown."""

    def by_hand(self, landed: Landed, who: str) -> RevertText:
        """What it says where `who` asked for it, and nothing was proven."""

    def taken_back(self, kept: KeptExperiment, told: experiment.Report, landed: Landed, done: str) -> str:
        """What the merged pull request is told: what was proven, what was `done`, and what is left to do."""


class Experiments(Protocol):
    """The experiments that are kept."""

    async def of(self, repository: str, sha: str) -> Sequence[KeptExperiment]:
        """All of a commit."""

    async def running(self, repository: str, base_ref: str = "") -> Sequence[KeptExperiment]:
        """Those without an answer, under the rules of that branch, or of any."""

    async def begin(
        self, canary: Canary, rules: experiment.Config, cause: Cause, mirrored: shadow.Config | None
    ) -> tuple[KeptExperiment, bool]:
        """Begin it, unless there is one of this commit and environment: that one comes back then, and False."""

    async def stop(self, key: int, reason: experiment.Reason, cause: Cause) -> KeptExperiment:
        """End it without an answer, unless what it was told so far gives one."""

    async def hand_over(self, key: int, deployment: int, cause: Cause) -> None:
        """Another deployment of the same commit is the canary from now on."""

    async def rule(
        self, key: int, rules: experiment.Config, cause: Cause, mirrored: shadow.Config | None
    ) -> KeptExperiment:
        """Go on under other rules."""


class Watched(Protocol):
    """The same experiments, for whoever looks after them."""

    async def get(self, key: int) -> KeptExperiment | None:
        """The experiment of this id."""

    async def open(self) -> Sequence[KeptExperiment]:
        """Those that run, or whose consequences are owed."""

    async def heard(self, key: int, figures: Figures) -> None:
        """Keep what its source said."""

    async def look(self, key: int, cause: Cause) -> KeptExperiment:
        """Move one on to now, with what came since the last look."""

    async def acted(self, key: int, outcome: str, course: str) -> None:
        """The consequences of `course` are had, or are given up."""


class Feeds(Protocol):
    """The sources that experiments are fed by."""

    async def due(self, kept: KeptExperiment) -> Figures | None:
        """What its source says of the ticks that are due; None where nothing is, or is not known yet."""
