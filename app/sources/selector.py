"""A selector of Prometheus, and nothing but one: no function, no offset, no second query behind a bracket."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.sources.errors import BadSelector

LONGEST = 2_000  # characters
_STRING = r'"(?:[^"\\\n]|\\.)*"'
_MATCHER = rf"\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*{_STRING}\s*"
SELECTOR = re.compile(
    rf"\s*(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)?\s*(?:\{{(?P<matchers>{_MATCHER}(?:,{_MATCHER})*)?,?\s*\}})?\s*"
)


def selector(text: str, demanded: Mapping[str, str] | None = None) -> str:
    """`text` as one selector, which also demands the labels `demanded`. Raises BadSelector for any other text.

    >>> selector('http_requests_total{code=~"5.."}', {"namespace": "shop"})
    'http_requests_total{code=~"5..",namespace="shop"}'
    """
    found = SELECTOR.fullmatch(text) if len(text) <= LONGEST else None
    if found is None or not (found["name"] or found["matchers"]):
        raise BadSelector(f'no selector of the form `name{{label="value"}}`: {text[:200]!r}')
    matchers = [found["matchers"].strip()] if found["matchers"] else []
    matchers += [f"{name}={_quoted(value)}" for name, value in sorted((demanded or {}).items())]
    return f"{found['name'] or ''}{{{','.join(matchers)}}}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
