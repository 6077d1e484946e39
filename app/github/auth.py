"""Who we are to GitHub: the App's JWT, an installation's token, or a token that somebody gave us.

Sources: docs.github.com "Generating a JSON Web Token (JWT) for a GitHub App" and the REST description of
`POST /app/installations/{installation_id}/access_tokens`. Tokens are opaque text of any length.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Protocol

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.github.clock import Clock
from app.github.limits import JWT_BACKDATE_SECONDS, JWT_SECONDS

JWT_LIFE = JWT_SECONDS - JWT_BACKDATE_SECONDS  # a minute short of GitHub's ten, against a clock that runs ahead
JWT_MARGIN = 60.0  # seconds of life a cached JWT must still have
TOKEN_MARGIN = 300.0  # seconds of life a cached installation token must still have


class BadKey(ValueError):
    """The private key is not an RSA key in PEM. Its message never quotes the key."""


class Identity:
    """A GitHub App: its id and its private key (PEM; a literal \\n counts as a line break)."""

    def __init__(self, app_id: str | int, private_key: str) -> None:
        self.app_id = str(app_id)  # PyJWT refuses an issuer that is no string
        self._key = _rsa_key(private_key)

    def __repr__(self) -> str:
        return f"Identity(app_id={self.app_id!r})"

    def jwt(self, now: float) -> str:
        """A fresh JWT at `now` (epoch seconds): issued a minute ago, ten minutes long."""
        claims = {"iat": int(now) - JWT_BACKDATE_SECONDS, "exp": int(now) + JWT_LIFE, "iss": self.app_id}
        return jwt.encode(claims, self._key, algorithm="RS256")


@cache  # to see that a key is sound takes a twentieth of a second
def _rsa_key(pem: str) -> RSAPrivateKey:
    text = pem.strip().strip("\"'").replace("\\n", "\n").replace("\r\n", "\n").strip()
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("the App's private key is not an unencrypted PEM key") from None
    if not isinstance(key, RSAPrivateKey):
        raise BadKey("the App's private key is not an RSA key")
    return key


class Credential(Protocol):
    """What signs a request."""

    async def authorization(self) -> str:
        """The value of the Authorization header."""
        ...

    def refused(self, authorization: str) -> bool:
        """GitHub answered 401 to `authorization`: forget it. True when the next one will be another."""
        ...


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A person's or an Action's token: used as it is, never renewed."""

    token: str = field(repr=False)

    async def authorization(self) -> str:
        """The token, as it was given."""
        return f"Bearer {self.token}"

    def refused(self, authorization: str) -> bool:
        """There is no other token: the refusal stands."""
        return False


class AppJwt:
    """The App's own credential; one JWT serves for some minutes."""

    def __init__(self, identity: Identity, clock: Clock) -> None:
        self._identity = identity
        self._clock = clock
        self._header = ""
        self._expires = 0.0

    async def authorization(self) -> str:
        """A JWT with a minute of life left at least; a new one when the last is older."""
        now = self._clock.wall()
        if now > self._expires - JWT_MARGIN:
            self._header = f"Bearer {self._identity.jwt(now)}"
            self._expires = now + JWT_LIFE
        return self._header

    def refused(self, authorization: str) -> bool:
        """The next JWT is made anew."""
        self._expires = 0.0
        return True


@dataclass(frozen=True, slots=True)
class Granted:
    """An installation token and when it dies, epoch seconds."""

    token: str = field(repr=False)
    expires: float


def read_grant(data: Any) -> Granted:
    """Read the answer of the access token call."""
    return Granted(str(data["token"]), datetime.fromisoformat(data["expires_at"]).timestamp())


class InstallationToken:
    """An installation's token: kept until five minutes before its death, asked for once however many wait."""

    def __init__(self, mint: Callable[[], Awaitable[Granted]], clock: Clock) -> None:
        self._mint = mint
        self._clock = clock
        self._granted: Granted | None = None
        self._minting: asyncio.Task[Granted] | None = None

    async def authorization(self) -> str:
        """The kept token, or a new one; raises what minting raises (`app.github.errors`)."""
        granted = self._granted
        if granted is None or self._clock.wall() > granted.expires - TOKEN_MARGIN:
            granted = await self._single_flight()
        return _header(granted)

    def refused(self, authorization: str) -> bool:
        """Forget the token, if it is still the one that was refused."""
        # another call may have renewed it meanwhile: its token must live
        if self._granted is not None and _header(self._granted) == authorization:
            self._granted = None
        return True

    async def _single_flight(self) -> Granted:
        if self._minting is None:
            self._minting = asyncio.ensure_future(self._mint())
            self._minting.add_done_callback(self._landed)
        # shield: a caller that is cancelled must not take the token from the others
        return await asyncio.shield(self._minting)

    def _landed(self, task: asyncio.Task[Granted]) -> None:
        self._minting = None
        # asking for the exception marks it seen: a failure nobody waited for is not reported as lost
        if not task.cancelled() and task.exception() is None:
            self._granted = task.result()


def _header(granted: Granted) -> str:
    return f"Bearer {granted.token}"
