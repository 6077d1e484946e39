"""What looks like a secret, in any text: known by its shape or its name, so what has neither is not found. Pure.

docs/evidence.md says what is found and what is not.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

MARK = "REDACTED-"
_OWN = "own"
LEAST = 8  # characters of a secret that is looked for as it is: what is shorter would be found in every word
_DEEPEST = 32  # levels of a JSON text that is looked into, or unfolded


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of secret. `hints`: small letters, of which each text with one in it holds one; the secret is the group
    `it`, or the whole of the match.
    """

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]


def _shape(kind: str, hints: str, pattern: str) -> Shape:
    return Shape(kind, tuple(hints.split()), re.compile(pattern))


_SHORTEST = 6  # characters of a value that is secret by its name
_VALUE = rf"(?P<it>(?!{MARK})[^\s\"'\\,;&<>(){{}}\[\]]{{{_SHORTEST},}})"
_NAMES = (
    *("password", "passwd", "pwd", "api_key", "api-key", "apikey", "client_secret", "client-secret"),
    *("secret_key", "secret-key", "access_token", "access-token", "auth_token", "auth-token", "private_token"),
)
_NAMED = "named"
_NAMING = re.compile(rf"(?i:{'|'.join(_NAMES)})$")
_OPERATOR = r"(?:(?:\{\s*)?[\\\"']*(?:eq|ne|in)[\\\"']*\s*:\s*(?:\[\s*)?)?"
"""What may stand between a name and its value where a contract asks for it."""
_AWS = "aws_secret aws_session secretaccesskey awssecret secret_access"

SHAPES: tuple[Shape, ...] = (
    _shape(
        "private-key",
        "-----begin",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\w+/=\s\\:,.-])*"
        r"(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)?",
    ),
    _shape(
        "github-token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"(?:gh[pousr]_|github_pat_)[A-Za-z0-9_][\w.-]{15,}"
    ),
    _shape("jwt", "eyj", r"eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"),
    _shape("aws-key", "akia asia abia acca", r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])"),
    _shape(
        "aws-secret",
        _AWS,
        r"(?i:aws_?secret_?(?:access_?)?key|aws_?session_?token|secret_?access_?key)"
        rf"[\\\"']*\s*[:=]\s*[\\\"']*(?P<it>(?!{MARK})[A-Za-z0-9/+=]{{16,}})",
    ),
    _shape(
        "authorization",
        "authorization",
        r"(?i:authorization)[\\\"']*\s*[:=]\s*[\\\"']*(?i:bearer|basic|token|digest|apikey)\s+"
        rf"(?P<it>(?!{MARK})[^\s\"'\\,;]{{4,}})",
    ),
    _shape("bearer", "bearer", rf"(?i:\bbearer)\s+(?P<it>(?!{MARK})(?=[^\s\"']*[0-9])[A-Za-z0-9._~+/=-]{{12,}})"),
    _shape("url-password", "://", rf"://[^\s/:@\"'\\<>]{{0,200}}:(?P<it>(?!{MARK})[^\s/@\"'\\<>]{{1,500}})@"),
    _shape("slack-token", "xoxb- xoxp- xoxa- xoxr- xoxs- xapp-", r"\bx(?:ox[abprs]|app)-[A-Za-z0-9-]{10,}"),
    _shape("gitlab-token", "glpat-", r"\bglpat-[\w-]{16,}"),
    _shape("google-key", "aiza", r"\bAIza[\w-]{35}"),
    _shape("npm-token", "npm_", r"\bnpm_[A-Za-z0-9]{36}"),
    _shape("pypi-token", "pypi-", r"\bpypi-[A-Za-z0-9_-]{50,}"),
    _shape("stripe-key", "sk_live_ rk_live_ sk_test_ rk_test_", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    _shape("model-key", "sk-", r"(?<![\w-])sk-(?:[a-z0-9]+-)?[A-Za-z0-9_-]{24,}"),
    _shape("maestro-key", "mst_ msp_ mso_ mss_", r"\bms[tpso]_[\w-]{16,}"),
    _shape(
        _NAMED,
        " ".join(_NAMES),
        rf"(?i:{'|'.join(_NAMES)})[\\\"']*\s*[:=]\s*{_OPERATOR}[\\\"']*{_VALUE}",
    ),
)
"""The order matters: what a kind took is a mark to those after it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A secret that was replaced: what kind it is of, where it stood, and what stands there now."""

    member: str
    path: str
    kind: str
    mark: str


