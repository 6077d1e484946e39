"""Every decision of a pull request, and what each changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.render import words
from app.render.capability import of_pull
from app.render.html import page
from checks.model import Measure, State, Verdict

_FIGURES = 8  # of one check, of which a change is told
_TONES = {"ship": "good", "hold": "open", "block": "bad", "rollback": "bad"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a check stood. `overridden`: who said that it does not count, "" where nobody did."""

    state: State
    overridden: str
    measures: Sequence[Measure]


@dataclass(frozen=True, slots=True)
class Given:
    """A decision as it is listed. `asked`: who or what asked for it, in words; `at`: epoch seconds; `checks`: how each
    stood, by its name.
    """

    id: int
    verdict: str
    head_sha: str
    asked: str
    at: float
    checks: Mapping[str, Standing]


@dataclass(frozen=True, slots=True)
class Step:
    """One decision, and what changed against the one before, in words. `moved`: it is the first at its head; `same`:
    no check says anything else.
    """

    judged: Given
    word: str
    tone: str
    moved: bool
    changes: tuple[str, ...]
    same: bool


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


def _steps(given: Sequence[Given]) -> Iterator[Step]:
    for newer, older in pairwise((*given, None)):
        assert newer is not None, "only the end of the list is none"
        word = words.VERDICTS[Verdict(newer.verdict)] if newer.verdict in _TONES else ""
        moved = older is not None and older.head_sha != newer.head_sha
        changes = () if older is None or not word else tuple(_changes(older.checks, newer.checks))
        same = older is not None and older.verdict == newer.verdict and not changes
        yield Step(newer, word, _TONES.get(newer.verdict, "calm"), moved, changes, same)


def _changes(before: Mapping[str, Standing], after: Mapping[str, Standing]) -> Iterator[str]:
    for name, now in after.items():
        was = before.get(name)
        if was is None:
            yield f"{name}: {_said(now)}, is new"
            continue
        if _said(was) != _said(now):
            yield f"{name}: {_said(now)}, was {_said(was)}"
        yield from _figures(name, was.measures, now.measures)
    yield from (f"{name}: asked for no more, was {_said(was)}" for name, was in before.items() if name not in after)


def _figures(check: str, before: Sequence[Measure], after: Sequence[Measure]) -> Iterator[str]:
    """The figures of a check whose state changed: those of them that did not are many, and are measured anew."""
    was = {(one.name, one.limit): one for one in before}
    pairs = ((was.get((one.name, one.limit)), one) for one in after)
    moved = [(old, new) for old, new in pairs if old is not None and old.state is not new.state]
    for old, new in moved[:_FIGURES]:
        yield f"{words.label(new, check)}: {_figure(new, check)}, was {_figure(old, check)}"
    if len(moved) > _FIGURES:
        yield f"{check}: and {len(moved) - _FIGURES} more figures"


def _figure(measure: Measure, check: str) -> str:
    return f"{words.value(measure, check)} ({words.STATES[measure.state].word})"


def _said(standing: Standing) -> str:
    state = words.STATES[standing.state].word
    return f"{words.OVERRIDDEN} by {standing.overridden} ({state})" if standing.overridden else state
