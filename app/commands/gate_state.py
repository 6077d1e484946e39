"""The file in which a gate on the command line is kept from one call to the next."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from checks.experiment import Gate, GateConfig, StateError


def begun(file: Path | None, config: GateConfig) -> Gate:
    """The gate that goes on from `file`; a new one where there is none yet.

    Raises ClickException before anything is judged: for what is no state, for the answer of other rules, and where
    nothing could be kept in the end. A gate that has its answer is told on standard error.
    """
    if file is None:
        return Gate(config)
    _try(file)
    return _read(file, config) if file.exists() else Gate(config)


def keep(judge: Gate, file: Path | None) -> None:
    """Whole or not at all: whoever is killed here goes on from the state before. A failure is told, not raised: the
    answer is worth more.
    """
    if file is None:
        return
    try:
        _fresh(file, judge.to_json() + "\n").replace(file)
    except OSError as error:
        click.echo(f"{file}: not kept: {error.strerror}", err=True)


def _try(file: Path) -> None:
    try:
        if file.exists() and not file.is_file():
            raise click.ClickException(f"{file}: is no plain file, so no state can be kept in it")
        _fresh(file, "").unlink()
    except OSError as error:
        raise click.ClickException(f"{file}: no state can be kept there: {error.strerror}") from None


def _fresh(file: Path, text: str) -> Path:
    """A new file beside `file`, under a name that nobody could have put a link at."""
    fresh = file.with_name(f".maestro-{secrets.token_hex(8)}")
    try:
        with fresh.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    return fresh


def _read(file: Path, config: GateConfig) -> Gate:
    try:
        judge = Gate.from_json(config, file.read_text(encoding="utf-8"))
    except (StateError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: {error}") from None
    except OSError as error:
        raise click.ClickException(f"{file}: cannot be read: {error.strerror}") from None
    state = judge.state
    if state.status.final and state.config != config.digest:
        said = f"holds the answer of other rules, {state.status.value}; a new experiment needs a file of its own"
        raise click.ClickException(f"{file}: {said}")
    if state.status.final:
        click.echo(
            f"{file}: has its answer already, {state.status.value}; the ticks after it changed nothing", err=True
        )
    return judge
