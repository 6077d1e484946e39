"""Every decision of a pull request, and what each changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.render import words
from app.render.capability import of_pull
from app.render.html import page
from app.render.pull import Shown
from app.render.pull_page import facts
from checks.model import State, Verdict

_TONES = {"ship": "good", "hold": "open", "block": "bad", "rollback": "bad"}


@dataclass(frozen=True, slots=True)
class Given:
    """A decision as it is listed. `at`: epoch seconds; `states`: of each check, by its name."""

    id: int
    verdict: str
    head_sha: str
    reason: str
    at: float
    states: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One decision, and what changed against the one before, in words. `moved`: it is the first at its head."""

    judged: Given
    word: str
    tone: str
    moved: bool
    changes: tuple[str, ...]


def history_page(repository: str, number: int, title: str, given: Sequence[Given], more: bool) -> str:
    """The page, whole; `given`: the newest first; `more`: there are older ones."""
    return page(
        "pages/history.html.j2",
        repository=repository,
        number=number,
        title=title,
        path=of_pull(repository, number).path,
        steps=tuple(_steps(given)),
        more=more,
    )


def decision_then(shown: Shown) -> str:
    """One decision of the past, as its page showed it."""
    return page("pages/pull_then.html.j2", **facts(shown), live=False, edition="")


def _steps(given: Sequence[Given]) -> Iterator[Step]:
    for newer, older in pairwise((*given, None)):
        assert newer is not None, "only the end of the list is none"
        word = words.VERDICTS[Verdict(newer.verdict)] if newer.verdict in _TONES else ""
        moved = older is not None and older.head_sha != newer.head_sha
        changes = () if older is None or not word else tuple(_changes(older.states, newer.states))
        yield Step(newer, word, _TONES.get(newer.verdict, "calm"), moved, changes)


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name, state in after.items():
        if before.get(name) != state:
            was = f"was {_said(before[name])}" if name in before else "is new"
            yield f"{name}: {_said(state)}, {was}"
    yield from (f"{name}: asked for no more, was {_said(state)}" for name, state in before.items() if name not in after)


def _said(state: str) -> str:
    return words.STATES[State(state)].word
