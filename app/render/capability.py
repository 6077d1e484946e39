"""The address of a page, with the key that opens it: who may read the check run, or the issue, may read the page.

A key is a MAC over the path of the page, its repository and its commit, so it opens one page and cannot be guessed or
made of another's. It holds no time: whoever asks for a page is told by what it shows whether it may still be opened,
and the same decision has the same address whenever it is rendered. docs/decisions/010 tells what it guards against.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from checks.model import CheckResult, Decision, Pull

PREFIX = "msp_"  # by which the log knows a key, wherever it turns up
_PURPOSE = b"maestro page v1"
_LENGTH = 24  # bytes of the MAC that are kept: 192 bits


@dataclass(frozen=True, slots=True)
class Subject:
    """What one page is about. `path`: where it is, below the root; `sha`: of its commit, "" where it outlives one;
    `repository_id`: GitHub's, 0 where it is not known. No key is made of that: those that were given away stay good.
    """

    path: str
    repository: str
    sha: str = ""
    repository_id: int = 0


def of_experiment(experiment: int, repository: str, sha: str) -> Subject:
    """An experiment on a commit."""
    return Subject(f"/experiments/{experiment}", repository, sha)


def of_study(study: int, repository: str, sha: str) -> Subject:
    """What the deployment of a commit did."""
    return Subject(f"/studies/{study}", repository, sha)


def of_module(repository: str, module: str) -> Subject:
    """A module that is watched for drift."""
    return Subject(f"/drift/{quote(repository.lower())}/{quote(module, safe='')}", repository)


def of_pull(repository: str, number: int, repository_id: int = 0) -> Subject:
    """A pull request: its page outlives every head."""
    return Subject(f"/pr/{quote(repository.lower())}/{number}", repository, repository_id=repository_id)


def derived(secret: str, purpose: bytes = _PURPOSE) -> bytes:
    """A key for one `purpose` from a secret of high entropy: HKDF-SHA256 (RFC 5869) without salt, its first block."""
    return hmac.digest(hmac.digest(bytes(32), secret.encode(), "sha256"), purpose + b"\x01", "sha256")


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages under `root`, an address without a slash at its end; `key` is `derived`. Without a root there are no
    addresses to give away, and a key still opens what it opens.
    """

    root: str
    key: bytes = field(repr=False)

    def address(self, subject: Subject) -> str:
        """Where its page is, for whoever may read what leads there; "" where nobody can go there."""
        return f"{self.root}{subject.path}?key={self.key_of(subject)}" if self.root else ""

    def key_of(self, subject: Subject) -> str:
        """What opens its page, and no other."""
        said = f"{subject.path}\n{subject.repository.lower()}\n{subject.sha}".encode()
        mac = hmac.digest(self.key, said, "sha256")[:_LENGTH]
        return PREFIX + urlsafe_b64encode(mac).decode().rstrip("=")

    def opens(self, key: str, subject: Subject) -> bool:
        """Whether `key`, as somebody sent it, is the one of this page; as long in answering for any."""
        return hmac.compare_digest(key.encode(errors="replace"), self.key_of(subject).encode())

    def of_change(self, pull: Pull) -> str:
        """Where the page of `pull` is; "" for a merge group, which has none."""
        return "" if pull.number is None else self.address(of_pull(pull.repository, pull.number))

    def shown_on(self, decision: Decision) -> Decision:
        """`decision` with the address of each page about what a check names; the first is the check's own."""
        rows = tuple(replace(row, result=self._addressed(row.result, decision.pull)) for row in decision.rows)
        return replace(decision, rows=rows) if self.root else decision

    def _addressed(self, result: CheckResult, pull: Pull) -> CheckResult:
        told = {
            name: [self._one(one, subject(one, pull)) for one in result.detail[name]]
            for name, subject in _SUBJECTS.items()
            if name in result.detail
        }
        first = next((one["page"] for each in told.values() for one in each if "page" in one), "")
        return replace(result, detail={**result.detail, **told, "page": first}) if first else result

    def _one(self, one: Mapping[str, Any], subject: Subject | None) -> Mapping[str, Any]:
        return {**one, "page": self.address(subject)} if subject else one


def _experiment(one: Mapping[str, Any], pull: Pull) -> Subject | None:
    return of_experiment(one["experiment"], pull.repository, pull.head_sha) if "experiment" in one else None


def _study(one: Mapping[str, Any], pull: Pull) -> Subject:
    return of_study(one["study"], pull.repository, one["sha"])


def _module(one: Mapping[str, Any], pull: Pull) -> Subject | None:
    """None before a day of it was compared: there is nothing to show."""
    return of_module(pull.repository, one["name"]) if one["day"] else None


def _guarded(_one: Mapping[str, Any], pull: Pull) -> Subject | None:
    """What guards saw stands on the page of the change itself."""
    return None if pull.number is None else of_pull(pull.repository, pull.number)


_SUBJECTS: Mapping[str, Callable[[Mapping[str, Any], Pull], Subject | None]] = MappingProxyType(
    {"experiments": _experiment, "studies": _study, "modules": _module, "seen": _guarded}
)
"""Lists in the detail of a check, and what each of their members may have a page of."""
