"""A fitting path for each operation of the contract."""

import re

from app.github.sandbox.contract import Operation


def path_of(operation: Operation, text: str = "x") -> str:
    """The operation's own path with a fitting value in every parameter."""
    return re.sub(
        r"\{(\w+)\}",
        lambda match: "7" if operation.types.get(match[1]) == "integer" else text,
        operation.path,
    )
