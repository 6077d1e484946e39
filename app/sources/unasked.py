"""Queries of series that no source could be asked, known before anything is deployed."""

from __future__ import annotations

from collections.abc import Iterator

from app.sources.errors import BadSelector
from app.sources.placeholders import filled, of_series
from app.sources.promql import demanding
from checks.impact.block import Config, Metric


def unasked(config: Config) -> Iterator[str]:
    """Of each query that could never be asked, where it stands, and why."""
    for metric in config.metrics:
        for where, query in _queries(metric):
            try:
                demanding(filled(query, of_series("0" * 40, config.environment, "canary")), {})
            except BadSelector as error:
                yield f"metrics.{metric.name}.{where}: {error}"


def _queries(metric: Metric) -> Iterator[tuple[str, str]]:
    every = [("query", metric.query), ("canary_query", metric.canary_query)]
    every += [(f"controls.{one.name}", one.query) for one in metric.held_against]
    return ((where, query) for where, query in every if query)
