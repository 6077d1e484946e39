"""The address of an experiment's page, with the key that opens it: who may read the check run may read the page.

A key is a MAC over the experiment's id, repository and commit, so it opens one page and cannot be guessed or made of
another's. It holds no time: whoever asks for a page is told by the experiment itself whether it may still be opened,
and the same decision has the same address whenever it is rendered. docs/decisions/010 tells what it guards against.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from typing import Any

from checks.model import CheckResult, Decision

PREFIX = "msp_"  # by which the log knows a key, wherever it turns up
_PURPOSE = b"maestro experiment page v1"
_LENGTH = 24  # bytes of the MAC that are kept: 192 bits


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

    def address(self, experiment: int, repository: str, sha: str) -> str:
        """Where the page of an experiment is, for whoever may read its check run; "" where nobody can go there."""
        if not self.root:
            return ""
        return f"{self.root}/experiments/{experiment}?key={self.key_of(experiment, repository, sha)}"

    def key_of(self, experiment: int, repository: str, sha: str) -> str:
        """What opens the page of one experiment."""
        said = f"{experiment}\n{repository.lower()}\n{sha}".encode()
        mac = hmac.digest(self.key, said, "sha256")[:_LENGTH]
        return PREFIX + urlsafe_b64encode(mac).decode().rstrip("=")

    def opens(self, key: str, experiment: int, repository: str, sha: str) -> bool:
        """Whether `key`, as somebody sent it, is the one of this experiment; as long in answering for any."""
        return hmac.compare_digest(key.encode(errors="replace"), self.key_of(experiment, repository, sha).encode())

    def shown_on(self, decision: Decision) -> Decision:
        """`decision` with the address of each experiment that a check names, and for the check that of the first."""
        rows = tuple(replace(row, result=self._addressed(row.result, decision)) for row in decision.rows)
        return replace(decision, rows=rows) if self.root else decision

    def _addressed(self, result: CheckResult, decision: Decision) -> CheckResult:
        told = [self._one(one, decision) for one in result.detail.get("experiments", ())]
        first = next((one["page"] for one in told if "page" in one), "")
        return replace(result, detail={**result.detail, "experiments": told, "page": first}) if first else result

    def _one(self, one: dict[str, Any], decision: Decision) -> dict[str, Any]:
        if "experiment" not in one:
            return one
        return one | {"page": self.address(one["experiment"], decision.pull.repository, decision.pull.head_sha)}
