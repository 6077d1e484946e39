from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What fails here is meant to: nobody needs to read of it."""
    with capture_logs():
        yield
