"""Drift: does a module still see and say what it saw and said when it was well?"""

from checks.drift.column import Kind
from checks.drift.compare import compare
from checks.drift.comparison import Bin, Comparison, Shift, Standing, Test
from checks.drift.course import FeatureWatch
from checks.drift.limits import DriftLimits
from checks.drift.reference import BadReference, Reference
from checks.drift.sketch import NameSketch, NumberSketch, Sketch, SketchError, dump, joined, load, sketch_of
from checks.drift.watch import Watch, WatchError, advance, begin, dump_watch, load_watch

__all__ = [
    "BadReference",
    "Bin",
    "Comparison",
    "DriftLimits",
    "FeatureWatch",
    "Kind",
    "NameSketch",
    "NumberSketch",
    "Reference",
    "Shift",
    "Sketch",
    "SketchError",
    "Standing",
    "Test",
    "Watch",
    "WatchError",
    "advance",
    "begin",
    "compare",
    "dump",
    "dump_watch",
    "joined",
    "load",
    "load_watch",
    "sketch_of",
]
