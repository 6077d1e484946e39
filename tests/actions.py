"""GitHub Actions as far as its id-tokens go: an issuer over real HTTP that shows its keys and signs for jobs."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

REQUEST_TOKEN = "a token of the runner"


@cache
def key(name: str = "one") -> RSAPrivateKey:
    """The key of that name, the same all through a test run."""
    return generate_private_key(65537, 2048)


def jwk(name: str = "one", **more: Any) -> dict[str, Any]:
    """Its public half as GitHub shows it."""
    public = RSAAlgorithm.to_jwk(key(name).public_key(), as_dict=True)
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": name, "n": public["n"], "e": public["e"], **more}


@dataclass
class Actions:
    """The issuer. `keys`: what it shows, bytes as they are; `job`: the claims of the job that asks for a token."""

    url: str = ""
    keys: Any = field(default_factory=lambda: {"keys": [jwk()]})
    status: int = 200
    job: dict[str, Any] = field(default_factory=dict)
    asked: int = 0

    def token(self, audience: str, *, signer: str = "one", **claims: Any) -> str:
        """An id-token as GitHub makes one; None takes a claim away."""
        now = int(time.time())
        said = {
            "iss": self.url,
            "aud": audience,
            "iat": now,
            "nbf": now - 600,
            "exp": now + 300,
            "jti": "1f0e",
            "event_name": "push",
            "ref": "refs/heads/main",
            "ref_type": "branch",
            "run_id": "17",
            **self.job,
            **claims,
        }
        held = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(held, key(signer), algorithm="RS256", headers={"kid": signer})

    async def show(self, _request: web.Request) -> web.Response:
        """`GET /.well-known/jwks`."""
        self.asked += 1
        if isinstance(self.keys, bytes):
            return web.Response(body=self.keys, status=self.status)
        return web.json_response(self.keys, status=self.status)

    async def give(self, request: web.Request) -> web.Response:
        """What ACTIONS_ID_TOKEN_REQUEST_URL leads to, for whoever has the runner's token."""
        if request.headers.get("Authorization") != f"Bearer {REQUEST_TOKEN}":
            return web.json_response({"message": "no"}, status=401)
        return web.json_response({"value": self.token(request.query["audience"])})


@asynccontextmanager
async def actions() -> AsyncIterator[Actions]:
    """An issuer of its own."""
    made, app = Actions(), web.Application()
    app.add_routes([web.get("/.well-known/jwks", made.show), web.get("/token", made.give)])
    async with TestServer(app) as server:
        made.url = str(server.make_url("")).rstrip("/")
        yield made
