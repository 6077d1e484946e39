"""What must hold in the end, whatever happened: each function names, in words, what does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from app.github.sandbox import Sandbox
from app.storage import stores
from campaign.installation import Installation
from campaign.lanes import overlaps
from campaign.state import State, state_of
from campaign.stories import Story

NOTHING_LOST = "every webhook that was answered with 202 is in the table, and its work came to its end"
NOTHING_TWICE = (
    "one card a pull request; one check run a head, name and generation, the newest head's last alone may be open"
)
ANSWERED_ONCE = "every command is answered exactly once"
IN_ORDER = f"{ANSWERED_ONCE}, in the order in which they were given"
NO_OVERLAP = "no lane was ever run twice at a time"
SAME_END = "each pull request ends as the same story does in fair weather"
SEALED = "the provenance log verifies"


def doubled(sandbox: Sandbox, story: Story) -> Iterable[str]:
    """Effects that are there twice, or not at all, or that wait for an answer that nobody will give."""
    if (cards := len(story.cards)) != 1:
        yield f"{story.repo.full_name}: {cards} cards"
    ours = [run for run in story.repo.state.runs.values() if run.suite.app.id == sandbox.app.app_id]
    named = Counter((run.suite.head_sha, run.name, run.external_id) for run in ours)
    yield from (f"{story.repo.full_name}: {times} runs {one}" for one, times in named.items() if times > 1)
    newest = {(run.suite.head_sha, run.name): run.id for run in sorted(ours, key=lambda run: run.id)}
    over = (run for run in ours if newest[run.suite.head_sha, run.name] != run.id or run.suite.head_sha != story.head)
    yield from (f"{story.repo.full_name}: {run.name} left open" for run in over if run.status != "completed")


def misanswered(story: Story, *, in_order: bool = True) -> Iterable[str]:
    """Commands that were answered twice, never or, where the order of their webhooks was kept, out of turn."""
    got, asked = story.answered, story.asked
    told = f"{story.repo.full_name}: asked {asked}, answered {got}"
    if len(set(got)) < len(got):
        yield f"answered twice: {told}"
    elif set(got) != set(asked):
        yield f"not answered: {told}"
    elif in_order and got != asked:
        yield f"answered out of turn: {told}"


def other_ends(sandbox: Sandbox, stories: Mapping[int, Sequence[Story]], clean: Mapping[int, State]) -> Iterable[str]:
    """Stories, by seed, that end otherwise than the clean telling."""
    for seed, tellings in stories.items():
        for story in tellings:
            if differs := state_of(sandbox, story).differs_from(clean[seed]):
                yield f"{story.repo.full_name} (story {seed}): {differs}"


async def of_storage(here: Installation) -> list[str]:
    """Whether anything was lost, died, ran beside itself, or was written over; and whether GitHub understood us."""
    ledger = here.ledger
    found = [*ledger.lost(here.acknowledged), *ledger.dead(), *ledger.unsound(), *overlaps(here.journal.runs())]
    async with stores(here.database_url) as kept:
        found += [f"provenance: {flaw}" for flaw in (await kept.provenance.verify([])).flaws]
    return found + [f"GitHub's contract: {what}" for what in here.sandbox.violations]
