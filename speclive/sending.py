"""`speclive send FILE`: tell Maestro reports that lie in a file, as `coverage --report` and a test run leave them."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from speclive.destination import Destination
from speclive.maestro import Answer, Maestro, json_of, said
from speclive.outbox import Pace

TRIES = 4


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what it takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a report as JSON, or several, one to a line")
    parser.epilog = "Where to, and as whom: MAESTRO_URL and MAESTRO_TOKEN."


def run(options: argparse.Namespace, sleep: Callable[[float], None] = time.sleep) -> int:
    """0 once all arrived; 1 where one was refused or nobody answered; 2 where there is nothing to send, or nowhere."""
    try:
        destination = Destination.of(os.environ)
        if destination is None:
            return _failed("set MAESTRO_URL and MAESTRO_TOKEN", 2)
        maestro = Maestro(destination.url, destination.token, destination.allow)
        reports = _reports(options.file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return _failed(str(error), 2)
    for ident, report in reports.items():
        answer = _sent(maestro, ident, report, sleep)
        if not 200 <= answer.status < 300:
            return _failed(f"not told: {said(answer)}{_reason(answer)}", 1)
        sys.stdout.write(f"told: {ident}\n")
    return 0


def _reports(text: str) -> dict[str, Any]:
    """By their ids. ValueError where it is neither a report nor a report a line."""
    try:
        found = [json.loads(text)]
    except ValueError:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not found:
        raise ValueError("there is no report in it")
    return {_ident(report): report for report in found}


def _ident(report: Any) -> str:
    ident = report.get("id") if isinstance(report, dict) else None
    if not isinstance(ident, str) or not ident:
        raise ValueError("it is not a report: it has no id")
    return ident


def _sent(maestro: Maestro, ident: str, report: Any, sleep: Callable[[float], None]) -> Answer:
    packed = gzip.compress(json.dumps(report, separators=(",", ":")).encode(), mtime=0)
    pace, answer = Pace(), Answer(0)
    for left in reversed(range(TRIES)):
        answer = maestro.report(ident, packed)
        if not (answer.status in {0, 429} or answer.status >= 500) or not left:
            break
        pace.failed(0.0, answer.wait(time.time()))
        sleep(min(pace.rest(0.0), 60.0))
    return answer


def _reason(answer: Answer) -> str:
    """What the server says of it; whoever sends by hand may read that."""
    value = json_of(answer)
    told = value.get("error") or value.get("message") if isinstance(value, dict) else None
    return f": {''.join(c if c.isprintable() else '?' for c in told)[:300]}" if isinstance(told, str) else ""


def _failed(reason: str, code: int) -> int:
    sys.stderr.write(f"speclive send: {reason}\n")
    return code
