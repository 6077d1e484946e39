"""One mirrored request and its answers, as they are sent: strict on form, so that nothing is compared by mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Text = Annotated[str, Meta(min_length=1, max_length=400)]
Amount = Annotated[float, Meta(ge=0)]

DEEPEST_SENT = 200  # levels of a body that is taken at all


class TripleError(ValueError):
    """This is no triple; the message says what of it is wrong, and where."""


class Reply(Struct, frozen=True, forbid_unknown_fields=True):
    """One answer. `body`: the parsed JSON, or the text; not given where there was none.

    `latency` in milliseconds, `size` in bytes; what is not given on both sides is not compared.
    """

    status: Annotated[int, Meta(ge=100, le=599)]
    body: Any | UnsetType = UNSET
    headers: dict[str, str] = {}
    latency: Amount | None = None
    size: Amount | None = None


class Triple(Struct, frozen=True, forbid_unknown_fields=True):
    """What `candidate` answered, and what the version in service answered, once or by two instances of it.

    `id`: of the mirrored request, its trace id say. `endpoint`: the route, else the path, in which ids become `{id}`.
    """

    id: Text
    endpoint: Text
    candidate: Reply
    primary: Reply
    secondary: Reply | None = None
    method: Annotated[str, Meta(pattern=r"^[A-Z]{1,20}$")] = "GET"

    @property
    def route(self) -> str:
        """Method and endpoint, without what differs from request to request.

        >>> Triple("a", "/orders/4711?page=2", Reply(200), Reply(200)).route
        'GET /orders/{id}'
        """
        path = self.endpoint.partition("?")[0]
        return f"{self.method} {'/'.join('{id}' if is_id(part) else part for part in path.split('/'))}"


_DECODER = msgspec.json.Decoder(Triple)
_ID = re.compile(r"\d+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{16,}")


def parse(line: bytes | str) -> Triple:
    """The triple that a line of JSON says. Raises TripleError for any other text."""
    try:
        triple = _DECODER.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise TripleError(str(error) or type(error).__name__) from None
    if any(reply is not None and _deep(reply.body) for reply in (triple.candidate, triple.primary, triple.secondary)):
        raise TripleError(f"a body is nested more than {DEEPEST_SENT} levels deep")
    return triple


def _deep(body: Any) -> bool:
    """Whether `body` has more levels than whoever compares it could go down."""
    level = [body]
    for _ in range(DEEPEST_SENT):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def is_id(text: str) -> bool:
    """Does this name a single thing: digits, a UUID, or at least 16 hexadecimal digits?"""
    return _ID.fullmatch(text) is not None
