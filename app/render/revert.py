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
from checks.held import BY_HAND


@dataclass(frozen=True, slots=True)
class RevertRenderer:
    """Words for GitHub. `page`: the address of a page; "" where there is none."""

    page: Callable[[Subject], str] = lambda _subject: ""

    def revert(self, kept: KeptExperiment, told: Report, landed: Landed) -> RevertText:
        """What the pull request says that takes `landed` back, because of what `kept` has shown."""
        title = _title(landed)
        why = "was rolled back by hand" if kept.course == BY_HAND else f"experiment {kept.id} proved worse in service"
        message = f"{title}\n\n{_takes_back(landed)}, which {why}."
        body = render(
            "revert.md.j2", kept=kept, told=told, landed=landed, origin=_origin(landed), page=self._page(kept)
        )
        return RevertText(title, body, message)

    def by_hand(self, landed: Landed, who: str) -> RevertText:
        """What it says where `who` asked for it, and nothing was proven."""
        title = _title(landed)
        body = render("revert_by_hand.md.j2", who=who, landed=landed, origin=_origin(landed))
        return RevertText(title, body, f"{title}\n\n{_takes_back(landed)}, which was rolled back by hand.")

    def taken_back(self, kept: KeptExperiment, told: Report, landed: Landed, done: str) -> str:
        """What the merged pull request is told: what was proven, what was `done`, and what is left to do."""
        said = {"done": done.split("; "), "next_step": next_step(done), "page": self._page(kept)}
        return render("taken_back.md.j2", kept=kept, told=told, **said)

    def _page(self, kept: KeptExperiment) -> str:
        return self.page(of_experiment(kept.id, kept.canary.repository, kept.canary.sha))


def _title(landed: Landed) -> str:
    return subject(f'Revert "{landed.title}"' if landed.title else f"Revert {landed.sha[:7]}")


def _takes_back(landed: Landed) -> str:
    return f"Takes back {landed.sha}" + (f" of pull request {landed.number}" if landed.number else "")


def _origin(landed: Landed) -> Markdown | None:
    return None if landed.number is None else reference(landed.number)
