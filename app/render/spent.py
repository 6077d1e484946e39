"""What a pull request costs and how its agent scored: one line, each figure only where somebody reported it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.model.beside import Spent
from app.render import words
from checks.model import Measurement

EVAL, ROBUSTNESS, CACHE, COST = "eval_score", "robustness_delta", "cache_hit_share", "cost_usd"
"""The measurements that CI reports of an agent's work, by the names that it gives them."""

OVER = "budget used up"
_FORK = " (as a fork reports)"


def spending(spent: Spent | None, reported: Sequence[Measurement]) -> str:
    """All of it in one line: `eval 0.91 · robustness -0.02 · $0.42 of $2.00 · 18 CI min · cache 61 %`; "" where there
    is nothing but minutes, which every change takes.
    """
    scores = {one.name: one for one in reported}
    told = [*_scores(scores), *_money(spent, scores)]
    cached = _cached(spent, scores)
    if not (told or cached):
        return ""
    return " · ".join([*told, *_minutes(spent), *cached])


def news(spent: Spent | None, reported: Sequence[Measurement]) -> str:
    """What of it is worth a card written anew while other things are waited for: a score, and a budget used up."""
    scores = _scores({one.name: one for one in reported})
    return " ".join([*scores, *([OVER] if over(spent) else [])])


def over(spent: Spent | None) -> bool:
    """Whether all was spent that the rules let it cost."""
    return spent is not None and spent.over


def money(spent: Spent | None) -> str:
    """What was reported of models, against what the rules let it cost; "" where nobody reported anything."""
    if spent is None or spent.usd is None:
        return ""
    return _against(spent.usd, spent.budget_usd, _FORK if spent.untrusted else "")


def ci(spent: Spent | None) -> float | None:
    """Minutes of CI: those of the jobs that were seen to end, and what was reported of others; None where none are."""
    known = [one for one in (spent.ci_minutes, spent.ci_reported) if one is not None] if spent else []
    return sum(known) if known else None


def score(measured: Measurement | None, form: str = "{:.4g}") -> str:
    """A figure that CI reports of an agent's work, "" where it reports none: `0.91`, `1 (as a fork reports)`."""
    value = _figure(measured)
    return "" if value is None else f"{form.format(value)}{_trust(measured)}"


def delta(measured: Measurement | None) -> str:
    """The same with its sign: `-0.02`."""
    return score(measured, "{:+.4g}")


def _scores(scores: Mapping[str, Measurement]) -> Iterator[str]:
    told = ("eval", score(scores.get(EVAL))), ("robustness", delta(scores.get(ROBUSTNESS)))
    yield from (f"{label} {value}" for label, value in told if value)


def _money(spent: Spent | None, scores: Mapping[str, Measurement]) -> Iterator[str]:
    """What the reports sum up to; where there are none, what was measured of this head."""
    measured = scores.get(COST)
    value = _figure(measured)
    if spent is not None and spent.usd is not None:
        yield money(spent)
    elif value is not None:
        yield _against(value, spent.budget_usd if spent else None, _trust(measured))


def _against(usd: float, budget: float | None, whose: str = "") -> str:
    against = "" if budget is None else f" of {words.dollars(budget)}{f', {OVER}' if usd >= budget else ''}"
    return f"{words.dollars(usd)}{whose}{against}"


def _minutes(spent: Spent | None) -> Iterator[str]:
    minutes = ci(spent)
    if minutes is not None:
        yield f"{minutes:,.0f} CI min" if minutes >= 1 else "under 1 CI min"


def _cached(spent: Spent | None, scores: Mapping[str, Measurement]) -> list[str]:
    measured = scores.get(CACHE)
    share, whose = _figure(measured), _trust(measured)
    if spent is not None and spent.tokens and (spent.cached_tokens or share is None):
        share, whose = spent.cached_tokens / spent.tokens, ""
    return [] if share is None else [f"cache {100 * share:.0f} %{whose}"]


def _figure(one: Measurement | None) -> float | None:
    value = None if one is None else one.value
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _trust(one: Measurement | None) -> str:
    return "" if one is None or one.trusted else _FORK
