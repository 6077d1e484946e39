"""What is done by itself about a pull request that may not ship: failure, the cheapest attempt, measure, again; and
where nothing helps, a state that does no harm, and people.

docs/remediation.md tells the order and the bounds. What is to be done next is `program.next_step`'s to say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.model import Cause, Done, Kind, Later, Opened, Place, Trigger
from checks.judge import Unreadable
from checks.model import Pull, Verdict
from handlers.attempting import REMEDIATION, Attempting, fixing
from handlers.evaluate import Judgement
from handlers.fallback import FallingBack
from handlers.ports import Proposals
from handlers.remedial_ports import KeptRemediations, PullReader
from handlers.repair import CLOSED, REOPENED
from handlers.signs import Look, Looking
from program.bounds import Bounds, Fallback
from program.next_step import ANEW, Over, Try, Wait, begins, bounded, next_step, recent, unjudged
from program.outcome import Limits, outcome
from program.remediation import LONGEST, MOST_TRIES, Attempted, Course, Remediation, Result, Step

__all__ = ["CLOSED", "REOPENED", "Remediations"]

_MINUTE, _EACH = 60.0, 5  # one that waits is looked at each fifth minute, besides whenever there is news
_ROUNDS = 2 * MOST_TRIES + 3  # steps of one run: more would be an error of ours
_TAKES_BACK = frozenset({Fallback.REVERT, Fallback.ROLLBACK})


@dataclass(frozen=True, slots=True)
class Remediations:
    """The body of `Kind.REMEDIATE`. `now`: epoch seconds."""

    reader: PullReader
    kept: KeptRemediations
    proposals: Proposals
    looking: Looking
    attempting: Attempting
    falling_back: FallingBack
    now: Callable[[], float] = time.time

    async def following(self, trigger: Trigger, judged: Judgement | None) -> tuple[Trigger, ...]:
        """What follows from an evaluation: a look, where the rules want one or something goes on."""
        if judged is None or judged.decision.pull.number is None:
            return ()
        pull, bounds = judged.decision.pull, judged.bounds
        wanted = bounds is not None and (judged.decision.agent or bounds.everybody)
        if not wanted and await self.kept.open(pull.repository, pull.number or 0) is None:
            return ()
        return (Trigger(Kind.REMEDIATE, pull.repository, trigger.installation, pull.number, reason="evaluated"),)

    async def round(self) -> tuple[Trigger, ...]:
        """A look at each that goes on and is due: nothing but the table remembers when, so nothing that is killed can
        forget it.
        """
        due = [one for one in await self.kept.going_on() if _due(one, self.now())]
        return tuple(Trigger(Kind.REMEDIATE, one.repository, number=one.number, reason="round") for one in due)

    async def __call__(self, trigger: Trigger) -> Done | Later:
        """Look, and do what is next; where nothing is begun yet because a measurement may still come, look again."""
        number = trigger.number or 0
        going = await self.kept.open(trigger.repository, number)
        if trigger.reason == CLOSED and going is None:
            return Done()
        opened = await self.reader.open(trigger)
        if opened is None:
            return Done() if going is None else await self._gone(trigger, going)
        pull = opened.pull  # its repository may have another name by now
        if await self.kept.moved(pull.repository, pull.repository_id, number):
            going = await self.kept.open(pull.repository, number)
        return await self._opened(trigger, opened, going)

    async def _opened(self, trigger: Trigger, opened: Opened, going: Remediation | None) -> Done | Later:
        if isinstance(opened.policy, Unreadable):
            return Done() if going is None else await self._unreadable(opened, going)
        if opened.bounds is None:
            return Done() if going is None else await self._over(opened, going, Over(Course.LAPSED, _SWITCHED_OFF))
        before = await self.kept.of_pull(opened.pull.repository, opened.pull.number or 0)
        if trigger.reason == REOPENED and going is None:
            before = await self._anew(opened, before)
        look = await self.looking(opened, before)
        if look is None:
            return Done() if going is None else await self._unjudged(opened, opened.bounds, going)
        return await self._looked(look, opened.bounds, before, going)

    async def _looked(
        self, look: Look, bounds: Bounds, before: Sequence[Remediation], going: Remediation | None
    ) -> Done | Later:
        """Begin, where one is to begin, and go on."""
        if going is not None:
            return await self._run(look, bounds, going, going)
        if not begins(look.signs, before, bounds):
            return self._until(look, before, bounds)
        begun = bounded(_begun(look, bounds, self.now()), before, bounds)
        return await self._run(look, bounds, await self.kept.begin(begun, _cause(look.opened.pull)), None)

    async def _anew(self, opened: Opened, before: Sequence[Remediation]) -> Sequence[Remediation]:
        """Whoever reopens it takes back how it ended, whenever it is seen to fail again: that is kept, for its checks
        may run still.
        """
        last, now = before[-1] if before else None, self.now()
        if last is None or last.course in ANEW:
            return before
        again = replace(last, id=0, head_sha=opened.pull.head_sha, began=now, course=Course.WORKING, word="")
        again = replace(again, who="maestro", why="it was reopened", ended=None, attempts=())
        kept = await self.kept.begin(again, _cause(opened.pull))
        ended = await self.kept.keep(replace(kept, course=Course.LAPSED, ended=now), _cause(opened.pull))
        return [*before, ended]

    def _until(self, look: Look, before: Sequence[Remediation], bounds: Bounds) -> Done | Later:
        """It is looked at again where it begins unless what is missing comes."""
        left = look.signs.coming - self.now()
        would = begins(replace(look.signs, pending=False), before, bounds)
        return Later(left) if would and left > 0 else Done()

    # --- one that goes on ----------------------------------------------------------------------------------------

    async def _run(self, look: Look, bounds: Bounds, going: Remediation, known: Remediation | None) -> Done:
        """Step by step, until something has to be waited for or it is over. `known`: how it stood when we came."""
        then = tuple[Trigger, ...]()
        going = await self._asked_anew(look, going)
        for _ in range(_ROUNDS):
            following, going, waits = await self._step(look, bounds, going)
            then += following
            if going.course.over or waits:
                break
        if going != known:
            then += (_shown(look.opened),)
        return Done(then)

    async def _step(
        self, look: Look, bounds: Bounds, going: Remediation
    ) -> tuple[tuple[Trigger, ...], Remediation, bool]:
        """What follows, how it stands after one step, and whether anything has to be waited for."""
        now, cause = self.now(), _cause(look.opened.pull)
        working = going.working
        if working is not None:
            return await self._at_work(look, bounds, going, working)
        lately = recent(_with(await self.kept.of_pull(going.repository, going.number), going), now)
        todo = next_step(look.signs, going, lately, bounds, now)
        if isinstance(todo, Wait):
            return (), going, True
        if isinstance(todo, Try):
            planned = await self.attempting.planned(look, going, todo, now)
            if isinstance(planned, Attempted):
                begun = replace(going, failure=planned.failure, attempts=(*going.attempts, planned))
                return (), await self.kept.keep(begun, cause), False
            if isinstance(planned, Wait):
                return (), going, True
            todo = planned
        return (), await self._ended(look.opened, bounds, going, todo), False

    async def _at_work(
        self, look: Look, bounds: Bounds, going: Remediation, one: Attempted
    ) -> tuple[tuple[Trigger, ...], Remediation, bool]:
        """An attempt is carried out if nobody did, and else asked what came of it."""
        now, cause = self.now(), _cause(look.opened.pull)
        if not one.note and one.head_sha == look.signs.head_sha:
            taken = await self.attempting.take(look, going, one, cause)
            done = await self._settled(taken.attempt) if taken.attempt.result is not Result.OPEN else taken.attempt
            kept = going if taken.moved else await self.kept.keep(_put(going, done), cause)
            return taken.then, kept, taken.moved or done.result is Result.OPEN
        deadline = going.began + min(bounds.seconds, LONGEST)
        since = await self.looking.since(look, going, one)
        found = outcome(one, look.signs, since, Limits(bounds.patience, deadline), now)
        if found is None:
            again = (fixing(look),) if one.step is Step.FIX and not since.fix and not since.moved else ()
            return again, going, True
        needless = found.result is Result.NEEDLESS
        note = "; ".join(filter(None, (found.note, *(() if needless else look.ignored))))
        never = found.result is Result.OVERTAKEN and await self.attempting.unsent(look, going, one, cause)
        ended = await self._settled(replace(one, result=Result.UNSENT if never else found.result, note=note))
        going = _put(going, ended)
        if needless:
            going = await self._credited(look, going, ended)
        going = await self.kept.keep(going, cause)
        if found.left and not look.signs.fork:
            over = Over(Course.LEFT, found.note)
            return (), await self._ended(look.opened, bounds, going, over), False
        return (), going, False

    async def _credited(self, look: Look, going: Remediation, needless: Attempted) -> Remediation:
        """The attempt before, if it pushed the head that holds in the end, has mended it: its measurement came late."""
        before = next((one for one in reversed(going.attempts) if one.n < needless.n), None)
        if before is None or before.result is not Result.FAILED:
            return going
        since = await self.looking.since(look, going, replace(before, result=Result.OPEN))  # as its push was
        if not (since.moved and since.ours):
            return going
        note = f"`{look.signs.head_sha[:7]}` may ship, as was measured late"
        return _put(going, replace(before, result=Result.MENDED, note=note))

    async def _settled(self, one: Attempted) -> Attempted:
        """It is over, and what it cost is asked."""
        return await self.attempting.spent(replace(one, ended=self.now()))

    async def _asked_anew(self, look: Look, going: Remediation) -> Remediation:
        """A word let it work on one head of a fork: another head takes another word."""
        if not look.signs.fork or going.head_sha == look.signs.head_sha:
            return going
        why = f"a fork's `{look.signs.head_sha[:7]}` takes the word of a maintainer: `/maestro remediate`"
        asking = replace(going, head_sha=look.signs.head_sha, course=Course.ASKING, word="", why=why)
        return await self.kept.keep(asking, _cause(look.opened.pull))

    # --- the end -------------------------------------------------------------------------------------------------

    async def _ended(self, opened: Opened, bounds: Bounds, going: Remediation, over: Over) -> Remediation:
        """People are told before it is kept as over: killed in between, they are not told twice."""
        ended = await self._closed_attempts(replace(going, course=over.course, why=over.why, ended=self.now()))
        if over.course is Course.HANDED_OVER:
            done = await self.falling_back(opened, ended, bounds, over.why)
            ended = replace(ended, why=f"{over.why}; {done}" if done else over.why)
        return await self.kept.keep(ended, _cause(opened.pull))

    async def _closed_attempts(self, going: Remediation) -> Remediation:
        """No attempt of one that is over is at work."""
        one = going.working
        if one is None:
            return going
        result = Result.MENDED if going.course is Course.MENDED else Result.OVERTAKEN
        return _put(going, await self._settled(replace(one, result=result, note=one.note or going.why)))

    async def _unjudged(self, opened: Opened, bounds: Bounds, going: Remediation) -> Done:
        """Its newest head was not judged yet, which is waited for as long as for anything."""
        over = unjudged(opened.pull.head_sha, going, bounds, self.now())
        if over is None:
            return Done()
        await self._ended(opened, bounds, going, over)
        return Done((_shown(opened),))

    async def _unreadable(self, opened: Opened, going: Remediation) -> Done:
        """Rules that cannot be read change nothing, but that it ends in time."""
        if self.now() - going.began < LONGEST:
            return Done()
        return await self._over(opened, going, Over(Course.LAPSED, "its rules could not be read in time"))

    async def _over(self, opened: Opened, going: Remediation, over: Over) -> Done:
        await self._ended(opened, Bounds(), going, over)
        return Done((_shown(opened),))

    async def _gone(self, trigger: Trigger, going: Remediation) -> Done:
        """It is closed or merged, or has no rules any more. What was merged though it may not ship is taken back where
        the rules say so.
        """
        place = Place(trigger.repository, trigger.installation, trigger.number)
        now = await self.proposals.of(place, going.number)
        merged = await self.reader.merged(trigger) if now is not None and now.merged else None
        if merged is not None:
            return await self._merged(merged, going)
        why = "it is gone" if now is None else "it was merged" if now.merged else "it was closed"
        course = Course.LEFT if now is None or now.merged else Course.LAPSED
        ended = replace(going, course=course, why=_SWITCHED_OFF if now is not None and now.open else why)
        await self.kept.keep(await self._closed_attempts(replace(ended, ended=self.now())))
        return Done((_shown_at_last(trigger),))

    async def _merged(self, merged: Opened, going: Remediation) -> Done:
        """Merged while something was tried, which is usual where GitHub merges what has become green."""
        look, bounds = await self.looking.at_last(merged, [going]), merged.bounds or Bounds(fallback=Fallback.NONE)
        verdict = None if look is None else look.decision.verdict
        if verdict is Verdict.BLOCK and bounds.fallback in _TAKES_BACK:
            over = Over(Course.HANDED_OVER, "it was merged though it may not ship")
        elif verdict is Verdict.SHIP:
            over = Over(Course.MENDED, "it was merged, and may ship")
        else:
            over = Over(Course.LEFT, "it was merged")
        one = going.working
        if look is not None and one is not None and over.course is Course.MENDED:
            mended = one.step is Step.RERUN or (await self.looking.since(look, going, one)).ours
            going = _put(going, await self._settled(replace(one, result=Result.MENDED if mended else Result.OVERTAKEN)))
        await self._ended(merged, bounds, going, over)
        return Done((_shown_at_last(_shown(merged)),))


_SWITCHED_OFF = "the configuration does not ask for it any more"


def _begun(look: Look, bounds: Bounds, now: float) -> Remediation:
    """As it begins by itself: at work, or asking for the word that it takes."""
    pull, signs = look.opened.pull, look.signs
    where = pull.repository, pull.number or 0, signs.head_sha
    made = Remediation(0, *where, now, signs.failure, "maestro", repository_id=pull.repository_id)
    if signs.fork:
        why = f"a fork's `{signs.head_sha[:7]}` takes the word of a maintainer: `/maestro remediate`"
        return replace(made, course=Course.ASKING, why=why)
    if bounds.asks:
        return replace(made, course=Course.ASKING, why=f"{signs.said}: `/maestro remediate` begins")
    return replace(made, why=signs.said)


def _due(going: Remediation, now: float) -> bool:
    """Was a step begun and not carried out, is the time up, or is it its turn?"""
    working = going.working
    begun = going.course is Course.WORKING and (working is None or not working.note)
    return begun or now - going.began >= LONGEST or int(now // _MINUTE) % _EACH == going.id % _EACH


def _put(going: Remediation, one: Attempted) -> Remediation:
    """The same, with how `one` stands."""
    return replace(going, attempts=tuple(one if each.n == one.n else each for each in going.attempts))


def _with(every: Sequence[Remediation], going: Remediation) -> list[Remediation]:
    return [one for one in every if one.id != going.id] + [going]


def _shown(opened: Opened) -> Trigger:
    """The card is to show it."""
    where = opened.place
    return Trigger(
        Kind.EVALUATE, where.repository, where.installation, opened.pull.number, reason=REMEDIATION, hearsay=True
    )


def _shown_at_last(trigger: Trigger) -> Trigger:
    """The card of one that is closed or merged is to show how it ended: nobody judges that any more."""
    where = (trigger.repository, trigger.installation, trigger.number)
    return Trigger(Kind.AFTER, *where, reason=REMEDIATION)


def _cause(pull: Pull) -> Cause:
    return Cause(REMEDIATION, head_sha=pull.head_sha, number=pull.number)
