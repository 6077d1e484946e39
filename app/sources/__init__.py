"""Where the figures of a running service come from: counters, read as they stand, brought into ticks."""

from app.sources.counters import Reading, Sample, Series, Window, reading
from app.sources.errors import BadAnswer, BadSelector, NoSeries, SourceError
from app.sources.prometheus import Prometheus
from app.sources.selector import selector

__all__ = [
    "BadAnswer",
    "BadSelector",
    "NoSeries",
    "Prometheus",
    "Reading",
    "Sample",
    "Series",
    "SourceError",
    "Window",
    "reading",
    "selector",
]
