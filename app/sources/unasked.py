"""Queries of series that no source could be asked, known before anything is deployed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.sources.errors import BadSelector
from app.sources.placeholders import SERIES, filled, of_series
from app.sources.promql import demanding
from checks.impact.block import Config, Metric

_LEFT = re.compile(r"\{[A-Za-z_]+\}")
_KNOWN = ", ".join(f"{{{name}}}" for name in SERIES)


def unasked(config: Config) -> Iterator[str]:
    """Of each query that could never be asked, where it stands, and why; and of names in braces that stand for nothing.

    A label may well have the value `/orders/{id}`: that is remarked on, and asked for.
    """
    for metric in config.metrics:
        for where, query, environment in _queries(metric, config):
            yield from (f"metrics.{metric.name}.{where}: {said}" for said in _said(query, environment))


def _said(query: str, environment: str) -> Iterator[str]:
    try:
        asked = filled(query, of_series("0" * 40, environment, "canary"))
        demanding(asked, {})
    except BadSelector as error:
        yield str(error)
        return
    for left in dict.fromkeys(_LEFT.findall(asked)):
        yield f"{left} stands for nothing, and is asked for as it is; there are {_KNOWN}"


def _queries(metric: Metric, config: Config) -> Iterator[tuple[str, str, str]]:
    """Where each stands, what it asks, and the environment that it is asked of."""
    every = [
        ("query", metric.query, config.environment),
        ("canary_query", metric.canary_query, config.canary_environment),
        *((f"controls.{one.name}", one.query, config.environment) for one in metric.held_against),
    ]
    return (one for one in every if one[1])
