"""Storage that holds its tables and nothing else: the chain of migrations is run once a process, then copied."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from app.engine import database as engine
from app.store.address import Address, address
from app.store.database import blocking, make_private
from app.store.migrations import upgrade


def laid(directory: Path) -> Address:
    """SQLite storage in `directory`, as a first start leaves it; what lies there already stays."""
    where = address(f"sqlite:///{directory / 'maestro.db'}")
    for url, content in zip((where.main, where.intake), _files(), strict=True):
        file = Path(str(url.database))
        if not file.exists():
            make_private(url)
            file.write_bytes(content)
    return where


def make(where: Address) -> None:
    """Run the whole chain of migrations, and the engine's own."""
    for url in dict.fromkeys((where.main, where.intake)):
        database = blocking(url)
        with database.begin() as connection:
            upgrade(connection)
        database.dispose()
    engine.migrate(where)


@cache
def _files() -> tuple[bytes, bytes]:
    """The main file and the one of the webhooks."""
    with tempfile.TemporaryDirectory() as directory:
        where = address(f"sqlite:///{directory}/maestro.db")
        make(where)
        main, intake = (Path(str(url.database)).read_bytes() for url in (where.main, where.intake))
    return main, intake
