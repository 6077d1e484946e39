"""Who calls, and what they may do: App JWTs, installation tokens, people's tokens, permissions, visibility.

Sources: GitHub's pages on JWTs for Apps (RS256, at most 10 minutes) and installation tokens (one hour), the REST
description of `access_tokens` (token form `ghs_APPID_JWT`).
"""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import Any

import jwt

from app.github import limits
from app.github.sandbox.call import Caller
from app.github.sandbox.refusals import (
    Refused,
    bad_credentials,
    forbidden,
    lacks_permission,
    not_a_jwt,
    not_found,
    requires_authentication,
    suspended,
    unprocessable,
)
from app.github.sandbox.state import Installation, Permissions, Repository, Token
from app.github.sandbox.world import World, covers

SKEW = 60  # seconds by which GitHub's clock may lag (assumed)
PERSON_TOKEN_LIFE = 8 * 3600  # seconds
STRENGTH = ("read", "write", "admin")
OPEN_TO_READERS = {"issues"}  # people need no write access to comment or react
APP_ONLY = ("/app", "/app/")
BY_SECRET = "/applications/"


def identify(world: World, path: str, authorization: str | None) -> Caller:
    """The caller by the Authorization header; `/app` wants a JWT and nothing else takes one."""
    scheme, _, credential = (authorization or "").partition(" ")
    if path == APP_ONLY[0] or path.startswith(APP_ONLY[1]):
        return _by_jwt(world, credential)
    if path.startswith(BY_SECRET):
        return _by_secret(world, scheme, credential)
    if not credential:
        return Caller("anonymous")
    if scheme.lower() not in {"bearer", "token"}:
        raise bad_credentials()
    if credential.count(".") == 2 and not credential.startswith("ghs_"):
        _by_jwt(world, credential)
        return Caller(f"app {world.app.slug}", app=world.app)
    return _by_token(world, credential)


def _by_jwt(world: World, credential: str) -> Caller:
    try:
        claims = jwt.decode(
            credential,
            world.app.public_key,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
        )
    except jwt.PyJWTError:
        raise not_a_jwt() from None
    _refuse_times(claims, world.now())
    if str(claims.get("iss")) != str(world.app.id):
        raise Refused(404, "Integration not found")
    return Caller(f"app {world.app.slug}", app=world.app)


def _refuse_times(claims: dict[str, Any], now: float) -> None:
    expires, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(expires, int | float) or expires <= now:
        raise not_a_jwt(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which "
            "the assertion expires"
        )
    if expires > now + limits.JWT_SECONDS:
        raise not_a_jwt("'Expiration time' claim ('exp') is too far in the future")
    if not isinstance(issued, int | float) or issued > now + SKEW:
        raise not_a_jwt(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        )


def _by_token(world: World, credential: str) -> Caller:
    token = world.tokens.get(credential)
    if token is None or token.expires_at <= world.now():
        raise bad_credentials()
    if token.installation is None:
        account = token.account or world.account(token.login)
        return Caller(account.login, account, token=token)
    if token.installation.id not in world.installations:
        raise bad_credentials()
    if token.installation.suspended_at is not None:
        raise suspended()
    return Caller(world.app.bot.login, world.app.bot, world.app, token)


def _by_secret(world: World, scheme: str, credential: str) -> Caller:
    try:
        client, _, secret = base64.b64decode(credential, validate=True).decode().partition(":")
    except ValueError:
        raise bad_credentials() from None
    if scheme.lower() != "basic" or not is_client(world, client, secret):
        raise not_found()
    return Caller(f"client {client}", app=world.app)


def is_client(world: World, client: str, secret: str) -> bool:
    """Whether these are our App's id and secret as a client of the sign-in; an App without a secret has none."""
    known = bool(world.app.client_secret) and client == world.app.client_id
    return known and hmac.compare_digest(secret.encode(), world.app.client_secret.encode())


# --- tokens ------------------------------------------------------------------------------------------------------


def issue_token(world: World, installation: Installation, wish: dict[str, Any]) -> Token:
    """An installation token of one hour, narrowed to the wished permissions and repositories."""
    if installation.suspended_at is not None:
        raise suspended()
    token = Token(
        _token_text(world.app.id),
        float(int(world.now())) + limits.INSTALLATION_TOKEN_SECONDS,
        installation,
        permissions=_narrowed(installation.permissions, wish.get("permissions")),
        repositories=_selected(world, installation, wish),
    )
    world.tokens[token.value] = token
    return token


