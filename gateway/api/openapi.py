"""The OpenAPI 3.1 document of the operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from gateway.api.operations import Bytes, Operation, Record, Stream

ANY, FILE = "application/octet-stream", {"schema": {"type": "string", "format": "binary"}}
FILES = (Bytes, Stream)
REF = "#/components/schemas/{model}"


class Problem(Record):
    """An error (RFC 9457). `fields` names each wrong field of a request."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    fields: list[dict[str, str]] = Field(default_factory=list)


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole document, ready to be written as JSON."""
    models: list[tuple[type[BaseModel], Any]] = [(Problem, "serialization")]
    for one in operations:
        models += [(model, "validation") for model in (one.body,) if model]
        models += [(one.answer, "serialization")] if one.answer and one.answer not in FILES else []
    refs, schemas = models_json_schema(list(dict.fromkeys(models)), ref_template=REF)
    paths: dict[str, Any] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Frontdesk",
            "version": "1",
            "description": "Numbers, agents, prompts, conversations, leads, contacts, files, credits.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


def _operation(one: Operation, refs: Any) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", one.path)
    ]
    if one.query:
        schema = one.query.model_json_schema(ref_template=REF)
        parameters += [
            {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": inner}
            for name, inner in schema["properties"].items()
        ]
    described: dict[str, Any] = {
        "operationId": one.id,
        "summary": one.summary,
        "tags": [one.path.split("/")[2]],
        "x-scope": one.scope,
        "parameters": parameters,
        "responses": {
            str(one.status if one.answer else 204): _success(one, refs),
            "default": {
                "description": "An error",
                "content": {"application/problem+json": {"schema": refs[Problem, "serialization"]}},
            },
        },
    }
    if one.body:
        schema = refs[one.body, "validation"]
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if one.takes_bytes:
        described["requestBody"] = {"required": True, "content": {ANY: FILE}}
    return described


def _success(one: Operation, refs: Any) -> dict[str, Any]:
    if not one.answer:
        return {"description": "Done"}
    if one.answer in FILES:
        return {"description": "The file", "content": {ANY: FILE}}
    return {"description": "Done", "content": {"application/json": {"schema": refs[one.answer, "serialization"]}}}
