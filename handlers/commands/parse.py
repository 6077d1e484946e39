"""From a comment to a command. Pure, and linear in the comment's length."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile

_LONGEST = 65_536  # characters of a comment on GitHub
_HTML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LINE_END = re.compile(r"[\r\n]")  # CommonMark's
_SPOKEN_TO = re.compile(r"/maestro[,:]?(?=[ \t\u00a0]|\Z)", re.IGNORECASE | re.ASCII)
_COMMAND = re.compile(
    r"/maestro[,:]?(?:[ \t\u00a0]+[`<]{0,2}(?P<verb>[a-z][a-z-]{0,31})[`>.,:;!?]{0,9}"
    r"(?:[ \t\u00a0]+(?P<arguments>.*))?)?",
    re.IGNORECASE | re.ASCII,
)

_REASONED = frozenset({"override", "disagree"})
"""What a person's own words belong to: those go on where the line ends."""


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asked: `/maestro <verb> <arguments>`; no verb means help."""

    verb: str
    arguments: tuple[str, ...] = ()


def bare(word: str) -> str:
    """A name as people write it in a sentence, without the marks around it: `risk`, or <risk>, or risk:."""
    return word.rstrip("`>.,:;!?").lstrip("`<")


def spoken_to(body: str) -> bool:
    """Does it begin with a command? Fences and quotes begin with their own mark, and HTML comments are dropped."""
    return _SPOKEN_TO.match(_first_line(body)) is not None


def parse(body: str) -> Command | None:
    """The command that `body` begins with; None when it begins with something else, or with a malformed one."""
    found = _COMMAND.fullmatch(_first_line(body))
    if found is None:
        return None
    verb, said = (found["verb"] or "help").lower(), (found["arguments"] or "").split()
    if verb in _REASONED and [word.lower() for word in said[:1]] != ["withdraw"]:
        said += _below(body).split()
    return Command(verb, tuple(said))


def _below(body: str) -> str:
    """What follows on the lines right below the first one, up to a blank line or another command."""
    visible = _HTML_COMMENT.sub("", body[:_LONGEST]).lstrip()
    lines = [line.strip() for line in visible.replace("\r\n", "\n").replace("\r", "\n").split("\n")[1:]]
    return " ".join(takewhile(lambda line: line and not _SPOKEN_TO.match(line), lines))


def _first_line(body: str) -> str:
    """The first line that is not blank. What is indented stays so: it may be code."""
    visible = _HTML_COMMENT.sub("", body[:_LONGEST])
    first = len(visible) - len(visible.lstrip())
    begin = max(visible.rfind("\n", 0, first), visible.rfind("\r", 0, first)) + 1
    end = _LINE_END.search(visible, first)
    return visible[begin : end.start() if end else None].rstrip()
