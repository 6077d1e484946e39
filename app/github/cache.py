"""Answers worth asking again with `If-None-Match`: a 304 costs nothing of GitHub's primary limit."""

from __future__ import annotations

from cachetools import LRUCache

from app.github.exchange import Answer, Request

_OVERHEAD = 1_024  # bytes counted for an entry's headers and key


class EtagCache:
    """The last used answers, within `max_bytes`. One per credential: what one may see, another may not."""

    def __init__(self, max_bytes: int) -> None:
        self._answers: LRUCache[tuple[str, str], Answer] = LRUCache(max_bytes, getsizeof=_size)

    def known(self, request: Request) -> Answer | None:
        """The last answer to `request`, to be confirmed by GitHub before use."""
        return self._answers.get(_key(request))

    def keep(self, request: Request, answer: Answer) -> None:
        """Keep a whole answer that has an ETag and fits."""
        if answer.status == 200 and "ETag" in answer.headers and _size(answer) <= self._answers.maxsize:
            self._answers[_key(request)] = answer


def _key(request: Request) -> tuple[str, str]:
    """Media type and address: the raw form and the JSON form of one address are two things."""
    return request.headers["accept"], str(request.url)


def _size(answer: Answer) -> int:
    return len(answer.body) + _OVERHEAD
