"""The git database: blobs, trees, commits and refs by sha and by name."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from app.github.sandbox import pushing, shapes
from app.github.sandbox.call import Answer, Call, Route
from app.github.sandbox.git import EMPTY_TREE, FILE, SUBMODULE, Entry, Signature, UnknownObjectError
from app.github.sandbox.refusals import not_found, unprocessable
from app.github.sandbox.routes.contents import base64_lines
from app.github.sandbox.routes.repositories import REPO
from app.github.sandbox.shapes import Json

TREE_LIMIT = 100_000  # entries of a recursive tree before GitHub truncates it


def read_blob(call: Call) -> Answer:
    """`GET .../git/blobs/{file_sha}`: base64, or raw."""
    sha = call.params["file_sha"]
    try:
        content = call.repo.objects.blob(sha)
    except UnknownObjectError:
        raise not_found() from None
    if "raw" in call.accept:
        return Answer(200, content)
    url = f"{shapes.repository_url(call.world, call.repo)}/git/blobs/{sha}"
    shape = {"sha": sha, "node_id": f"B_{sha}", "size": len(content), "url": url}
    return Answer(200, {**shape, "content": base64_lines(content), "encoding": "base64"})


def write_blob(call: Call) -> Answer:
    """`POST .../git/blobs`."""
    text = call.body["content"]
    content = base64.b64decode(text) if call.body.get("encoding") == "base64" else text.encode()
    sha = call.repo.objects.add_blob(content)
    return Answer(201, {"sha": sha, "url": f"{shapes.repository_url(call.world, call.repo)}/git/blobs/{sha}"})


def read_tree(call: Call) -> Answer:
    """`GET .../git/trees/{tree_sha}`: a tree, a commit or a branch; `?recursive=` walks all the way down."""
    objects, wanted = call.repo.objects, call.params["tree_sha"]
    sha = wanted if wanted in objects.trees else call.world.resolve(call.repo, wanted).tree
    entries = list(objects.walk(sha)) if "recursive" in call.query else list(objects.tree(sha).items())
    return Answer(200, _tree(call, sha, entries))


def write_tree(call: Call) -> Answer:
    """`POST .../git/trees`: entries on top of `base_tree`; a null sha removes a path."""
    objects, base = call.repo.objects, call.body.get("base_tree") or EMPTY_TREE
    try:
        base = objects.commit(base).tree if base in objects.commits else base
        changes = {one["path"]: _wished_entry(call, one) for one in call.body["tree"]}
        sha = objects.with_files(base, changes)
    except UnknownObjectError as unknown:
        raise unprocessable(f"tree.sha {unknown} is not a valid object") from None
    return Answer(201, _tree(call, sha, list(objects.tree(sha).items())))


def _wished_entry(call: Call, wish: dict[str, Any]) -> Entry | None:
    objects = call.repo.objects
    if "content" in wish:
        return Entry(wish.get("mode", FILE), objects.add_blob(wish["content"].encode()))
    if wish.get("sha") is None:
        return None
    elsewhere = wish.get("mode") == SUBMODULE  # a commit of another repository, which nobody looks for
    if not elsewhere and wish["sha"] not in objects.blobs and wish["sha"] not in objects.trees:
        raise UnknownObjectError(wish["sha"])
    return Entry(wish.get("mode", FILE), wish["sha"])


def _tree(call: Call, sha: str, entries: list[tuple[str, Entry]]) -> Json:
    url = f"{shapes.repository_url(call.world, call.repo)}/git"
    shown = [
        {
            "path": path,
            "mode": entry.mode,
            "type": entry.type,
            "sha": entry.sha,
            "url": f"{url}/{entry.type}s/{entry.sha}",
            **({"size": len(call.repo.objects.blob(entry.sha))} if entry.type == "blob" else {}),
        }
        for path, entry in entries[:TREE_LIMIT]
    ]
    return {"sha": sha, "url": f"{url}/trees/{sha}", "tree": shown, "truncated": len(entries) > TREE_LIMIT}


def read_commit(call: Call) -> Answer:
    """`GET .../git/commits/{commit_sha}`."""
    try:
        commit = call.repo.objects.commit(call.params["commit_sha"])
    except UnknownObjectError:
        raise not_found() from None
    return Answer(200, shapes.git_commit(call.world, call.repo, commit))


def write_commit(call: Call) -> Answer:
    """`POST .../git/commits`: moves no ref."""
    objects, body = call.repo.objects, call.body
    if body["tree"] not in objects.trees:
        raise unprocessable("Tree SHA does not exist")
    missing = [sha for sha in body.get("parents", ()) if sha not in objects.commits]
    if missing:
        raise unprocessable("Parent SHA does not exist or is not a commit object")
    author = _signature(call, body.get("author"))
    committer = _signature(call, body["committer"]) if "committer" in body else author
    sha = objects.add_commit(body["tree"], body.get("parents", ()), body["message"], author, committer)
    return Answer(201, shapes.git_commit(call.world, call.repo, objects.commit(sha)))


def _signature(call: Call, wish: dict[str, str] | None) -> Signature:
    default = call.world.signature(call.actor)
    if wish is None:
        return default
    at = int(datetime.fromisoformat(wish["date"]).timestamp()) if "date" in wish else default.at
    return Signature(wish["name"], wish["email"], at)


# --- refs --------------------------------------------------------------------------------------------------------


def read_ref(call: Call) -> Answer:
    """`GET .../git/ref/{ref}`: exactly this one."""
    return Answer(200, _ref(call, _existing(call, 404)))


def matching_refs(call: Call) -> Answer:
    """`GET .../git/matching-refs/{ref}`: every ref that starts so."""
    names = sorted(ref for ref in call.repo.refs if ref.startswith(call.params["ref"]))
    return Answer(200, [_ref(call, name) for name in names])


def create_ref(call: Call) -> Answer:
    """`POST .../git/refs`."""
    name = call.body["ref"].removeprefix("refs/")
    if name in call.repo.refs:
        raise unprocessable("Reference already exists")
    _refuse_unknown(call)
    pushing.set_ref(call.world, call.repo, name, call.body["sha"], call.actor)
    return Answer(201, _ref(call, name))


def update_ref(call: Call) -> Answer:
    """`PATCH .../git/refs/{ref}`: forward only, unless forced."""
    name = _existing(call, 422)
    _refuse_unknown(call)
    forward = call.repo.objects.is_ancestor(call.repo.refs[name], call.body["sha"])
    if not forward and not call.body.get("force", False):
        raise unprocessable("Update is not a fast forward")
    pushing.set_ref(call.world, call.repo, name, call.body["sha"], call.actor)
    return Answer(200, _ref(call, name))


def delete_ref(call: Call) -> Answer:
    """`DELETE .../git/refs/{ref}`."""
    pushing.delete_ref(call.world, call.repo, _existing(call, 422), call.actor)
    return Answer(204)


def _existing(call: Call, otherwise: int) -> str:
    name = call.params["ref"]
    if name not in call.repo.refs:
        raise not_found() if otherwise == 404 else unprocessable("Reference does not exist")
    return name


def _refuse_unknown(call: Call) -> None:
    if call.body["sha"] not in call.repo.objects.commits:
        raise unprocessable("Object does not exist")


def _ref(call: Call, name: str) -> Json:
    api, sha = shapes.repository_url(call.world, call.repo), call.repo.refs[name]
    return {
        "ref": f"refs/{name}",
        "node_id": f"REF_{name}",
        "url": f"{api}/git/refs/{name}",
        "object": {"type": "commit", "sha": sha, "url": f"{api}/git/commits/{sha}"},
    }


ROUTES = (
    Route("GET", f"{REPO}/git/blobs/{{file_sha}}", read_blob, ("contents:read",)),
    Route("POST", f"{REPO}/git/blobs", write_blob, ("contents:write",)),
    Route("GET", f"{REPO}/git/trees/{{tree_sha}}", read_tree, ("contents:read",)),
    Route("POST", f"{REPO}/git/trees", write_tree, ("contents:write",)),
    Route("GET", f"{REPO}/git/commits/{{commit_sha}}", read_commit, ("contents:read",)),
    Route("POST", f"{REPO}/git/commits", write_commit, ("contents:write",)),
    Route("GET", f"{REPO}/git/ref/{{ref}}", read_ref, ("contents:read",)),
    Route("GET", f"{REPO}/git/matching-refs/{{ref}}", matching_refs, ("contents:read",)),
    Route("POST", f"{REPO}/git/refs", create_ref, ("contents:write",)),
    Route("PATCH", f"{REPO}/git/refs/{{ref}}", update_ref, ("contents:write",)),
    Route("DELETE", f"{REPO}/git/refs/{{ref}}", delete_ref, ("contents:write",)),
)
