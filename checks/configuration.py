"""The configuration as a check of its own: can it be read, and what would this change's edit of it do?"""

from __future__ import annotations

from collections.abc import Sequence

from checks.decide import weigh
from checks.model import CheckResult, Decision, Finding, Measure, Mode, Pull, Row, State

NAME = "config"


def unreadable(pull: Pull, findings: Sequence[Finding], version: str) -> Decision:
    """The base branch's configuration cannot be read: nothing can be judged, so nothing ships."""
    result = CheckResult(
        NAME,
        State.UNMEASURED,
        f"The configuration on {pull.base_ref} cannot be read: {findings[0].message}",
        reasons=tuple(_say(finding) for finding in findings),
        findings=tuple(findings),
        next_step=f"Correct it on {pull.base_ref}; `maestro config validate` shows the same errors.",
    )
    row = weigh(result, Mode.BLOCK)
    return Decision(verdict=row.verdict, rows=(row,), pull=pull, version=version)


def broken_edit(findings: Sequence[Finding]) -> Row:
    """This change would leave the repository with a configuration that cannot be read."""
    result = CheckResult(
        NAME,
        State.BLOCK,
        f"This change breaks the configuration: {findings[0].message}",
        reasons=tuple(_say(finding) for finding in findings),
        findings=tuple(findings),
        next_step="Correct the file in this pull request; `maestro config validate` shows the same errors.",
    )
    return weigh(result, Mode.BLOCK)


def effect_of_edit(now: Decision | None, then: Decision) -> Row:
    """What the edited configuration would say of this very change. It shows; the base branch's rules still decide.

    `now` None: the repository has no configuration yet, this change brings the first.
    """
    before = {row.result.name: row for row in now.rows} if now else {}
    after = {row.result.name: row for row in then.rows}
    reasons = tuple(
        _difference(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if _said(before.get(name)) != _said(after.get(name))
    )
    result = CheckResult(NAME, State.PASS, _title(now, then), reasons=reasons, measures=_digests(now, then))
    return weigh(result, Mode.BLOCK)


def _title(now: Decision | None, then: Decision) -> str:
    before, after = now.verdict.value.upper() if now else "silence", then.verdict.value.upper()
    if before == after:
        return f"This change edits the configuration; {after} either way"
    return f"This change edits the configuration: {before} now, {after} under the edit"


def _difference(name: str, before: Row | None, after: Row | None) -> str:
    return f"{name}: {_said(before)} now, {_said(after)} under the edit"


def _said(row: Row | None) -> str:
    if row is None:
        return "absent"
    return f"{row.result.state.value} (mode {row.mode.value})"


def _digests(now: Decision | None, then: Decision) -> tuple[Measure, ...]:
    before = now.config_digest[:12] if now else "none"
    return (Measure("edited configuration", then.config_digest[:12], limit=f"base: {before}"),)


def _say(finding: Finding) -> str:
    where = f"{finding.path}:{finding.line}" if finding.line else finding.path
    return f"{where}: {finding.message}"
