"""What the loop that mends failing changes needs of the outside, as narrow protocols."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from app.model import Cause, Dispatched, Opened, Place, Pushed, RunOf, Sent, Task, Trigger, Unsent
from checks.judge import Case
from checks.model import ChangeFacts, Decision, Missing, Pull, Snapshot
from program.arms import Arm
from program.chain import Choice
from program.next_step import Signs
from program.remediation import Attempted, Remediation


class PullReader(Protocol):
    """Pull requests with the rules of their base, read from GitHub."""

    async def open(self, trigger: Trigger) -> Opened | None:
        """The newest head and its rules; None when there is nothing to judge: no rules, closed, or gone."""

    async def merged(self, trigger: Trigger) -> Opened | None:
        """A pull request that was merged, as it was; None for any other, and where its base has no rules now."""


class KeptRemediations(Protocol):
    """What is done about failing pull requests."""

    async def begin(self, begun: Remediation, cause: Cause | None = None) -> Remediation:
        """Keep a new one; one of the same pull request that goes on comes back as it is."""

    async def keep(self, changed: Remediation, cause: Cause | None = None) -> Remediation:
        """Keep how it stands now; one that is over stays as it is, and comes back so."""

    async def moved(self, repository: str, repository_id: int, number: int) -> bool:
        """Take over what is kept under a name that the repository had before; was there anything?"""

    async def open(self, repository: str, number: int) -> Remediation | None:
        """The one of the pull request that goes on."""

    async def of_pull(self, repository: str, number: int) -> Sequence[Remediation]:
        """All of a pull request, the oldest first."""

    async def going_on(self) -> Sequence[Remediation]:
        """All that are not over, wherever, the oldest first."""

    async def ended_attempts(self, repository: str) -> Sequence[Attempted]:
        """The newest that have an outcome, of any pull request of the repository, the oldest of them first."""


class Heard(Protocol):
    """What was pushed and what ran, as GitHub has it now."""

    async def of(self, place: Place, number: int, head_sha: str) -> Sequence[Pushed]:
        """The commits of a pull request, the oldest first, its head among them."""

    async def passed(self, place: Place, sha: str) -> frozenset[tuple[str, str]]:
        """The checks that passed on a commit at any time, each by its App and its name."""

    async def ended(self, place: Place, sha: str) -> Mapping[str, float]:
        """When each check on a commit ended at last, by its name, in epoch seconds."""

    async def run(self, place: Place, run: int) -> RunOf | None:
        """How a workflow run stands; None where it is gone."""


class Judged(Protocol):
    """When heads were judged, and how at last."""

    async def judged(self, repository: str, number: int) -> Case | None:
        """What the newest decision of a pull request was made of, though it was voided since, as by its merge."""

    async def judged_since(self, repository: str, number: int, since: float) -> Sequence[tuple[str, float]]:
        """Its heads that were first judged after `since`, each with when that was, the newest first; epoch seconds."""


class Send(Protocol):
    """Sends an arm of the ladder, once for each key of a task, whatever is killed."""

    async def __call__(self, place: Place, pull: Pull, arm: Arm, task: Task, cause: Cause) -> Sent | Unsent:
        """It is at work; or why it is not."""

    async def at_work(self, pull: Pull, head_sha: str, at: float, over: Collection[str] = ()) -> Dispatched | None:
        """The arm that may be at work on this head, by whomever it was sent, the tasks that are `over` left out."""


class Arms(Protocol):
    """Which arm tries next."""

    async def next(self, opened: Opened, facts: ChangeFacts | Missing | None, at: float) -> Choice | str:
        """As things stood `at`; or why there is none."""


class Costs(Protocol):
    """What attempts were reported to cost."""

    async def of_trace(self, trace: str) -> float | None:
        """US dollars; None where nobody said."""


class RemedialTexts(Protocol):
    """The words that an agent and people read."""

    def brief(
        self, decision: Decision, snapshot: Snapshot, signs: Signs, before: Sequence[Attempted], own: Attempted
    ) -> str:
        """What the agent of attempt `own` is asked to do: Markdown, at most 20,000 characters."""

    def handed_over(self, made: Remediation, why: str, done: Sequence[str], undone: Sequence[str] = ()) -> str:
        """What the pull request is told when people are to have it, what was `done`, and what could not be."""
