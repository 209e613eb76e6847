"""The OpenAPI 3.1 document of the operations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

from pydantic import BaseModel, Field, ValidationError
from pydantic.json_schema import models_json_schema

from gateway.api.operations import CHANGING, Bytes, Operation, Record, Stream

ANY, FILE = "application/octet-stream", {"schema": {"type": "string", "format": "binary"}}
FILES = (Bytes, Stream)
KEY = {"minLength": 1, "maxLength": 200}  # of an Idempotency-Key
REF = "#/components/schemas/{model}"


RATES = {
    "RateLimit-Policy": {
        "description": 'How many requests in how many seconds: "default";q=400;w=4', "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'How many are left, and in how many seconds all are there again: "default";r=399;t=1',
        "schema": {"type": "string"},
    },
}  # fmt: skip


class Problem(Record):
    """An error (RFC 9457). `fields` names each wrong field of a request; `totp_required` asks a person who signs in for
    a code, and `verify_letter` says that whoever has just signed up may ask for his letter again."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    fields: list[dict[str, str]] = Field(default_factory=list)
    totp_required: bool = False
    verify_letter: bool = False


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole document, ready to be written as JSON."""
    models: list[tuple[type[BaseModel], Any]] = [(Problem, "serialization")]
    for one in operations:
        models += [(model, "validation") for model in (one.body,) if model]
        models += [(one.answer, "serialization")] if one.answer and one.answer not in FILES else []
        models += [(model, "serialization") for model in one.also.values()]
    refs, schemas = models_json_schema(list(dict.fromkeys(models)), ref_template=REF)
    paths: dict[str, Any] = {}
    reads = {one.path for one in operations if one.method == "GET" and one.scope and one.answer not in FILES}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _trusted(one, reads, _operation(one, refs))
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
            "headers": RATES,
            "responses": _responses(refs[Problem, "serialization"]),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-frontdesk"},
            },
        },
        "security": [{"key": []}, {"session": []}],
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
        **({"x-scope": one.scope} if one.scope else {"security": [] if one.open else [{"session": []}]}),
        "parameters": parameters,
        "responses": {
            str(one.status if one.answer else 204): _success(one, refs),
            **{str(status): _told(refs[model, "serialization"]) for status, model in one.also.items()},
            "default": {
                "description": "An error",
                "content": {"application/problem+json": {"schema": refs[Problem, "serialization"]}},
            },
        },
    }
    if one.body:
        schema = refs[one.body, "validation"]
        content = {"application/json": {"schema": schema}}
        described["requestBody"] = {"required": _needed(one.body), "content": content}
    if one.takes_bytes:
        described["requestBody"] = {"required": True, "content": {ANY: FILE}}
    return described


def _needed(body: type[BaseModel]) -> bool:
    """Whether something has to be said: an absent body is an empty object."""
    try:
        body.model_validate({})
    except ValidationError:
        return True
    return False


def _trusted(one: Operation, reads: Set[str], described: dict[str, Any]) -> dict[str, Any]:
    """Adds what every operation of a kind takes and answers besides: see idempotency.py, etags.py and rates.py."""
    parameters, responses = described["parameters"], described["responses"]
    success = responses[str(one.status if one.answer else 204)]
    headers = success.setdefault("headers", {})
    if one.method == "POST" and one.scope:
        parameters.append(_header("Idempotency-Key", "The same key and body do nothing again for a day.", KEY))
        headers["Idempotency-Replayed"] = _text("true for the answer of an earlier request")
    if one.method == "GET" and one.path in reads:
        parameters.append(_header("If-None-Match", "ETags that the client has.", {}))
        headers["ETag"] = _text("Names what the answer says")
        responses["304"] = {"$ref": "#/components/responses/Same"}
    if one.method in CHANGING and one.path in reads:
        parameters.append(_header("If-Match", "The ETag of what the client read; 412 when it has changed since.", {}))
        responses["412"] = {"$ref": "#/components/responses/Stale"}
    responses["429"] = {"$ref": "#/components/responses/TooMany"}
    success["headers"] |= {name: {"$ref": f"#/components/headers/{name}"} for name in RATES}
    return described


def _responses(problem: Any) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": problem}}
    return {
        "Same": {"description": "It says what the client has"},
        "Stale": {"description": "It has changed since it was read", "content": content},
        "TooMany": {
            "description": "Too many requests", "content": content,
            "headers": {"Retry-After": _text("In how many seconds to try again"), **RATES},
        },
    }  # fmt: skip


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _header(name: str, description: str, limits: Mapping[str, int]) -> dict[str, Any]:
    schema = {"type": "string", **limits}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _success(one: Operation, refs: Any) -> dict[str, Any]:
    if not one.answer:
        return {"description": "Done"}
    if one.answer in FILES:
        return {"description": "The file", "content": {"*/*": FILE}}
    return _told(refs[one.answer, "serialization"])


def _told(schema: Any) -> dict[str, Any]:
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}