def unfolded(text: str) -> Any:
    """The object or the list that a JSON text holds; None for any other text, and for one that is nested too deep."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    level = [value]
    for _ in range(_DEEPEST):
        level = [below for one in level for below in _below(one)]
        if not level:
            return value
    return None


def _below(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


@dataclass(slots=True)
class Sieve:
    """Replaces secrets by marks: the same secret by the same mark, wherever. `own`: secrets of whatever shape, which
    are looked for as they are and as JSON writes them.
    """

    own: Sequence[str] = ()
    found: list[Found] = field(default_factory=list)
    _marks: dict[str, str] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)

    def unlisted(self) -> Sieve:
        """One with the same marks, which finds what has one wherever it stands and lists nothing here: for what is
        compared, and not given away.
        """
        return replace(self, own=(*self.own, *self._marks), found=[])

    def suspects(self, text: str) -> bool:
        """Whether a secret could be in a text at all: without any hint, and without escapes, there is none."""
        lower = text.lower()
        hinted = any(hint in lower for shape in SHAPES for hint in shape.hints)
        return hinted or "\\" in text or any(one in text for one in self.own)

    def text(self, text: str, member: str, path: str = "") -> str:
        """`text` without secrets; where it is JSON, without those that are spelt with escapes in it as well."""
        for secret in self.own:
            for spelt in _spelt(secret) if len(secret) >= LEAST else ():
                if spelt in text:
                    text = text.replace(spelt, self._taken(secret, _OWN, member, path))
        lower = text.lower()
        for shape in SHAPES:
            if any(hint in lower for hint in shape.hints):
                text = self._without(shape, text, member, path)
        value = unfolded(text) if self.suspects(text) else None
        if value is None:
            return text
        shown = self.tree(value, member, path)
        return text if shown == value else json.dumps(shown, separators=(",", ":"))

    def tree(self, value: object, member: str, path: str = "") -> object:
        """A JSON value without secrets in its texts and keys; the very same value where there are none."""
        if isinstance(value, str):
            return self.text(value, member, path)
        if isinstance(value, list):
            return [self.tree(one, member, f"{path}[{index}]") for index, one in enumerate(value)]
        if isinstance(value, Mapping):
            return dict(self._entry(key, one, value, member, path) for key, one in value.items())
        return value

    def _entry(
        self, key: str, value: object, owner: Mapping[str, object], member: str, path: str
    ) -> tuple[str, object]:
        name = self.text(key, member, f"{path} (a key)")
        where = f"{path}.{name}" if path else name
        value = self.tree(value, member, where)
        called = owner.get("name") if key == "value" else key
        secret = isinstance(called, str) and _NAMING.search(called)
        return name, self._named(value, member, where) if secret else value

    def _named(self, value: object, member: str, path: str) -> object:
        """Without any text, for each is the value of a name that secrets have."""
        if isinstance(value, str):
            short = len(value) < _SHORTEST or MARK in value
            return value if short else self._taken(value, _NAMED, member, path)
        if isinstance(value, list):
            return [self._named(one, member, f"{path}[{index}]") for index, one in enumerate(value)]
        if isinstance(value, Mapping):
            return {key: self._named(one, member, f"{path}.{key}") for key, one in value.items()}
        return value

    def _without(self, shape: Shape, text: str, member: str, path: str) -> str:
        def marked(match: re.Match[str]) -> str:
            secret = match["it"] if "it" in match.re.groupindex else match[0]
            start, end = match.span("it" if "it" in match.re.groupindex else 0)
            begin = match.start()
            mark = self._taken(secret, shape.kind, member, path)
            return match[0][: start - begin] + mark + match[0][end - begin :]

        return shape.pattern.sub(marked, text)

    def _taken(self, secret: str, kind: str, member: str, path: str) -> str:
        if secret not in self._marks:
            self._counts[kind] += 1
            self._marks[secret] = f"{MARK}{kind}-{self._counts[kind]}"
        mark = self._marks[secret]
        self.found.append(Found(member, path, kind, mark))
        return mark


def _spelt(secret: str) -> Iterable[str]:
    """A secret as it is, and as it is written within JSON, where that is otherwise."""
    return dict.fromkeys([secret, *(json.dumps(secret, ensure_ascii=plain)[1:-1] for plain in (False, True))])
