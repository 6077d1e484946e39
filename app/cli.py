"""`maestro`: the command line. Commands load lazily, so that `--version` and `--help` answer at once."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Mapping

import click

from app import __version__
from app.exit import Exit

COMMANDS: Mapping[str, tuple[str, str]] = {
    "audit": ("app.commands.audit:audit", "Verify or export the log of every decision and every action."),
    "check": ("app.commands.check:check", "Judge a change in a git checkout, without credentials."),
    "config": ("app.commands.config:config", "Validate or explain `.github/maestro.yml`."),
    "demo": ("app.commands.demo:demo", "Watch six pull requests get their decisions, on a local GitHub."),
    "deliveries": ("app.commands.deliveries:deliveries", "List the webhooks that came in; let dead ones run again."),
    "drift": ("app.commands.drift:drift", "Say whether one table is distributed as another, or since which day not."),
    "evidence": ("app.commands.evidence:evidence", "Write all that a decision was made of to one file, signed."),
    "gate": ("app.commands.gate:gate", "Judge or simulate a canary by the sequential gate."),
    "impact": ("app.commands.impact:impact", "What happened to a series at a moment, against what was to be expected."),
    "kpi": ("app.commands.kpi:kpi", "Tell the outcome metrics of a repository, or of all."),
    "migrate": ("app.commands.serve:migrate", "Make the database ready for this version."),
    "replay": ("app.commands.replay:replay", "Decide a webhook, a record or a Repro Pack again; nothing is written."),
    "risk": ("app.commands.risk:risk", "Fit the risk model on a history of your own."),
    "sbom": ("app.commands.sbom:sbom", "Compare bills of materials; mend what is vulnerable; read and convert them."),
    "serve": ("app.commands.serve:serve", "Run the App: the web process and the worker in one."),
    "shadow": ("app.commands.shadow:shadow", "Compare the answers of two versions to mirrored requests."),
    "speclive": ("app.commands.guards:speclive", "Switch the guards of Spec Cards off and on."),
    "token": ("app.commands.token:token", "Issue or revoke the token with which CI sends measurements."),
    "web": ("app.commands.serve:web", "Run the web process alone."),
    "worker": ("app.commands.serve:worker", "Run the worker alone."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported only when they run; listing them takes the table above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, by name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `maestro --help`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="maestro")
def cli() -> None:
    """Maestro Conductor decides, for every pull request, whether the change may ship.

    Exit codes: 0 ship, 1 block or roll back, 2 usage or unreadable input, 3 hold, 4 infrastructure.
    """


def main() -> None:
    """The console script."""
    try:
        cli(prog_name="maestro", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as error:
        click.echo(f"maestro: {error}", err=True)
        sys.exit(Exit.INFRASTRUCTURE)
    except Exception:  # Python would exit with 1, which says that a change is blocked
        click.echo(_told(traceback.format_exc()), err=True)
        sys.exit(Exit.INFRASTRUCTURE)


def _told(text: str) -> str:
    """`text` as a log may show it."""
    from app.logs import clean  # here: only who fails pays for it

    return clean(text).rstrip()


if __name__ == "__main__":
    main()
