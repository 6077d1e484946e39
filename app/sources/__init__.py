"""Where the figures of a running service come from: counters, read as they stand, brought into ticks."""

from app.sources.counters import Reading, Sample, Series, Window, reading
from app.sources.errors import BadAnswer, BadSelector, NoSeries, SourceError
from app.sources.operator import NoSource, Sources, foreseen
from app.sources.placeholders import filled_queries, of_canary
from app.sources.prometheus import Prometheus
from app.sources.selector import selector
from app.sources.ticks import Read, Source, check, missing, read

__all__ = [
    "BadAnswer",
    "BadSelector",
    "NoSeries",
    "NoSource",
    "Prometheus",
    "Read",
    "Reading",
    "Sample",
    "Series",
    "Source",
    "SourceError",
    "Sources",
    "Window",
    "check",
    "filled_queries",
    "foreseen",
    "missing",
    "of_canary",
    "read",
    "reading",
    "selector",
]
