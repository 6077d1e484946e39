"""The console script as a process of its own, and repositories to point it at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(sys.executable).with_name("maestro")


def ran(*words: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`maestro words...`, to its end."""
    return subprocess.run(
        [SCRIPT, *words],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
