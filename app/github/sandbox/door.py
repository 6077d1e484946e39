"""The door of the local GitHub: every API request comes in here, is judged, answered and noted down."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from app.github import limits
from app.github.sandbox import auth, graphql
from app.github.sandbox.budget import Budget, Budgets
from app.github.sandbox.call import Answer, Body, Call, Caller, Route, Router
from app.github.sandbox.contract import Contract
from app.github.sandbox.refusals import Refused, unprocessable
from app.github.sandbox.routes import ROUTES
from app.github.sandbox.state import Repository
from app.github.sandbox.world import World

NAMED = re.compile(r"/repos/(?P<name>[^/]+/[^/]+)(?P<rest>.*)")
READS = {"GET", "HEAD"}
NO_CONTENT_CHANGED = ("/app", "/installation/token")  # tokens and redeliveries are no content


@dataclass(frozen=True, slots=True)
class Request:
    """One API request as it was answered. `path` without query; `body` parsed; `at` epoch seconds."""

    method: str
    path: str
    operation: str | None
    status: int
    body: Any
    at: float
    app_or_user: str
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def wrote(self) -> bool:
        """Whether it changed content."""
        about_content = not self.path.startswith(NO_CONTENT_CHANGED)
        return self.method not in READS and about_content and self.status < 300


@dataclass(slots=True)
class Letter:
    """A request, taken off the wire."""

    method: str
    raw_path: str  # undecoded
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    malformed: bool = False

    @property
    def path(self) -> str:
        """Percent-decoded."""
        return unquote(self.raw_path)


@dataclass(slots=True)
class Outcome:
    """What came of a request: who asked, the answer, and whose budget paid (None: nobody known)."""

    caller: str = "unknown"
    budget: Budget | None = None
    answer: Answer = field(default_factory=Answer)

    def response(self) -> web.Response:
        """The answer on the wire, in GitHub's headers."""
        headers = {
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Api-Version-Selected": limits.API_VERSION,
            "Cache-Control": "private, max-age=60, s-maxage=60",
            "Vary": "Accept, Authorization",
            **(self.budget.headers() if self.budget else {}),
            **self.answer.headers,
        }
        if self.answer.body is not None:
            headers["Content-Type"] = f"{self.answer.content_type()}; charset=utf-8"
        return web.Response(status=self.answer.status, body=self.answer.payload(), headers=headers)


