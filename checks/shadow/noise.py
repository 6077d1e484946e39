"""How often a field differs between two instances of one version, as an earlier run with a secondary measured it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, ValidationError, model_validator

from checks.model import Strict

Count = Annotated[int, Field(ge=0)]


class Noise(Strict):
    """`fields`: by route, by field, of how many answers how many differed."""

    fields: dict[str, dict[str, tuple[Count, Count]]] = Field(default_factory=dict, strict=False)

    @model_validator(mode="after")
    def _differing_within_all(self) -> Noise:
        for route, counts in self.fields.items():
            for field, (of, differing) in counts.items():
                if differing > of:
                    raise ValueError(f"{route} {field}: {differing} of {of} is no count")
        return self

    def of(self, route: str, field: str) -> tuple[int, int]:
        """Answers and how many of them differed; (0, 0) where nobody measured.

        A field that no answer of a known route had differed in none of them.
        """
        known = self.fields.get(route, {})
        return known.get(field) or (max((answers for answers, _ in known.values()), default=0), 0)

    @classmethod
    def read(cls, text: str | bytes) -> Noise:
        """What `--noise` was given: a report with its `noise`. Raises ValueError for any other text."""
        try:
            return _Report.model_validate_json(text).noise
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise ValueError(f"{where}: {first['msg']}" if where else first["msg"]) from None


class _Report(BaseModel):
    """What is read of a report: nothing else has to be in it."""

    noise: Noise
