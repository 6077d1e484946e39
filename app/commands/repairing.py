"""The sixth pull request of `maestro demo`: an agent's change that is too slow, and is mended by the next arm."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from app.commands.story import AGENT, REPOSITORY, Chapter, Shop
from app.github.sandbox.state import WorkflowRun
from app.render.remediated import said
from app.store.remediations import Remediations
from checks.model import Verdict

_BRANCH, _FILE = "agent/shipping", "shop/shipping.py"
_TRIES = ((255.0, 0.08), (204.0, 1.4))  # latency that each arm reaches, in ms, and what it reports to have cost


async def repaired(shop: Shop, kept: Remediations, rest: Callable[[], Awaitable[None]]) -> Chapter:
    """Open it, and let somebody ask for its repair; `rest`: waits until all that was begun is done."""
    title = "Compute the shipping of a cart on every view"
    sha = shop.repo.commit(_BRANCH, {_FILE: "def shipping(): ...\n"}, message=title, author="bob")
    number = shop.repo.open_pull(title, _BRANCH, author="bob")
    await shop.green(sha, p95=263.0, eval_score=0.7)
    await rest()
    shop.repo.comment(number, "alice", "/maestro remediate")
    await rest()
    for p95, usd in _TRIES:
        for run in _at_work(shop):
            await _tried(shop, run, p95, usd)
            await rest()
    begun = await kept.of_pull(REPOSITORY, number)
    outcome = said(begun[-1]).replace("`", "") if begun else "nothing was tried"
    tried = ", then ".join(one.arm for one in begun[-1].attempts) if begun else "nobody"
    told = f"An agent's change is too slow, and somebody says `/maestro remediate`. {tried} tried: {outcome}."
    return Chapter(number, title, told, Verdict.SHIP)


def _at_work(shop: Shop) -> list[WorkflowRun]:
    runs = shop.repo.state.workflow_runs.values()
    return [run for run in runs if run.path.endswith(f"/{AGENT}") and run.status != "completed"]


async def _tried(shop: Shop, run: WorkflowRun, p95: float, usd: float) -> None:
    """The arm pushes what it made of it, by the trace that it was given, and CI measures that."""
    arm, trace = run.inputs["arm"], run.inputs["trace_id"]
    message = f"Keep the shipping of a cart\n\nMaestro-Arm: {arm}\nMaestro-Trace: {trace}"
    sha = shop.repo.commit(_BRANCH, {_FILE: f"SLOWEST = {p95}\n"}, message=message, author="bob")
    shop.repo.finish_workflow(run.id)
    await shop.used(sha, trace, usd)
    await shop.green(sha, p95=p95, eval_score=0.9)
