"""The block `shadow` of a repository's configuration: how mirrored answers are compared, and how long for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from checks.model import CheckConfig
from checks.shadow.config import ShadowConfig


class Config(ShadowConfig, CheckConfig):
    """What the mirrored answers of a canary are held against before it is promoted."""

    wait_minutes: Annotated[float, Field(ge=0, le=1_440)] = 60.0
    """A canary whose gate is proven waits so long for enough mirrored answers; then it is left as it is."""

    @property
    def compared_by(self) -> str:
        """All that bears on how answers are compared, as JSON: under another one they are compared anew."""
        return self.model_dump_json(include=set(ShadowConfig.model_fields))
