"""The App itself: its installations, their tokens, its webhook deliveries, and the rate budget."""

from __future__ import annotations

from app.github.sandbox import auth, shapes
from app.github.sandbox.call import Answer, Call, Route, known, paged
from app.github.sandbox.refusals import forbidden, lacks_permission, not_a_jwt, not_found, suspended
from app.github.sandbox.shapes import Json
from app.github.sandbox.state import Installation, Repository
from app.github.sandbox.world import covers


def myself(call: Call) -> Answer:
    """`GET /app`."""
    return Answer(200, {**shapes.app(call.world, call.world.app), "installations_count": len(call.world.installations)})


def installations(call: Call) -> Answer:
    """`GET /app/installations`."""
    return paged(call, call.world.installations.values(), lambda one: shapes.installation(call.world, one))


def access_token(call: Call) -> Answer:
    """A token of one hour, narrowed to the permissions and repositories that the body names."""
    installation = known(call.world.installations, call.number("installation_id"))
    token = auth.issue_token(call.world, installation, call.body)
    answer: Json = {
        "token": token.value,
        "expires_at": shapes.time_text(token.expires_at),
        "permissions": token.permissions,
        "repository_selection": "all" if token.repositories is None else "selected",
    }
    if token.repositories is not None:
        covered = call.world.covered(installation)
        answer["repositories"] = [
            shapes.repository(call.world, repo) for repo in covered if covers(token.repositories, repo)
        ]
    return Answer(201, answer)


def repositories(call: Call) -> Answer:
    """What the token of the call gives access to."""
    token = call.caller.token
    if token is None or token.installation is None:
        raise lacks_permission("metadata:read")
    covered = call.world.covered(token.installation)
    mine = [repo for repo in covered if covers(token.repositories, repo)]
    selection = "all" if token.repositories is None else "selected"
    return paged(
        call,
        mine,
        lambda repo: shapes.repository(call.world, repo),
        wrap="repositories",
        repository_selection=selection,
    )


def installation_of(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/installation`: by JWT."""
    repo = call.world.repository(f"{call.params['owner']}/{call.params['repo']}")
    installation = call.world.installation_for(repo)
    if call.caller.app is None or call.caller.token is not None:
        raise not_a_jwt()
    if installation is None:
        raise not_found()
    return Answer(200, shapes.installation(call.world, installation))


def installations_for(call: Call) -> Answer:
    """`GET /user/installations`: those of the App that somebody signed in with, where they see a repository."""
    mine = [one for one in call.world.installations.values() if _shared(call, one)]
    return paged(call, mine, lambda one: shapes.installation(call.world, one), wrap="installations")


def repositories_for(call: Call) -> Answer:
    """`GET /user/installations/{installation_id}/repositories`: what both see."""
    installation = known(call.world.installations, call.number("installation_id"))
    if installation.suspended_at is not None:
        raise suspended()
    mine = _shared(call, installation)
    if not mine:
        raise not_found()
    return paged(call, mine, lambda repo: shapes.repository(call.world, repo), wrap="repositories")


def _shared(call: Call, installation: Installation) -> list[Repository]:
    """What an installation covers and somebody was given a role in, or owns."""
    if call.caller.token is None or call.caller.token.through is None:
        raise forbidden("You must authenticate with an access token authorized to a GitHub App")
    login = call.actor.login
    return [repo for repo in call.world.covered(installation) if call.world.given(repo, login) is not None]


def take_back(call: Call) -> Answer:
    """`DELETE /applications/{client_id}/token`: by the client's id and secret."""
    if not auth.take_back(call.world, call.body["access_token"]):
        raise not_found()
    return Answer(204)


ROUTES = (
    Route("GET", "/user/installations", installations_for),
    Route("GET", "/user/installations/{installation_id}/repositories", repositories_for),
    Route("DELETE", "/applications/{client_id}/token", take_back),
    Route("GET", "/app", myself),
    Route("GET", "/app/installations", installations),
    Route("POST", "/app/installations/{installation_id}/access_tokens", access_token),
    Route("GET", "/installation/repositories", repositories),
    Route("GET", "/repos/{owner}/{repo}/installation", installation_of),
)
