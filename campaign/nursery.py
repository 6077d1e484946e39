"""A parent that has imported everything, and forks: a new web process or worker costs milliseconds, not seconds.

`python -m campaign.nursery` reads one JSON line a birth, and writes one a birth and one a death. What it forks has no
thread and no event loop yet, and runs the very command of the product. When its standard input closes, all end.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

from campaign import launcher


def main() -> None:
    """Serve births and tell of deaths until standard input closes."""
    import app.commands.processes
    import app.engine.engine  # noqa: F401 - imported for the children

    alive: set[int] = set()
    deaths = _deaths()
    _tell(ready=os.getpid())
    for wish in _wishes(deaths, alive):
        child = os.fork()
        if not child:
            _live(wish)
        alive.add(child)
        _tell(born=child)
    for child in alive:
        os.kill(child, signal.SIGKILL)


def _wishes(deaths: int, alive: set[int]) -> Iterator[dict[str, Any]]:
    """What standard input asks for; meanwhile the dead are buried."""
    waiting = b""
    while True:
        ready, _, _ = select.select([0, deaths], [], [])
        if deaths in ready:
            os.read(deaths, 4096)
            _bury(alive)
        if 0 in ready:
            read = os.read(0, 1 << 16)
            if not read:
                return
            *lines, waiting = (waiting + read).split(b"\n")
            yield from map(json.loads, lines)


def _deaths() -> int:
    """A file descriptor that can be read once a child has died: a signal by itself may come just before we wait."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reading


def _live(wish: dict[str, Any]) -> NoReturn:
    """The child: a process like any other, its output in a file."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, stream in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(ours, stream)
    os.environ.update(wish["environment"])
    status = 1
    try:
        launcher.run(wish["words"])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _bury(alive: set[int]) -> None:
    while alive:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        alive.discard(child)
        _tell(dead=child, status=os.waitstatus_to_exitcode(status))


def _tell(**news: int) -> None:
    os.write(1, json.dumps(news).encode() + b"\n")


if __name__ == "__main__":
    main()
