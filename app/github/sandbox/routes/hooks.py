"""The App's own webhook: what was delivered, and once more please. Also the rate budget."""

from __future__ import annotations

from urllib.parse import urlencode

from app.github import limits
from app.github.sandbox import shapes
from app.github.sandbox.call import Answer, Call, Route
from app.github.sandbox.refusals import not_found
from app.github.sandbox.shapes import Json
from app.github.sandbox.state import Delivery

DAY = 86_400  # seconds


def deliveries(call: Call) -> Answer:
    """`GET /app/hook/deliveries`: newest first, by cursor; nothing older than GitHub keeps."""
    kept = [one for one in reversed(_kept(call)) if _wanted(call, one)]
    size = min(int(call.query.get("per_page", limits.PER_PAGE_DEFAULT)), limits.PER_PAGE)
    shown = kept[:size]
    headers = {}
    if len(kept) > size:
        following = urlencode({**call.query, "cursor": f"v1_{shown[-1].id}"})
        headers["Link"] = f'<{call.url}?{following}>; rel="next"'
    return Answer(200, [_item(one) for one in shown], headers)


def _kept(call: Call) -> list[Delivery]:
    oldest = call.world.now() - limits.REDELIVERY_DAYS * DAY
    return [one for one in call.world.outbox.log if one.at >= oldest and one.status_code]


def _wanted(call: Call, one: Delivery) -> bool:
    cursor = call.query.get("cursor", "").removeprefix("v1_")
    outcome = "success" if one.status == "OK" else "failure"
    return (not cursor.isdecimal() or one.id < int(cursor)) and call.query.get("status", outcome) == outcome


def delivery(call: Call) -> Answer:
    """`GET /app/hook/deliveries/{delivery_id}`: with request and response."""
    one = _delivery(call)
    return Answer(
        200,
        {
            **_item(one),
            "request": {"headers": one.request_headers, "payload": one.payload},
            "response": {"headers": one.response_headers, "payload": one.response_body},
        },
    )


def attempt(call: Call) -> Answer:
    """`POST /app/hook/deliveries/{delivery_id}/attempts`: the same GUID again."""
    call.world.outbox.again(_delivery(call))
    return Answer(202, {})


def _delivery(call: Call) -> Delivery:
    number = call.number("delivery_id")
    found = next((one for one in _kept(call) if one.id == number), None)
    if found is None:
        raise not_found()
    return found


def _item(one: Delivery) -> Json:
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": shapes.time_text(one.at),
        "redelivery": one.redelivery,
        "duration": round(one.duration, 2),
        "status": one.status,
        "status_code": one.status_code,
        "event": one.event,
        "action": one.action,
        "installation_id": one.payload.get("installation", {}).get("id"),
        "repository_id": one.payload.get("repository", {}).get("id"),
        "throttled_at": None,
    }


def rate_limit(call: Call) -> Answer:
    """`GET /rate_limit`: costs nothing."""
    core = call.budget.shape()
    return Answer(200, {"resources": {"core": core, "search": core}, "rate": core})


ROUTES = (
    Route("GET", "/app/hook/deliveries", deliveries),
    Route("GET", "/app/hook/deliveries/{delivery_id}", delivery),
    Route("POST", "/app/hook/deliveries/{delivery_id}/attempts", attempt),
    Route("GET", "/rate_limit", rate_limit),
)
