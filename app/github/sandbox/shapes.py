"""GitHub's JSON for accounts, Apps, repositories, commits and files.

The field names are those of GitHub's REST description; fields that no client of ours reads are left out where the
list would only be noise. Every function is pure: the state and the sandbox's address in, a fresh dict out.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from app.github.sandbox.diff import FileDiff, changed_files
from app.github.sandbox.git import EMPTY_TREE, Commit, Objects, Signature
from app.github.sandbox.state import Account, App, Installation, Label, Reaction, Repository
from app.github.sandbox.world import World

Json = dict[str, Any]

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def time_text(at: float | None) -> str | None:
    """GitHub's timestamps: UTC, whole seconds, a Z at the end."""
    return None if at is None else datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def node_id(kind: str, number: int) -> str:
    """An opaque GraphQL id."""
    return f"{kind}_" + base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def user(world: World, account: Account) -> Json:
    """An account, as it is embedded everywhere."""
    login = quote(account.login)
    api, html = f"{world.url}/users/{login}", f"{world.url}/{login}"
    if account.type == "Bot":
        html = f"{world.url}/apps/{account.login.removesuffix('[bot]')}"
    listings = ("followers", "subscriptions", "organizations", "repos", "received_events")
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("U", account.id),
        "avatar_url": f"{world.url}/avatars/{account.id}",
        "gravatar_id": "",
        "url": api,
        "html_url": html,
        **{f"{name}_url": f"{api}/{name}" for name in listings},
        "following_url": f"{api}/following{{/other_user}}",
        "gists_url": f"{api}/gists{{/gist_id}}",
        "starred_url": f"{api}/starred{{/owner}}{{/repo}}",
        "events_url": f"{api}/events{{/privacy}}",
        "type": account.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def full_user(world: World, account: Account) -> Json:
    """An account by itself: nobody here has told much of themselves."""
    untold = ("name", "company", "blog", "location", "email", "hireable", "bio")
    return {
        **user(world, account),
        **dict.fromkeys(untold, None),
        **dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0),
        "created_at": time_text(world.app.created_at),
        "updated_at": time_text(world.app.created_at),
    }


def app(world: World, one: App) -> Json:
    """An App."""
    return {
        "id": one.id,
        "slug": one.slug,
        "client_id": f"Iv1.{one.id:016x}",
        "node_id": node_id("A", one.id),
        "owner": user(world, one.owner),
        "name": one.slug.replace("-", " ").title(),
        "description": "",
        "external_url": f"{world.url}/apps/{one.slug}",
        "html_url": f"{world.url}/apps/{one.slug}",
        "created_at": time_text(one.created_at),
        "updated_at": time_text(one.created_at),
        "permissions": dict(one.permissions),
        "events": list(one.events),
    }