def person_token(world: World, login: str) -> Token:
    """A person's own token, good for whatever the person may do."""
    token = Token(f"ghu_{secrets.token_urlsafe(27)}", world.now() + PERSON_TOKEN_LIFE, login=login)
    world.tokens[token.value] = token
    return token


def take_back(world: World, access: str) -> bool:
    """Make one token of somebody who signed in good for nothing, and what would renew it; False for no such token."""
    token = world.tokens.get(access)
    if token is None or token.through is not world.app or token.expires_at <= world.now():
        return False
    del world.tokens[access]
    world.renewals = {name: one for name, one in world.renewals.items() if one.access != access}
    return True


def _token_text(app_id: int) -> str:
    """`ghs_APPID_JWT`: longer than the old 40 characters, and dots inside."""
    parts = (base64.urlsafe_b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (27, 90, 64))
    return f"ghs_{app_id}_{'.'.join(parts)}"


def _narrowed(granted: Permissions, wished: Permissions | None) -> Permissions:
    if wished is None:
        return dict(granted)
    if not all(_suffices(granted.get(name), level) for name, level in wished.items()):
        raise unprocessable("The permissions requested are not granted to this installation.")
    return {"metadata": "read", **wished}


def _selected(world: World, installation: Installation, wish: dict[str, Any]) -> set[int] | None:
    names, ids = wish.get("repositories"), wish.get("repository_ids")
    if names is None and ids is None:
        return installation.repositories
    covered = world.covered(installation)
    chosen = {repo.id for repo in covered if repo.name in (names or ()) or repo.id in (ids or ())}
    if len(chosen) < len(set(names or ())) + len(set(ids or ())):
        raise unprocessable(
            "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    return chosen


# --- permissions -------------------------------------------------------------------------------------------------


def admit(world: World, caller: Caller, repo: Repository, needs: tuple[str, ...]) -> None:
    """Let the caller at a repository, or refuse as GitHub does: 404 for what they must not know of."""
    if caller.app is not None:
        _admit_app(caller, repo, needs)
    elif caller.account is not None:
        _admit_person(world, caller, caller.account.login, repo, needs)
    elif repo.private:
        raise not_found()
    elif _writes(needs):
        raise requires_authentication()


def _admit_app(caller: Caller, repo: Repository, needs: tuple[str, ...]) -> None:
    token = caller.token
    if token is None or token.installation is None:
        raise lacks_permission(", ".join(needs))
    if token.installation.account is not repo.owner or not covers(token.repositories, repo):
        if repo.private:
            raise not_found()
        if _writes(needs):
            raise lacks_permission(", ".join(needs))
        return
    if needs and not any(_holds(token.permissions, need) for need in needs):
        raise lacks_permission(", ".join(needs))


def _admit_person(world: World, caller: Caller, login: str, repo: Repository, needs: tuple[str, ...]) -> None:
    if world.role(repo, login) is None or not _through(world, caller, repo):
        raise not_found()
    if "checks:write" in needs:
        raise forbidden("You must authenticate via a GitHub App.")
    if _writes(needs) and not world.may(repo, login, "write"):
        raise forbidden("Must have push access to repository")


def _through(world: World, caller: Caller, repo: Repository) -> bool:
    """Whether the App that somebody signed in with, if any, sees the repository too; public ones are seen by all."""
    if caller.token is None or caller.token.through is None or not repo.private:
        return True
    installation = world.installation_for(repo)
    return installation is not None and installation.suspended_at is None


def _writes(needs: tuple[str, ...]) -> bool:
    """Whether the call is for people with write access; comments are for everybody."""
    names = {need.partition(":")[0] for need in needs if need.endswith(":write")}
    return bool(names) and not names & OPEN_TO_READERS


def _holds(permissions: Permissions, need: str) -> bool:
    name, _, level = need.partition(":")
    return _suffices(permissions.get(name), level)


def _suffices(granted: str | None, wanted: str) -> bool:
    return granted is not None and STRENGTH.index(granted) >= STRENGTH.index(wanted)
