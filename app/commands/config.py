"""`maestro config`: is the configuration right, and what may it say?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import click

from app.commands.bills import EXISTING
from app.commands.files import settings_in
from app.config import PATH, Config, ConfigError, ConfigErrors, Notice, parse, reference, schema
from app.exit import Exit
from checks.experiment import CHECK
from checks.experiment import Config as Block
from checks.experiment.watched import SPECLIVE
from checks.impact.block import Config as Impact
from checks.impact.check import CHECK as IMPACT
from checks.registry import CHECKS


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def config() -> None:
    """Validate or explain `.github/maestro.yml`."""


@config.command("validate")
@click.argument("file", type=click.Path(path_type=Path), default=Path(PATH))
@click.option(
    "--sources", type=EXISTING, envvar="MAESTRO_SOURCES", help="The operator's sources: are they fresh enough?"
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def validate(file: Path, sources: Path | None, as_json: bool) -> None:
    """Check FILE; every mistake is named by line and key, with the nearest valid one."""
    outcome = _outcome(file)
    if isinstance(outcome, Config):
        more = [*_of_arms(outcome, file), *_of_queries(outcome, file)]
        more += [*_of_sources(outcome, file, sources), *_of_series(outcome, file, sources)] if sources else []
        outcome = replace(outcome, notices=(*outcome.notices, *more))
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


def _of_arms(config: Config, file: Path) -> Iterator[Notice]:
    """What the ladder does not do, though it is valid."""
    label = config.remediation.label if config.remediation else None
    for said in config.arms.warns(label) if config.arms else ():
        yield Notice(str(file), 1, 1, "arms", f"`arms`: {said}")


def _of_queries(config: Config, file: Path) -> Iterator[Notice]:
    """What no source of series would be asked, though the file is valid."""
    from app.sources import unasked

    block = config.checks.get(IMPACT.name)
    for said in unasked(block) if isinstance(block, Impact) and block.source else ():
        yield Notice(str(file), 1, 1, IMPACT.name, f"`{IMPACT.name}`: {said}")


def _of_sources(config: Config, file: Path, sources: Path) -> Iterator[Notice]:
    """What the source that the experiments name makes of them; where the rules alone are too slow, that was said."""
    from app.sources import GUARDS, Sources, foreseen

    block = config.checks.get(CHECK.name)
    watched = block.watched if isinstance(block, Block) else None
    if watched is None or CHECK.warns(block):
        return
    entry = GUARDS if watched.source == SPECLIVE else settings_in(sources, Sources).sources.get(watched.source)
    told = (f"source `{watched.source}` is not in {sources}",) if entry is None else foreseen(watched, entry)
    for said in told:
        yield Notice(str(file), 1, 1, CHECK.name, f"`{CHECK.name}`: {said}")


def _of_series(config: Config, file: Path, sources: Path) -> Iterator[Notice]:
    """Whether there is the source that series are asked of."""
    from app.sources import Sources

    block = config.checks.get(IMPACT.name)
    name = block.source if isinstance(block, Impact) else ""
    if name and name not in settings_in(sources, Sources).sources:
        yield Notice(str(file), 1, 1, IMPACT.name, f"`{IMPACT.name}`: source `{name}` is not in {sources}")


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
