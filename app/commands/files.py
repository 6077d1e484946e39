"""What several commands read of files: settings, and one JSON value a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TypeVar

import click

from app.config import ConfigErrors, settings
from checks.model import Strict

LONGEST = 8 * 1024 * 1024  # bytes of a line
MOST_ERRORS = 20  # told of a file; one that is of another form altogether has one a line

Settings = TypeVar("Settings", bound=Strict)
Line = TypeVar("Line")


def settings_in(file: Path | None, model: type[Settings]) -> Settings:
    """The settings in `file`, the defaults without one; ends the command with exit code 2 where they make no sense."""
    found = settings(b"{}" if file is None else file.read_bytes(), str(file or model.__name__), model)
    if isinstance(found, ConfigErrors):
        raise click.ClickException(str(found))
    return found


def lines_of(lines: IO[bytes], name: str, read: Callable[[bytes], Line]) -> Iterator[Line]:
    """Each line as `read` has it, which raises ValueError for one that is none.

    Such lines are passed over and told, and the command ends with exit code 2 once the rest was read.
    """
    errors = 0
    for number, line in enumerate(iter(lambda: lines.readline(LONGEST + 1), b""), start=1):
        if len(line) > LONGEST:
            raise click.ClickException(f"{name}:{number}: longer than {LONGEST:,} bytes")
        if not line.strip():
            continue
        try:
            found = read(line)
        except ValueError as error:
            errors += 1
            if errors <= MOST_ERRORS:
                click.echo(f"{name}:{number}: {error}", err=True)
            continue
        yield found
    if errors:
        raise click.ClickException(f"{name}: {errors:,} {'line' if errors == 1 else 'lines'} cannot be read")
