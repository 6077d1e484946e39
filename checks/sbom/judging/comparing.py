"""One bill at both ends, judged: one function for the check and for the command line, so that they never differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from checks.model import Baseline, State
from checks.sbom import findings
from checks.sbom.asking import sorted_out
from checks.sbom.bills.bill import Bom, UnreadableError
from checks.sbom.bills.reader import read
from checks.sbom.bills.shrinking import shrunk
from checks.sbom.concern import Concern
from checks.sbom.drift.delta import diff, group
from checks.sbom.evidence import Evidence
from checks.sbom.judging import mending
from checks.sbom.judging.excuses import Excuses
from checks.sbom.judging.outcome import Case, Judged, Outcome, Standing, Suppressed, order
from checks.sbom.judging.weigh import weigh
from checks.sbom.purl import with_version
from checks.sbom.rules.policy import Config

WORST = (State.PASS, State.WARN, State.WAIT, State.UNMEASURED, State.ERROR, State.BLOCK)


@dataclass(frozen=True, slots=True)
class Both:
    """One bill at both ends as text; None: there is none. Equal texts mean that the change leaves it alone."""

    path: str
    base: bytes | str | None
    head: bytes | str | None
    baseline: Baseline | None = None
    newest: bool = False  # the base branch has nothing after the baseline: there is no fresher one to wait for


def compare(both: Both, config: Config, evidence: Evidence) -> Outcome:
    """What a bill says of the change. What cannot be compared is named, and nothing is taken for an arrival."""
    missing = _one_sided(both) or _stale(both, config, evidence.day)
    if missing:
        return missing
    unchanged = both.base == both.head
    if unchanged and not (both.head and (evidence.records or config.rules)):
        return _untouched(both)  # nothing that anybody could say of it is news
    try:
        old = _read("base", both.base)
        new = old if unchanged else _read("head", both.head)
    except UnreadableError as error:
        if unchanged:
            return _untouched(both)
        return _unmeasured(both, Standing.UNREADABLE, str(error), "Generate the file again, as CycloneDX or SPDX.")
    return _incomparable(both, old, new) or _compared(both, old, new, config, evidence)


def worst(states: Iterable[State]) -> State:
    """The state that weighs most."""
    return max(states, key=WORST.index, default=State.PASS)


def _untouched(both: Both) -> Outcome:
    return Outcome(both.path, Standing.UNCHANGED, State.PASS, "SBOM unchanged", baseline=both.baseline)


# --- what cannot be measured -------------------------------------------------------------------------------


def _unmeasured(both: Both, standing: Standing, title: str, next_step: str) -> Outcome:
    return Outcome(both.path, standing, State.UNMEASURED, title, next_step, baseline=both.baseline)


def _one_sided(both: Both) -> Outcome | None:
    if both.head is None:
        step = "Restore it, or change `sbom.paths` first."
        return _unmeasured(both, Standing.REMOVED, "This change removes the SBOM", step)
    if both.base is None:
        title = "No baseline: the base has no SBOM to compare with"
        return _unmeasured(both, Standing.NO_BASELINE, title, "Merge the file into the base branch first, by itself.")
    return None


def _stale(both: Both, config: Config, day: str) -> Outcome | None:
    age = age_in_days(both.baseline, day)
    limit = config.baseline.max_age_days
    if age is None or age <= limit or both.newest or both.base == both.head:
        return None
    title = f"The baseline is stale: {age} days old, and {limit} are allowed"
    return _unmeasured(both, Standing.STALE, title, "Bring a fresh SBOM to the base branch, then update this branch.")


def age_in_days(baseline: Baseline | None, day: str) -> int | None:
    """Days from the baseline's commit to `day`, at least 0; None when either is not known."""
    if baseline is None:
        return None
    try:
        age = (date.fromisoformat(day[:10]) - date.fromisoformat(baseline.at[:10])).days
    except ValueError:
        return None
    return max(age, 0)


def _read(side: str, text: bytes | str | None) -> Bom:
    try:
        return read(text or "")
    except UnreadableError as error:
        raise UnreadableError(f"The {side}'s SBOM cannot be read: {error}") from None


def _incomparable(both: Both, base: Bom, head: Bom) -> Outcome | None:
    """Two bills whose difference would say more of their generator than of the change."""
    before, after = len(base.components), len(head.components)
    if shrunk(base, head):
        title = f"The SBOM shrank from {before} to {after} components"
        step = "See whether its generator failed; it lost more than half."
        return _unmeasured(both, Standing.SHRUNK, title, step)
    if (before or after) and group(base).keys().isdisjoint(group(head)):
        title = f"Nothing comparable: no component in common ({before} in the base, {after} in the head)"
        step = "Generate both with the same tool, or start a new baseline."
        return _unmeasured(both, Standing.INCOMPARABLE, title, step)
    return None


# --- what can ----------------------------------------------------------------------------------------------


def _compared(both: Both, base: Bom, head: Bom, config: Config, evidence: Evidence) -> Outcome:
    since = both.baseline.at if both.baseline else ""
    bills = findings.Bills(both.path, base, head, diff(base, head), config, evidence.book, since)
    products = (*evidence.products, *filter(None, (head.root,)))
    excuses = Excuses(config.exceptions, evidence, products)
    changed = both.base != both.head
    judged, suppressed = _sorted_out(bills, excuses, evidence, changed)
    return Outcome(
        path=both.path,
        standing=Standing.COMPARED if changed else Standing.UNCHANGED,
        state=worst(each.state for each in judged),
        title=counted(bills.diff.summary()) if changed else "SBOM unchanged",
        judged=judged,
        suppressed=suppressed,
        diff=bills.diff,
        components=(len(base.components), len(head.components)),
        baseline=both.baseline,
        cases=_cases(judged, suppressed),
        products=products,
        unidentified=sorted_out(head.components),
    )


def _cases(judged: Iterable[Judged], suppressed: Iterable[Suppressed]) -> tuple[Case, ...]:
    concerns = [*(each.concern for each in judged), *(each.concern for each in suppressed)]
    return tuple(
        (concern.advisory, with_version(concern.purl, version), version)
        for concern in concerns
        if concern.advisory is not None
        for version in concern.versions
    )


def _sorted_out(
    bills: findings.Bills, excuses: Excuses, evidence: Evidence, changed: bool
) -> tuple[tuple[Judged, ...], tuple[Suppressed, ...]]:
    """Every concern either excused or weighed. Of an unchanged bill, what was known before is listed and no more."""
    concerns = list(findings.every(bills, excuses.cover) if changed else findings.of_unchanged(bills))
    suppressed = [excuse for each in concerns if (excuse := excuses.of(each))]
    excused = {id(each.concern) for each in suppressed}
    standing = [excuses.told(each) for each in concerns if id(each) not in excused]
    mended = mending.mended(standing, bills, evidence, suppressed)
    judged = [_judged(each, bills.config, changed) for each in mended]
    return tuple(sorted(judged, key=order)), tuple(suppressed)


def _judged(concern: Concern, config: Config, changed: bool) -> Judged:
    action, stated = weigh(concern, config.rules, config.severity)
    if not changed and not stated and concern.kind == "preexisting":
        action = "ignore"
    return Judged(concern, action, (concern.path,) if concern.path else ())


def counted(summary: dict[str, int]) -> str:
    """What changed, in words."""
    said = [f"{count} {name.replace('_', ' ')}" for name, count in summary.items() if count]
    return ", ".join(said) or "No component changed"
