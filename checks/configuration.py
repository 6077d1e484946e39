"""The configuration as a check of its own: can it be read, and what would this change's edit of it do?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from checks.decide import Policy, weigh
from checks.model import CheckResult, Decision, Finding, Mode, Pull, Row, State

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


def removal(now: Decision) -> Row:
    """This change would leave the repository without rules."""
    result = CheckResult(
        NAME,
        State.WARN,
        f"This change removes the configuration: {now.verdict.value.upper()} now, silence once it is merged",
        reasons=tuple(f"{row.result.name}: {_said(row)} now, absent after" for row in now.rows),
        next_step="See that no gate is meant to stay.",
    )
    return weigh(result, Mode.BLOCK)


def changed_keys(before: Policy | None, after: Policy) -> tuple[str, ...]:
    """Every key that differs, as `contract.post.risk.lt: 0.65 → 0.99`; "unset" where one side lacks it.

    Of a check that only one side has, the keys that say more than its defaults.
    """
    old, new = _flat(before, after), _flat(after, before)
    return tuple(
        f"{key}: {old.get(key, 'unset')} → {new.get(key, 'unset')}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    )


def effect_of_edit(now: Decision | None, then: Decision, changed: Sequence[str]) -> Row:
    """What the edited configuration would say of this very change. It shows; the base branch's rules still decide.

    `now` None: the repository has no configuration yet, this change brings the first.
    """
    before = {row.result.name: row for row in now.rows} if now else {}
    after = {row.result.name: row for row in then.rows}
    effects = tuple(
        _difference(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if _said(before.get(name)) != _said(after.get(name))
    )
    differs = now is not None and (bool(changed) or now.config_digest != then.config_digest)
    state = State.WARN if differs or (now and effects) else State.PASS
    elsewhere = (_ELSEWHERE,) if differs and not changed else ()
    reasons = (*effects, *changed, *elsewhere)
    result = CheckResult(NAME, state, _title(now, then), reasons=reasons, next_step=_LOOK if now else "")
    return weigh(result, Mode.BLOCK)


_ELSEWHERE = "settings outside the checks differ: agents, arms, card, commands or escalate"
_LOOK = "See that each changed key is meant."


def _flat(policy: Policy | None, other: Policy | None) -> dict[str, str]:
    """The keys of `policy`, dotted. A check that `other` lacks has those that somebody wrote, or says that none was."""
    if policy is None:
        return {}
    known = other.checks if other else {}
    flat = {f"{name}.mode": mode.value for name, mode in policy.reserved.items()}
    for name, config in policy.checks.items():
        leaves = dict(_leaves(name, config.model_dump(mode="json")))
        if name not in known:
            usual = dict(_leaves(name, type(config)().model_dump(mode="json")))
            leaves = {key: value for key, value in leaves.items() if usual.get(key) != value} or {name: "its defaults"}
        flat |= leaves
    return flat


def _leaves(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    """Every value below `prefix`; nothing for what holds none."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(f"{prefix}.{key}", item)
    elif value is not None:
        yield prefix, json.dumps(value, ensure_ascii=False)


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


def _say(finding: Finding) -> str:
    where = f"{finding.path}:{finding.line}" if finding.line else finding.path
    return f"{where}: {finding.message}"
