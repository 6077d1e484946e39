"""`maestro config`: is the configuration right, and what may it say?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from app.config import PATH, Config, ConfigError, ConfigErrors, parse, reference, schema
from app.exit import Exit
from checks.registry import CHECKS


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def config() -> None:
    """Validate or explain `.github/maestro.yml`."""


@config.command("validate")
@click.argument("file", type=click.Path(path_type=Path), default=Path(PATH))
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def validate(file: Path, as_json: bool) -> None:
    """Check FILE; every mistake is named by line and key, with the nearest valid one."""
    outcome = _outcome(file)
    wrong = isinstance(outcome, ConfigErrors)
    if as_json:
        errors = [asdict(error) for error in outcome.errors] if isinstance(outcome, ConfigErrors) else []
        notices = [] if isinstance(outcome, ConfigErrors) else [str(notice) for notice in outcome.notices]
        click.echo(json.dumps({"valid": not wrong, "errors": errors, "notices": notices}, indent=2))
    elif isinstance(outcome, ConfigErrors):
        click.echo(str(outcome), err=True)
    else:
        click.echo("\n".join([*map(str, outcome.notices), f"{file}: valid"]))
    sys.exit(Exit.USAGE if wrong else Exit.SHIP)


def _outcome(file: Path) -> Config | ConfigErrors:
    try:
        text = file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or error
        return ConfigErrors((ConfigError(str(file), 1, 1, "", f"the file cannot be read: {reason}"),))
    return parse(text, str(file), checks=CHECKS)


@config.command("schema")
def print_schema() -> None:
    """Print the JSON Schema, for editors."""
    click.echo(json.dumps(schema(CHECKS), indent=2))


@config.command("explain")
def explain() -> None:
    """Print every option with its meaning and default."""
    click.echo(reference(schema(CHECKS)))
