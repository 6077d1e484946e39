"""The list of open pull requests: what stands in the way of each, how long already, and as few clicks as can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from app.render import words
from app.render.capability import of_pull
from app.render.html import page
from checks.model import Verdict

PAGE = 100  # rows of one page
_ORDER = {verdict.value: place for place, verdict in enumerate(reversed(Verdict))}  # the worst first
_TONES = {"ship": "good", "hold": "open", "block": "bad", "rollback": "bad"}
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
SORTS: Mapping[str, str] = {"verdict": "Verdict, then age", "age": "Longest first", "newest": "Newest decision first"}


@dataclass(frozen=True, slots=True)
class Listed:
    """One open pull request. `since`: when its verdict was first given, `decided`: when it was last; epoch seconds."""

    repository: str
    number: int
    title: str
    author: str
    branch: str
    verdict: str
    why: str
    draft: bool
    head_sha: str
    since: float
    decided: float

    @property
    def path(self) -> str:
        return of_pull(self.repository, self.number).path

    @property
    def word(self) -> str:
        return words.VERDICTS[Verdict(self.verdict)]

    @property
    def tone(self) -> str:
        return _TONES[self.verdict]

    def says(self, text: str) -> bool:
        """Whether all words of `text` are somewhere in what is shown of it, whatever their case."""
        said = f"{self.repository}#{self.number} {self.title} {self.author} {self.branch} {self.why} {self.head_sha}"
        return all(word in said.lower() for word in text.lower().split())


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader wants to see: a text, a verdict, a repository ("" for any), an order, a page from 1."""

    text: str = ""
    verdict: str = ""
    repository: str = ""
    sort: str = "verdict"
    page: int = 1

    def query(self, **changes: object) -> str:
        """As an address below `/` asks for it, with `changes`."""
        asked = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        said = {"q": asked.text, "verdict": asked.verdict, "repository": asked.repository}
        more = {"sort": asked.sort} if asked.sort != "verdict" else {}
        paged = {"page": str(asked.page)} if asked.page > 1 else {}
        found = {name: value for name, value in (said | more | paged).items() if value}
        return f"/?{urlencode(found)}" if found else "/"


def pull_list(every: Sequence[Listed], asked: Asked, login: str, at: float) -> str:
    """The page, whole. `every`: all that `login` may see."""
    here = [one for one in every if one.says(asked.text) and asked.repository in {"", one.repository.lower()}]
    counts = Counter(one.verdict for one in here)
    found = sorted((one for one in here if asked.verdict in {"", one.verdict}), key=_order(asked.sort))
    pages = max(1, -(-len(found) // PAGE))
    place = min(asked.page, pages)
    shown = found[(place - 1) * PAGE : place * PAGE]
    return page(
        "pages/list.html.j2",
        rows=[(one, age(at - one.since), f"list-{at_row}") for at_row, one in enumerate(shown)],
        found=len(found),
        every=len(every),
        counts=[
            (word, verdict.value, counts[verdict.value]) for verdict, word in reversed(tuple(words.VERDICTS.items()))
        ],
        repositories=sorted({one.repository.lower() for one in every}),
        asked=replace(asked, page=place),
        pages=pages,
        sorts=SORTS,
        login=login,
        at=at,
    )


def welcome(can_sign_in: bool) -> str:
    """What somebody sees who is not signed in."""
    return page("pages/welcome.html.j2", can_sign_in=can_sign_in)


def age(seconds: float) -> str:
    """How long, as people say it: `just now`, `for 4 min`, `for 3 h`, `for 12 d`."""
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"for {int(seconds // _MINUTE)} min"
    return f"for {int(seconds // _HOUR)} h" if seconds < 2 * _DAY else f"for {int(seconds // _DAY)} d"


def _order(sort: str) -> Callable[[Listed], Any]:
    if sort == "age":
        return lambda one: one.since
    if sort == "newest":
        return lambda one: -one.decided
    return lambda one: (_ORDER[one.verdict], one.since)
