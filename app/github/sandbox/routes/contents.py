"""Files of a repository by path."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from app.github import limits
from app.github.sandbox import pushing, shapes
from app.github.sandbox.call import Answer, Call, Route
from app.github.sandbox.git import Commit, Entry
from app.github.sandbox.refusals import Refused, conflict, forbidden, not_found, unprocessable, validation_failed
from app.github.sandbox.routes.repositories import REPO
from app.github.sandbox.shapes import Json

HUGE = 100_000_000  # bytes: beyond it the contents API gives nothing at all
LISTED = 1_000  # entries of one directory


def read(call: Call) -> Answer:
    """A file (base64, or raw), or the list of a directory."""
    commit, path = _commit(call), call.params.get("path", "").strip("/")
    entry = call.repo.objects.find(commit.tree, path)
    if entry is None:
        raise not_found()
    return _directory(call, commit, path, entry) if entry.type == "tree" else _file(call, path, entry)


def _commit(call: Call) -> Commit:
    ref = call.query.get("ref") or call.repo.default_branch
    try:
        return call.world.resolve(call.repo, ref)
    except Refused:
        raise Refused(404, f"No commit found for the ref {ref}") from None


def _file(call: Call, path: str, entry: Entry) -> Answer:
    content = call.repo.objects.blob(entry.sha)
    if len(content) > HUGE:
        raise forbidden("This API returns blobs up to 100 MB in size.")
    if "raw" in call.accept:
        return Answer(200, content)
    fits = len(content) <= limits.CONTENTS_BYTES
    text = base64_lines(content) if fits else ""
    return Answer(200, {**_entry(call, path, entry), "content": text, "encoding": "base64" if fits else "none"})


def base64_lines(content: bytes) -> str:
    """Base64 as GitHub sends it: lines of 60 characters, a newline at the end of each."""
    encoded = base64.b64encode(content).decode()
    return "".join(f"{encoded[at : at + 60]}\n" for at in range(0, len(encoded), 60))


def _directory(call: Call, commit: Commit, path: str, entry: Entry) -> Answer:
    prefix = f"{path}/" if path else ""
    entries = [
        _entry(call, prefix + name, below) for name, below in list(call.repo.objects.tree(entry.sha).items())[:LISTED]
    ]
    if "object" not in call.accept:
        return Answer(200, entries)
    return Answer(200, {**_entry(call, path, entry), "entries": entries})


def _entry(call: Call, path: str, entry: Entry) -> Json:
    api, html = shapes.repository_url(call.world, call.repo), shapes.page_url(call.world, call.repo)
    ref = quote(call.query.get("ref") or call.repo.default_branch)
    kind = {"blob": "file", "tree": "dir", "commit": "submodule"}[entry.type]
    url = f"{api}/contents/{quote(path)}?ref={ref}"
    git_url = f"{api}/git/{entry.type}s/{entry.sha}"
    html_url = f"{html}/{entry.type}/{ref}/{quote(path)}"
    return {
        "type": kind,
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": entry.sha,
        "size": len(call.repo.objects.blob(entry.sha)) if kind == "file" else 0,
        "url": url,
        "git_url": git_url,
        "html_url": html_url,
        "download_url": f"{html}/raw/{ref}/{quote(path)}" if kind == "file" else None,
        "_links": {"self": url, "git": git_url, "html": html_url},
    }


def write(call: Call) -> Answer:
    """Create or replace one file on a branch, as one commit."""
    try:
        decoded = base64.b64decode(call.body["content"])
    except binascii.Error:
        raise validation_failed("Content", "content", "invalid", "content is not valid Base64") from None
    existed, commit = _change(call, decoded)
    entry = call.repo.objects.find(commit.tree, call.params["path"])
    shape = _entry(call, call.params["path"], entry) if entry else None
    return _changed(call, 200 if existed else 201, shape, commit)


def remove(call: Call) -> Answer:
    """Delete one file on a branch, as one commit."""
    existed, commit = _change(call, None)
    if not existed:
        raise not_found()
    return _changed(call, 200, None, commit)


def _change(call: Call, content: bytes | None) -> tuple[bool, Commit]:
    """Make the commit; whether the path existed before, and the commit itself."""
    branch, path = call.body.get("branch") or call.repo.default_branch, call.params["path"]
    if f"heads/{branch}" not in call.repo.refs:
        raise Refused(404, f"Branch {branch} not found")
    tip = call.repo.branch(branch)
    old = call.repo.objects.find(call.repo.objects.commit(tip).tree, path)
    if old is None and content is None:
        raise not_found()
    _refuse_stale(path, old, call.body.get("sha"))
    sha = pushing.write_files(call.world, call.repo, {path: content}, call.actor, call.body["message"], tip)
    pushing.set_ref(call.world, call.repo, f"heads/{branch}", sha, call.actor)
    return old is not None, call.repo.objects.commit(sha)


def _refuse_stale(path: str, old: Entry | None, sha: Any) -> None:
    if old is not None and sha is None:
        raise unprocessable('Invalid request.\n\n"sha" wasn\'t supplied.')
    if old is not None and sha != old.sha:
        raise conflict(f"{path} does not match {sha}")


def _changed(call: Call, status: int, content: Json | None, commit: Commit) -> Answer:
    return Answer(status, {"content": content, "commit": shapes.git_commit(call.world, call.repo, commit)})


_DOORS: tuple[tuple[str, Callable[[Call], Answer], str], ...] = (
    ("GET", read, "contents:read"),
    ("PUT", write, "contents:write"),
    ("DELETE", remove, "contents:write"),
)

ROUTES = (
    Route("GET", f"{REPO}/contents", read, ("contents:read",)),
    Route("GET", f"{REPO}/contents/", read, ("contents:read",)),
    *(Route(method, f"{REPO}/contents/{{path}}", handler, (need,)) for method, handler, need in _DOORS),
)
