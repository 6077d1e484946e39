"""Arm each of the campaign's points and pass it, in a process that ends by it: `python -m tests.campaign.passing J`.

Prints what each process ended with, as JSON: name → exit code, below zero for a signal. They are forks of one, for to
import what the points lie in takes longer than all the rest.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import inspect
import json
import sys
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from campaign import crash
from campaign.lanes import Journal

POINTS = {**crash.IN_WEB, **crash.IN_WORKER}


def passage(name: str, journal: Journal) -> None:
    """Arm a point, and pass it once."""
    crash.arm(f"{name}:before:1", journal)
    module, _, path = POINTS[name].partition(":")
    call: Any = functools.reduce(getattr, path.split("."), importlib.import_module(module))
    found = call()
    if inspect.iscoroutine(found):
        asyncio.run(found)


def end(name: str, journal: Journal) -> int | None:
    """What a process ends with that passes the point."""
    process = get_context("fork").Process(target=passage, args=(name, journal))
    process.start()
    process.join()
    return process.exitcode


if __name__ == "__main__":
    for point in POINTS.values():
        importlib.import_module(point.partition(":")[0])
    print(json.dumps({name: end(name, Journal(Path(sys.argv[1]))) for name in POINTS}))
