"""`POST /api/validate` and `GET /schema/maestro.json`: is this configuration right, and what may it say?"""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from app.config import ConfigErrors, parse, schema
from app.pages.answers import body, refuse
from checks.registry import CHECKS

MAX_BYTES = 1024 * 1024  # the reader itself refuses far less, with a message; this only bounds memory


def routes() -> list[web.RouteDef]:
    """Where it listens."""
    return [web.post("/api/validate", validate), web.get("/schema/maestro.json", served_schema)]


async def validate(request: web.Request) -> web.Response:
    """200 with the configuration's digest and notices; 422 with every error's file, line, key and nearest key."""
    given = await body(request, MAX_BYTES)
    if not given.strip():
        refuse(400, "send the text of a maestro.yml")
    config = parse(given, checks=CHECKS)
    if isinstance(config, ConfigErrors):
        return web.json_response({"valid": False, "errors": [asdict(error) for error in config.errors]}, status=422)
    notices = [str(notice) for notice in config.notices]
    return web.json_response({"valid": True, "digest": config.digest, "notices": notices})


async def served_schema(_request: web.Request) -> web.Response:
    """The JSON Schema of `.github/maestro.yml`, for editors."""
    return web.json_response(schema(CHECKS), headers={"Access-Control-Allow-Origin": "*"})
