"""A burst: every check of a stack of pull requests reports at once, in one installation."""

from __future__ import annotations

import time

from app.github.limits import WRITES_PER_MINUTE
from app.github.sandbox import DeliveryFaults, Repo
from campaign import invariants
from campaign.installation import Installation, installation
from campaign.report import Report
from campaign.stories import Story
from tests.road.stories import CONTRACT, PATH

MINUTE = 60.0
AT_ONCE = 0.2  # seconds within which all webhooks of one moment are on their way, side by side
ACKNOWLEDGED = "every webhook is answered with 202 within GitHub's ten seconds"
PACED = f"no minute holds more than {WRITES_PER_MINUTE} content writes"
RIGHT = "each pull request ends with one card, which says that it may ship"
GITHUB_WAITS = 10.0  # seconds


async def burst(checks: int, pulls: int, seconds: float = 1_800.0) -> Report:
    """`checks` on each of `pulls` stacked pull requests, all reported in one moment."""
    holds = (ACKNOWLEDGED, PACED, RIGHT, invariants.NOTHING_LOST, invariants.NO_OVERLAP)
    report = Report(f"burst of {checks * pulls} events: {checks} checks on {pulls} pull requests", holds)
    async with installation() as here:
        for role in ("web", "worker"):
            await here.start(role)
        await here.up()
        stack = _stacked(here, pulls)
        here.sandbox.delivery_faults = DeliveryFaults(delay=1.0, seconds=AT_ONCE)  # who is late waits for nobody
        began = time.monotonic()
        for index in range(checks):
            for story in stack:
                story.repo.report_check(story.head, f"job {index}")
        await here.sandbox.settle()
        report.measured("last webhook answered after (s)", time.monotonic() - began)
        await here.settled(seconds)
        report.measured("everything at rest after (s)", time.monotonic() - began)
        report.broken(await _judged(here, stack, report))
    return report


def _stacked(here: Installation, pulls: int) -> list[Story]:
    """Each pull request begins where the one before it ends, and is opened onto that one's branch."""
    repo: Repo = here.sandbox.repository("org/shop", {"a.py": "x = 0\n", PATH: CONTRACT})
    base, stack = "main", []
    for number in range(pulls):
        branch = f"part-{number}"
        files = {f"part_{number}.py": "x = 1\n"}
        sha = repo.commit(branch, files, parent=repo.tip(base))
        stack.append(Story(repo, repo.open_pull(f"Part {number}", branch, base), [sha]))
        base = branch
    return stack


async def _judged(here: Installation, stack: list[Story], report: Report) -> list[str]:
    sent = here.sandbox.deliveries
    slowest = max(one.duration for one in sent)
    report.measured("slowest acknowledgement (s; bar 10)", slowest)
    most = busiest([one.at for one in here.sandbox.writes])
    report.measured(f"content writes in the busiest minute (bar {WRITES_PER_MINUTE})", most)
    report.counts.update({"webhooks": len(sent), "content writes": len(here.sandbox.writes)})
    report.counts["evaluations and other runs"] = len(here.journal.runs())
    found = [f"answered with {one.status_code}" for one in sent if one.status_code != 202]
    found += [f"slowest acknowledgement {slowest:.1f} s"] * (slowest > GITHUB_WAITS)
    found += [f"{most} content writes in a minute"] * (most > WRITES_PER_MINUTE)
    found += [f"#{story.number}: {len(story.cards)} cards" for story in stack if len(story.cards) != 1]
    found += [f"#{story.number}: not the right card" for story in stack if not _ships(story)]
    return found + await invariants.of_storage(here)


def _ships(story: Story) -> bool:
    return "**SHIP**" in story.card and f"`{story.head[:7]}`" in story.card


def busiest(moments: list[float]) -> int:
    """The most of `moments` (seconds, in order) that any minute holds."""
    return max((sum(since <= other < since + MINUTE for other in moments) for since in moments), default=0)
