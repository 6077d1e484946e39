"""Logs: one JSON object a line, with nothing secret in it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from app.github.errors import redact
from app.render.escape import log as inert

Event = MutableMapping[str, Any]

# Beside GitHub's credentials: our own tokens, whatever an Authorization header holds, and signatures.
_OURS = re.compile(r"\bmst_[\w-]+|(?<=bearer )\S+|(?<=basic )\S+|\bsha(?:1|256)=[0-9a-f]{40,64}", re.IGNORECASE)


def configure(level: str = "INFO") -> None:
    """Send structlog's events, and the libraries' warnings, to standard error: JSON lines with nothing secret."""
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_STAMPS, *_LAST],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_STAMPS,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_LAST],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _safe(_logger: object, _method: str, event: Event) -> Event:
    return {
        key: value if isinstance(value, int | float | bool | None) else _text(value) for key, value in event.items()
    }


def _text(value: object) -> str:
    text = _OURS.sub("[redacted]", redact(str(value)))
    return text if "\n" in text and text.startswith("Traceback") else inert(text)


_STAMPS: tuple[structlog.typing.Processor, ...] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
_LAST: tuple[structlog.typing.Processor, ...] = (
    structlog.processors.format_exc_info,
    _safe,
    structlog.processors.JSONRenderer(),
)
