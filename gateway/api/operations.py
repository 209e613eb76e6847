"""One decorator declares an operation; routes, checks and the OpenAPI document all come from that declaration."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.db import Connection, tenant
from gateway.errors import Forbidden, Invalid

if TYPE_CHECKING:
    from gateway.api import Api

BODY_LIMIT = 1024 * 1024
WRITE_SECONDS = 30.0  # how long a reader of a stream may take for one piece

Body = TypeVar("Body", bound="BaseModel | None")
Query = TypeVar("Query", bound="BaseModel | None")


class Model(BaseModel):
    """A body or a query: a field that nobody knows is an error, so that a typing mistake is seen."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Record(BaseModel):
    """Something that is answered."""

    model_config = ConfigDict(from_attributes=True)


class Bytes(Record):
    """A file as an answer."""

    data: bytes
    mime_type: str
    filename: str


class Stream(Record):
    """An answer that is written while it is made, inside the transaction of the call; no piece is ever kept."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    pieces: AsyncIterator[bytes]
    mime_type: str
    filename: str = ""


@dataclass(slots=True)
class Call(Generic[Body, Query]):
    """One call of an operation: whose it is, what it says, and a transaction that sees that business alone."""

    api: Api
    user_id: str
    db: Connection
    path: Mapping[str, str]
    headers: Mapping[str, str]
    body: Body
    query: Query
    raw: bytes = b""
    then: list[Callable[[], None]] = field(default_factory=list)

    def after(self, work: Callable[[], None]) -> None:
        """Does something once the transaction is committed."""
        self.then.append(work)


Handler = Callable[[Any], Awaitable[BaseModel | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method on a path, the scope that it needs, its models and what it does."""

    method: str
    path: str
    scope: str
    summary: str
    handler: Handler
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    takes_bytes: int = 0  # how many, where the body is a file and no JSON

    @property
    def id(self) -> str:
        """A name for generated clients."""
        return self.handler.__name__


class Operations(list[Operation]):
    """The operations of one resource."""

    def on(
        self,
        method: str,
        path: str,
        *,
        scope: str,
        summary: str,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        answer: type[BaseModel] | None = None,
        status: int = 200,
        takes_bytes: int = 0,
    ) -> Callable[[Handler], Handler]:
        """Declares the decorated coroutine as an operation."""

        def declare(handler: Handler) -> Handler:
            self.append(
                Operation(
                    method=method, path=path, scope=scope, summary=summary, handler=handler,
                    body=body, query=query, answer=answer, status=status, takes_bytes=takes_bytes,
                )
            )  # fmt: skip
            return handler

        return declare


def serve(api: Api, operation: Operation) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The HTTP handler of an operation: key, scope, models, transaction, answer."""

    async def answer(request: web.Request) -> web.StreamResponse:
        key = await api.keys.read(request.headers.get("Authorization", ""))
        if operation.scope not in key.scopes and "*" not in key.scopes:
            raise Forbidden(f"This key lacks the scope {operation.scope}.")
        body = await _body(request, operation.body)
        query = _query(request, operation.query)
        raw = await _file(request, operation.takes_bytes) if operation.takes_bytes else b""
        async with tenant(api.pool, key.user_id) as connection:
            call = Call(api, key.user_id, connection, dict(request.match_info), request.headers, body, query, raw)
            result = await operation.handler(call)
            if isinstance(result, Stream):
                return await _streamed(request, result)
        for work in call.then:
            work()
        if result is None:
            return web.Response(status=204)
        if isinstance(result, Bytes):
            return file_response(result)
        return web.Response(text=result.model_dump_json(), status=operation.status, content_type="application/json")

    return answer


async def _streamed(request: web.Request, stream: Stream) -> web.StreamResponse:
    name = quote(stream.filename, safe="")
    headers = {
        "Content-Type": stream.mime_type,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        **({"Content-Disposition": f"attachment; filename*=UTF-8''{name}"} if name else {}),
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    async with aclosing(stream.pieces) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            async with asyncio.timeout(WRITE_SECONDS):
                await response.write(piece)
    await response.write_eof()
    return response


def file_response(file: Bytes) -> web.Response:
    """A file that a browser saves or shows, and never runs."""
    name = quote(file.filename or "file", safe="")
    return web.Response(
        body=file.data,
        content_type=file.mime_type or "application/octet-stream",
        headers={
            "Content-Disposition": f"{_disposition(file.mime_type)}; filename*=UTF-8''{name}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
        },
    )


def _disposition(mime_type: str) -> str:
    harmless = mime_type.partition("/")[0] in ("image", "audio", "video") and mime_type != "image/svg+xml"
    return "inline" if harmless else "attachment"


async def _file(request: web.Request, most: int) -> bytes:
    """The raw body, at most `most` bytes, whatever the application's own limit is."""
    pieces, size = [], 0
    async for piece in request.content.iter_chunked(256 * 1024):
        size += len(piece)
        if size > most:
            raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=size)
        pieces.append(piece)
    return b"".join(pieces)


async def _body(request: web.Request, model: type[BaseModel] | None) -> BaseModel | None:
    if model is None:
        return None
    if (request.content_length or 0) > BODY_LIMIT:
        raise web.HTTPRequestEntityTooLarge(max_size=BODY_LIMIT, actual_size=request.content_length or 0)
    raw = await request.read()
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise invalid(error, "body") from error


def _query(request: web.Request, model: type[BaseModel] | None) -> BaseModel | None:
    if model is None:
        return None
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise invalid(error, "query") from error


def invalid(error: ValidationError, part: str) -> Invalid:
    """Says which fields are wrong and why; what was sent is not repeated."""
    fields = [
        {"field": ".".join(str(step) for step in one["loc"]) or part, "problem": one["msg"]}
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    first = fields[0]
    return Invalid(f"The {part} is not valid: {first['field']}: {first['problem']}", fields)
