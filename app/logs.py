"""Logs: one JSON object a line, with nothing secret in it.

Three sieves, each for what the others let through. A field that is not in `FIELDS` has its value withheld: whoever adds
one says what it holds. Whatever has the shape of a credential is redacted, ours and other people's. And the secrets of
this very process, which may have any shape, are looked for as they are, and as libraries would quote them.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any
from urllib.parse import quote

import structlog

from app.github.errors import redact
from app.render.escape import log as inert

Event = MutableMapping[str, Any]

FIELDS: Mapping[str, str] = {
    "timestamp": "when, in UTC",
    "level": "`info`, `warning`, `error` or `critical`",
    "event": "what happened: a name of ours such as `engine.try_failed`, or the sentence of a library",
    "logger": "the library that says it; absent where we do",
    "guid": "the webhook, by GitHub's own id (`X-GitHub-Delivery`); a redelivery has the same",
    "delivery": "the webhook, by its number in our table; null for what a schedule asked",
    "lane": "whose turn it is: `octo/shop#7`, a repository, a commit, or a schedule",
    "job": "the piece of work; its first digits are the delivery's number",
    "jobs": "several of them",
    "attempts_left": "how often it will be tried again before it is dead",
    "seconds": "how long it is put aside",
    "reason": "what asked for it: the event and its action, or the schedule",
    "error": "what went wrong, in the words of whoever refused",
    "exception": "the traceback, for what should not happen",
    "stack": "where it was said, where somebody asked for that",
    "off": "whether all guards of Spec Cards are switched off",
    "place": "the repository, installation and pull request that an action is for",
    "repository": "the repository that an action is for",
    "action": "the kind of action",
    "why": "why an action was not taken",
    "mark": "our own name for a dispatched workflow",
    "what": "what a healing run could not read",
    "limited": "whether GitHub told us to wait",
    "event_name": "the webhook's event",
    "path": "the path of a request that could not be served",
    "executor": "a worker, by the name under which it owns work",
    "status": "the exit status of a worker that ended",
    "experiment": "an experiment, by its number",
    "source": "where its figures are read from, by the operator's name",
    "module": "a module that is watched for drift",
    "query": "what a source was asked",
    "trouble": "why a source gives none; `over` once it does",
    "again_in": "seconds until it is started anew",
    "reports": "how many reports of usage were stored",
    "thread": "the thread that an error ended",
}
"""Every field that a line may show, and what it means: docs/operations.md shows this table."""

_WITHHELD, _REDACTED = "[withheld]", "[redacted]"
_LEAST = 4  # characters: what is shorter would be found in every word

# Beside what `redact` knows at the beginning of a word: the same within one, our own tokens, whatever an Authorization
# header holds, signatures, and the passwords of addresses and connection strings.
_SHAPES = re.compile(
    r"gh[pousr]_[A-Za-z0-9_]{16,}[^\s\"']*|github_pat_\w+|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"
    r"|ms[tpso]_[\w-]+|(?<=bearer )\S+|(?<=basic )\S+|\bsha(?:1|256)=[0-9a-f]{40,64}"
    r"|(?<=://)[^\s/]*:\S+(?=@)"
    r"|(?<=password=)(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s&,;)'\"]+)",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"(?!)")
_own = _NOTHING  # the secrets of this process; set by `configure`


def configure(level: str = "INFO", secrets: Sequence[str] = ()) -> None:
    """Send structlog's events, and the libraries' warnings, to standard error: JSON lines with nothing secret.

    `secrets`: what this process must never say, whatever shape it has.
    """
    global _own  # noqa: PLW0603 - a process has one log
    _own = _any_of(secrets)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_STAMPS, *_LAST],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=(
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_logger_name,
                *_STAMPS,
            ),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_LAST],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    threading.excepthook = _thread_died


def clean(text: str) -> str:
    """`text` without anything secret."""
    return _SHAPES.sub(_REDACTED, redact(_own.sub(_REDACTED, text)))


def _safe(_logger: object, _method: str, event: Event) -> Event:
    return {key: _shown(value) if key in FIELDS else _WITHHELD for key, value in event.items()}


def _shown(value: object) -> int | float | bool | str | None:
    if isinstance(value, int | float | bool | None):
        return value
    text = clean(str(value))
    return text if "\n" in text and text.startswith("Traceback") else inert(text)


def _thread_died(died: threading.ExceptHookArgs) -> None:
    """Python would print the error as it is."""
    error = died.exc_value or died.exc_type()
    name = died.thread.name if died.thread else ""
    structlog.get_logger(__name__).error("thread.died", thread=name, exc_info=error)


def _any_of(secrets: Sequence[str]) -> re.Pattern[str]:
    forms = {form for secret in secrets for form in _forms(secret)}
    longest_first = sorted(forms, key=len, reverse=True)  # a part must not hide the rest from its whole
    return re.compile("|".join(map(re.escape, longest_first))) if forms else _NOTHING


def _forms(secret: str) -> Iterator[str]:
    """A secret as it may be met: as it is, in an address, in SQLAlchemy's, in a repr, in JSON, and line by line."""
    for part in (secret, *secret.splitlines()):
        if len(part) >= _LEAST and not part.startswith("-----"):
            yield from (part, quote(part, safe=""), quote(part, safe=" +"), repr(part)[1:-1], json.dumps(part)[1:-1])


_STAMPS: tuple[structlog.typing.Processor, ...] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
_LAST: tuple[structlog.typing.Processor, ...] = (
    structlog.processors.format_exc_info,
    _safe,
    structlog.processors.JSONRenderer(),
)
