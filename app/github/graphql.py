"""What GraphQL answers, in the errors that the rest of the client knows (docs/decisions/016)."""

from __future__ import annotations

from typing import Any

from app.github.errors import Denied, GitHubError, Invalid, Malformed, NotFound, RateLimited
from app.github.fields import text

_REFUSALS: dict[str, type[GitHubError]] = {"NOT_FOUND": NotFound, "FORBIDDEN": Denied, "RATE_LIMITED": RateLimited}


def read_graphql(call: str, data: Any) -> Any:
    """The `data` of an answer. Raises the first of its errors, whatever came beside it."""
    errors = data.get("errors")
    if errors:
        raise _REFUSALS.get(text(errors[0], "type"), Invalid)(call, 200, text(errors[0], "message"))
    if not isinstance(data.get("data"), dict):
        raise Malformed(call, 200, "the answer has neither data nor errors")
    return data["data"]
