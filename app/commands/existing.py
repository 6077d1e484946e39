"""For commands that look at what is there: a mistyped address must not look like an empty database."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy.engine import URL

from app.settings import StoreSettings
from app.store.address import SQLITE, UnsupportedDatabase, address


def existing() -> URL:
    """The address of the main database. To open an SQLite file that is not there would make it: OSError."""
    try:
        url = address(StoreSettings().database_url).main
    except UnsupportedDatabase as error:
        raise click.ClickException(str(error)) from None
    if url.get_backend_name() == SQLITE and not Path(str(url.database)).exists():
        raise OSError(f"there is no database at {url.database}")
    return url
