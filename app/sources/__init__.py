"""Where the figures of a running service come from: counters brought into ticks, and series, a point a step."""

from app.sources.counters import Reading, Sample, Series, Window, reading
from app.sources.counts import Counts, PrometheusCounts
from app.sources.errors import BadAnswer, BadSelector, NoSeries, SourceError
from app.sources.guards import GUARDS
from app.sources.operator import NoSource, Sources, foreseen
from app.sources.placeholders import filled, filled_queries, of_canary, of_series
from app.sources.prometheus import Prometheus
from app.sources.ranges import Grid, PrometheusRanges, Ranges, grid
from app.sources.selector import selector
from app.sources.ticks import Read, Source, check, missing, read
from app.sources.unasked import unasked

__all__ = [
    "GUARDS",
    "BadAnswer",
    "BadSelector",
    "Counts",
    "Grid",
    "NoSeries",
    "NoSource",
    "Prometheus",
    "PrometheusCounts",
    "PrometheusRanges",
    "Ranges",
    "Read",
    "Reading",
    "Sample",
    "Series",
    "Source",
    "SourceError",
    "Sources",
    "Window",
    "check",
    "filled",
    "filled_queries",
    "foreseen",
    "grid",
    "missing",
    "of_canary",
    "of_series",
    "read",
    "reading",
    "selector",
    "unasked",
]