def installation(world: World, one: Installation) -> Json:
    """Our App on one account."""
    return {
        "id": one.id,
        "account": user(world, one.account),
        "repository_selection": "all" if one.repositories is None else "selected",
        "access_tokens_url": f"{world.url}/app/installations/{one.id}/access_tokens",
        "repositories_url": f"{world.url}/installation/repositories",
        "html_url": f"{world.url}/settings/installations/{one.id}",
        "app_id": world.app.id,
        "app_slug": world.app.slug,
        "target_id": one.account.id,
        "target_type": one.account.type,
        "permissions": dict(one.permissions),
        "events": list(world.app.events),
        "created_at": time_text(one.created_at),
        "updated_at": time_text(one.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": time_text(one.suspended_at),
    }


def repository_url(world: World, repo: Repository) -> str:
    """Where the API keeps a repository."""
    return f"{world.url}/repos/{repo.full_name}"


def page_url(world: World, repo: Repository) -> str:
    """Where people look at a repository."""
    return f"{world.url}/{repo.full_name}"


def repository(world: World, repo: Repository) -> Json:
    """A repository."""
    html = page_url(world, repo)
    host = html.partition("://")[2]
    open_issues = sum(pull.state == "open" for pull in repo.pulls.values())
    return {
        "id": repo.id,
        "node_id": node_id("R", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
        "owner": user(world, repo.owner),
        "html_url": html,
        "description": None,
        "fork": repo.parent is not None,
        **_repository_links(repository_url(world, repo)),
        "git_url": f"git://{host}.git",
        "ssh_url": f"git@{host}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        "created_at": time_text(repo.created_at),
        "updated_at": time_text(repo.created_at),
        "pushed_at": time_text(repo.created_at),
        "size": sum(map(len, repo.objects.blobs.values())) // 1024,
        "open_issues_count": open_issues,
        "open_issues": open_issues,
        "default_branch": repo.default_branch,
        "visibility": "private" if repo.private else "public",
        "topics": [],
        **dict.fromkeys(("homepage", "language", "license", "mirror_url"), None),
        **dict.fromkeys(("has_issues", "has_projects", "has_downloads", "has_wiki", "has_discussions"), True),
        **dict.fromkeys(("archived", "disabled", "has_pages", "is_template", "web_commit_signoff_required"), False),
        **dict.fromkeys(COUNTS, 0),
    }


def full_repository(world: World, repo: Repository) -> Json:
    """A repository by itself, with what lists leave out."""
    parent = {"parent": repository(world, repo.parent), "source": repository(world, repo.parent)} if repo.parent else {}
    return {**repository(world, repo), **parent, "network_count": 0, "subscribers_count": 0}


COUNTS = ("forks", "forks_count", "stargazers_count", "watchers", "watchers_count")
PLAIN_LINKS = (
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "hooks",
    "languages",
    "merges",
    "stargazers",
    "subscribers",
    "subscription",
    "tags",
    "teams",
)
TEMPLATED_LINKS = {
    "archive": "{archive_format}{/ref}",
    "assignees": "assignees{/user}",
    "blobs": "git/blobs{/sha}",
    "branches": "branches{/branch}",
    "collaborators": "collaborators{/collaborator}",
    "comments": "comments{/number}",
    "commits": "commits{/sha}",
    "compare": "compare/{base}...{head}",
    "contents": "contents/{+path}",
    "git_commits": "git/commits{/sha}",
    "git_refs": "git/refs{/sha}",
    "git_tags": "git/tags{/sha}",
    "issue_comment": "issues/comments{/number}",
    "issue_events": "issues/events{/number}",
    "issues": "issues{/number}",
    "keys": "keys{/key_id}",
    "labels": "labels{/name}",
    "milestones": "milestones{/number}",
    "notifications": "notifications{?since,all,participating}",
    "pulls": "pulls{/number}",
    "releases": "releases{/id}",
    "statuses": "statuses/{sha}",
    "trees": "git/trees{/sha}",
}


def _repository_links(api: str) -> Json:
    return {
        "url": api,
        **{f"{name}_url": f"{api}/{name}" for name in PLAIN_LINKS},
        **{f"{name}_url": f"{api}/{tail}" for name, tail in TEMPLATED_LINKS.items()},
    }


def label(world: World, repo: Repository, one: Label) -> Json:
    """A label."""
    return {
        "id": one.id,
        "node_id": node_id("LA", one.id),
        "url": f"{repository_url(world, repo)}/labels/{quote(one.name)}",
        "name": one.name,
        "color": "ededed",
        "default": False,
        "description": None,
    }


def reaction(world: World, one: Reaction) -> Json:
    """One reaction."""
    return {
        "id": one.id,
        "node_id": node_id("REA", one.id),
        "user": user(world, one.user),
        "content": one.content,
        "created_at": time_text(one.created_at),
    }


def reaction_counts(url: str, reactions: list[Reaction]) -> Json:
    """How often each reaction was given."""
    counts = {content: sum(one.content == content for one in reactions) for content in REACTIONS}
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}


# --- git ---------------------------------------------------------------------------------------------------------


def signature(one: Signature) -> Json:
    """Author or committer of a git commit."""
    return {"name": one.name, "email": one.email, "date": time_text(one.at)}


def account_of(world: World, one: Signature) -> Json | None:
    """The account behind a signature, None when the address is nobody's."""
    login = one.email.partition("@")[0].lower()
    found = world.accounts.get(login)
    return user(world, found) if found else None


def git_commit(world: World, repo: Repository, commit: Commit) -> Json:
    """A commit, as the git database API says it."""
    api, html = repository_url(world, repo), page_url(world, repo)
    return {
        "sha": commit.sha,
        "node_id": f"C_{commit.sha}",
        "url": f"{api}/git/commits/{commit.sha}",
        "html_url": f"{html}/commit/{commit.sha}",
        "author": signature(commit.author),
        "committer": signature(commit.committer),
        "tree": {"sha": commit.tree, "url": f"{api}/git/trees/{commit.tree}"},
        "message": commit.message,
        "parents": _parents(world, repo, commit),
        "verification": _unverified(),
    }


def commit_item(world: World, repo: Repository, commit: Commit) -> Json:
    """A commit in a list."""
    api, html = repository_url(world, repo), page_url(world, repo)
    return {
        "sha": commit.sha,
        "node_id": f"C_{commit.sha}",
        "commit": {
            "author": signature(commit.author),
            "committer": signature(commit.committer),
            "message": commit.message,
            "tree": {"sha": commit.tree, "url": f"{api}/git/trees/{commit.tree}"},
            "url": f"{api}/git/commits/{commit.sha}",
            "comment_count": 0,
            "verification": _unverified(),
        },
        "url": f"{api}/commits/{commit.sha}",
        "html_url": f"{html}/commit/{commit.sha}",
        "comments_url": f"{api}/commits/{commit.sha}/comments",
        "author": account_of(world, commit.author),
        "committer": account_of(world, commit.committer),
        "parents": _parents(world, repo, commit),
    }


def commit_full(world: World, repo: Repository, commit: Commit) -> Json:
    """A single commit with its files against the first parent."""
    diffs = changed_files(repo.objects, parent_tree(repo.objects, commit), commit.tree)
    added, deleted = sum(d.additions for d in diffs), sum(d.deletions for d in diffs)
    return {
        **commit_item(world, repo, commit),
        "stats": {"total": added + deleted, "additions": added, "deletions": deleted},
        "files": [file_diff(world, repo, commit.sha, diff) for diff in diffs],
    }


def parent_tree(objects: Objects, commit: Commit) -> str:
    """What a commit is compared with: its first parent's tree, or nothing."""
    return objects.commit(commit.parents[0]).tree if commit.parents else EMPTY_TREE


def _parents(world: World, repo: Repository, commit: Commit) -> list[Json]:
    api, html = repository_url(world, repo), page_url(world, repo)
    return [{"sha": sha, "url": f"{api}/commits/{sha}", "html_url": f"{html}/commit/{sha}"} for sha in commit.parents]


def _unverified() -> Json:
    return {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def file_diff(world: World, repo: Repository, sha: str, diff: FileDiff) -> Json:
    """One changed file; a binary file has no patch, only a renamed one a previous name."""
    path = quote(diff.path)
    shape = {
        "sha": diff.sha,
        "filename": diff.path,
        "status": diff.status,
        "additions": diff.additions,
        "deletions": diff.deletions,
        "changes": diff.additions + diff.deletions,
        "blob_url": f"{page_url(world, repo)}/blob/{sha}/{path}",
        "raw_url": f"{page_url(world, repo)}/raw/{sha}/{path}",
        "contents_url": f"{repository_url(world, repo)}/contents/{path}?ref={sha}",
    }
    if diff.patch:
        shape["patch"] = diff.patch
    if diff.previous:
        shape["previous_filename"] = diff.previous
    return shape


def dependency_bill(world: World, repo: Repository) -> Json:
    """The dependency graph of the default branch as SPDX 2.3."""
    packages = [_package(number, purl) for number, purl in enumerate(repo.graph_packages)]
    main = {"name": f"com.github.{repo.full_name}", "SPDXID": "SPDXRef-main", "versionInfo": repo.default_branch}
    described = {
        "relationshipType": "DESCRIBES",
        "spdxElementId": "SPDXRef-DOCUMENT",
        "relatedSpdxElement": "SPDXRef-main",
    }
    needed = [
        {"relationshipType": "DEPENDS_ON", "spdxElementId": "SPDXRef-main", "relatedSpdxElement": one["SPDXID"]}
        for one in packages
    ]
    return {
        "SPDXID": "SPDXRef-DOCUMENT",
        "spdxVersion": "SPDX-2.3",
        "creationInfo": {"created": time_text(world.now()), "creators": ["Tool: GitHub.com-Dependency-Graph"]},
        "name": main["name"],
        "dataLicense": "CC0-1.0",
        "documentNamespace": f"https://spdx.org/spdxdocs/protobom/{repo.id}",
        "packages": [{**main, "downloadLocation": "NOASSERTION", "filesAnalyzed": False}, *packages],
        "relationships": [described, *needed],
    }


def _package(number: int, purl: str) -> Json:
    coordinates, _, version = purl.rpartition("@")
    locator = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
    return {
        "name": coordinates.partition("/")[2],
        "SPDXID": f"SPDXRef-{number}",
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "externalRefs": [locator],
    }
