"""A small page for people: the pull requests of the sandbox, their checks and comments, one check run in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from app.github.sandbox import checking, pull_shapes
from app.github.sandbox.markdown import to_html
from app.github.sandbox.refusals import Refused
from app.github.sandbox.state import Repository, Run
from app.github.sandbox.world import World

HEADERS = {  # nothing is fetched, nothing runs
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class Sign:
    """How a state of a check run looks: the shape of its mark, its colour, its word."""

    shape: str
    tone: str
    word: str


SIGNS = {
    "success": Sign("tick", "good", "Successful"),
    "failure": Sign("cross", "bad", "Failing"),
    "action_required": Sign("mark", "open", "Action required"),
    "neutral": Sign("square", "calm", "Neutral"),
    "skipped": Sign("slash", "calm", "Skipped"),
    "cancelled": Sign("slash", "calm", "Cancelled"),
    "timed_out": Sign("cross", "bad", "Timed out"),
    "stale": Sign("mark", "calm", "Stale"),
}
UNFINISHED = {
    "queued": Sign("dot", "open", "Queued"),
    "in_progress": Sign("dot", "open", "In progress"),
}

Context = dict[str, Any]


def routes(world: World) -> list[web.RouteDef]:
    """`/`, `/{owner}/{repo}/pull/{number}` and `/{owner}/{repo}/runs/{id}`."""
    return [
        web.get("/", _handler(lambda request: _front(world))),
        web.get("/{owner}/{repo}/pull/{number:[0-9]+}", _handler(lambda request: _pull(world, request))),
        web.get("/{owner}/{repo}/runs/{run:[0-9]+}", _handler(lambda request: _run(world, request))),
    ]


def show(context: Context) -> web.Response:
    """The page of what `context` holds."""
    text = _TEMPLATES.get_template("page.html").render(context)
    return web.Response(text=text, content_type="text/html", headers=HEADERS)


def _handler(context: Callable[[web.Request], Context]) -> Callable[[web.Request], Any]:
    async def shown(request: web.Request) -> web.Response:
        try:
            return show(context(request))
        except (Refused, KeyError):
            raise web.HTTPNotFound(text="There is no such page.") from None

    return shown


def _front(world: World) -> Context:
    pulls = [(repo, pull) for repo in world.repositories.values() for pull in repo.pulls.values()]
    return {"title": "Pull requests", "listed": pulls}


def _pull(world: World, request: web.Request) -> Context:
    repo = _repository(world, request)
    pull = repo.pulls[int(request.match_info["number"])]
    runs = checking.latest_runs(repo, pull.head_sha)
    return {
        "title": f"{pull.title} · {repo.full_name}#{pull.number}",
        "repo": repo,
        "pull": pull,
        "runs": runs,
        "tally": _tally(runs),
        "files": pull_shapes.files(repo, pull),
        "comments": repo.comments_of(pull.number),
    }


def _run(world: World, request: web.Request) -> Context:
    repo = _repository(world, request)
    run = repo.runs[int(request.match_info["run"])]
    return {"title": f"{run.name} · {repo.full_name}", "repo": repo, "run": run}


def sign(run: Run) -> Sign:
    """The sign of its conclusion, or of its status while it has none."""
    return SIGNS.get(run.conclusion or "") or UNFINISHED.get(run.status, UNFINISHED["queued"])


def _tally(runs: Iterable[Run]) -> str:
    """How many runs are in each state: "1 failing, 3 successful"."""
    counted = Counter(sign(run).word.lower() for run in runs)
    return ", ".join(f"{count} {word}" for word, count in sorted(counted.items()))


def _repository(world: World, request: web.Request) -> Repository:
    return world.repository("{owner}/{repo}".format_map(request.match_info))


def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("app.github.sandbox", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["markdown"] = lambda text: Markup(to_html(text))  # noqa: S704 - sanitised there
    environment.filters["sign"] = sign
    return environment


_TEMPLATES = _templates()
