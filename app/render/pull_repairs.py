"""What is done about a failing change, as its page and its JSON tell it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.model.beside import Spent
from app.render.escape import line
from app.render.pull import OPEN, Shown, told
from app.render.remediated import Told, cost, said, telling, tone, word
from app.render.remediated import told as attempts_of
from app.render.spent import CACHE, EVAL, ROBUSTNESS, ci, delta, money, score, spending
from app.render.words import dollars
from checks.model import Measurement, Verdict
from program.remediation import Remediation


@dataclass(frozen=True, slots=True)
class Repair:
    """One remediation in words; `code` may stand in `said`. Moments are epoch seconds."""

    word: str
    tone: str
    said: str
    began: float
    cost: str
    attempts: Sequence[Told]


def now(shown: Shown) -> str:
    """What the newest remediation tells of the change as it stands, in one line; "" where that is nothing."""
    return telling(shown.remediation, shown.decision.verdict is Verdict.SHIP) if shown.state == OPEN else ""


def repairs(shown: Shown) -> tuple[Repair, ...]:
    """All of them, the newest first."""
    return tuple(_repair(one, shown) for one in reversed(shown.remediations))


def figures(shown: Shown) -> tuple[tuple[str, str], ...]:
    """What it cost and how its agent scored: what is known of each, by its name."""
    every = (*_scores(shown.reported), *_spent(shown.spent))
    return tuple((name, value) for name, value in every if value)


def repaired(shown: Shown) -> dict[str, Any]:
    """The newest remediation, what was spent, and the scores: as JSON has them, in plain text."""
    newest = shown.remediation
    return {
        "remediation": None if newest is None else _json(newest, shown),
        "repairing": told(now(shown)),
        "spent": None if shown.spent is None else _spending(shown.spent),
        "reported": {name: one.value for name in (EVAL, ROBUSTNESS, CACHE) if (one := shown.reported.get(name))},
        "spending": told(spending(shown.spent, tuple(shown.reported.values()))),
    }


def _repair(one: Remediation, shown: Shown) -> Repair:
    return Repair(word(one), tone(one), said(one), one.began, cost(one), attempts_of(one, shown.pull.url))


def _json(one: Remediation, shown: Shown) -> dict[str, Any]:
    fixed = {"course": one.course.value, "failure": one.failure.value, "head_sha": one.head_sha}
    texts = {"word": word(one), "said": told(said(one)), "who": told(one.who), "allowed_by": told(one.word)}
    made = zip(one.attempts, attempts_of(one, shown.pull.url), strict=True)
    attempts = [
        {
            **{name: told(value) if isinstance(value, str) else value for name, value in asdict(row).items()},
            "step": kept.step.value,
            "failure": kept.failure.value,
            "result": kept.result.value,
            "said": told(row.step),
            "outcome": row.result,
        }
        for kept, row in made
    ]
    return {**fixed, **texts, "began": one.began, "ended": one.ended, "attempts": attempts}


def _spending(spent: Spent) -> dict[str, Any]:
    by_arm = {told(arm): usd for arm, usd in spent.by_arm}
    return {**asdict(spent), "by_arm": by_arm, "over": spent.over}


def _spent(spent: Spent | None) -> Iterator[tuple[str, str]]:
    if spent is None:
        return
    cached = f", {100 * spent.cached_tokens / spent.tokens:.0f} % of them from a cache" if spent.tokens else ""
    yield "Models", money(spent)
    for arm, usd in spent.by_arm:
        yield f"By {line(arm, 64)}", dollars(usd)
    minutes = ci(spent)
    yield "CI", "" if minutes is None else f"{minutes:,.1f} min"
    yield "Tokens", f"{spent.tokens:,}{cached}" if spent.tokens else ""
    yield "Reports", f"{spent.reports:,}" if spent.reports else ""


def _scores(reported: Mapping[str, Measurement]) -> Iterator[tuple[str, str]]:
    yield "Eval", score(reported.get(EVAL))
    yield "Robustness", delta(reported.get(ROBUSTNESS))
