"""The words of a change that is taken back: of the revert, and of what the pull request that brought it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.model import KeptExperiment, Landed, RevertText
from app.render.capability import Subject, of_experiment
from app.render.escape import Markdown, reference, subject
from app.render.templates import render
from checks.experiment import Report
from checks.experiment.aftermath import next_step


@dataclass(frozen=True, slots=True)
class RevertRenderer:
    """Words for GitHub. `page`: the address of a page; "" where there is none."""

    page: Callable[[Subject], str] = lambda _subject: ""

    def revert(self, kept: KeptExperiment, told: Report, landed: Landed) -> RevertText:
        """What the pull request says that takes `landed` back, because of what `kept` has shown."""
        title = subject(f'Revert "{landed.title}"' if landed.title else f"Revert {landed.sha[:7]}")
        brought = f" of pull request {landed.number}" if landed.number else ""
        message = f"{title}\n\nTakes back {landed.sha}{brought}, which experiment {kept.id} proved worse in service."
        body = render(
            "revert.md.j2", kept=kept, told=told, landed=landed, origin=_origin(landed), page=self._page(kept)
        )
        return RevertText(title, body, message)

    def taken_back(self, kept: KeptExperiment, told: Report, landed: Landed, done: str) -> str:
        """What the merged pull request is told: what was proven, what was `done`, and what is left to do."""
        said = {"done": done.split("; "), "next_step": next_step(done), "page": self._page(kept)}
        return render("taken_back.md.j2", kept=kept, told=told, **said)

    def _page(self, kept: KeptExperiment) -> str:
        return self.page(of_experiment(kept.id, kept.canary.repository, kept.canary.sha))


def _origin(landed: Landed) -> Markdown | None:
    return None if landed.number is None else reference(landed.number)
