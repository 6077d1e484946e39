"""The operations of the local GitHub, one module a family, all on one list."""

from __future__ import annotations

from app.github.sandbox import graphql
from app.github.sandbox.call import Route
from app.github.sandbox.routes import (
    actions,
    apps,
    checks,
    comments,
    contents,
    deployments,
    git,
    hooks,
    issues,
    pulls,
    repositories,
)

ROUTES: tuple[Route, ...] = (
    *apps.ROUTES,
    *repositories.ROUTES,
    *contents.ROUTES,
    *git.ROUTES,
    *pulls.ROUTES,
    *checks.ROUTES,
    *issues.ROUTES,
    *comments.ROUTES,
    *deployments.ROUTES,
    *actions.ROUTES,
    *hooks.ROUTES,
    *graphql.ROUTES,
    *repositories.LAST,
)
