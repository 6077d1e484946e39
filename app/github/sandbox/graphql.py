"""The one GraphQL mutation that we call, judged by the shape that GitHub's published schema gives it.

Facts: docs.github.com/graphql/reference, `convertPullRequestToDraft`; permissions: argoproj/argo-workflows#16639.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.github.sandbox import auth, pulling, shapes
from app.github.sandbox.call import Answer, Call, Route
from app.github.sandbox.refusals import Refused
from app.github.sandbox.state import Pull, Repository

PATH = "/graphql"
_NEEDS = ("pull_requests:write", "contents:write")  # both: for a draft, too, a branch might be written
_MUTATION = re.compile(
    r"\s*mutation\s+(?P<name>\w+)\s*\(\s*\$(?P<declared>\w+)\s*:\s*(?P<type>[\w!\[\]]+)\s*\)\s*"
    r"\{\s*(?P<field>\w+)\s*\(\s*input\s*:\s*\{\s*(?P<argument>\w+)\s*:\s*\$(?P<used>\w+)\s*\}\s*\)\s*"
    r"\{\s*(?P<payload>\w+)\s*\{\s*(?P<selected>\w+(?:\s+\w+)*)\s*\}\s*\}\s*\}\s*",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutation of the schema: the types of its input's fields, and what of its payload may be selected."""

    takes: Mapping[str, str]
    gives: Mapping[str, frozenset[str]]


SCHEMA = {
    "convertPullRequestToDraft": Mutation(
        {"pullRequestId": "ID!", "clientMutationId": "String"},
        {"pullRequest": frozenset({"id", "number", "isDraft", "state", "title", "headRefOid"})},
    )
}


def violations(body: object) -> Iterator[str]:
    """Everything that GitHub would not understand, one line each."""
    sent = body if isinstance(body, dict) else {}
    if not isinstance(sent.get("query"), str) or sent.keys() - {"query", "variables", "operationName"}:
        yield "graphql: a request holds a query and its variables"
        return
    read = _MUTATION.fullmatch(sent["query"])
    mutation = SCHEMA.get(read["field"]) if read else None
    if read is None or mutation is None:
        yield "graphql: no mutation of ours"
        return
    yield from _wrong(read, mutation, sent.get("variables"))


def _wrong(read: re.Match[str], mutation: Mutation, variables: object) -> Iterator[str]:
    wanted = mutation.takes.get(read["argument"])
    if wanted is None:
        yield f"graphql: the input of {read['field']} has no {read['argument']}"
    if read["type"] != wanted:
        yield f"graphql: ${read['declared']} is declared {read['type']}, {read['argument']} is {wanted}"
    if read["declared"] != read["used"]:
        yield f"graphql: ${read['used']} is not declared"
    if not isinstance(variables, dict) or variables.keys() != {read["declared"]}:
        yield "graphql: the variables are not those that are declared"
    elif not isinstance(variables[read["declared"]], str):
        yield f"graphql: ${read['declared']} is no {read['type']}"
    if not set(read["selected"].split()) <= mutation.gives.get(read["payload"], frozenset()):
        yield f"graphql: {read['field']} gives nothing of {read['payload']} that is so called"


def answer(call: Call) -> Answer:
    """`POST /graphql`: 200 whatever comes of it, as GraphQL has it."""
    wrong = [{"message": one, "type": "INVALID"} for one in violations(call.body)]
    if wrong:
        return Answer(200, {"errors": wrong})
    node = next(iter(call.body["variables"].values()))
    found = _found(call, node)
    if found is None:
        return _refused("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'.")
    return _to_draft(call, *found)


def _to_draft(call: Call, repo: Repository, pull: Pull) -> Answer:
    try:
        for need in _NEEDS:
            auth.admit(call.world, call.caller, repo, (need,))
    except Refused as refused:
        return _refused("FORBIDDEN", refused.message)
    if pull.state != "open":
        return _refused("UNPROCESSABLE", "Pull request is closed")
    pulling.set_draft(call.world, repo, pull, call.actor, draft=True)
    said = {"number": pull.number, "isDraft": pull.draft, "state": "OPEN", "title": pull.title}
    return Answer(200, {"data": {"convertPullRequestToDraft": {"pullRequest": said}}})


def _found(call: Call, node: str) -> tuple[Repository, Pull] | None:
    every = ((repo, pull) for repo in call.world.repositories.values() for pull in repo.pulls.values())
    return next(((repo, pull) for repo, pull in every if shapes.node_id("PR", pull.id) == node), None)


def _refused(kind: str, message: str) -> Answer:
    said: dict[str, Any] = {"type": kind, "path": ["convertPullRequestToDraft"], "message": message}
    return Answer(200, {"data": {"convertPullRequestToDraft": None}, "errors": [said]})


ROUTES = (Route("POST", PATH, answer),)
