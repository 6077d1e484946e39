"""What the head of one pull request shows to whoever would mend it: read from the newest decision, and of GitHub."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from app.model import Failed, Fix, FixState, Opened, Pushed
from checks.judge import Case, judge
from checks.model import Decision, State, TestFacts, Verdict
from checks.sbom import repair
from checks.sbom.check import willing
from handlers.acting_ports import Failures
from handlers.commands.remediate import foreseen
from handlers.ports import Cases, Fixes, Proposals
from handlers.remedial_ports import Heard, Judged
from handlers.repair import asked
from program.bounds import PATIENCE
from program.classify import COMES_LATE, Ran, awaited, failed, pending, troubles
from program.next_step import Signs
from program.outcome import Since
from program.pushing import By, heads_of_bots, makers, took_over
from program.remediation import LONGEST, Attempted, Failure, Remediation, Step
from program.trace import Claim, Found, attributed, traces

_SKEW = 300.0  # seconds by which our clock and GitHub's may differ


@dataclass(frozen=True, slots=True)
class Look:
    """What one look has found. `asked`: the commits that attempts of ours made. `ignored`: what is said of traces that
    commits name and that are not believed.
    """

    opened: Opened
    case: Case
    decision: Decision
    signs: Signs
    failed: Failed
    pushed: Sequence[Pushed] = ()
    asked: frozenset[str] = frozenset()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looking:
    """One look a call. `now`: epoch seconds."""

    cases: Cases
    proposals: Proposals
    fixes: Fixes
    failures: Failures
    heard: Heard
    judged: Judged
    now: Callable[[], float] = time.time

    async def __call__(self, opened: Opened, before: Sequence[Remediation]) -> Look | None:
        """What the head shows; None where it was not judged yet: then that is still to come."""
        pull = opened.pull
        case = await self.cases.newest(pull.repository, pull.number or 0)
        return None if case is None else await self._look(opened, case, before)

    async def _look(self, opened: Opened, case: Case, before: Sequence[Remediation]) -> Look | None:
        pull, number, decision = opened.pull, opened.pull.number or 0, judge(case)
        if decision is None or case.snapshot.pull.head_sha != pull.head_sha:
            return None
        merging = await self.proposals.merging(opened.place, number)
        broken = bool(failed(case.snapshot))
        passed = await self.heard.passed(opened.place, pull.head_sha) if broken else frozenset[tuple[str, str]]()
        again = await self.failures.of(opened.place, pull, self.now()) if broken else Failed()
        merges = None if merging is None else merging.merges
        found = troubles(decision, case.snapshot, Ran(passed, merges))
        until = await self._coming(opened, case, decision)
        coming = pending(decision, case.snapshot) or (merges is None and _conflicted(before)) or until > self.now()
        signs = Signs(pull.head_sha, found, coming, bool(decision.agent), pull.from_fork, coming=until)
        signs = replace(signs, rerunnable=bool(again.each) or _ours(decision), behind=_behind(case))
        signs = replace(signs, arms=opened.ladder is not None, mendable=await self._mendable(opened, case))
        return await self._with_pushes(Look(opened, case, decision, signs, again), before)

    async def _coming(self, opened: Opened, case: Case, decision: Decision) -> float:
        """Until when what is missing may still be measured: for a while after the last check has ended, and where none
        ran, after the head was first judged.
        """
        if not awaited(decision, case.snapshot):
            return 0.0
        tests, head, now = case.snapshot.tests, opened.pull.head_sha, self.now()
        names = {run.name for run in tests.runs} if isinstance(tests, TestFacts) else set()
        ended = await self.heard.ended(opened.place, head)
        last = max((at for name, at in ended.items() if name in names), default=0.0)
        if not last:
            seen = await self.judged.judged_since(opened.pull.repository, opened.pull.number or 0, now - LONGEST)
            last = next((at for sha, at in seen if sha == head), 0.0)
        patience = opened.bounds.patience if opened.bounds else PATIENCE
        return min(last, now) + min(COMES_LATE, patience)

    async def _mendable(self, opened: Opened, case: Case) -> bool:
        """Is a fix known, or proposed already?"""
        config = asked(case)
        if config is None:
            return False
        known = foreseen(case.snapshot, willing(config))
        mendable = not isinstance(known, str) and any(repair.mendable(known))
        return mendable or any(fix.open for fix in await self._fixes(opened))

    async def _fixes(self, opened: Opened) -> list[Fix]:
        """Those that are for this pull request."""
        number = opened.pull.number or 0
        every = await self.fixes.of_pull(opened.pull.repository, number)
        return [fix for fix in every if fix.source == number]

    async def at_last(self, merged: Opened, before: Sequence[Remediation]) -> Look | None:
        """What the head showed that was merged, but that a check which failed when it was last judged, and passes by
        now, fails no longer; None where it was never judged.
        """
        case = await self.judged.judged(merged.pull.repository, merged.pull.number or 0)
        if case is None or case.snapshot.pull.head_sha != merged.pull.head_sha:
            return None
        tests, broken = case.snapshot.tests, failed(case.snapshot)
        again = await self.failures.of(merged.place, merged.pull, 0.0) if broken else Failed()
        if isinstance(tests, TestFacts) and not again.each:
            runs = tuple(replace(run, conclusion="success") if run in broken else run for run in tests.runs)
            case = replace(case, snapshot=replace(case.snapshot, tests=replace(tests, runs=runs)))
        return await self._look(merged, case, before)

    # --- who pushed ----------------------------------------------------------------------------------------------

    async def _with_pushes(self, look: Look, before: Sequence[Remediation]) -> Look:
        """Asked only where it may matter: where there is trouble, or an attempt at work."""
        if look.signs.ships and not (before and before[-1].working):
            return look
        number = look.opened.pull.number or 0
        pushed = await self.heard.of(look.opened.place, number, look.opened.pull.head_sha)
        heads = await self.judged.judged_since(look.opened.pull.repository, number, 0.0)
        by = {one.sha: By(one.who, one.bot, parents=tuple(one.parents)) for one in pushed}
        own = _own(look, by, heads[-1][0] if heads else look.signs.head_sha)
        asked_for = _asked_for(pushed, before, own, dict(heads))
        by = {sha: replace(one, asked=sha in asked_for) for sha, one in by.items()}
        count, bots = heads_of_bots([sha for sha, at in heads if at > self.now() - LONGEST], by)
        person = "" if own is None else took_over(look.signs.head_sha, by, own)
        return replace(
            look,
            signs=replace(look.signs, heads=count, bots=tuple(map(_shown, bots)), person=_shown(person)),
            pushed=pushed,
            asked=asked_for,
            ignored=_ignored(look, pushed, before, asked_for),
        )

    # --- what came of an attempt ---------------------------------------------------------------------------------

    async def since(self, look: Look, made: Remediation, one: Attempted) -> Since:
        """What has happened since `one` was begun."""
        fix = await self._fix(look.opened, one) if one.step is Step.FIX else ""
        if look.opened.pull.head_sha != one.head_sha:
            return _moved(look, made, one, fix)
        run = None if one.run is None else await self.heard.run(look.opened.place, one.run)
        if run is None or not run.ended:
            return Since(fix=fix)
        here = [each for each in made.attempts if each.step is Step.RERUN and each.head_sha == one.head_sha]
        again = run.attempt > len(here) and run.started >= one.began - _SKEW
        return Since(run=run.conclusion, ended=run.updated, ran_on=again, fix=fix)

    async def _fix(self, opened: Opened, one: Attempted) -> str:
        """How the fixes stand: as GitHub has them, for the head may move before we hear that one was merged."""
        known = [fix for fix in await self._fixes(opened) if fix.open or fix.opened_at >= one.began or _merged(fix)]
        states = [await self._state(opened, fix) for fix in known]
        return next((state for state in ("merged", "open", "closed") if state in states), "")

    async def _state(self, opened: Opened, fix: Fix) -> str:
        now = None if fix.number is None else await self.proposals.of(opened.place, fix.number)
        if now is None:
            return "open" if fix.open else "closed"
        return "merged" if now.merged else "open" if now.open else "closed"


def _merged(fix: Fix) -> bool:
    return fix.state is FixState.MERGED


def _ours(decision: Decision) -> bool:
    """Could we not judge it ourselves? Then it is we who run again."""
    return any(row.result.state is State.ERROR and row.verdict is not Verdict.SHIP for row in decision.rows)


def _behind(case: Case) -> bool:
    pull = case.snapshot.pull
    return pull.merge_base_sha not in {"", pull.base_sha}


def _conflicted(before: Sequence[Remediation]) -> bool:
    """Is what goes on about a conflict? Then a moment in which GitHub does not know says nothing of it."""
    if not before or before[-1].course.over:
        return False
    made = before[-1].attempts
    return (made[-1].failure if made else before[-1].failure) is Failure.CONFLICT


# --- whose a push is --------------------------------------------------------------------------------------------


def _agents(before: Sequence[Remediation]) -> dict[str, Found]:
    """The attempts that an agent was to make, by their traces."""
    return {one.trace: (each, one) for each in before for one in each.attempts if one.step is Step.AGENT}


def _asked_for(
    pushed: Sequence[Pushed], before: Sequence[Remediation], own: Set[str] | None, seen: Mapping[str, float]
) -> frozenset[str]:
    """The commits that attempts of ours made: a bot's, or one of the agent's `own` people's, with the trace of an
    attempt that was at work when the commit was first `seen` as a head. Whoever copies a trace later made it alone.
    """
    known = _agents(before)
    found = set[str]()
    for commit in (one for one in pushed if one.bot or own is None or one.who in own):
        attempts = [known[trace][1] for trace in traces([commit.message]) if trace in known]
        if any(_while(one, seen.get(commit.sha)) for one in attempts):
            found.add(commit.sha)
    return frozenset(found)


def _while(one: Attempted, at: float | None) -> bool:
    return at is None or (one.began <= at and (one.ended is None or at <= one.ended))


def _claim(look: Look, pushed: Sequence[Pushed], trace: str) -> Claim:
    """The commits and their parents, for GitHub lists no more than 250."""
    pull = look.opened.pull
    commits = {sha for one in pushed for sha in (one.sha, *one.parents)}
    return Claim(trace, pull.repository, pull.number or 0, pull.head_sha, commits)


def _ignored(
    look: Look, pushed: Sequence[Pushed], before: Sequence[Remediation], asked_for: Set[str]
) -> tuple[str, ...]:
    """What is said of traces that are not believed: of no attempt, wherever they stand, and on the newest commit of one
    that has ended, or did not begin there, or stands on a person's commit.
    """
    known, tip = _agents(before), look.opened.pull.head_sha
    strange = (trace for one in pushed for trace in traces([one.message]) if trace not in known)
    said = [named(dict.fromkeys(strange))]
    for one in (one for one in pushed if one.sha == tip):
        for trace in (trace for trace in traces([one.message]) if trace in known):
            held = attributed(_claim(look, pushed, trace), known[trace])
            if isinstance(held, str):
                said.append(held)
            elif tip not in asked_for:
                said.append(f"trace `{trace[:8]}` stands on a commit of `{_shown(one.who)}`: ignored")
    return tuple(filter(None, said))


def _moved(look: Look, made: Remediation, one: Attempted, fix: str) -> Since:
    """The head is another one: by the attempt, or by whoever made its newest commit."""
    tip = next((each for each in look.pushed if each.sha == look.opened.pull.head_sha), None)
    ours = {
        Step.AGENT: _its(look, made, one),
        Step.UPDATE: tip is not None and len(tip.parents) > 1 and tip.parents[0] == one.head_sha,
        Step.FIX: fix == "merged",
    }.get(one.step, False)
    who = _shown(tip.who) if tip else ""
    ours = ours and not look.signs.person
    return Since(moved=True, ours=ours, who=who, person=tip is None or not tip.bot, fix=fix)


def _its(look: Look, made: Remediation, one: Attempted) -> bool:
    """Did the attempt make what was pushed, wherever among the commits its trace stands?"""
    claimed = any(one.trace in traces([each.message]) for each in look.pushed if each.sha in look.asked)
    return claimed and not isinstance(attributed(_claim(look, look.pushed, one.trace), (made, one)), str)


def _own(look: Look, by: Mapping[str, By], first: str) -> frozenset[str] | None:
    """Who, besides bots, may push to an agent's change without taking it over: those who made the commits of the head
    that was seen `first`, and an author whom the rules name; None where nobody takes it over, because it is a person's
    or a fork's. A label tells of no commit whose it is: there bots' alone are.
    """
    pull, agent = look.opened.pull, look.decision.agent
    if pull.from_fork or not agent:
        return None
    if agent.startswith("label "):
        return frozenset()
    own = makers(first, by) or frozenset({pull.author})
    return own | {pull.author} if agent.startswith("author ") else own


def _shown(name: str) -> str:
    """A name that others chose, as far as it can stand between marks of code."""
    return "".join(one for one in name if one.isalnum() or one in "-_.[]")[:60]


def named(strangers: Iterable[str]) -> str:
    """What is said of traces that nobody here was given, "" for none."""
    shown = ", ".join(f"`{one[:8]}`" for one in list(strangers)[:3])
    return f"commits name attempts that are none of this pull request, and are not believed: {shown}" if shown else ""
