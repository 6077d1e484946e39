"""Who asks a service of AWS: credentials where AWS keeps them, and Signature Version 4 over each request.

Both come from botocore, which AWS keeps up: variables, profiles, roles of containers and machines, and the renewal of
what runs out. It is an extra, imported by the first request, and sends none but those that find credentials.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.sources.errors import SourceError
from app.wire import Request

if TYPE_CHECKING:
    from botocore.credentials import Credentials

EXTRA = "pip install 'maestro-conductor[cloudwatch]'"
SERVICE = "monitoring"  # the name under which CloudWatch knows its signatures


def installed() -> bool:
    """Whether the extra is here."""
    return importlib.util.find_spec("botocore") is not None


class Signer:
    """Signs requests to CloudWatch in `region`. `profile`: of the configuration file of AWS; "" for the usual one."""

    def __init__(self, region: str, profile: str = "") -> None:
        self._region, self._profile = region, profile
        self._found: Credentials | None = None

    async def __call__(self, request: Request) -> Mapping[str, str]:
        """Authorization, date and session token for one attempt. Raises SourceError where there are no credentials."""
        return await asyncio.to_thread(self._signed, request)  # credentials may be looked for, or renewed, elsewhere

    def _signed(self, request: Request) -> Mapping[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError

        unsigned = AWSRequest(request.method, str(request.url), dict(request.headers), request.body)
        try:
            SigV4Auth(self._credentials(), SERVICE, self._region).add_auth(unsigned)
        except BotoCoreError as error:
            raise SourceError(f"no AWS credentials: {type(error).__name__}") from None
        return {name: value for name, value in unsigned.headers.items() if name not in request.headers}

    def _credentials(self) -> Any:
        """As they are now; None where there are none."""
        if self._found is None:
            from botocore.session import Session

            self._found = Session(profile=self._profile or None).get_credentials()
        return self._found and self._found.get_frozen_credentials()
