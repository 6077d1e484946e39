"""How a pull request stands, and who is told of it: the only calls that we make for it, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.github.address import Part
from app.github.client import Client
from app.github.errors import NotFound

_REPO = "/repos/{owner}/{repo}"
_LABELS = _REPO + "/issues/{issue_number}/labels"

_TO_DRAFT = (
    "mutation ToDraft($pullRequestId: ID!) "
    "{ convertPullRequestToDraft(input: {pullRequestId: $pullRequestId}) { pullRequest { isDraft } } }"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """`parts`: owner and name of the repository. Every call may raise any error of `app.github.errors`."""

    client: Client
    parts: Mapping[str, Part]

    async def update_branch(self, number: int, head_sha: str) -> None:
        """Have GitHub merge the base into the branch of pull request `number`, some moments later.

        Invalid where its head is not `head_sha`, where they conflict, and where there is nothing to merge.
        """
        template = _REPO + "/pulls/{pull_number}/update-branch"
        body = {"expected_head_sha": head_sha}
        await self.client.put(template, {**self.parts, "pull_number": number}, body, _nothing)

    async def make_draft(self, node_id: str) -> None:
        """Take a pull request, by its name in GraphQL, back to a draft; one that is a draft already is as good.

        Denied where the App may not write both pull requests and contents.
        """
        await self.client.graphql(_TO_DRAFT, {"pullRequestId": node_id})

    async def add_label(self, number: int, label: str) -> None:
        """Put `label` on; one that the repository does not have comes into being."""
        parts = {**self.parts, "issue_number": number}
        await self.client.post(_LABELS, parts, {"labels": [label]}, _nothing)

    async def remove_label(self, number: int, label: str) -> None:
        """Take `label` off; one that is off already is as good."""
        parts = {**self.parts, "issue_number": number, "name": label}
        try:
            await self.client.delete(_LABELS + "/{name}", parts)
        except NotFound:
            return

    async def tell(self, event_type: str, payload: Mapping[str, str]) -> None:
        """Tell whatever listens for `event_type` on the default branch; GitHub says nothing of what comes of it."""
        body = {"event_type": event_type, "client_payload": dict(payload)}
        await self.client.post(_REPO + "/dispatches", self.parts, body, _nothing)


def _nothing(_data: Any) -> None:
    return
