"""Contracts written in the body of a pull request: fenced code blocks marked as such.

What counts is a fence (CommonMark 0.31.2, section 4.5) at the left margin whose info string is
`maestro-contract` or `json contract`. A fence in a quotation is somebody else's, one inside an HTML comment
is switched off: neither counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.model import ContractText, Origin

MAX_BODY = 65_536  # characters; GitHub stores no longer body
MARKS = frozenset({"maestro-contract", "json contract"})

_LINE = re.compile(r"\r\n|\r|\n")
_OPENING = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
_CODE_SPAN = re.compile(r"`[^`]*`")


def contracts_in(body: str) -> tuple[ContractText, ...]:
    """Every contract in `body`, in order and unparsed; takes time linear in the body's length."""
    texts = [text for info, text in _fences(body[:MAX_BODY]) if " ".join(info.lower().split()) in MARKS]
    return tuple(
        ContractText(Origin.BODY, f"pull request body, contract {number}", text)
        for number, text in enumerate(texts, start=1)
    )


def _fences(body: str) -> Iterator[tuple[str, str]]:
    """The info string and the text of each fence that no comment hides; an open one runs to the end."""
    lines = iter(_LINE.split(body))
    hidden = False
    for line in lines:
        opening = None if hidden else _OPENING.fullmatch(line)
        if opening:
            yield opening["info"], "\n".join(_inside(lines, opening["fence"]))
        else:
            hidden = _hides(line, hidden)


def _inside(lines: Iterator[str], fence: str) -> Iterator[str]:
    """The lines up to the one that closes `fence`: the same mark, at least as long, and nothing else."""
    closing = re.compile(rf" {{0,3}}{fence[0]}{{{len(fence)},}}[ \t]*")
    for line in lines:
        if closing.fullmatch(line):
            return
        yield line


def _hides(line: str, hidden: bool) -> bool:
    """Whether an HTML comment is open after `line`, given whether one was open before it."""
    if hidden:
        _, closed, line = line.partition("-->")
        if not closed:
            return True
    opened = _CODE_SPAN.sub("", line).rfind("<!--")
    return opened >= 0 and "-->" not in _CODE_SPAN.sub("", line)[opened:]
