"""What is critical here, listed by the code: every route that writes, every effect on GitHub, the door, the roles.

speclive coverage tools.critical:targets --cards specs --live FILE
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from app.main import guarded
from app.main.reached import reaching
from app.main.serving import web_application
from app.settings import Settings
from speclive.targets import routes
from speclive.wire import Target

READING = ("GET ", "HEAD ", "OPTIONS ")


def targets() -> list[Target]:
    """The routes of the web process as it is with everything switched on, and what is done on GitHub."""
    found = routes(asyncio.run(_application()))
    code = [getattr(guarded.Effects, kind.__name__) for kind in guarded.kinds()]
    found += routes([*code, guarded.taken_in, guarded.role_checked, guarded.rolled_back])
    for target in found:
        target["critical"] = not target["name"].startswith(READING)
    return found


async def _application() -> web.Application:
    with tempfile.TemporaryDirectory() as directory:
        async with reaching(_settings(Path(directory))) as reached:
            return web_application(_settings(Path(directory)), reached, lambda: None)


def _settings(directory: Path) -> Settings:
    """Of an App that people can sign in to, and that nobody has installed."""
    key = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    told = {
        "MAESTRO_APP_ID": "1",
        "MAESTRO_PRIVATE_KEY": key.decode(),
        "MAESTRO_WEBHOOK_SECRET": "a secret of nobody, for a list",
        "DATABASE_URL": f"sqlite:///{directory / 'maestro.db'}",
    }
    signing_in = {"url": "https://maestro.example", "client_id": "Iv1.0", "client_secret": SecretStr("of nobody")}
    return Settings.model_validate(told).model_copy(update=signing_in)
