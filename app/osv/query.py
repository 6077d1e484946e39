"""`POST /v1/querybatch` as documented at google.github.io/osv.dev: what is sent, and what may come back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from checks.sbom.purl import with_version

OSV_URL = "https://api.osv.dev"
PATH = "/v1/querybatch"
MOST_QUERIES = 1_000  # a batch; more are refused
_TOKENS = ("next_page_token", "nextPageToken")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}")  # the service refuses ids of more than 100 characters


@dataclass(frozen=True, slots=True)
class Query:
    """All advisories of a package, or those of one version of it; `page` continues an answer that was cut."""

    purl: str
    version: str = ""
    page: str = ""

    def __str__(self) -> str:
        return with_version(self.purl.partition("?")[0], self.version)

    def body(self) -> dict[str, Any]:
        """The form it is sent in: a version stands in the purl, and never beside it too, which is refused."""
        asked: dict[str, Any] = {"package": {"purl": str(self)}}
        return {**asked, "page_token": self.page} if self.page else asked


class Hit(NamedTuple):
    """An advisory as a batch names it."""

    id: str
    modified: str


class Answer(NamedTuple):
    """What one query brought; `page` leads to the rest."""

    hits: tuple[Hit, ...]
    page: str


def answers(data: Any, queries: Sequence[Query]) -> list[Answer]:
    """What came back, one an entry of `queries` and in their order. Raises ValueError for anything else."""
    results = data.get("results") if isinstance(data, dict) else None
    if not isinstance(results, list) or len(results) != len(queries):
        raise ValueError("the answer does not match its questions")
    return [_answer(result) for result in results]


def _answer(result: Any) -> Answer:
    if result is None:
        return Answer((), "")
    if not isinstance(result, dict):
        raise ValueError("a result is no object")
    pages, hits = [result.get(name) for name in _TOKENS], result.get("vulns")
    if not all(isinstance(page, str | None) for page in pages) or not isinstance(hits, list | None):
        raise ValueError("a page token is no text, or the advisories are no list")
    return Answer(tuple(map(_hit, hits or ())), next(filter(None, pages), ""))


def _hit(one: Any) -> Hit:
    named, modified = (one.get("id"), one.get("modified")) if isinstance(one, dict) else (None, None)
    if not isinstance(named, str) or not _ID.fullmatch(named):
        raise ValueError("an advisory without an id")
    return Hit(named, modified if isinstance(modified, str) else "")
