"""The `contract:` block of `.github/maestro.yml`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from checks.contract.parse import MAX_CHOICES, MAX_NESTING, ContractError, parse_post
from checks.contract.predicate import ABSOLUTE, GREEN
from checks.model import CheckConfig, Strict


def _check(value: object) -> object:
    """`value` as it is, once `parse_post` has read it; each error at its own place."""
    try:
        parse_post(value)
    except ContractError as error:
        kind = PydanticCustomError("contract", "{reason}", {"reason": error.reason})
        details = InitErrorDetails(type=kind, loc=error.path, input=value)
        raise ValidationError.from_exception_data("post", [details]) from error
    return value


def _schema(nesting: int = 0) -> dict[str, Any]:
    """JSON Schema 2020-12 of the postconditions, as deep as they may nest."""
    number = {"type": "number"}
    scalar = {"type": ["number", "string", "boolean"]}
    demand = {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {
            **dict.fromkeys(("lt", "lte", "gt", "gte", *ABSOLUTE), number),
            **dict.fromkeys(("eq", "ne"), scalar),
            "in": {"type": "array", "items": scalar, "minItems": 1, "maxItems": MAX_CHOICES},
            "between": {"type": "array", "items": number, "minItems": 2, "maxItems": 2},
        },
    }
    inner = {"type": "array", "minItems": 1, "items": _schema(nesting + 1)} if nesting < MAX_NESTING else False
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {"tests": {"const": GREEN}, "all": inner, "any": inner},
        "additionalProperties": demand,
    }


Post = Annotated[dict[str, Any], PlainValidator(_check), WithJsonSchema(_schema())]


class Tests(Strict):
    """Which check runs count as tests: globs on their names, case and all."""

    include: tuple[str, ...] = Field(default=("*",), strict=False, min_length=1)
    """Check runs that count; everything but our own by default."""

    exclude: tuple[str, ...] = Field(default=(), strict=False)
    """Check runs that do not count, though included."""


class Config(CheckConfig):
    """What every change of the repository must be measured to fulfil."""

    post: Post | None = None
    """Postconditions of every change, beside those of `.maestro/contracts/*.json`."""

    tests: Tests = Tests()
    """Which check runs `tests: pass` looks at."""

    units: dict[str, str] = Field(default_factory=dict)
    """The unit of a measurement sent without one, by its name; one sent in another unit counts as unmeasured."""
