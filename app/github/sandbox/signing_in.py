"""People sign in with our App: the page where one picks who one is, codes of one use, tokens that end and are renewed.

Sources: GitHub's pages "Generating a user access token for a GitHub App", "Refreshing user access tokens" and
"Troubleshooting OAuth app access token request errors"; PKCE by RFC 7636, S256 alone.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from aiohttp import web

from app.github import limits
from app.github.sandbox import auth
from app.github.sandbox.page import show
from app.github.sandbox.state import Account, Renewal, Token
from app.github.sandbox.world import World

CODE_SECONDS = 600.0  # docs: codes end after ten minutes


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for: who agreed, and what must come with it."""

    account: Account
    back: str
    challenge: str
    until: float


@dataclass(slots=True)
class SignIn:
    """The flow of our App. `callbacks`: where it may send people back to, exactly. `log`: the grants asked for."""

    world: World
    callbacks: tuple[str, ...] = ()
    codes: dict[str, Grant] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def routes(self) -> list[web.RouteDef]:
        """Beside GitHub's pages."""
        return [
            web.get("/login/oauth/authorize", self.authorize),
            web.post("/login/oauth/access_token", self.token),
        ]

    async def authorize(self, request: web.Request) -> web.Response:
        """The page where one picks who one is; with `as` that person agreed, with `deny` nobody did."""
        asked = dict(request.query)
        if asked.get("client_id") != self.world.app.client_id or asked.get("redirect_uri") not in self.callbacks:
            return web.Response(
                status=404, text="Be careful! The redirect_uri is not associated with this application."
            )
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return web.Response(status=400, text="code_challenge_method must be S256")
        if "deny" in asked:
            return _back(asked, error="access_denied", error_description="The user has denied your application access.")
        if "as" in asked:
            return _back(asked, code=self.agree(asked["as"], asked["redirect_uri"], asked.get("code_challenge", "")))
        return show(
            {"title": f"Sign in to {self.world.app.slug}", "people": self._choices(asked), "deny": _deny(asked)}
        )

    def agree(self, login: str, back: str, challenge: str) -> str:
        """Somebody agrees; the code."""
        code = secrets.token_hex(10)
        self.codes[code] = Grant(self.world.account(login), back, challenge, self.world.now() + CODE_SECONDS)
        return code

    async def token(self, request: web.Request) -> web.Response:
        """Tokens for a code, or for a refresh token; GitHub refuses with 200 and `error`."""
        asked = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        self.log.append(asked.get("grant_type", "authorization_code"))
        if not auth.is_client(self.world, asked.get("client_id", ""), asked.get("client_secret", "")):
            return _refused("incorrect_client_credentials")
        if asked.get("grant_type") == "refresh_token":
            return self._renewed(asked.get("refresh_token", ""))
        return self._exchanged(asked)

    def _exchanged(self, asked: Mapping[str, str]) -> web.Response:
        grant = self.codes.pop(asked.get("code", ""), None)  # good once, even where the rest is wrong (assumed)
        if grant is None or grant.until < self.world.now() or not _proved(grant, asked.get("code_verifier", "")):
            return _refused("bad_verification_code")
        if asked.get("redirect_uri", grant.back) != grant.back:
            return _refused("redirect_uri_mismatch")
        return self._issued(grant.account)

    def _renewed(self, refresh: str) -> web.Response:
        renewal = self.world.renewals.pop(refresh, None)
        if renewal is None or renewal.until < self.world.now():
            return _refused("bad_refresh_token")
        self.world.tokens.pop(renewal.access, None)
        return self._issued(renewal.account)

    def _issued(self, account: Account) -> web.Response:
        now, access, refresh = self.world.now(), f"ghu_{secrets.token_hex(18)}", f"ghr_{secrets.token_hex(38)}"
        until = now + limits.USER_TOKEN_SECONDS
        self.world.tokens[access] = Token(access, until, login=account.login, account=account, through=self.world.app)
        self.world.renewals[refresh] = Renewal(account, access, now + limits.REFRESH_TOKEN_SECONDS)
        return web.json_response(
            {
                "access_token": access,
                "expires_in": limits.USER_TOKEN_SECONDS,
                "refresh_token": refresh,
                "refresh_token_expires_in": limits.REFRESH_TOKEN_SECONDS,
                "scope": "",
                "token_type": "bearer",
            }
        )

    def forget(self, account: Account) -> None:
        """All that somebody agreed to."""
        world = self.world
        world.tokens = {name: one for name, one in world.tokens.items() if one.account is not account}
        world.renewals = {name: one for name, one in world.renewals.items() if one.account is not account}
        self.codes = {name: one for name, one in self.codes.items() if one.account is not account}

    def _choices(self, asked: Mapping[str, str]) -> list[dict[str, str]]:
        people = [one for one in self.world.accounts.values() if one.type == "User" and one.login != "admin"]
        return [
            {"login": one.login, "roles": self._roles(one), "address": "?" + urlencode({**asked, "as": one.login})}
            for one in sorted(people, key=lambda one: one.id)
        ]

    def _roles(self, account: Account) -> str:
        held = ((repo.full_name, self.world.role(repo, account.login)) for repo in self.world.repositories.values())
        return ", ".join(f"{role} of {name}" for name, role in held if role)


def _proved(grant: Grant, verifier: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return not grant.challenge or base64.urlsafe_b64encode(digest).decode().rstrip("=") == grant.challenge


def _deny(asked: Mapping[str, str]) -> str:
    return "?" + urlencode({**asked, "deny": "1"})


def _back(asked: Mapping[str, str], **told: str) -> web.Response:
    state = {"state": asked["state"]} if "state" in asked else {}
    address = f"{asked['redirect_uri']}?{urlencode({**told, **state})}"
    return web.Response(status=302, headers={"Location": address})


def _refused(error: str) -> web.Response:
    page = "https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps"
    return web.json_response({"error": error, "error_description": "It was refused.", "error_uri": page})
