"""Where the App is installed, and on which repositories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.github.client import Client
from app.github.records import read_id


@dataclass(frozen=True, slots=True)
class Installed:
    """One installation; a suspended one answers every call with 403."""

    id: int
    suspended: bool


@dataclass(frozen=True, slots=True)
class Covered:
    """One repository of an installation; a `frozen` one (archived, disabled) takes no check run."""

    full_name: str
    frozen: bool


async def installations(app: Client) -> tuple[Installed, ...]:
    """All installations; `app` is `GitHub.app`."""
    return await app.get_list("/app/installations{?per_page}", {}, _read_installed)


async def repositories(client: Client) -> tuple[Covered, ...]:
    """The repositories that the token of `client` reaches; TooLarge past 3,000 of them."""
    return await client.get_list("/installation/repositories{?per_page}", {}, _read_covered, "repositories")


def _read_installed(data: Any) -> Installed:
    return Installed(read_id(data), data.get("suspended_at") is not None)


def _read_covered(data: Any) -> Covered:
    return Covered(str(data["full_name"]), bool(data.get("archived") or data.get("disabled")))
