"""How GitHub says no: the statuses and bodies of its refusals, one function per reason.

Wordings are those seen in GitHub's documentation and in public issue threads; `docs/sandbox.md` marks the assumed
ones. A handler raises `Refused`; the server turns it into the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DOCUMENTATION = "https://docs.github.com/rest"


class Refused(Exception):
    """GitHub's refusal: an HTTP status and a message, with details for a validation error."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: list[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.errors, self.headers = status, message, errors, dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The JSON that GitHub sends along."""
        details = {} if self.errors is None else {"errors": self.errors}
        return {
            "message": self.message,
            **details,
            "documentation_url": DOCUMENTATION,
            "status": str(self.status),
        }


def bad_credentials() -> Refused:
    """An unknown, expired or revoked token."""
    return Refused(401, "Bad credentials")


def requires_authentication() -> Refused:
    """No token where one is needed."""
    return Refused(401, "Requires authentication")


def not_a_jwt(reason: str = "A JSON web token could not be decoded") -> Refused:
    """An App endpoint was called without a JWT that our App signed."""
    return Refused(401, reason)


def not_found() -> Refused:
    """There is no such thing, or the caller may not know of it."""
    return Refused(404, "Not Found")


def disabled() -> Refused:
    """The repository has its issues switched off."""
    return Refused(410, "Issues are disabled for this repo")


def lacks_permission(needed: str) -> Refused:
    """The App's token does not carry the permission; GitHub names it in a header."""
    return Refused(
        403,
        "Resource not accessible by integration",
        headers={"X-Accepted-GitHub-Permissions": needed.replace(":", "=")},
    )


def suspended() -> Refused:
    """The installation is suspended."""
    return Refused(403, "This installation has been suspended")


def forbidden(message: str) -> Refused:
    """Known, visible, and still not allowed."""
    return Refused(403, message)


def conflict(message: str) -> Refused:
    """The thing moved since the caller looked."""
    return Refused(409, message)


def unprocessable(message: str) -> Refused:
    """Understood and rejected, in one sentence."""
    return Refused(422, message)


def validation_failed(resource: str, field: str, code: str, message: str = "") -> Refused:
    """A field is missing, invalid, already taken, or (code `custom`) wrong as the message says."""
    error = {"resource": resource, "code": code, "field": field}
    if message:
        error["message"] = message
    return Refused(422, "Validation Failed", errors=[error])


def no_commit(ref: str) -> Refused:
    """A ref or sha that names no commit of the repository."""
    return unprocessable(f"No commit found for SHA: {ref}")


def rate_limited(installation: str, reset: int) -> Refused:
    """The hourly budget is spent (`x-ratelimit-remaining` is 0 until `reset`)."""
    return Refused(
        403,
        f"API rate limit exceeded for {installation}.",
        headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)},
    )
