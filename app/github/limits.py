"""GitHub's limits: one fact, one place, each with the page that states it.

`spec`: GitHub's REST description (`@octokit/openapi` 23.0.2). `docs`: a page of github/docs, by its path.
Lengths are in characters unless the name says bytes.
"""

from __future__ import annotations

from typing import Final

API_VERSION: Final = "2022-11-28"  # docs content/rest/about-the-rest-api/api-versions.md
# docs content/rest/using-the-rest-api/getting-started-with-the-rest-api.md
MEDIA_TYPE: Final = "application/vnd.github+json"

# --- check runs: spec, POST and PATCH /repos/{owner}/{repo}/check-runs --------------------------------------
CHECK_SUMMARY: Final = 65_535
CHECK_TEXT: Final = 65_535
ANNOTATIONS_PER_REQUEST: Final = 50  # further ones go in further updates, which append
ANNOTATION_TITLE: Final = 255
ANNOTATION_MESSAGE_BYTES: Final = 64 * 1024
ANNOTATION_DETAILS_BYTES: Final = 64 * 1024
ACTIONS: Final = 3
ACTION_LABEL: Final = 20
ACTION_DESCRIPTION: Final = 40
ACTION_IDENTIFIER: Final = 20

# --- comments -----------------------------------------------------------------------------------------------
COMMENT_BODY: Final = 65_536  # 422 "Body is too long": telia-oss/github-pr-resource#259, danger/danger#424
COMMENT_CUT: Final = 60_000  # ours, with room to spare: objectstack-ai/objectstack#18806 counts bytes

# --- what GitHub lists --------------------------------------------------------------------------------------
PER_PAGE: Final = 100  # spec, parameter per_page
PER_PAGE_DEFAULT: Final = 30  # spec, parameter per_page
PULL_FILES: Final = 3_000  # spec, GET /repos/{owner}/{repo}/pulls/{pull_number}/files
PULL_COMMITS: Final = 250  # spec, GET /repos/{owner}/{repo}/pulls/{pull_number}/commits
COMPARE_FILES: Final = 300  # spec, GET /repos/{owner}/{repo}/compare/{basehead}: all on page 1
COMPARE_COMMITS: Final = 250  # spec, GET /repos/{owner}/{repo}/compare/{basehead}, without paging
CONTENTS_BYTES: Final = 1_000_000  # spec, GET /repos/{owner}/{repo}/contents/{path}; above it only raw or object

# --- how often we may call ----------------------------------------------------------------------------------
# docs content/rest/using-the-rest-api/rate-limits-for-the-rest-api.md
REQUESTS_PER_HOUR: Final = 5_000  # the least an installation has; 12,500 at most, 15,000 on Enterprise Cloud
# docs data/reusables/rest-api/secondary-rate-limit-rest-graphql.md
WRITES_PER_MINUTE: Final = 80
WRITES_PER_HOUR: Final = 500
# docs content/rest/using-the-rest-api/best-practices-for-using-the-rest-api.md
SECONDS_WITHOUT_RETRY_AFTER: Final = 60.0  # the least wait after a limit that names none; then exponential

# --- who we are ---------------------------------------------------------------------------------------------
# docs content/apps/creating-github-apps/authenticating-with-a-github-app/
#   generating-a-json-web-token-jwt-for-a-github-app.md
JWT_SECONDS: Final = 600  # `exp` may lie this far ahead
JWT_BACKDATE_SECONDS: Final = 60  # `iat` in the past, against clock drift
INSTALLATION_TOKEN_SECONDS: Final = 3_600  # spec, POST /app/installations/{installation_id}/access_tokens
USER_TOKEN_SECONDS: Final = 8 * 3_600  # docs .../refreshing-user-access-tokens.md
REFRESH_TOKEN_SECONDS: Final = 15_897_600  # the same page: six months
TOKEN_REPOSITORIES: Final = 500  # same

# --- webhooks -----------------------------------------------------------------------------------------------
PAYLOAD_BYTES: Final = 25 * 1024 * 1024  # docs content/webhooks/webhook-events-and-payloads.md
DELIVERY_SECONDS: Final = 10.0  # docs content/webhooks/using-webhooks/best-practices-for-using-webhooks.md
# docs content/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks.md
REDELIVERY_DAYS: Final = 3

# --- dispatches and deployments: spec, same paths -----------------------------------------------------------
DISPATCH_EVENT_TYPE: Final = 100
DISPATCH_PAYLOAD_KEYS: Final = 10
DISPATCH_PAYLOAD_BYTES: Final = 64 * 1024
WORKFLOW_INPUTS: Final = 25
DEPLOYMENT_STATUS_DESCRIPTION: Final = 140
