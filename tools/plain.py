"""The plain ceiling: a web process that checks the signature, reads the JSON, keeps nothing and answers 202.

python -m tools.plain PORT
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys

from aiohttp import web

from tools.load import SECRET


async def webhook(request: web.Request) -> web.Response:
    """As little as anybody can do for a webhook."""
    body = await request.read()
    wanted = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(request.headers.get("X-Hub-Signature-256", ""), wanted):
        return web.Response(status=401)
    json.loads(body)
    return web.json_response({"delivery": request.headers["X-GitHub-Delivery"]}, status=202)


if __name__ == "__main__":
    application = web.Application()
    application.router.add_post("/webhook", webhook)
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=lambda *_: None, access_log=None)
