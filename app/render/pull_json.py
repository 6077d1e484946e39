"""`GET /api/pr/...`: a pull request as JSON, for our own scripts. Strings are plain text; times are epoch seconds."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from app.model import KeptCommand, LogLine
from app.render import words
from app.render.capability import of_experiment, of_pull, of_study
from app.render.decision_json import plain
from app.render.drift_page import standing as module_standing
from app.render.escape import line
from app.render.experiment_page import standing
from app.render.offers import Offer, offers
from app.render.pull import CLOSED, MERGED, Checked, Shown, checked, module_page, next_step, opened, short, told, tone
from app.render.pull_repairs import repaired
from app.render.speclive import panel_json
from app.render.study_page import standing as study_standing
from checks.drift.alarm import load as load_course
from checks.impact.told import load as load_told


def pull_json(shown: Shown) -> dict[str, Any]:
    """All but who looks. Raises what the pages of experiments, studies and modules raise for another version's."""
    decision, pull = shown.decision, shown.pull
    said = {
        "pull": _pull(shown),
        "verdict": decision.verdict.value,
        "word": words.VERDICTS[decision.verdict],
        "tone": tone(shown),
        "headline": words.headline(decision),
        "why": told(words.why(decision)),
        "next": told(next_step(shown)),
        "decided": shown.decided,
        "decision": shown.id,
        "edition": shown.edition,
        "judging": shown.judging,
        "short": {name: one.text for name, one in short(shown).items()},
        "checks": [_check(one) for one in checked(decision)],
        "notes": [told(note) for note in words.notes(decision)],
        **_beside(shown),
        **repaired(shown),
        "speclive": panel_json(shown),
        "commands": [_command(one) for one in shown.commands],
        "log": [_line(one) for one in shown.log],
        "page": shown.pages.root + of_pull(pull.repository, pull.number or 0).path,
    }
    return {key: plain(value) for key, value in said.items()}


def offered(shown: Shown) -> tuple[Offer, ...]:
    """What can be asked for. Of what was closed, nothing."""
    if shown.state == CLOSED:
        return ()
    if shown.state == MERGED:
        return offers(replace(shown.decision, merged=True))
    return offers(shown.decision, shown.remediation)


def action(offer: Offer, role: str, allowed: bool | None) -> dict[str, Any]:
    """One of them, with the role it takes; `allowed` None: nobody is signed in."""
    return asdict(offer) | {"target": told(offer.target), "role": role, "allowed": allowed}


def _pull(shown: Shown) -> dict[str, Any]:
    pull = shown.pull
    texts = {name: line(getattr(pull, name), 300) for name in ("title", "author", "head_ref", "base_ref")}
    plain_ones = {name: getattr(pull, name) for name in ("number", "head_sha", "base_sha", "draft", "from_fork", "url")}
    return {"repository": pull.repository, "state": shown.state, **texts, **plain_ones}


def _check(one: Checked) -> dict[str, Any]:
    measures = [
        {"name": figure.name, "value": figure.value, "limit": figure.limit, "interval": figure.interval, "n": figure.n}
        for figure in one.measures
    ]
    findings = [{"message": found.message, "trail": found.trail, "fix": found.fix} for found in one.findings]
    said = {name: getattr(one, name) for name in ("name", "state", "mark", "word", "title", "mode", "next")}
    return {**said, "overridden": one.overridden, "page": one.page or None, "measures": measures, "findings": findings}


def _beside(shown: Shown) -> dict[str, Any]:
    """What goes on beside the decision, each with its page."""
    repository, sha = shown.pull.repository, shown.pull.head_sha
    experiments = [
        {
            "id": kept.id,
            "word": standing(kept, shown.at).word,
            "environment": line(kept.canary.environment, 100),
            "page": opened(shown.pages, of_experiment(kept.id, repository, sha)),
        }
        for kept, _ in shown.experiments
    ]
    studies = [
        {
            "id": kept.id,
            "word": study_standing(load_told(kept.told) if kept.told else None)[0],
            "page": opened(shown.pages, of_study(kept.id, repository, kept.intervention.sha)),
        }
        for kept in shown.studies
    ]
    drift = [
        {"module": one.name, "state": module_standing(load_course(one.course))[0], "page": module_page(shown, one)}
        for one in shown.modules
    ]
    return {"experiments": experiments, "studies": studies, "drift": drift}


def _line(one: LogLine) -> dict[str, Any]:
    said = asdict(one) | {name: told(getattr(one, name)) for name in ("what", "result", "before", "after")}
    return {name: value for name, value in said.items() if name not in {"kind", "decision"}}


def _command(one: KeptCommand) -> dict[str, Any]:
    texts = {name: told(getattr(one, name)) for name in ("arguments", "who", "said", "before", "after")}
    fixed = {"id": one.id, "verb": one.verb, "surface": one.surface.value, "state": one.state.value}
    return {**fixed, **texts, "asked": one.asked, "ended": one.ended}
