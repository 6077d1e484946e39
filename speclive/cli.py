"""`speclive`, the command line: one small module a command, and only the one that is asked for is imported."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple

import speclive


class Command(NamedTuple):
    """A command: its module, and what it does in a line.

    The module has `arguments(parser)`, which declares what it takes, and `run(options)`, which gives the exit code: 0
    where all is well, 1 where something was found, 2 where what it was given cannot be used.
    """

    module: str
    does: str


COMMANDS: Mapping[str, Command] = {
    "compile": Command(
        "speclive.compiling", "read cards, and name each that is refused with its file, line and reason"
    ),
    "send": Command("speclive.sending", "tell Maestro the reports that lie in a file"),
    "check": Command("speclive.checking", "find what each card is bound to in the code, and what it reads there"),
    "coverage": Command(
        "speclive.covering", "tell how much of what is critical has a Then, and how many calls one saw"
    ),
    "mutate": Command("speclive.mutating", "tell how many wrong results the cards notice, and which they do not"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (those of the process) name; its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(given).parse_args(given)
    code: int = options.run(options)
    return code


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="speclive", description=speclive.__doc__)
    parser.add_argument("--version", action="version", version=f"speclive {speclive.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    asked = next((word for word in given if not word.startswith("-")), "")
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.does, description=f"{command.does[0].upper()}{command.does[1:]}.")
        if name == asked:
            module = import_module(command.module)
            module.arguments(sub)
            sub.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
