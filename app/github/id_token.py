"""The id-token of a GitHub Actions job: GitHub's signed word on which repository runs it, and for which commit.

Claims: docs.github.com, "OpenID Connect reference". `sha` is what the run calls GITHUB_SHA, which for a pull request is
the commit that GitHub makes to try the merge, not the head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from app.github.address import owner_and_name
from app.github.signing_keys import SigningKeys
from app.model import is_sha

ISSUER = "https://token.actions.githubusercontent.com"
_LEEWAY = 60.0  # seconds that GitHub's clock and ours may differ
_NEEDED = ["exp", "iat", "iss", "aud", "repository", "event_name", "ref", "sha"]


class BadIdToken(ValueError):
    """No id-token that we believe; the message says why, for people, and never quotes it."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a job's id-token vouches for: the repository that runs it, the event, and the ref and commit it runs at."""

    repository: str
    event: str
    ref: str
    sha: str


@dataclass(frozen=True, slots=True)
class IdTokens:
    """Believes tokens that `issuer` signed for `audience`, our own address."""

    keys: SigningKeys
    issuer: str
    audience: str

    async def job(self, token: str) -> Job:
        """The job that `token` was given to. Raises BadIdToken, and Unavailable where the keys cannot be had."""
        key = await self.keys.key(_key_name(token))
        if key is None:
            raise BadIdToken("it is signed with a key that is not GitHub's")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                issuer=self.issuer,
                audience=[self.audience, f"{self.audience}/"],
                leeway=_LEEWAY,
                options={"require": _NEEDED},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise BadIdToken(_why(error, self.audience)) from None
        return _job(claims)


def looks_like_one(token: str) -> bool:
    """Is `token` a signed JWT by its shape? Tokens of our own have no dots."""
    return token.count(".") == 2


def _key_name(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise BadIdToken("it cannot be read") from None
    if header.get("alg") != "RS256" or not isinstance(header.get("kid"), str):
        raise BadIdToken("it is not signed as GitHub signs (RS256)")
    return str(header["kid"])


def _job(claims: Mapping[str, Any]) -> Job:
    texts = {name: claims[name] for name in ("repository", "event_name", "ref", "sha")}
    if not all(isinstance(text, str) for text in texts.values()) or not is_sha(texts["sha"]):
        raise BadIdToken("its claims are not GitHub's")
    try:
        owner_and_name(texts["repository"])
    except ValueError:
        raise BadIdToken("its claims are not GitHub's") from None
    return Job(texts["repository"], texts["event_name"], texts["ref"], texts["sha"])


def _why(error: Exception, audience: str) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return "it has expired; ask GitHub for one just before it is used"
        case jwt.InvalidAudienceError():
            return f"it is meant for somebody else; ask GitHub for one with the audience {audience}"
        case jwt.InvalidIssuerError():
            return "its issuer is another"
        case _:
            return "its signature or its claims do not hold"
