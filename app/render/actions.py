"""A decision as the actions that show it on GitHub: a check run a check, the one to require, and the card."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from app.model import Action, BeginCheckRun, WriteCard, WriteCheckRun
from app.render.card import Links, card
from app.render.checkrun import check_run, decision_run, pending
from app.render.templates import render
from checks.model import Decision, Pull, Verdict

DECISION = "maestro / decision"


class Verb(Protocol):
    """A command as help shows it."""

    @property
    def usage(self) -> str: ...
    @property
    def meaning(self) -> str: ...
    @property
    def role(self) -> str: ...


def check_name(check: str) -> str:
    """The name of a check's run on GitHub."""
    return f"maestro / {check}"


@dataclass(frozen=True, slots=True)
class GitHubRenderer:
    """Words for GitHub. `now` gives the card its time, which its digest leaves out."""

    links: Links = field(default_factory=Links)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def pending(self, pull: Pull) -> BeginCheckRun:
        """`maestro / decision`, in progress."""
        return BeginCheckRun(DECISION, pull.head_sha, pending(pull))

    def actions(self, decision: Decision, card_mode: str) -> tuple[Action, ...]:
        """Every check first, then the verdict, then the card: whoever sees the verdict can open its reasons."""
        head = decision.pull.head_sha
        runs = [
            WriteCheckRun(check_name(row.result.name), head, row.conclusion, check_run(row, decision, self.links))
            for row in decision.rows
        ]
        verdict = WriteCheckRun(DECISION, head, decision.conclusion, decision_run(decision, self.links))
        return (*runs, verdict, *self._card(decision, card_mode))

    def help(self, verbs: Sequence[Verb]) -> str:
        """The answer to `/maestro help`."""
        return render("help.md.j2", verbs=verbs)

    def unknown_command(self, verb: str, nearest: str) -> str:
        """The answer to a verb that does not exist."""
        return render("unknown_command.md.j2", verb=verb, nearest=nearest)

    def _card(self, decision: Decision, card_mode: str) -> tuple[WriteCard, ...]:
        number = decision.pull.number
        if number is None or card_mode == "never":
            return ()
        drawn = card(decision, links=self.links, now=self.now())
        digest = _gist(decision) if card_mode == "on-change" else drawn.digest
        quiet = decision.verdict is Verdict.SHIP and (card_mode == "on-failure" or decision.pull.draft)
        return (WriteCard(number, decision.pull.head_sha, drawn.body, digest, create=not quiet),)


def _gist(decision: Decision) -> str:
    """What `on-change` calls a change: the verdict, or the state of a check."""
    said = [decision.verdict.value, *(f"{row.result.name}={row.result.state.value}" for row in decision.rows)]
    return hashlib.sha256(" ".join(said).encode()).hexdigest()
