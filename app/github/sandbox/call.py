"""One API call on its way through the sandbox: what was asked, by whom, and the answer."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote, urlencode

from app.github import limits
from app.github.sandbox.budget import Budget
from app.github.sandbox.refusals import lacks_permission, not_found, requires_authentication, unprocessable
from app.github.sandbox.state import Account, App, Issue, Pull, Repository, Run, Token
from app.github.sandbox.world import World

Thing = TypeVar("Thing")

GREEDY = {"path", "ref", "basehead", "branch"}  # path parameters that may hold slashes


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `app` alone: our App by its JWT; `app` and `token`: an installation; `account` alone: a person."""

    name: str
    account: Account | None = None
    app: App | None = None
    token: Token | None = None


class Body(dict[str, Any]):
    """A request's JSON object; a missing key is the caller's mistake."""

    def __missing__(self, key: str) -> Any:
        raise unprocessable(f'Invalid request.\n\n"{key}" wasn\'t supplied.')


@dataclass(slots=True)
class Call:
    """One request, understood: path parameters decoded, body parsed (empty when there was none)."""

    world: World
    caller: Caller
    raw_path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Body
    budget: Budget
    accept: str = ""
    found: Repository | None = None

    @property
    def url(self) -> str:
        """The address of the request, without its query."""
        return self.world.url + self.raw_path

    @property
    def page_url(self) -> str:
        """The address in `Link` headers: GitHub names repositories by id there."""
        if self.found is None:
            return self.url
        rest = self.raw_path.split("/", 4)[4:]
        return "/".join([f"{self.world.url}/repositories/{self.found.id}", *rest])

    @property
    def repo(self) -> Repository:
        """The repository of the path; only routes below `/repos/{owner}/{repo}` have one."""
        if self.found is None:
            raise not_found()
        return self.found

    @property
    def actor(self) -> Account:
        """Whoever the effects are signed with: the App's bot, or the person."""
        if self.caller.account is None:
            raise requires_authentication()
        return self.caller.account

    @property
    def writing_app(self) -> App:
        """The App that writes; checks belong to Apps alone."""
        if self.caller.app is None:
            raise lacks_permission("checks:write")
        return self.caller.app

    def number(self, name: str) -> int:
        """A numeric path parameter; 404 for anything else."""
        if not self.params[name].isdecimal():
            raise not_found()
        return int(self.params[name])

    def pull(self, name: str) -> Pull:
        """The pull request of the path."""
        return known(self.repo.pulls, self.number(name))

    def issue(self) -> Issue | Pull:
        """The issue of the path, which may be a pull request."""
        return known(self.repo.conversations, self.number("issue_number"))

    def run(self) -> Run:
        """The check run of the path."""
        return known(self.repo.runs, self.number("check_run_id"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `body` is JSON unless it is bytes; None is an empty answer."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def payload(self) -> bytes:
        """The bytes of the answer."""
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()

    def content_type(self) -> str:
        """JSON in GitHub's dress, or plain bytes."""
        return "application/octet-stream" if isinstance(self.body, bytes) else "application/json"

    def etag(self) -> str:
        """A weak validator over everything the client sees."""
        seen = self.payload() + self.headers.get("Link", "").encode()
        return f'W/"{hashlib.sha256(seen).hexdigest()}"'


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: where it is, what answers it, and the permissions of which a caller needs any one."""

    method: str
    template: str
    handler: Handler
    needs: tuple[str, ...] = ()

    def pattern(self) -> re.Pattern[str]:
        """The template as an expression over the undecoded path."""

        def group(match: re.Match[str]) -> str:
            return rf"(?P<{match[1]}>{'.+' if match[1] in GREEDY else '[^/]+'})"

        return re.compile(re.sub(r"\{(\w+)\}", group, self.template))


@dataclass(slots=True)
class Router:
    """All operations; the first whose method and path fit answers."""

    routes: Sequence[Route]
    patterns: list[tuple[re.Pattern[str], Route]] = field(init=False)

    def __post_init__(self) -> None:
        self.patterns = [(route.pattern(), route) for route in self.routes]

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]]:
        """The route of a request and its decoded path parameters; 404 if there is none."""
        for pattern, route in self.patterns:
            match = pattern.fullmatch(raw_path) if route.method == method else None
            if match is not None:
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        raise not_found()


def known(things: Mapping[int, Thing], number: int) -> Thing:
    """The thing of this id, or 404."""
    if number not in things:
        raise not_found()
    return things[number]


def paged(
    call: Call, items: Iterable[Thing], shape: Callable[[Thing], dict[str, Any]], wrap: str = "", **more: Any
) -> Answer:
    """One page of a list, with the `Link` header; `wrap` names the list inside an object with `total_count`."""
    everything = list(items)
    size = min(_positive(call.query.get("per_page"), limits.PER_PAGE_DEFAULT), limits.PER_PAGE)
    page = _positive(call.query.get("page"), 1)
    shown = [shape(item) for item in everything[(page - 1) * size : page * size]]
    last = max(1, math.ceil(len(everything) / size))
    body = {"total_count": len(everything), wrap: shown, **more} if wrap else shown
    return Answer(200, body, _links(call, page, last))


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and int(text) > 0 else default


def _links(call: Call, page: int, last: int) -> dict[str, str]:
    targets: dict[str, int] = {}
    if page > 1:
        targets |= {"prev": page - 1, "first": 1}
    if page < last:
        targets |= {"next": page + 1, "last": last}
    pairs = [
        f'<{call.page_url}?{urlencode({**call.query, "page": number})}>; rel="{rel}"' for rel, number in targets.items()
    ]
    return {"Link": ", ".join(pairs)} if pairs else {}
