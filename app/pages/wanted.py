"""What people may ask for, as they must say it: every field known, each as long as it may be."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.github.address import owner_and_name
from app.pages.answers import refuse

_Plain = StringConstraints(max_length=1_000, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]*$")  # one line
_M = TypeVar("_M", bound="OnHead")


class OnHead(BaseModel):
    """Something about a pull request at its head. `key`: a word of the sender's own by which it is known again."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    repository: Annotated[str, Field(max_length=200)]
    number: Annotated[int, Field(ge=1, le=2**31 - 1)]
    head_sha: Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
    key: Annotated[str, Field(pattern=r"^[!-~]{8,100}$")]

    def wanting(self, verb: str, arguments: str) -> Wanted:
        """The same, by the verb that says it."""
        where = self.model_dump(include=set(OnHead.model_fields))
        return Wanted.model_validate({**where, "verb": verb, "arguments": arguments})


class Arm(OnHead):
    """The same with an arm of the ladder, or "" for the next one."""

    arm: Annotated[str, Field(pattern=r"^[!-~]{0,100}$")] = ""


class Wanted(OnHead):
    """The same with a verb, and what follows it."""

    verb: Annotated[str, Field(pattern=r"^[A-Za-z]{1,20}( [A-Za-z]{1,19})?$")]
    arguments: Annotated[str, _Plain] = ""


def read(model: type[_M], sent: bytes) -> _M:
    """What was sent; 400 for what is no such thing, naming the field, never quoting it."""
    try:
        wanted = model.model_validate_json(sent)
        owner_and_name(wanted.repository)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        refuse(400, _trouble(first["loc"], first["msg"]))
    except ValueError:
        refuse(400, "`repository` must be `owner/name`")
    return wanted


def _trouble(place: tuple[int | str, ...], said: str) -> str:
    """An unknown field is a sender's own word: it is not sent back."""
    named = str(place[0]) if place else ""
    return f"`{named}`: {said}" if named in Wanted.model_fields | Arm.model_fields else said
