"""The words of remediation: what an agent is asked to mend, and what people read when it is theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.render.escape import Markdown, line
from app.render.templates import render
from checks.model import ChangeFacts, CheckResult, Decision, Measure, Snapshot, State
from program.classify import failed
from program.next_step import Signs
from program.remediation import Attempted, Remediation
from program.trace import TRAILER

LONGEST = 20_000  # characters of a brief
SHOWN = 30  # files, checks and measures that a brief names of each
_ENDS = "\n\nThis was cut: the rest stands on the pull request's card."


@dataclass(frozen=True, slots=True)
class RemedialRenderer:
    """Words for GitHub and for whoever carries out an attempt."""

    def brief(
        self, decision: Decision, snapshot: Snapshot, signs: Signs, before: Sequence[Attempted], own: Attempted
    ) -> str:
        """What the agent of attempt `own` is asked to do: what was promised, what was measured, what failed and where,
        and no more.
        """
        change = snapshot.change
        text = render(
            "remedial_brief.md.j2",
            pull=decision.pull,
            troubles=signs.troubles,
            rows=[row.result for row in decision.rows if row.result.name in {one.check for one in signs.troubles}],
            outside=_outside,
            missed=_missed,
            besides=_besides,
            findings=[found for row in decision.rows for found in row.result.findings if found.state is State.BLOCK][
                :SHOWN
            ],
            checks=failed(snapshot)[:SHOWN],
            files=change.files[:SHOWN] if isinstance(change, ChangeFacts) else (),
            more=max(0, len(change.files) - SHOWN) if isinstance(change, ChangeFacts) else 0,
            before=before,
            trailers=Markdown(f"Maestro-Arm: {line(own.arm)}\n   {TRAILER}: {line(own.trace)}"),
        )
        return text if len(text) <= LONGEST else text[: LONGEST - len(_ENDS)] + _ENDS

    def handed_over(self, made: Remediation, why: str, done: Sequence[str], undone: Sequence[str] = ()) -> str:
        """What the pull request is told when people are to have it, what was `done`, and what could not be."""
        return render("remedial_end.md.j2", why=why, done=done, undone=undone, attempts=made.attempts)


def _missed(result: CheckResult) -> list[dict[str, Any]]:
    """The nodes of contracts of which something is not as promised, each with what that is."""
    nodes = [{**node, "lines": list(_failing(node["lines"]))} for node in result.detail.get("contracts", ())]
    return [{"promise": "", **node} for node in nodes if node["lines"]][:SHOWN]


def _besides(result: CheckResult) -> list[str]:
    """The reasons that no node tells."""
    told = {one["text"] for node in _missed(result) for one in node["lines"]}
    return [one for one in result.reasons if one not in told][:SHOWN]


def _failing(lines: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Those that do not hold, without the ways of an `any` that holds by another."""
    holds: int | None = None
    for one in lines:
        if holds is not None and one["depth"] > holds:
            continue
        holds = one["depth"] if one["state"] in {State.PASS, State.WARN} else None
        if holds is None:
            yield one


def _outside(measures: Sequence[Measure]) -> list[Measure]:
    """What is not as promised, or was not measured."""
    return [one for one in measures if one.state not in {State.PASS, State.WARN}][:SHOWN]
