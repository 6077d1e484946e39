"""What GitHub shows in the end of one story, apart from what may differ between two tellings of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest

from app.github.sandbox import Sandbox
from campaign.stories import Story

_AGES = re.compile(r"updated [\d-]+ [\d:]+ UTC|log `\d+:[0-9a-f]+`")
_PAGE = re.compile(  # a process apart is told no address of its own
    r"\[(?:Decision Center|Evidence)\]\(http://127\.0\.0\.1:\d+/\S+\) · "
)
_ADDRESSES = re.compile(r"http://127\.0\.0\.1:\d+/\S+?/runs/\d+")


@dataclass(frozen=True, slots=True)
class State:
    """Our check runs at the newest head (name, status, conclusion), and the card."""

    runs: tuple[tuple[str, str, str | None], ...]
    card: str

    def differs_from(self, other: State) -> str:
        """In what, in words; "" where nothing does."""
        if self.runs != other.runs:
            return f"check runs {self.runs} instead of {other.runs}"
        if ("risk" in self.card) != ("risk" in other.card):  # a courtesy where no rule asks for it: a fault may hide it
            return "" if _headline(self) == _headline(other) else f"{_headline(self)!r} instead of {_headline(other)!r}"
        lines = zip_longest(self.card.splitlines(), other.card.splitlines())
        return next((f"card {mine!r} instead of {theirs!r}" for mine, theirs in lines if mine != theirs), "")


def _headline(state: State) -> str:
    """The first line of the card, without the risk."""
    return re.sub(r" · risk [\d.]+", "", state.card.partition("> **")[2].partition("\n")[0])


def state_of(sandbox: Sandbox, story: Story) -> State:
    """The present state."""
    ours = (run for run in story.repo.check_runs(story.head) if run.suite.app.id == sandbox.app.app_id)
    runs = tuple(sorted((run.name, run.status, run.conclusion) for run in ours))
    return State(runs, _plain(story))


def _plain(story: Story) -> str:
    """The card without names, numbers and times of this telling."""
    text = _PAGE.sub("", _ADDRESSES.sub("(run)", _AGES.sub("(age)", story.card)))
    text = text.replace(story.repo.full_name, "owner/repository")
    for place, sha in enumerate([story.repo.tip(), *story.heads]):
        text = text.replace(sha, f"sha-{place}").replace(sha[:7], f"sha-{place}")
    return text
