from typing import Any

import pytest

from tools.slice_openapi import UnknownKeywordError, UnknownOperationError, called, convert, slice_description

DESCRIPTION: dict[str, Any] = {
    "components": {
        "parameters": {"page": {"name": "page", "in": "query", "description": "Prose.", "schema": {"type": "integer"}}},
        "schemas": {"colour": {"type": "string", "nullable": True, "enum": ["red"], "description": "Prose."}},
    },
    "paths": {
        "/paint/{ref}": {
            "post": {
                "operationId": "paint",
                "summary": "Prose.",
                "parameters": [
                    {"$ref": "#/components/parameters/page"},
                    {
                        "name": "ref",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                        "x-multi-segment": True,
                    },
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {"description": {"$ref": "#/components/schemas/colour"}},
                                "example": {"description": "red"},
                            }
                        }
                    },
                },
                "responses": {"201": {"description": "Prose."}, "422": {"description": "Prose."}},
            },
            "get": {"operationId": "look", "responses": {"200": {}}},
        }
    },
}
PACKAGE = {"name": "package", "version": "1.2.3", "license": "MIT"}


def test_an_operation_keeps_names_types_and_limits_and_loses_prose() -> None:
    (operation,) = slice_description(DESCRIPTION, PACKAGE, "# ours\n\nPOST /paint/{ref}\n")["operations"]
    assert "Prose" not in str(operation)
    assert operation == {
        "id": "paint",
        "method": "POST",
        "path": "/paint/{ref}",
        "segments": ["ref"],
        "in_path": {
            "type": "object",
            "properties": {"ref": {"type": "string"}},
            "required": ["ref"],
            "additionalProperties": False,
        },
        "in_query": {
            "type": "object",
            "properties": {"page": {"type": "integer"}},
            "required": [],
            "additionalProperties": False,
        },
        "body": {
            "type": "object",
            "properties": {"description": {"type": ["string", "null"], "enum": ["red", None]}},
            "additionalProperties": False,
        },
        "body_required": True,
        "statuses": [201, 422],
    }


def test_the_slice_names_its_source() -> None:
    source = slice_description(DESCRIPTION, PACKAGE, "GET /paint/{ref}")["source"]
    assert (source["package"], source["version"], source["licence"]) == ("package", "1.2.3", "MIT")


@pytest.mark.parametrize(
    ("schema", "converted"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"oneOf": [{"type": "string"}], "nullable": True}, {"type": ["string", "null"]}),
        (
            {"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
            {"anyOf": [{"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"type": "null"}]},
        ),
        ({"properties": {}, "additionalProperties": True}, {"properties": {}, "additionalProperties": True}),
        (
            {"additionalProperties": {"type": "string", "nullable": False}},
            {"additionalProperties": {"type": "string"}},
        ),
        (
            {"type": "array", "items": {"properties": {}}},
            {"type": "array", "items": {"properties": {}, "additionalProperties": False}},
        ),
        ({"type": "string", "default": "", "x-anything": 1}, {"type": "string"}),
    ],
)
def test_openapi_schemas_become_closed_json_schema(schema: dict[str, Any], converted: dict[str, Any]) -> None:
    assert convert({}, schema) == converted


def test_a_keyword_nobody_thought_of_stops_the_script() -> None:
    with pytest.raises(UnknownKeywordError, match="multipleOf"):
        convert({}, {"type": "integer", "multipleOf": 2})


def test_an_operation_the_description_lacks_stops_the_script() -> None:
    with pytest.raises(UnknownOperationError, match="PUT /paint"):
        slice_description(DESCRIPTION, PACKAGE, "PUT /paint/{ref}")


def test_the_table_may_hold_comments_and_gaps() -> None:
    assert list(called("# a\n\nGET /x\nPOST /y\n")) == [("GET", "/x"), ("POST", "/y")]
