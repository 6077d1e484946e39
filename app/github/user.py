"""People who sign in with our App: GitHub's web flow with PKCE, the tokens that it gives, and what it shows them.

Sources: docs.github.com "Generating a user access token for a GitHub App", "Refreshing user access tokens"; RFC 7636.
The flow lives beside GitHub's pages, not its API, and answers 200 to what it refuses. No error holds what was sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from yarl import URL

from app.github.address import owner_and_name
from app.github.client import USER_AGENT, Client
from app.github.errors import Denied, GitHubError, Malformed, NotFound, Unavailable
from app.github.exchange import Answer, Cut, Request, Wire
from app.github.limits import API_VERSION, MEDIA_TYPE, USER_TOKEN_SECONDS
from app.github.records import read_id

_MOST = 64 * 1024  # bytes of an answer of the flow
_OURS = frozenset({"incorrect_client_credentials", "redirect_uri_mismatch", "application_suspended"})
"""Refusals that say nothing of the person: the operator set us up wrong, or GitHub stopped the App."""
_AUTHORIZE, _TOKEN = "/login/oauth/authorize", "/login/oauth/access_token"


@dataclass(frozen=True, slots=True)
class Keys:
    """What lets us ask as a person. `refresh` "": the access stays good until it is taken back."""

    access: str = field(repr=False)
    seconds: float
    refresh: str = field(default="", repr=False)
    refresh_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Who:
    """A person as GitHub names them now. The id is theirs for ever; a login may be somebody else's tomorrow."""

    id: int
    login: str


@dataclass(frozen=True, slots=True)
class Flow:
    """The App's side of the flow. `site`: the root of GitHub's pages; `api`: of its API."""

    client_id: str
    secret: str = field(repr=False)
    site: str
    api: str
    wire: Wire

    def authorize(self, state: str, verifier: str, back: str) -> str:
        """Where a browser goes to sign in; GitHub then sends it to `back`."""
        asked = {
            "client_id": self.client_id,
            "redirect_uri": back,
            "state": state,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{self.site}{_AUTHORIZE}?{urlencode(asked)}"

    async def exchange(self, code: str, verifier: str, back: str) -> Keys:
        """The keys that `code` is good for, once. Raises Denied for a code that is good for none, and Unavailable."""
        return await self._keys({"code": code, "code_verifier": verifier, "redirect_uri": back})

    async def refresh(self, token: str) -> Keys:
        """New keys, in the place of those before. Raises Denied where GitHub gives no more, and Unavailable."""
        return await self._keys({"grant_type": "refresh_token", "refresh_token": token})

    async def revoke(self, access: str) -> None:
        """Take a token back. Raises any error of `app.github.errors`; NotFound: it was good for nothing already."""
        basic = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        url = f"{self.api}/applications/{self.client_id}/token"
        headers = {"accept": MEDIA_TYPE, "x-github-api-version": API_VERSION, "content-type": "application/json"}
        body = json.dumps({"access_token": access}).encode()
        request = _request("DELETE", url, "DELETE /applications/{client_id}/token", headers, body)
        answer = await self._send(request.signed(f"Basic {basic}"))
        if not answer.ok:
            raise answer.refusal(request.call)

    async def _keys(self, asked: Mapping[str, str]) -> Keys:
        own = {"client_id": self.client_id, "client_secret": self.secret}
        headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
        request = _request(
            "POST", f"{self.site}{_TOKEN}", f"POST {_TOKEN}", headers, urlencode({**own, **asked}).encode()
        )
        answer = await self._send(request)
        if answer.status >= 500 or answer.status == 429:
            raise Unavailable(request.call, answer.status, f"HTTP {answer.status}")
        return _read_keys(answer.json(request.call), answer, request.call)

    async def _send(self, request: Request) -> Answer:
        try:
            return await self.wire.send(request)
        except Cut as cut:
            raise Unavailable(request.call, 0, cut.reason, outcome_unknown=cut.sent) from None


def challenge(verifier: str) -> str:
    """What is shown at first of `verifier`, which is told with the code (RFC 7636, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


async def whoami(person: Client) -> Who:
    """Who the bearer of the token is, now."""
    return await person.get("/user", {}, lambda data: Who(read_id(data), str(data["login"])))


async def sees(person: Client, repository: str) -> int:
    """The id of the repository, if GitHub shows it to them, perhaps under a newer name; else 0. Raises what is no
    answer, and Denied with 401 where the token itself is refused.
    """
    try:
        owner, name = owner_and_name(repository)
        return await person.get("/repos/{owner}/{repo}", {"owner": owner, "repo": name}, read_id)
    except (NotFound, ValueError):
        return 0
    except Denied as denied:
        if denied.status == 401:
            raise
        return 0


async def seen(person: Client) -> Mapping[str, int]:
    """The repositories, in lower case, that both they and this App can see, and GitHub's id of each; TooLarge past
    3,000 of one installation.
    """
    installed = await person.get_list("/user/installations{?per_page}", {}, _read_installed, "installations")
    found: dict[str, int] = {}
    for installation in (one for one in installed if one is not None):
        found.update(await _seen_in(person, installation))
    return found


async def _seen_in(person: Client, installation: int) -> tuple[tuple[str, int], ...]:
    """None where that organisation lets them in no longer, or not without its single sign-on: others still do."""
    template = "/user/installations/{installation_id}/repositories{?per_page}"
    try:
        return await person.get_list(template, {"installation_id": installation}, _read_named, "repositories")
    except NotFound:
        return ()
    except Denied as denied:
        if denied.status == 401:
            raise
        return ()


def _read_installed(data: Any) -> int | None:
    """None for one that is suspended: it would refuse to list what it covers."""
    return None if data.get("suspended_at") is not None else read_id(data)


def _read_named(data: Any) -> tuple[str, int]:
    return str(data["full_name"]).lower(), read_id(data)


def _read_keys(data: Any, answer: Answer, call: str) -> Keys:
    """GitHub refuses with a 200 and `error`; its own words about it may quote what was sent."""
    if isinstance(data, dict) and "error" in data:
        word = _word(data["error"])
        raise (GitHubError if word in _OURS else Denied)(call, answer.status, f"refused: {word}")
    if not answer.ok:
        raise GitHubError(call, answer.status, f"HTTP {answer.status}")
    try:
        access, refresh = str(data["access_token"]), str(data.get("refresh_token") or "")
        seconds = float(data.get("expires_in") or USER_TOKEN_SECONDS)
        return Keys(access, seconds, refresh, float(data.get("refresh_token_expires_in") or 0.0))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Malformed(call, answer.status, "the answer is not of the shape we know") from None


def _word(error: object) -> str:
    return error if isinstance(error, str) and error.replace("_", "").isalnum() and len(error) < 60 else "no reason"


def _request(method: str, url: str, call: str, headers: Mapping[str, str], body: bytes) -> Request:
    said = {"user-agent": USER_AGENT, **headers}
    return Request(method, URL(url, encoded=True), call, call, said, _MOST, body, repeatable=False)
