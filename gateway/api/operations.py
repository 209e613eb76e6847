"""One decorator declares an operation; routes, checks and the OpenAPI document all come from that declaration."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote
from weakref import WeakValueDictionary

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.accounts.audit import Deed, fields_of, record
from gateway.accounts.callers import Caller
from gateway.api.doors import SAFE
from gateway.api.etags import check, etag, lock, named
from gateway.api.idempotency import HEADER, Once
from gateway.api.texts import storable
from gateway.db import Connection, tenant
from gateway.errors import Invalid
from gateway.web import REQUEST_ID
from gateway.webchat.allowance import address_of

if TYPE_CHECKING:
    from gateway.api import Api

BODY_LIMIT = 1024 * 1024
CHANGING = frozenset({"PATCH", "PUT", "DELETE"})
SLOW_SECONDS = 1.0  # a body that came within that is as good as one that came at once
_LINES: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
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
    caller: Caller = field(kw_only=True)

    def after(self, work: Callable[[], None]) -> None:
        """Does something once the transaction is committed."""
        self.then.append(work)


@dataclass(slots=True, kw_only=True)
class Visit(Generic[Body, Query]):
    """One call of an operation that stands outside of any business. No transaction is open: its work may take long.

    `keep` is a session for the browser to keep, "" one to forget; `status` an answer's status other than the usual.
    """

    api: Api
    caller: Caller | None
    path: Mapping[str, str]
    body: Body
    query: Query
    deed: Deed
    token: str
    user_agent: str
    keep: str | None = None
    status: int = 0


Handler = Callable[[Any], Awaitable[BaseModel | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method on a path, the scope that it needs, its models and what it does.

    Without a scope it stands outside of any business and gets a Visit: it needs a person who is signed in, or nobody
    at all when it is `open`.
    """

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
    open: bool = False
    also: Mapping[int, type[BaseModel]] = field(default_factory=dict)  # what it answers besides, by status

    @property
    def id(self) -> str:
        """A name for generated clients."""
        return self.handler.__name__


