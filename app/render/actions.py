"""A decision as the actions that show it on GitHub: a check run a check, the one to require, and the card."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.model import (
    Action,
    BeginCheckRun,
    Beside,
    EndCheckRuns,
    FollowHead,
    RetireCheckRuns,
    Seal,
    Verb,
    WriteCard,
    WriteCheckRun,
)
from app.render import remediated, spent, words
from app.render.card import card
from app.render.checkrun import check_run, decision_run, merged, overtaken, pending, retired
from app.render.commanded import gist
from app.render.explained import explained, planned
from app.render.templates import render
from checks.impact.check import NAME as IMPACT
from checks.model import Decision, Pull, Row, State, Verdict

_NUMBER = re.compile(r"\d+")
DECISION = "maestro / decision"
NOTHING_BESIDE = Beside()


def check_name(check: str) -> str:
    """The name of a check's run on GitHub."""
    return f"maestro / {check}"


@dataclass(frozen=True, slots=True)
class GitHubRenderer:
    """Words for GitHub. `now` gives the card its time, which its digest leaves out, as it does the seal; `addressed`
    gives a decision the addresses of its pages, and `center` a change that of its own, where there are any.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    addressed: Callable[[Decision], Decision] = lambda decision: decision
    center: Callable[[Pull], str] = lambda _pull: ""

    def following(self, pull: Pull) -> tuple[FollowHead, ...]:
        """The head of `pull` is what counts from now on; a merge group has no other one, before or after."""
        return () if pull.number is None else (FollowHead(pull.number, pull.head_sha, overtaken(pull)),)

    def pending(self, pull: Pull) -> BeginCheckRun:
        """`maestro / decision`, in progress."""
        return BeginCheckRun(DECISION, pull.head_sha, pending(pull))

    def check_runs(self, decision: Decision, beside: Beside = NOTHING_BESIDE) -> tuple[Action, ...]:
        """Every check first, then the verdict, with what is known `beside` it: whoever sees the verdict can open its
        reasons.
        """
        decision = self.addressed(decision)
        head = decision.pull.head_sha
        runs = [
            WriteCheckRun(
                check_name(row.result.name),
                head,
                row.conclusion,
                check_run(row, decision),
                gist=_stage(row) if row.conclusion is None else "",
            )
            for row in decision.rows
        ]
        if not decision.configured:
            return tuple(runs)
        gist = _gist(decision, *_beside(decision, beside)[1:]) if decision.conclusion is None else ""
        text = decision_run(decision, self.center(decision.pull), beside)
        verdict = WriteCheckRun(DECISION, head, decision.conclusion, text, gist)
        kept = frozenset(run.name for run in (*runs, verdict))
        return (*runs, verdict, RetireCheckRuns(head, kept, retired()))

    def ended(self, pull: Pull) -> EndCheckRuns:
        """What still waited when `pull` was merged is answered by nobody."""
        return EndCheckRuns(pull.head_sha, merged(pull))

    def since_merged(
        self, decision: Decision, mode: str, seal: Seal, beside: Beside = NOTHING_BESIDE
    ) -> tuple[WriteCheckRun | WriteCard, ...]:
        """What is known of a merged change since: the run of the one check that goes on, and the card. No other run is
        touched, and least of all the one that was required.
        """
        going_on = check_name(IMPACT)
        runs = (run for run in self.check_runs(decision) if isinstance(run, WriteCheckRun) and run.name == going_on)
        cards = self.card(decision, mode, seal, beside)
        return (*(replace(run, merged=True) for run in runs), *(replace(card, merged=True) for card in cards))

    def help(self, verbs: Sequence[Verb]) -> str:
        """The answer to `/maestro help`."""
        return render("help.md.j2", verbs=verbs)

    def unknown_command(self, verb: str, nearest: Sequence[str]) -> str:
        """The answer to a verb that does not exist; `nearest`: those that may have been meant."""
        return render("unknown_command.md.j2", verb=verb, nearest=nearest)

    def noted(self, verb: Verb, notes: Sequence[str]) -> str:
        """What there is to say of a command that was carried out."""
        return render("noted_command.md.j2", verb=verb, notes=notes)

    def fell_short(self, verb: Verb, notes: Sequence[str]) -> str:
        """What became of each part of a command that was carried out in part only."""
        return render("fell_short.md.j2", verb=verb, notes=notes)

    def declined(self, verb: Verb, reason: str) -> str:
        """The answer to a command that was not carried out."""
        return render("declined_command.md.j2", verb=verb, reason=reason)

    def explained(self, decision: Decision, names: Sequence[str], head_sha: str) -> str:
        """The answer to `/maestro explain`."""
        return explained(self.addressed(decision), names, head_sha)

    def planned(self, decision: Decision, verbs: Sequence[Verb], head_sha: str) -> str:
        """The answer to `/maestro plan`."""
        return planned(decision, verbs, head_sha)

    def card(self, decision: Decision, mode: str, seal: Seal, beside: Beside = NOTHING_BESIDE) -> tuple[WriteCard, ...]:
        """The card, where `mode` (and a draft that may ship) lets it be written, with what is known `beside`."""
        number = decision.pull.number
        if number is None or mode == "never" or not decision.configured:
            return ()
        decision = self.addressed(decision)
        page = self.center(decision.pull)
        drawn = card(decision, now=self.now(), seal=seal, page=page, beside=beside)
        coarse = mode == "on-change" or decision.conclusion is None
        digest = _gist(decision, *_beside(decision, beside)) if coarse else drawn.digest
        quiet = decision.verdict is Verdict.SHIP and (mode == "on-failure" or decision.pull.draft)
        return (WriteCard(number, decision.pull.head_sha, drawn.body, digest, create=not quiet),)


def _stage(row: Row) -> str:
    """The state of a check, and what it waits for; how many are still running is no news, nor which. An override is."""
    if row.overridden:
        return f"{row.result.state.value} {words.OVERRIDDEN} {row.overridden.at}"
    if row.result.state is not State.WAIT:
        return row.result.state.value
    said = _NUMBER.sub("", row.result.title.partition("running:")[0])
    return " ".join(filter(None, (row.result.state.value, said, row.result.stage)))


def _beside(decision: Decision, beside: Beside) -> tuple[str, ...]:
    """What changes with whatever counts as news beside the decision."""
    repaired = remediated.gist(beside.remediation, decision.verdict is Verdict.SHIP and not decision.merged)
    return gist(beside.commands), repaired, spent.news(beside.spent, beside.reported)


def _gist(decision: Decision, *besides: str) -> str:
    """The verdict and the state of each check on this head: what counts as news while it waits, or for `on-change`; and
    what does `besides`.
    """
    states = [f"{row.result.name}={_stage(row)}" for row in decision.rows]
    said = [decision.pull.head_sha, decision.pull.base_ref, decision.verdict.value, *states, *filter(None, besides)]
    return hashlib.sha256(" ".join(said).encode()).hexdigest()
