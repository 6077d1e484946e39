"""`maestro risk`: a risk model from a history of your own."""

from __future__ import annotations

import csv
import gzip
import zlib
from pathlib import Path

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def risk() -> None:
    """Fit the risk model on a history of your own."""


@risk.command("fit")
@click.argument("history", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def fit(history: Path) -> None:
    """Fit on HISTORY, a CSV (or .csv.gz) of labelled changes, and print the model for `risk: {model: ...}`.

    Columns: project, lines_added, lines_deleted, files, dirs, entropy, fix, bug.
    """
    from checks.risk.fit import HistoryError, read_history
    from checks.risk.fit import fit as fitted

    opener = gzip.open if history.suffix == ".gz" else open
    try:
        with opener(history, "rt", encoding="utf-8") as lines:
            model = fitted(read_history(lines), str(history.name))
    except (HistoryError, UnicodeDecodeError, csv.Error, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise click.ClickException(f"{history}: {error}") from None
    click.echo(model.model_dump_json())
