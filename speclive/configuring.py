"""`speclive.configure()`: tell Maestro what the guards of this process see, and let it set them."""

from __future__ import annotations

import os
import threading

from speclive import control, traffic
from speclive.destination import Destination
from speclive.export import Exporter, Source, Window
from speclive.window import drain, pending

_ONE = threading.Lock()
_current: list[Exporter] = []


def configure(
    url: str | None = None,
    token: str | None = None,
    *,
    service: str | None = None,
    environment: str | None = None,
    sha: str | None = None,
    side: str | None = None,
    allow: tuple[str, ...] = (),
) -> Exporter | None:
    """Begin to tell Maestro at `url`, in the background; what was told before in this process ends.

    What is not given is read of the environment: MAESTRO_URL, MAESTRO_TOKEN, MAESTRO_SERVICE, MAESTRO_ENVIRONMENT (else
    "production"), MAESTRO_SHA (the commit that runs), MAESTRO_SPECLIVE_SIDE ("control", "canary", "mirror" or ""), and
    MAESTRO_PLAIN_HTTP (hosts that may be spoken to without TLS, as `allow`). Without an address and a token nothing is
    told, and None is answered: the guards count all the same. ValueError where one of the two is missing, the address
    would tell the token to the network, or nobody says which commit runs.
    """
    if side is not None:
        control.configure(side=side)
    destination = Destination.of(
        os.environ,
        url=url,
        token=token,
        service=service,
        environment=environment,
        sha=sha,
        side=side,
        allow=" ".join(allow),
    )
    exporter = None if destination is None else _exporter(destination.running())
    with _ONE:
        while _current:
            _current.pop().close()
        if exporter is not None:
            _current.append(exporter.start())
    return exporter


def window() -> Window:
    """What this process saw since the last window."""
    targets, clauses, exemplars, watched = drain()
    return Window(traffic.merged(traffic.drain(), targets), clauses, exemplars, watched)


def _exporter(destination: Destination) -> Exporter:
    return Exporter(
        destination.url,
        destination.token,
        destination.service,
        destination.environment,
        destination.sha,
        destination.side,
        source=Source(window, pending, control.obey),
        allow=destination.allow,
    )
