"""Reports of usage as others write them: `{"sha": "...", "report": "agent", "usd": 0.42}`, or a list of such."""

from __future__ import annotations

import difflib
import json
from typing import Annotated, Any, NoReturn, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from app.model import MOST_USD, Used, is_sha

MOST = 100  # reports in one list
MOST_MINUTES, MOST_TOKENS = 1_000_000.0, 10**12

_WORD = r"^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,99}$"
_FIGURES = ("usd", "ci_minutes", "tokens")


class BadUsage(ValueError):
    """The text holds no reports of usage; the message says where it goes wrong."""


class Report(BaseModel):
    """One report, as it is sent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    sha: str = Field(max_length=64)
    report: str = Field(pattern=_WORD)
    repository: str = Field(default="", max_length=200)
    pull_request: int | None = Field(default=None, ge=1, le=2**31 - 1)
    trace: str = Field(default="", pattern=r"^[A-Za-z0-9-]{0,64}$")
    usd: float | None = Field(default=None, ge=0, le=MOST_USD, allow_inf_nan=False)
    ci_minutes: float | None = Field(default=None, ge=0, le=MOST_MINUTES, allow_inf_nan=False)
    tokens: int | None = Field(default=None, ge=0, le=MOST_TOKENS)
    cached_tokens: int | None = Field(default=None, ge=0, le=MOST_TOKENS)
    model: str = Field(default="", pattern=rf"{_WORD}|^$")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not is_sha(self.sha):
            raise ValueError("`sha` must be a full commit sha")
        if all(getattr(self, name) is None for name in _FIGURES):
            raise ValueError("say at least one of `usd`, `ci_minutes` and `tokens`")
        if (self.cached_tokens or 0) > (self.tokens or 0):
            raise ValueError("`cached_tokens` are those of the `tokens` that came from a cache, so at most as many")
        return self

    def used(self) -> Used:
        """The same, as it is kept."""
        figures = self.usd, self.ci_minutes, self.tokens, self.cached_tokens
        return Used(self.sha, self.report, self.pull_request, self.trace, *figures, self.model)


_REPORTS: TypeAdapter[list[Report]] = TypeAdapter(Annotated[list[Report], Field(min_length=1, max_length=MOST)])


def reports_in(text: bytes) -> tuple[Report, ...]:
    """Parse one report or a list of them, no two of which bear one name at one commit. Raises BadUsage."""
    try:
        given = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except BadUsage:
        raise
    except (ValueError, RecursionError):
        raise BadUsage("the body is not JSON") from None
    if not isinstance(given, dict | list):
        raise BadUsage('send {"sha": "<commit>", "report": "<name>", "usd": <number>}, or a list of such')
    try:
        found = _REPORTS.validate_python(given if isinstance(given, list) else [given])
    except ValidationError as error:
        raise BadUsage(_complaint(error)) from None
    named = [(one.sha, one.report) for one in found]
    twice = next((report for place, (sha, report) in enumerate(named) if (sha, report) in named[:place]), None)
    if twice is not None:
        raise BadUsage(f"two reports of one commit are called {twice!r}")
    return tuple(found)


def _complaint(error: ValidationError) -> str:
    """The first thing wrong, where it stands; for a key that is unknown, the one that was probably meant."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] in {"too_short", "too_long"}:
        return f"a list has from 1 to {MOST} reports"
    place, key = first["loc"][:1], str(first["loc"][-1])[:100] if len(first["loc"]) > 1 else ""
    where = f"report {int(place[0]) + 1}: " if place and isinstance(place[0], int) else ""
    if first["type"] != "extra_forbidden":
        return f"{where}{f'`{key}`: ' if key else ''}{first['msg'].removeprefix('Value error, ')}"
    near = difflib.get_close_matches(key, Report.model_fields, n=1, cutoff=0.5)
    return f"{where}{key!r} is no key of a report{f'; did you mean `{near[0]}`?' if near else ''}"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys each stand once: of two, nobody could say which was meant."""
    held = dict(pairs)
    if len(held) < len(pairs):
        raise BadUsage("a key stands twice in one object")
    return held


def _no_number(name: str) -> NoReturn:
    raise BadUsage(f"{name} is no number")
