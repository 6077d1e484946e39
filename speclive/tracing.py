"""Which request this is, by W3C Trace Context; and what is noted of a violation on the span of OpenTelemetry.

OpenTelemetry is asked only where the service itself has loaded it. Nothing is written to a span but of a violation, for
an attribute costs several times what a guard does.
"""

from __future__ import annotations

import re
import sys
from contextvars import ContextVar, Token
from typing import Any

TRACEPARENT: ContextVar[str] = ContextVar("speclive_traceparent", default="")
"""Of the request that is being answered; a middleware sets it by `entered`."""

_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def entered(header: str | None) -> Token[str]:
    """Keep the `traceparent` header of a request, if it is one, for what is called from here on."""
    return TRACEPARENT.set(header if header is not None and _FORM.fullmatch(header) else "")


def traceparent() -> str:
    """Of the current span, else what a middleware kept, else ""."""
    context = getattr(_span(), "get_span_context", lambda: None)()
    if context is None or not context.is_valid:
        return TRACEPARENT.get()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def annotate(card: str, clause: str) -> None:
    """Note a violation on the current span, if that is recorded."""
    span = _span()
    if span is not None and span.is_recording():
        noted = {"maestro.spec.id": card, "maestro.spec.clause": clause, "maestro.spec.outcome": "violated"}
        span.set_attributes(noted)
        span.add_event("speclive.violation", noted)


def _span() -> Any:
    trace = sys.modules.get("opentelemetry.trace")
    return trace.get_current_span() if trace is not None else None
