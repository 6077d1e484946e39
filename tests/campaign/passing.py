"""Arm one of the campaign's points and pass it: `python -m tests.campaign.passing effects.record journal`."""

from __future__ import annotations

import asyncio
import functools
import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

from campaign import crash
from campaign.lanes import Journal

if __name__ == "__main__":
    crash.arm(f"{sys.argv[1]}:before:1", Journal(Path(sys.argv[2])))
    module, _, path = {**crash.IN_WEB, **crash.IN_WORKER}[sys.argv[1]].partition(":")
    call: Any = functools.reduce(getattr, path.split("."), importlib.import_module(module))
    found = call()
    if inspect.iscoroutine(found):
        asyncio.run(found)
