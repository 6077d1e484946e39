"""Traces: the word by which what an agent pushes is known to come of an attempt that we had it make.

A trace is 32 hexadecimal digits of chance. It is told to the agent alone, yet whoever reads a branch that carries it
knows it too. So a trace is a claim, and what we know of the attempt decides whether it holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from program.remediation import Attempted, Remediation, Result

MOST = 20  # traces that one text may name
BRANCH = "maestro-trace-"
"""How the part of a branch's name begins that holds a trace."""

TRAILER = "Maestro-Trace"
"""The trailer of a commit message that holds one."""

_WORD = r"[0-9a-f]{32}"
_TRAILER = re.compile(rf"^{TRAILER}:[ \t]{{0,9}}({_WORD})[ \t]{{0,9}}\r?$", re.IGNORECASE | re.MULTILINE | re.ASCII)
_BRANCH = re.compile(rf"(?:{BRANCH}|/)({_WORD})(?![0-9A-Za-z])", re.ASCII)
_TRACE = re.compile(_WORD, re.ASCII)


def is_trace(text: str) -> bool:
    """May it be the trace of an attempt of ours?"""
    return bool(_TRACE.fullmatch(text))


def traces(texts: Iterable[str]) -> tuple[str, ...]:
    """What commit messages and names of branches claim to come of: each trace once, in the order of the texts.

    In a message, `Maestro-Trace: <trace>` on a line; in a name, which holds no blank, `maestro-trace-<trace>` or
    `.../<trace>`. Of a text, the first MOST.
    """
    return tuple(dict.fromkeys(trace for text in texts for trace in _of(text)[:MOST]))


def _of(text: str) -> list[str]:
    pattern = _TRAILER if re.search(r"\s", text) or ":" in text else _BRANCH
    return [trace.lower() for trace in pattern.findall(text)]


@dataclass(frozen=True, slots=True)
class Claim:
    """A head that names `trace`. `commits`: those that its pull request adds, the head among them."""

    trace: str
    repository: str
    number: int
    head_sha: str
    commits: Collection[str]


Found = tuple[Remediation, Attempted]
"""The attempt of a trace, and what it belongs to."""


def attributed(claim: Claim, found: Found | None) -> Attempted | str:
    """The attempt that the head comes of; or why the claim does not hold, in our own words, in which `code` may stand.

    Of two heads that one attempt leads to both are its own, as long as nobody measured what came of it.
    """
    why = _forged(claim, found)
    return f"trace `{claim.trace[:8]}` {why}: ignored" if found is None or why else found[1]


def _forged(claim: Claim, found: Found | None) -> str:
    """What is wrong with it, "" for nothing."""
    if found is None:
        return "is of no attempt"
    owner, attempt = found
    here = (owner.repository.lower(), owner.number) == (claim.repository.lower(), claim.number)
    wrong = (
        (owner.repository.lower() != claim.repository.lower(), "is of an attempt in another repository"),
        (not here, "is of no attempt of this pull request"),
        (attempt.result is not Result.OPEN or owner.course.over, f"is of attempt {attempt.n}, which has ended"),
        (claim.head_sha == attempt.head_sha, "is on the very commit that its attempt is to mend"),
        (attempt.head_sha not in claim.commits, f"was not made on `{attempt.head_sha[:7]}`, where its attempt began"),
    )
    return next((why for holds, why in wrong if holds), "")
