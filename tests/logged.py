"""What was logged, as `app.logs` writes it."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import structlog

from app import logs


@contextmanager
def written(*secrets: str) -> Iterator[io.StringIO]:
    """Standard error as `logs.configure` finds it; what it configured is undone."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, threading.excepthook
    with mock.patch.object(sys, "stderr", stream):
        logs.configure(secrets=secrets)
        try:
            yield stream
        finally:
            logs.configure()
            structlog.reset_defaults()
            root.handlers[:] = handlers
            root.setLevel(level)
            threading.excepthook = hook


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Each line, read as JSON."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]
