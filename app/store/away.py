"""A database that is away and a disk that is full are said in one line: they are met again and again until they end."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger(__name__)

AWAY = (SQLAlchemyError, OSError)  # TimeoutError is an OSError


def say(event: str, error: Exception, **fields: object) -> None:
    """Log `event` as an error: without a traceback where the storage failed, with it where we have a bug."""
    if isinstance(error, AWAY):
        log.error(event, error=in_short(error), **fields)
    else:
        log.error(event, exc_info=error, **fields)


def in_short(error: Exception) -> str:
    """What went wrong, and where; neither the statement nor what it carried."""
    return str(error).partition("\n")[0] or type(error).__name__
