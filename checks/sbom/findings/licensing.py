"""Licences that come in: with a new package, or because a package that was there changed its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from checks.sbom import licences
from checks.sbom.concern import Concern
from checks.sbom.drift.change import Change, Kind
from checks.sbom.findings.bills import Bills, say
from checks.sbom.licences.categories import category, holds
from checks.sbom.rules.selectors import Rule

RULE = "licence"
DENIED, UNKNOWN, CHANGED = "denied", "unknown", "changed"

Terms = Mapping[str, Sequence[str]]


def concerns(bills: Bills) -> Iterator[Concern]:
    """At most one concern a package: the licence is denied, cannot be judged, or is another than it was.

    A package whose licence was denied at the base already is no arrival, whatever version it moves to.
    """
    terms = bills.config.licenses.terms()
    named = [rule for rule in bills.config.rules if rule.rule == RULE and rule.licence]
    asked = bool(terms) or any(rule.rule == RULE and rule.kind in (None, UNKNOWN) for rule in bills.config.rules)
    relicensed = {change.key for change in bills.diff.of(Kind.LICENSE_CHANGED)}
    stated_anew = relicensed | {change.key for change in bills.diff.of(Kind.ADDED)}
    packages = {change.key: change for change in (*bills.diff.changes, *bills.diff.restated) if change.head_versions}
    for key, change in packages.items():
        answer = _worst(change.head_licences, terms)
        if answer == "deny" and _worst(change.base_licences, terms) != "deny":
            yield _denied(bills, change, terms)
        elif caught := _caught(change, named):
            yield _of(bills, change, DENIED, f"{_all(caught)} arrives with {say(change)}")
        elif answer == "unknown" and key in stated_anew and asked:
            yield _unknown(bills, change, terms)
        elif key in relicensed:
            yield _changed(bills, change)


def _worst(expressions: Sequence[str], terms: Terms) -> licences.Answer:
    answers = {licences.evaluate(expression, terms) for expression in expressions}
    if "deny" in answers:
        return "deny"
    return "unknown" if "unknown" in answers else "pass"


def _caught(change: Change, named: Sequence[Rule]) -> list[str]:
    """Licences that are new to the package and that a rule of the policy calls by name or by category."""
    wanted = [rule.licence for rule in named if rule.kind in (None, DENIED)]
    fresh = [text for text in change.head_licences if text not in change.base_licences]
    return [text for text in fresh if any(holds(text, name) for name in wanted)]


def _denied(bills: Bills, change: Change, terms: Terms) -> Concern:
    guilty = [text for text in change.head_licences if licences.evaluate(text, terms) == "deny"]
    back = f"Return to {change.base_versions[-1]}, or replace the package" if change.base_versions else ""
    return _of(bills, change, DENIED, f"{_all(guilty)} arrives with {say(change)}", back)


def _unknown(bills: Bills, change: Change, terms: Terms) -> Concern:
    unclear = [text for text in change.head_licences if licences.evaluate(text, terms) == "unknown"]
    return _of(bills, change, UNKNOWN, f"The licence of {say(change)} cannot be judged: {_all(unclear)}")


def _changed(bills: Bills, change: Change) -> Concern:
    old, new = _all(change.base_licences), _all(change.head_licences)
    before, after = _kinds(change.base_licences), _kinds(change.head_licences)
    turned = f" ({before} before, {after} now)" if before != after else ""
    return _of(bills, change, CHANGED, f"The licence of {say(change)} was {old} and is {new}{turned}")


def _of(bills: Bills, change: Change, kind: str, message: str, fix: str = "") -> Concern:
    return bills.of_change(RULE, message, change, kind=kind, names=change.head_licences, fix=fix)


def _all(expressions: Sequence[str]) -> str:
    return " and ".join(text or "none stated" for text in expressions)


def _kinds(expressions: Sequence[str]) -> str:
    return ", ".join(sorted({category(text).replace("_", " ") for text in expressions}))
