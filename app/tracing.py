"""Traces for OpenTelemetry, where somebody asks for them: webhook, then the runs of its jobs, then calls to GitHub.

Nothing of it is imported unless the standard variables name an endpoint. Web and worker share no memory and a webhook
may wait for hours in between, so its GUID joins them: it gives the trace its id, and the webhook's span its own.
A span names delivery, lane, verdict, method and path; never a body, a header or a query.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog
from aiohttp import web

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, SpanContext

log = structlog.get_logger(__name__)

EXTRA = "pip install 'maestro-conductor[otel]'"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_HEADERS = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
_KEPT = frozenset({202, 503})  # answers to what was verified: a stranger must not be able to write traces
_LAST_WORDS = 1.5  # seconds to send what is left at the end; the exporter itself would try for ten
_provider: TracerProvider | None = None
_root: ContextVar[str] = ContextVar("maestro_trace_root", default="")  # the GUID whose span is about to begin


def wanted() -> bool:
    """Whether the environment asks for traces."""
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER") == "none"
    return not off and any(os.environ.get(name) for name in _ENDPOINTS)


def secrets() -> tuple[str, ...]:
    """What the variables hold that no log may show: the values of headers, which are often keys."""
    pairs = (pair for name in _HEADERS for pair in os.environ.get(name, "").split(","))
    return tuple(value for pair in pairs if (value := pair.partition("=")[2].strip()))


def begin(process: str) -> None:
    """Trace from now on, where the environment asks for it. Without the extra it says what is missing, and goes on:
    a gate must not stay shut for want of telemetry, which platforms ask for in everybody's name."""
    global _provider  # noqa: PLW0603 - a process has one
    if not wanted():
        return
    try:
        _provider = _exporting(process)
    except ImportError:
        log.warning("tracing.not_installed", what=EXTRA)


def end() -> None:
    """Send what was not sent yet, and trace no more. A collector that does not answer holds up nobody's end."""
    global _provider  # noqa: PLW0603
    if _provider is not None:
        last = threading.Thread(target=_provider.shutdown, name="traces", daemon=True)
        last.start()
        last.join(_LAST_WORDS)
    _provider = None


def _exporting(process: str) -> TracerProvider:
    from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Ids(RandomIdGenerator):
        def generate_trace_id(self) -> int:
            return _ids(guid)[0] if (guid := _root.get()) else super().generate_trace_id()

        def generate_span_id(self) -> int:
            return _ids(guid)[1] if (guid := _root.get()) else super().generate_span_id()

    name = os.environ.get("OTEL_SERVICE_NAME") or f"maestro-{process}"
    resource = Resource.create({"service.name": name})
    provider = TracerProvider(id_generator=Ids(), resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _ids(guid: str) -> tuple[int, int]:
    digest = hashlib.sha256(f"maestro {guid}".encode()).digest()
    return int.from_bytes(digest[:16]) or 1, int.from_bytes(digest[16:24]) or 1


# --- the web ----------------------------------------------------------------------------------------------------


@web.middleware
async def webhooks(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A span for each webhook that was GitHub's."""
    began = time.time_ns()
    answer = await handler(request)
    if _provider is not None and request.path == "/webhook" and answer.status in _KEPT:
        _webhook(_provider, request, answer.status, began)
    return answer


def _webhook(provider: TracerProvider, request: web.Request, status: int, began: int) -> None:
    guid = request.headers.get("X-GitHub-Delivery", "")
    event = request.headers.get("X-GitHub-Event", "")
    told: dict[str, str | int] = {
        "maestro.guid": guid,
        "maestro.event": event,
        "http.response.status_code": status,
    }
    token = _root.set(guid)
    try:
        from opentelemetry.context import Context

        span = provider.get_tracer("maestro").start_span("webhook", Context(), attributes=told, start_time=began)
    finally:
        _root.reset(token)
    span.end()


# --- the worker -------------------------------------------------------------------------------------------------


@contextmanager
def run(kind: str, reason: str) -> Iterator[None]:
    """A span around one run of a job; delivery, lane and job are those that the log names."""
    if _provider is None:
        yield
        return
    from opentelemetry import trace

    known = structlog.contextvars.get_contextvars()
    told = {f"maestro.{name}": value for name, value in known.items() if value is not None} | {"maestro.reason": reason}
    above = trace.set_span_in_context(trace.NonRecordingSpan(_context(_provider, str(known.get("guid", "")))))
    tracer = _provider.get_tracer("maestro")
    # an exception is GitHub's or somebody's words: the log redacts them, a trace only says that there was one
    with tracer.start_as_current_span(
        f"run {kind}", above, attributes=told, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except BaseException as error:
            _failed(span, error)
            raise


def note(name: str, value: str) -> None:
    """The run that goes on is told apart by this, too."""
    if _provider is not None:
        from opentelemetry import trace

        trace.get_current_span().set_attribute(f"maestro.{name}", value)


def _context(provider: TracerProvider, guid: str) -> SpanContext:
    """The webhook's span, as every process knows it by the GUID; none for what a schedule asked."""
    from opentelemetry.sdk.trace.sampling import Decision
    from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanContext, TraceFlags

    if not guid:
        return INVALID_SPAN_CONTEXT
    trace_id, span_id = _ids(guid)
    sampled = provider.sampler.should_sample(None, trace_id, "webhook").decision is Decision.RECORD_AND_SAMPLE
    return SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(int(sampled)))


def _failed(span: Span, error: BaseException) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR))


# --- calls to GitHub --------------------------------------------------------------------------------------------


def calls() -> list[aiohttp.TraceConfig]:
    """What a client session needs for a span around each of its requests; nothing where nobody traces."""
    if _provider is None:
        return []
    traced = aiohttp.TraceConfig()
    traced.on_request_start.append(_call_begins)
    traced.on_request_end.append(_call_ends)
    traced.on_request_exception.append(_call_fails)
    return [traced]


async def _call_begins(_session: Any, held: SimpleNamespace, asked: aiohttp.TraceRequestStartParams) -> None:
    if _provider is not None:
        told = {
            "http.request.method": asked.method,
            "url.path": asked.url.path,
            "server.address": asked.url.host or "",
        }
        held.span = _provider.get_tracer("maestro").start_span(f"GitHub {asked.method}", attributes=told)


async def _call_ends(_session: Any, held: SimpleNamespace, told: aiohttp.TraceRequestEndParams) -> None:
    if hasattr(held, "span"):
        held.span.set_attribute("http.response.status_code", told.response.status)
        held.span.end()


async def _call_fails(_session: Any, held: SimpleNamespace, told: aiohttp.TraceRequestExceptionParams) -> None:
    if hasattr(held, "span"):
        _failed(held.span, told.exception)
        held.span.end()