class Operations(list[Operation]):
    """The operations of one resource."""

    def on(  # noqa: PLR0913
        self,
        method: str,
        path: str,
        *,
        scope: str = "",
        summary: str,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        answer: type[BaseModel] | None = None,
        status: int = 200,
        takes_bytes: int = 0,
        open: bool = False,  # noqa: A002
        also: Mapping[int, type[BaseModel]] | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declares the decorated coroutine as an operation."""

        def declare(handler: Handler) -> Handler:
            self.append(
                Operation(
                    method=method, path=path, scope=scope, summary=summary, handler=handler,
                    body=body, query=query, answer=answer, status=status, takes_bytes=takes_bytes,
                    open=open, also=also or {},
                )
            )  # fmt: skip
            return handler

        return declare


def serve(
    api: Api, operation: Operation, read: Operation | None = None
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The HTTP handler of an operation: caller, scope, models, transaction, record, answer.

    `read` is the operation that reads what this one changes.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        caller, body, query, raw = await _admitted(api, operation, request)
        if caller is None or not operation.scope:
            return await _visited(api, operation, request, caller, body, query)
        async with _line(caller, request), tenant(api.pool, caller.user_id) as connection:
            path = dict(request.match_info)
            call = Call(api, caller.user_id, connection, path, request.headers, body, query, raw, caller=caller)
            once = _once(call, request, raw or await request.read())
            if once and (earlier := await once.replayed()):
                return earlier
            if request.method in CHANGING:
                await _unchanged(call, request, read)
            result = await operation.handler(call)
            if isinstance(result, Stream):
                return await _streamed(request, result)
            if request.method not in SAFE and not operation.scope.endswith(":read"):
                await record(connection, caller, deed_of(operation, request, body))
            response = file_response(result) if isinstance(result, Bytes) else _json(result, operation.status)
            if once and not isinstance(result, Bytes):
                await once.keep(response.status, response.text or "")
        for work in call.then:
            work()
        same = read is not None and operation.answer is read.answer
        return _tagged(request, response) if request.method == "GET" or same else response

    return storable(answer)


async def _admitted(
    api: Api, operation: Operation, request: web.Request
) -> tuple[Caller | None, BaseModel | None, BaseModel | None, bytes]:
    """Whoever calls, the body, the query and the file. All of it is here before a connection is taken, for a sender may
    take his time; and who took it may have lost meanwhile what he could do when he began."""
    caller, begun = None, monotonic()
    if operation.open:
        api.doors.stranger(request)
    else:
        caller = await api.doors.caller(request, operation.scope)
    body = await _body(request, operation.body)
    query = _query(request, operation.query)
    raw = await _file(request, operation.takes_bytes) if operation.takes_bytes else await request.read()
    if caller is not None and monotonic() - begun > SLOW_SECONDS:
        caller = await api.doors.caller(request, operation.scope)
    return caller, body, query, raw if operation.takes_bytes else b""


def _line(caller: Caller, request: web.Request) -> asyncio.Lock:
    """Those who wait for one another in the database wait here first: one of them holds a connection, not all."""
    key = request.headers.get(HEADER, "") if request.method == "POST" else ""
    if not key and request.method not in CHANGING:
        return asyncio.Lock()
    return _LINES.setdefault(f"{caller.user_id} {request.path} {key}", asyncio.Lock())


def _once(call: Call[Any, Any], request: web.Request, sent: bytes) -> Once | None:
    if request.method != "POST" or HEADER not in request.headers:
        return None
    return Once(call.db, call.api.vault, call.user_id, request, sent)


async def _unchanged(call: Call[Any, Any], request: web.Request, read: Operation | None) -> None:
    """Waits for others who change the same path, then checks If-Match. Raises Stale."""
    await lock(call.db, call.user_id, request.path)
    if (header := request.headers.get("If-Match")) is not None:
        now = None
        if read and read.answer and not issubclass(read.answer, Bytes | Stream):
            query = read.query.model_validate({}) if read.query else None
            now = await read.handler(replace(call, body=None, query=query))
        check(header, now.model_dump_json() if now else None)


def _tagged(request: web.Request, response: web.Response) -> web.Response:
    """An answer with the name of what it says, or without a body for a client who has it."""
    if response.content_type != "application/json" or not response.text:
        return response
    tag = etag(response.text)
    if request.method == "GET" and named(request.headers.get("If-None-Match", ""), tag, weak=True):
        response = web.Response(status=304)
    response.headers["ETag"] = tag
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


async def _visited(
    api: Api, operation: Operation, request: web.Request, caller: Caller | None, body: Any, query: Any
) -> web.Response:
    sessions = api.accounts.sessions
    visit = Visit(
        api=api, caller=caller, path=dict(request.match_info), body=body, query=query,
        deed=deed_of(operation, request, body), token=sessions.token_of(request),
        user_agent=request.headers.get("User-Agent", ""),
    )  # fmt: skip
    result = await operation.handler(visit)
    response = _json(result, visit.status or operation.status)
    response.headers["Cache-Control"] = "no-store"
    if visit.keep:
        sessions.give(response, visit.keep)
    elif visit.keep is not None:
        sessions.take(response)
    return response


def _json(result: BaseModel | None, status: int) -> web.Response:
    if result is None:
        return web.Response(status=204)
    return web.Response(text=result.model_dump_json(), status=status, content_type="application/json")


def deed_of(operation: Operation, request: web.Request, body: BaseModel | None) -> Deed:
    """What the record says of a request."""
    changed, changes = fields_of(body)
    return Deed(
        action=operation.id, target=list(request.match_info.values()), changed=changed, changes=changes,
        request_id=request.get(REQUEST_ID, ""), address=address_of(request.remote),
    )  # fmt: skip


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
        return model.model_validate_json(raw or b"{}", strict=True)  # "5" is no number, and 1 is not true
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
