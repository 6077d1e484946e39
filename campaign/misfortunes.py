"""GitHub fails in the middle of stories: errors, cuts, limits, refusals, dead tokens, each at a drawn call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from aiohttp import web

from app.github.sandbox.faults import (
    AppliedThenCut,
    Fault,
    Handler,
    PrimaryExhausted,
    SecondaryLimit,
    ServerError,
    TokenExpired,
    TooManyRequests,
    Unreachable,
)
from app.store.deliveries import Standing
from campaign import invariants
from campaign.programs import by_plot
from campaign.report import Report, say
from campaign.silence import watched
from campaign.state import State
from campaign.town import PATIENCE, Told, fair, opened, plots, tellings
from tests.road.town import Town

SIDE_BY_SIDE = 25  # runs in one town at a time, each in its own installation
IN_ONE_TOWN = 100
EARLY = 9  # calls that a story makes at the least: a fault that waits for a later one may never strike
HEARD_ONCE = "no call goes out before the time is over that GitHub told us to wait"
REFUSED = "422"


@dataclass(frozen=True, slots=True)
class Unprocessable:
    """422 for what another time is welcome (spec; the words: any validation failure)."""

    async def strike(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refused before it is applied."""
        return web.json_response({"message": "Validation Failed", "errors": []}, status=422)


KINDS: Mapping[str, tuple[Callable[[Random], Fault], int]] = {  # with how many calls in a row it may strike
    "5xx": (lambda dice: ServerError(dice.choice((500, 502, 503))), 3),
    "connection refused": (lambda _dice: Unreachable(), 3),
    "applied, then cut": (lambda _dice: AppliedThenCut(), 2),
    "429 with Retry-After": (lambda _dice: TooManyRequests(1), 2),
    "secondary limit": (lambda _dice: SecondaryLimit(1), 2),
    "primary limit": (lambda _dice: PrimaryExhausted(1), 1),
    "token 401": (lambda _dice: TokenExpired(), 1),
    REFUSED: (lambda _dice: Unprocessable(), 1),
}


@dataclass(frozen=True, slots=True)
class Run:
    """One story in foul weather. `refused`: GitHub will refuse a write for good."""

    told: Told
    refused: bool


async def befallen(runs: int, seed: int) -> Report:
    """Run so many stories, each with one to three misfortunes."""
    report = Report(
        f"misfortunes of GitHub, {runs} runs, seed {seed}",
        (HEARD_ONCE, invariants.NOTHING_TWICE, invariants.IN_ORDER, invariants.SAME_END),
    )
    seeds = plots(seed)
    clean, dice = await fair(seeds), Random(seed)
    for start in range(0, runs, IN_ONE_TOWN):
        with watched() as silences:
            async with opened() as here:
                for first in range(start, min(runs, start + IN_ONE_TOWN), SIDE_BY_SIDE):
                    drawn = [dice.choice(seeds) for _ in range(min(SIDE_BY_SIDE, runs - first))]
                    told = _told(here, report, dice, f"foul-{first}", drawn)
                    await here.rest(PATIENCE)
                    report.broken(await _judged(here, report, told, clean))
                    say(f"   {first + len(drawn)} of {runs} runs")
            report.counts["faults that struck"] += len(here.sandbox.faults.struck)
        report.counts["times told to wait"] += len(silences.told)
        report.counts["calls to GitHub"] += len(silences.sent)
        report.broken(silences.broken())
    report.counts["runs"] = runs
    return report


def _told(here: Town, report: Report, dice: Random, owner: str, seeds: list[int]) -> list[Run]:
    """Tell the stories, each with its misfortunes on the way."""
    refused = [_befall(here, report, dice, f"{owner}-{place}") for place in range(len(seeds))]
    told = tellings(here, owner, seeds)
    return [Run(one, mark) for one, mark in zip(told, refused, strict=True)]


async def _judged(here: Town, report: Report, runs: list[Run], clean: dict[int, State]) -> list[str]:
    """What does not hold, once the sky is clear again and the dead are replayed."""
    here.sandbox.faults.clear()
    found = await _replayed(here, report, runs)
    told = [run.told for run in runs]
    report.counts["commands"] += sum(len(one.story.asked) for one in told)
    for run in runs:
        found += invariants.doubled(here.sandbox, run.told.story)
        found += invariants.misanswered(run.told.story, in_order=not run.refused)  # what was replayed comes late
    return found + list(invariants.other_ends(here.sandbox, by_plot(told), clean))


def _befall(here: Town, report: Report, dice: Random, owner: str) -> bool:
    """Plan the misfortunes of one story; will a write of it be refused for good?"""
    refused = False
    for _ in range(dice.randint(1, 3)):
        name = dice.choice(tuple(KINDS))
        make, most = KINDS[name]
        report.counts[name] += 1
        where = {"path": f"/repos/{owner}/*", "after": dice.randrange(EARLY)}
        if name == REFUSED:
            refused, where = True, {"path": f"/repos/{owner}/*", "method": "POST", "after": dice.randrange(2)}
        here.sandbox.faults.add(make(dice), times=dice.randint(1, most), **where)  # type: ignore[arg-type]
    return refused


async def _replayed(here: Town, report: Report, runs: list[Run]) -> list[str]:
    """A refusal is final: its work is dead until somebody replays it. Nothing else may have died."""
    dead = await here.maestro.stores.deliveries.listed(Standing.FAILED, 1_000)
    allowed = {run.told.story.repo.full_name for run in runs if run.refused}
    whose = {one.guid: str(one.payload.get("repository", {}).get("full_name")) for one in here.sandbox.deliveries}
    report.counts["deliveries that a refusal killed, replayed"] += len(dead)
    await here.maestro.stores.deliveries.replay([])
    for run in runs:
        if run.refused:  # and news, for a card that was refused is written with the next answer only
            _again(here, run.told)
    here.maestro.engine.wake()
    await here.rest(PATIENCE)
    return [f"dead: {whose[one.guid]}: {one.error}" for one in dead if whose[one.guid] not in allowed]


def _again(here: Town, told: Told) -> None:
    name = told.story.repo.full_name
    mine = (one for one in here.sandbox.deliveries if one.payload.get("repository", {}).get("full_name") == name)
    last = [one for one in mine if one.event == "pull_request"][-1]
    here.sandbox.courier.post(last.event, last.payload)
