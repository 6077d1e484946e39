"""The workflows of the demo's repository: whatever is dispatched, or run again, runs for some seconds and passes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from app.commands.story import AGENT, Shop
from app.github.sandbox.state import WorkflowRun

LASTS = 4.0  # seconds
_PACE = 0.5
_MENDED = "def discounts():\n    return CACHE\n"


@dataclass(frozen=True, slots=True)
class Runs:
    """Ends the runs of `shop`. The agent's push a change that is fast enough."""

    shop: Shop
    lasts: float = LASTS

    async def __call__(self) -> None:
        """As long as it is not cancelled."""
        while True:
            now = self.shop.repo.world.now()
            for run in list(self.shop.repo.state.workflow_runs.values()):
                if run.status != "completed" and now - run.updated_at > self.lasts:
                    await self._ended(run)
            await asyncio.sleep(_PACE)

    async def _ended(self, run: WorkflowRun) -> None:
        repo = self.shop.repo
        if run.path.endswith(f"/{AGENT}"):
            arm, branch = run.inputs["arm"], run.inputs["head_ref"]
            trace = f"\nMaestro-Trace: {run.inputs['trace_id']}" if run.inputs.get("trace_id") else ""
            message = f"Keep the discounts of a view\n\nMaestro-Arm: {arm}{trace}"
            sha = repo.commit(branch, {"shop/discounts.py": _MENDED}, message=message, author="bob")
            await self.shop.green(sha, p95=204.0, eval_score=0.93, cost_usd=1.4)
        repo.finish_workflow(run.id)
