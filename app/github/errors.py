"""Everything a call to GitHub can raise, drawn once.

GitHubError
├── NotFound      404, 410: not there, or not ours to see
├── Denied        401, 403, 451: our credentials do not reach
├── Invalid       400, 422: GitHub refused what we sent; `errors` says which parts
├── Conflict      409: the state of GitHub moved under us
├── RateLimited   429, or a 403 that means one: ask again after `retry_after` seconds
├── Unavailable   5xx, network, time-out, 401 to a fresh token; `outcome_unknown` when a write may have happened
├── Moved         a redirect that the client does not follow (another host, or a write)
├── TooLarge      the answer is longer than its reader allowed
└── Malformed     the answer lacks what its reader needs

Each knows its request as "METHOD /path" (no query) and none ever holds a credential: messages pass `redact`.
"""

from __future__ import annotations

import re

MESSAGE_LENGTH = 300  # characters of GitHub's own words that an error keeps
_HEARD = 4_000  # characters of them that are searched for secrets: long enough to see a whole token

# GitHub's token families (ghs_ tokens have had no fixed length since 2026), JWTs, and private keys.
_SECRETS = re.compile(
    r"\b(?:gh[a-z]_|github_pat_)[^\s\"']+"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)


def redact(text: str) -> str:
    """`text` without GitHub tokens, JWTs and private keys."""
    return _SECRETS.sub("[redacted]", text)


class GitHubError(Exception):
    """A call to GitHub that brought no answer. `status` is the HTTP status, 0 when there was none."""

    def __init__(self, call: str, status: int, message: str) -> None:
        self.call = redact(call[:_HEARD])
        self.status = status
        self.message = redact(message[:_HEARD])[:MESSAGE_LENGTH]
        super().__init__(self.call, self.status, self.message)

    def __str__(self) -> str:
        return f"{self.call}: {self.status or 'no answer'}: {self.message}"


class NotFound(GitHubError):
    """404 or 410. GitHub answers the same for what is not there and for what we may not see."""


class Denied(GitHubError):
    """401, 403 or 451: bad credentials, a missing permission, a suspended installation, a legal block."""


class Invalid(GitHubError):
    """400 or 422. `errors`: GitHub's list of what is wrong, one line each."""

    def __init__(self, call: str, status: int, message: str, errors: tuple[str, ...] = ()) -> None:
        super().__init__(call, status, message)
        self.errors = tuple(redact(error[:_HEARD])[:MESSAGE_LENGTH] for error in errors)

    def __str__(self) -> str:
        return "; ".join((super().__str__(), *self.errors))


class Conflict(GitHubError):
    """409: a ref that moved, a merge that clashes, an empty repository."""


class RateLimited(GitHubError):
    """Not before `retry_after` seconds have passed. `status` 0: we held the call back ourselves."""

    def __init__(self, call: str, status: int, message: str, retry_after: float = 60.0) -> None:
        super().__init__(call, status, message)
        self.retry_after = retry_after


class Unavailable(GitHubError):
    """5xx, network, time-out, or a 401 to a token that we just got.

    `outcome_unknown`: the write may have been done; who repeats it must look first.
    """

    def __init__(self, call: str, status: int, message: str, outcome_unknown: bool = False) -> None:
        super().__init__(call, status, message)
        self.outcome_unknown = outcome_unknown


class Moved(GitHubError):
    """A redirect not followed: to another host, or of a write (the repository was renamed)."""


class TooLarge(GitHubError):
    """The answer exceeds the bytes or pages its reader allowed."""


class Malformed(GitHubError):
    """A 2xx answer without the fields its reader needs."""
