"""What a check run says, as the requests that say it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypedDict

from app.github.limits import ANNOTATIONS_PER_REQUEST
from app.model import Annotation, Button, CheckRunText, CheckStatus


class CheckRunFields(TypedDict, total=False):
    """What a check run says. A `conclusion` needs no `status`; `output` brings annotations and buttons."""

    status: CheckStatus
    conclusion: str | None
    output: CheckRunText
    external_id: str


def bodies(fields: CheckRunFields) -> Iterator[dict[str, Any]]:
    """The requests that together say `fields`: each all of it, with 50 of the annotations."""
    body: dict[str, Any] = {key: value for key, value in fields.items() if value and key != "output"}
    if "conclusion" in body:
        body["status"] = "completed"
    elif body.get("status") == "completed":
        raise ValueError("a completed check run needs a conclusion")
    words = fields.get("output")
    if words is None:
        yield body
        return
    if words.page:
        body["details_url"] = words.page
    if words.buttons:
        body["actions"] = [_action(button) for button in words.buttons]
    for start in range(0, max(len(words.annotations), 1), ANNOTATIONS_PER_REQUEST):
        chunk = words.annotations[start : start + ANNOTATIONS_PER_REQUEST]
        yield {**body, "output": _output(words, chunk)}


def _output(words: CheckRunText, annotations: tuple[Annotation, ...]) -> dict[str, Any]:
    output: dict[str, Any] = {"title": words.title, "summary": words.summary}
    if words.text:
        output["text"] = words.text
    if annotations:
        output["annotations"] = [_annotation(annotation) for annotation in annotations]
    return output


def _annotation(annotation: Annotation) -> dict[str, Any]:
    remark: dict[str, Any] = {
        "path": annotation.path,
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": annotation.level,
        "message": annotation.message,
    }
    if annotation.title:
        remark["title"] = annotation.title
    return remark


def _action(button: Button) -> dict[str, str]:
    return {"label": button.label, "description": button.description, "identifier": button.identifier}
