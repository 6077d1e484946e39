"""What a query may leave open: the canary that it is asked for, and the repository that an operator's label names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.sources.errors import BadSelector
from checks.experiment import Counter, Query, Side

_OPEN = re.compile(r"\{([a-z_]+)\}")
_PLAIN = re.compile(r"[A-Za-z0-9_./:-]+")  # nothing that ends a string, a label or a list in any query language
CANARY = ("sha", "short_sha", "environment")
SERIES = (*CANARY, "side")
REPOSITORY = ("owner", "repository")


def of_canary(sha: str, environment: str) -> Mapping[str, str]:
    """The values that queries may name."""
    return {"sha": sha, "short_sha": sha[:7], "environment": environment}


def of_series(sha: str, environment: str, side: str) -> Mapping[str, str]:
    """The values that queries of series may name; what is not known is ""."""
    return {**of_canary(sha, environment), "side": side}


def of_repository(repository: str) -> Mapping[str, str]:
    """The values that an operator's labels may name; `repository` as `owner/name`."""
    owner, _, name = repository.partition("/")
    return {"owner": owner, "repository": name}


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with each `{name}` that `values` knows in place. Raises BadSelector for a value that is "" or not plain.

    >>> filled('http_requests_total{version="{short_sha}"}', {"short_sha": "0a1b2c3"})
    'http_requests_total{version="0a1b2c3"}'
    """

    def value(found: re.Match[str]) -> str:
        named = values.get(found[1])
        if named is None:
            return found[0]
        if not named:
            raise BadSelector(f"{found[0]} is not known here")
        if not _PLAIN.fullmatch(named):
            raise BadSelector(f"{found[0]} cannot stand in a query: it holds more than letters, digits and `_./:-`")
        return named

    return _OPEN.sub(value, text)


def filled_queries(queries: Mapping[str, Query], values: Mapping[str, str]) -> dict[str, Query]:
    """`queries` with nothing left open. Raises as `filled`."""
    return {
        name: Query(control=_side(query.control, values), canary=_side(query.canary, values))
        for name, query in queries.items()
    }


def _side(side: Side, values: Mapping[str, str]) -> Side:
    return Side(**{name: _counter(counter, values) for name, counter in side.counters.items()})


def _counter(counter: Counter, values: Mapping[str, str]) -> Counter:
    if isinstance(counter, str):
        return filled(counter, values)
    dimensions = {name: filled(text, values) for name, text in counter.dimensions.items()}
    return counter.model_copy(update={"dimensions": dimensions})
