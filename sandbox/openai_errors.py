"""OpenAI's refusals, in its own words. https://platform.openai.com/docs/guides/error-codes"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from aiohttp import web

WORDS: Final[Mapping[type, str]] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal number",
    dict: "an object",
    list: "an array",
    type(None): "null",
}


class ApiRefusal(Exception):
    """An answer of OpenAI in its error shape."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
        self.headers = dict(headers or {})

    def response(self, request_id: str) -> web.Response:
        return web.json_response(self.body, status=self.status, headers={"x-request-id": request_id, **self.headers})


def invalid_type(param: str, wanted: str, given: object) -> ApiRefusal:
    got = WORDS.get(type(given), "something else")
    return ApiRefusal(
        f"Invalid type for '{param}': expected {wanted}, but got {got} instead.", code="invalid_type", param=param
    )


def missing(param: str) -> ApiRefusal:
    return ApiRefusal(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)


def unknown(param: str) -> ApiRefusal:
    return ApiRefusal(f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)


def invalid_value(param: str, given: object, wanted: Collection[str]) -> ApiRefusal:
    supported = ", ".join(f"'{value}'" for value in sorted(wanted))
    return ApiRefusal(
        f"Invalid value: '{given}'. Supported values are: {supported}.", code="invalid_value", param=param
    )


def check_value(where: str, value: object, wanted: Collection[str]) -> None:
    """Raises ApiRefusal unless the value is one of those that are known."""
    if not isinstance(value, str) or value not in wanted:
        raise invalid_value(where, value, wanted)


def check_metadata(metadata: object) -> None:
    """Raises ApiRefusal unless these are at most 16 pairs of strings of 64 and 512 characters."""
    if metadata is None:
        return
    if not isinstance(metadata, dict):
        raise invalid_type("metadata", "an object", metadata)
    if len(metadata) > 16 or any(
        len(key) > 64 or not isinstance(value, str) or len(value) > 512 for key, value in metadata.items()
    ):
        raise ApiRefusal("Invalid 'metadata': at most 16 pairs of strings of 64 and 512 characters.", param="metadata")
