"""`POST /api/simulate/{owner}/{repo}/{n}`: the whole decision with the caller's own token, and not one write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from app.gather.reader import GitHubReader
from app.gather.simulation import simulated
from app.github.errors import Denied, GitHubError, NotFound, RateLimited
from app.model import Kind, Trigger
from app.pages.answers import bearer, body, refuse
from app.render.decision_json import decision_json
from checks.model import Decision

MAX_BYTES = 1024 * 1024
_HINT = 'send nothing, or {"config": "<text of a maestro.yml>"}'

_PULL = r"{owner:[A-Za-z0-9_-]{1,100}}/{repo:(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}}/{number:[0-9]{1,9}}"

_BODY = msgspec.json.Decoder(dict[str, str])
ReaderFor = Callable[[str, bytes | None], GitHubReader]  # (token, configuration to try or None)


@dataclass(frozen=True, slots=True)
class SimulationApi:
    """Judges a pull request on request; `reader_for` reads with the caller's token: what it cannot see stays unseen."""

    reader_for: ReaderFor

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.post(f"/api/simulate/{_PULL}", self.simulate)]

    async def simulate(self, request: web.Request) -> web.Response:
        """200 with the decision, `verdict` null for a repository not configured; 404 when the token cannot see it."""
        reader = self.reader_for(bearer(request), _configuration(await body(request, MAX_BYTES)))
        where = request.match_info
        trigger = Trigger(
            Kind.EVALUATE, f"{where['owner']}/{where['repo']}", number=int(where["number"]), reason="simulate"
        )
        try:
            return web.json_response(_answer(await simulated(reader, trigger)))
        except NotFound:
            refuse(404, "no such pull request, or this token cannot see it")
        except Denied:
            refuse(403, "GitHub refuses this token")
        except RateLimited as error:
            refuse(429, f"GitHub asks to wait {error.retry_after:.0f} s")
        except ValueError as error:
            refuse(400, str(error))
        except GitHubError as error:
            refuse(502, f"GitHub did not answer: {error.status}")


def _answer(decision: Decision | None) -> dict[str, Any]:
    if decision is None:
        return {"verdict": None, "reason": "nothing to judge: not configured, or closed"}
    return decision_json(decision)


def _configuration(given: bytes) -> bytes | None:
    if not given.strip():
        return None
    try:
        asked = _BODY.decode(given)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        refuse(400, _HINT)
    if set(asked) != {"config"}:
        refuse(400, _HINT)
    return asked["config"].encode()
