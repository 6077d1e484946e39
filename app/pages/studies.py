"""`GET /api/studies`: what deployments did, what people say to that, and how often they agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web

from app.model import KeptStudy, Tally
from app.pages.answers import refuse
from app.pages.senders import Senders, confine
from app.store.opinions import Opinions
from app.store.studies import Studies
from checks.impact.told import Told, ToldError, load

MOST = 100  # studies of one answer, the newest


@dataclass(frozen=True, slots=True)
class StudiesApi:
    """Tells whoever has a token of a repository."""

    senders: Senders
    studies: Studies
    opinions: Opinions

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.get("/api/studies", self.listed)]

    async def listed(self, request: web.Request) -> web.Response:
        """The newest MOST of the token's repository, or all of one pull request; the newest first."""
        grant = await self.senders.grant(request)
        confine(grant, grant.repository, grant.sha)
        number = _number(request.query.get("pull_request", ""))
        if number is None:
            found = await self.studies.newest(grant.repository, MOST)
        else:
            found = await self.studies.of_pull(grant.repository, number)
        seen = [kept for kept in reversed(found) if grant.sha in {"", kept.intervention.sha}]
        tallies = await self.opinions.of([kept.id for kept in seen])
        rate = await self.opinions.rate(grant.repository)
        studies = [plain(kept, tallies.get(kept.id, Tally())) for kept in seen]
        return web.json_response({"agreement": tally_of(rate), "studies": studies})


def _number(asked: str) -> int | None:
    """The pull request that is asked for; None for all. 400 for what is no number."""
    if not asked:
        return None
    if not asked.isascii() or not asked.isdigit() or not 0 < len(asked) < 10:
        refuse(400, "pull_request must be the number of a pull request")
    return int(asked)


def plain(kept: KeptStudy, tally: Tally) -> dict[str, Any]:
    """A study in JSON's own types, with what people say to it."""
    one = kept.intervention
    told = _told(kept)
    return {
        "study": kept.id,
        "environment": one.environment,
        "side": one.side,
        "deployment": one.deployment,
        "sha": one.sha,
        "at": _written(one.at),
        "until": _written(kept.until),
        "pull_requests": list(one.pulls),
        "cut": one.cut,
        "done": kept.done,
        "outcome": told.outcome.value if told else None,
        "metrics": _metrics(told),
        "opinions": tally_of(tally),
    }


def _told(kept: KeptStudy) -> Told | None:
    """None before there is an answer, and where another version wrote it in its own way."""
    try:
        return load(kept.told) if kept.told else None
    except ToldError:
        return None


def _metrics(told: Told | None) -> list[dict[str, Any]]:
    return [] if told is None else [msgspec.to_builtins(metric) for metric in told.metrics]


def tally_of(tally: Tally) -> dict[str, Any]:
    """The rate is a share of those who said anything; None where nobody did."""
    rate = tally.agree / tally.all if tally.all else None
    return {"agree": tally.agree, "disagree": tally.disagree, "rate": rate}


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