@dataclass(slots=True)
class Door:
    """Judges and answers. `contract` None: nothing is checked against GitHub's description."""

    world: World
    budgets: Budgets
    contract: Contract | None
    router: Router = field(default_factory=lambda: Router(ROUTES))
    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        """Answer one API request."""
        letter = await _opened(request)
        if moved := self._moved(letter, request.rel_url.raw_query_string):
            return moved
        letter.raw_path = self._canonical(letter.raw_path)
        operation, violations = self._check(letter)
        self.violations += violations
        outcome = self._answer(letter, violations)
        self._note(letter, operation, outcome)
        return outcome.response()

    def _note(self, letter: Letter, operation: str | None, outcome: Outcome) -> None:
        request = Request(
            letter.method,
            letter.path,
            operation,
            outcome.answer.status,
            letter.body,
            self.world.now(),
            outcome.caller,
            letter.query,
        )
        self.requests.append(request)

    async def artifact(self, request: web.Request) -> web.Response:
        """The artifact storage: a ticket is enough, and it wants no token of ours (assumed)."""
        if "Authorization" in request.headers:
            return web.Response(status=400, text="InvalidAuthenticationInfo")
        for repo in self.world.repositories.values():
            for run in repo.workflow_runs.values():
                for one in run.artifacts:
                    if one.ticket == request.match_info["ticket"]:
                        return web.Response(body=one.archive, content_type="application/zip")
        return web.Response(status=404)

    def person_token(self, login: str) -> str:
        """A new token of a person."""
        return auth.person_token(self.world, login).value

    # --- judging -------------------------------------------------------------------------------------------

    def _check(self, letter: Letter) -> tuple[str | None, tuple[str, ...]]:
        if self.contract is None:
            return None, ()
        if letter.path == graphql.PATH:
            return "graphql", tuple(graphql.violations(letter.body))
        checked = self.contract.check(letter.method, letter.path, letter.query, letter.body)
        return checked.operation, checked.violations

    def _answer(self, letter: Letter, violations: tuple[str, ...]) -> Outcome:
        outcome = Outcome()
        try:
            caller = auth.identify(self.world, letter.path, letter.headers.get("Authorization"))
            budget = self.budgets.of(_payer(caller), self.world.now())
            outcome.caller, outcome.budget = caller.name, budget
            if letter.path != "/rate_limit":
                budget.spend()
            outcome.answer = self._handled(letter, caller, budget, violations)
        except Refused as refused:
            outcome.answer = Answer(refused.status, refused.body(), refused.headers)
        if outcome.answer.status == 304 and outcome.budget is not None:
            outcome.budget.refund()
        return outcome

    def _handled(self, letter: Letter, caller: Caller, budget: Budget, violations: tuple[str, ...]) -> Answer:
        route, params = self.router.find(letter.method, letter.raw_path)
        found = self._admitted(caller, route, params)
        _refuse_misunderstood(letter, () if letter.path == graphql.PATH else violations)
        body = Body(letter.body if isinstance(letter.body, dict) else {})
        accept = letter.headers.get("Accept", "")
        call = Call(self.world, caller, letter.raw_path, params, letter.query, body, budget, accept, found)
        return _validated(letter, route.handler(call))

    def _admitted(self, caller: Caller, route: Route, params: Mapping[str, str]) -> Repository | None:
        if not route.needs:
            return None
        repo = self.world.repository(f"{params['owner']}/{params['repo']}")
        auth.admit(self.world, caller, repo, route.needs)
        return repo

    # --- renamed repositories ------------------------------------------------------------------------------

    def _moved(self, letter: Letter, query: str) -> web.Response | None:
        """A former name answers with the way to the id: 301 to a read, 307 to a write."""
        match = NAMED.fullmatch(letter.raw_path)
        repo = self.world.moved.get(match["name"].lower()) if match else None
        if repo is None or match is None:
            return None
        url = f"{self.world.url}/repositories/{repo.id}{match['rest']}" + (f"?{query}" if query else "")
        body = {"message": "Moved Permanently", "url": url, "documentation_url": "https://docs.github.com/rest"}
        status = 301 if letter.method in READS else 307
        return web.json_response(body, status=status, headers={"Location": url})

    def _canonical(self, raw_path: str) -> str:
        """`/repositories/{id}/...` means `/repos/{owner}/{repo}/...`."""
        if not raw_path.startswith("/repositories/"):
            return raw_path
        number, *rest = raw_path.removeprefix("/repositories/").split("/")
        named = [repo.full_name for repo in self.world.repositories.values() if str(repo.id) == number]
        return "/".join(["/repos", *named, *rest]) if named else raw_path


async def _opened(request: web.Request) -> Letter:
    text = await request.read()
    letter = Letter(request.method, request.rel_url.raw_path, dict(request.query), request.headers, None)
    try:
        letter.body = json.loads(text) if text else None
    except ValueError:
        letter.malformed = True
    return letter


def _refuse_misunderstood(letter: Letter, violations: tuple[str, ...]) -> None:
    if letter.malformed:
        raise Refused(400, "Problems parsing JSON")
    if violations:
        raise unprocessable("Invalid request.\n\n" + "\n".join(violations))


def _payer(caller: Caller) -> str:
    """Whose hourly budget a request comes off."""
    if caller.token is not None and caller.token.installation is not None:
        return f"installation ID {caller.token.installation.id}"
    return caller.name


def _validated(letter: Letter, answer: Answer) -> Answer:
    """With an ETag for reads, and 304 for whoever has that version."""
    if letter.method not in READS or answer.status != 200:
        return answer
    tag = answer.etag()
    headers = {**answer.headers, "ETag": tag}
    known = letter.headers.get("If-None-Match", "")
    if tag in (one.strip() for one in known.split(",")):
        return Answer(304, None, headers)
    return Answer(200, answer.body, headers)
