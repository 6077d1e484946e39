"""Lines of the provenance log in words for people: what was done, and who or what had it done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.model import LogLine
from app.render import words
from checks.model import Verdict

SHOWN = 10  # lines of a page; the rest is folded

_FROM: Mapping[str, str] = {
    "comment": "by a comment",
    "button": "by a button on GitHub",
    "center": "from the Decision Center",
    "api": "over the API",
    "cli": "on the command line",
}
_PULLED: Mapping[str, str] = {
    "opened": "opened it",
    "reopened": "opened it again",
    "synchronize": "pushed to it",
    "edited": "edited it",
    "labeled": "labelled it",
    "unlabeled": "took a label off",
    "ready_for_review": "said that it is ready",
    "closed": "closed it",
    "merged": "merged it",
}
_CAME: Mapping[str, str] = {
    "measurements": "figures arrived",
    "sbom": "a bill of materials arrived",
    "advisories": "advisories came out",
    "sweep": "everything open was looked at again",
    "evaluated": "it was judged",
}
_CHECKED = frozenset({"check_run", "check_suite", "workflow_run", "status"})
_DONE: Mapping[str, str] = {
    "override": "overrode {what}",
    "override withdraw": "had {what} count again",
    "agree": "agreed",
    "disagree": "disagreed",
}
_ASKED = "asked for {verb}"


@dataclass(frozen=True, slots=True)
class Logged:
    """A line in words. `text` may hold what others wrote; `raw`: the names that the log has for it."""

    at: float
    text: str
    cause: str
    seal: str
    raw: str
    before: str
    after: str


def logged(line: LogLine) -> Logged:
    """The line in words."""
    text = _commanded(line) if line.kind == "command" else _done(line)
    caused = _FROM.get(line.surface, "") if line.kind == "command" else cause(line.who, line.surface, line.reason)
    raw = f"{line.kind} {line.what}, {line.result}; {line.who} by {line.surface}: {line.reason}"
    return Logged(line.at, text, caused, line.seal, raw, line.before, line.after)


def asked_from(surface: str) -> str:
    """Where somebody asked, in words."""
    return _FROM.get(surface, surface)


def cause(who: str, surface: str, reason: str) -> str:
    """Who or what asked for something, by the reason that is kept of it; `who` and `surface` are "" where unknown."""
    subject, _, event = reason.partition(".")
    somebody = who or "somebody"
    if subject == "command":
        return " ".join(filter(None, (f"{somebody},", _FROM.get(surface, "")))).rstrip(",") + f": {_plain(event)}"
    if surface in _FROM:
        return f"{somebody}, {_FROM[surface]}"
    if subject == "pull_request" and event in _PULLED:
        return f"{somebody} {_PULLED[event]}"
    if subject in _CHECKED:
        return f"a check by {who}" if who else "a check"
    if subject == "push":
        return f"{somebody} pushed to the base branch"
    return _CAME.get(reason, _plain(reason))


def _commanded(line: LogLine) -> str:
    named = ", ".join(part.partition(":")[0].strip() for part in line.after.split(", ") if ":" in part)
    if line.result != "ok":
        return f"{line.who} asked for {line.what}: {line.result}"
    verb = max((name for name in _DONE if f"{line.what} ".startswith(f"{name} ")), key=len, default="")
    return f"{line.who} {_DONE.get(verb, _ASKED).format(what=named or 'a check', verb=line.what)}"


def _done(line: LogLine) -> str:
    text = line.what
    if line.kind == "decision":
        known = line.what in set(Verdict)
        text = f"decided {words.VERDICTS[Verdict(line.what)]}" if known else "nothing is asked of it any more"
    elif line.kind == "refusal":
        text = f"not done: {line.what}"
    if line.result == "moved":
        return f"{text}: stopped, its head had moved"
    return text if line.result == "ok" else f"{text}: {line.result}"


def _plain(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")
