"""Reading a webhook's few used fields. Real payloads lack and add fields: absence is an answer, never an error."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from app.model import MAESTRO

Payload = Mapping[str, Any]

_REPOSITORY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}/(?!\.\Z)[A-Za-z0-9._-]{1,100}")
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_LARGEST = 2**63 - 1  # what a database column holds
_LONGEST_LOGIN = 100  # GitHub's have at most 39 characters, an App's a few more


def read(body: bytes) -> Payload:
    """The JSON object of a body; an empty one where Python cannot hold it: endless digits, bottomless nesting."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, Mapping) else {}


def at(payload: Payload, *path: str) -> Any:
    """The value at `path`, or None where any step of it is missing."""
    value: Any = payload
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def text(payload: Payload, *path: str) -> str:
    """The string at `path`, or "". Half a surrogate pair becomes "?": nothing past this door could write it down."""
    value = at(payload, *path)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def integer(payload: Payload, *path: str) -> int | None:
    """The positive integer at `path`, or None."""
    value = at(payload, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST else None


def items(payload: Payload, *path: str) -> list[Payload]:
    """The objects of the list at `path`."""
    return [item for item in _list(payload, *path) if isinstance(item, Mapping)]


def texts(payload: Payload, *path: str) -> list[str]:
    """The strings of the list at `path`."""
    return [item for item in _list(payload, *path) if isinstance(item, str)]


def sha(payload: Payload, *path: str) -> str:
    """The commit sha at `path`, or "": it will become part of URLs."""
    value = text(payload, *path)
    return value if _SHA.fullmatch(value) else ""


def repository(payload: Payload) -> str:
    """`owner/name` of the repository, or "" where it is missing or not a name GitHub would give."""
    value = text(payload, "repository", "full_name")
    return value if _REPOSITORY.fullmatch(value) and ".." not in value else ""


def installation(payload: Payload) -> int | None:
    """The installation that GitHub speaks to, or None."""
    return integer(payload, "installation", "id")


def actor(payload: Payload) -> str:
    """The login of whoever made the event happen; ourselves where it names nobody."""
    return text(payload, "sender", "login")[:_LONGEST_LOGIN] or MAESTRO


def is_bot(payload: Payload, *path: str) -> bool:
    """Is the user at `path` a bot?"""
    return text(payload, *path, "type") == "Bot" or text(payload, *path, "login").endswith("[bot]")


def _list(payload: Payload, *path: str) -> list[Any]:
    value = at(payload, *path)
    return value if isinstance(value, list) else []
