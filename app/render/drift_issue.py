"""The words of a drift: of the issue that is open while it lasts, and of what is proposed about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.github.limits import COMMENT_CUT
from app.model import DriftText, Suspect
from app.render.capability import Subject, of_module
from app.render.escape import Markdown, code, reference, subject
from app.render.templates import render
from checks.drift.alarm import Alarm, Course
from checks.drift.block import Module
from checks.drift.comparison import Bin, Standing
from checks.drift.told import FeatureTold, written

SHOWN = 10  # features whose bins are drawn
BAR = 20  # blocks of the longest bar


@dataclass(frozen=True, slots=True)
class DriftTexts:
    """Words for GitHub. `page`: the address of a page; "" where there is none."""

    page: Callable[[Subject], str] = lambda _subject: ""

    def issue(
        self,
        repository: str,
        rules: Module,
        course: Course,
        window: tuple[int, int] | None,
        suspects: Sequence[Suspect],
    ) -> DriftText:
        """What the issue of a module says while the alarm lasts. `window`: the days of the reference."""
        moved = [one for one in course.told.features if one.state is not Standing.OK] if course.told else []
        body = render(
            "drift_issue.md.j2",
            module=rules.name,
            environment=rules.environment,
            drifts=course.alarm is Alarm.DRIFT,
            since=written(course.since),
            day=written(course.told.day) if course.told else None,
            reason=course.reason,
            reference=None if window is None else f"{written(window[0])} to {written(window[1])}",
            features=[_shown(one) for one in moved[:SHOWN]],
            more=max(len(moved) - SHOWN, 0),
            suspects=[_suspect(one) for one in suspects],
            done=[said for said in (course.acted.proposed, course.acted.ran) if said],
            page=self.page(of_module(repository, rules.name)),
            pull=None if course.acted.pull is None else reference(course.acted.pull),
        )
        return DriftText(_title(rules, course), Markdown(body[:COMMENT_CUT]))

    def over(self, rules: Module, course: Course) -> str:
        """The last words on it."""
        return render("drift_over.md.j2", module=rules.name, state=course.state.value, reason=course.reason)

    def remedy(self, rules: Module, course: Course) -> DriftText:
        """What the pull request says that puts prepared files in the place of live ones."""
        issue = None if course.acted.issue is None else reference(course.acted.issue)
        files = [(one.prepared, one.live) for one in rules.remediation.files]
        since = written(course.since)
        body = render(
            "drift_remedy.md.j2", module=rules.name, since=since, reason=course.reason, files=files, issue=issue
        )
        return DriftText(subject(f"Stabilise {rules.name}, which drifts since {since}"), body)

    def moot(self, rules: Module) -> str:
        """The last words on a pull request whose drift is over."""
        return render("drift_moot.md.j2", module=rules.name)


def _title(rules: Module, course: Course) -> str:
    if course.alarm is Alarm.DRIFT:
        return subject(f"{rules.name} drifts since {written(course.since)}")
    return subject(f"Nobody sees {rules.name} since {written(course.since)}")


def _shown(one: FeatureTold) -> dict[str, Any]:
    longest = max((share for each in one.bins for share in (each.before, each.after)), default=0.0)
    return {
        "name": one.name,
        "role": one.role,
        "state": one.state.value,
        "reason": one.reason,
        "first": written(one.first),
        "rows": one.rows,
        "psi": one.psi,
        "threshold": one.threshold,
        "notes": one.notes,
        "bins": [_drawn(each, longest) for each in one.bins],
    }


def _drawn(one: Bin, longest: float) -> dict[str, Any]:
    return {
        "label": one.label,
        "before": f"{100 * one.before:.1f} %",
        "after": f"{100 * one.after:.1f} %",
        "bars": (_bar(one.before, longest), _bar(one.after, longest)),
    }


def _bar(share: float, longest: float) -> Markdown:
    """A bar of text; "" of nothing."""
    return code("█" * max(round(BAR * share / longest), 1)) if share > 0 and longest > 0 else Markdown("")


def _suspect(one: Suspect) -> dict[str, Any]:
    at = datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%d %H:%M")
    return {"sha": one.sha, "at": at, "pulls": [reference(number) for number in one.pulls]}
