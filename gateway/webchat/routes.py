"""The webchat's HTTP: sessions, the socket, the fallback without one, the widget and a page that embeds it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aiohttp import WSMsgType, web
from pydantic_core import from_json

from gateway.blobs import Blobs
from gateway.bus import Bus
from gateway.channel_health import ChannelHealth
from gateway.db import Pool
from gateway.errors import Forbidden, GatewayError, Invalid, NotFound, StoreAway, TooMany, Unauthorized
from gateway.files import Files
from gateway.intake import Intake
from gateway.numbers import Numbers, Webchat
from gateway.settings import Settings
from gateway.vault import Vault
from gateway.webchat import prechat
from gateway.webchat.allowance import SOCKETS_OF_ADDRESS, SOCKETS_OF_VISITOR, Allowance, address_of
from gateway.webchat.identity import Identity, identity_secrets, read_identity
from gateway.webchat.pages import Pages
from gateway.webchat.refusals import readable
from gateway.webchat.room import Place, Room
from gateway.webchat.sessions import Session, Sessions
from gateway.webchat.socket import FRAME_LIMIT, HEARTBEAT_SECONDS, Socket
from gateway.webchat.uploads import take_upload

HELLO_SECONDS = 10.0
LONGEST_POLL_SECONDS = 25.0
SESSION_OVER = (4401, b"session")
CLOSINGS = {
    NotFound: (4404, b"number"), Forbidden: (4403, b"origin"), TooMany: (4429, b"too many sockets"),
    StoreAway: (1013, b"try again"),
}  # fmt: skip


class WebchatRoutes:
    """The handlers below /webchat/."""

    def __init__(
        self,
        settings: Settings,
        pool: Pool,
        bus: Bus,
        numbers: Numbers,
        intake: Intake,
        vault: Vault,
        *,
        blobs: Blobs | None = None,
        files: Files | None = None,
        health: ChannelHealth | None = None,
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._bus = bus
        self._numbers = numbers
        self._intake = intake
        self._vault = vault
        self._blobs = blobs
        self._files = files
        self._health = health
        self._sessions = Sessions(vault)
        self._allowance = Allowance()
        self._pages = Pages(settings.public_url)

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            *self._pages.routes(),
            web.get("/webchat/page/{number}", self.page),
            web.get("/webchat/ws", self.socket),
            web.post("/webchat/sessions", readable(self.open_session)),
            web.post("/webchat/messages", readable(self.post_message)),
            web.get("/webchat/messages", readable(self.get_messages)),
            web.post("/webchat/uploads", readable(self.post_upload)),
            web.options("/webchat/{path:.*}", self.preflight),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """A plain page with the widget on it."""
        number = await self._number(request.match_info["number"])
        return self._pages.page(number, opened=bool(request.query.get("open")))

    async def preflight(self, request: web.Request) -> web.Response:
        """Answers a browser that asks before a cross-origin request; the request itself is checked by number."""
        return web.Response(
            status=204,
            headers={
                "Access-Control-Allow-Origin": request.headers.get("Origin", "null"),
                "Access-Control-Allow-Methods": "GET, POST",
                "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Filename",
                "Access-Control-Max-Age": "600",
                "Vary": "Origin",
            },
        )

    async def open_session(self, request: web.Request) -> web.Response:
        """Opens or renews a visitor's session on a number."""
        body = await _json(request)
        number = await self._number(str(body.get("number", ""))[:100])
        cors = self._check_origin(request, number)
        former = self._former(str(body.get("token") or ""), number)
        if not former:
            self._allowance.visit(address_of(request.remote))
        identity = self._identity(body.get("identity"), number, former)
        given = body.get("fields")
        answers = prechat.answers(number.prechat, given) if given is not None else None
        agreed = prechat.agreed(number.consent, body.get("consent"), datetime.now(UTC))
        token, session = self._sessions.issue(number.key, former, identity, answers, agreed)
        place = await self._room_of(number, session).place()
        asked = session.fields is None or prechat.missing(number.prechat, session.answers)
        answer = {
            "token": token,
            "expires_at": datetime.fromtimestamp(session.expires, UTC).isoformat(),
            "visitor": session.visitor,
            "display_name": number.display_name,
            "conversation_id": place.conversation_id,
            "last_sequence_no": place.last,
            "prechat": prechat.shown(number.prechat) if asked else [],
            "consent": prechat.wanted(number.consent, session.consent),
            "files": self._blobs is not None,
        }
        return web.json_response(answer, status=201, headers=cors)

    def _former(self, token: str, number: Webchat) -> Session | None:
        """The session that a token renews, if it is one of this number."""
        with suppress(Unauthorized):
            former = self._sessions.read(token)
            return former if former.number == number.key else None
        return None

    def _identity(self, claim: object, number: Webchat, former: Session | None) -> Identity | None:
        """Who the website says that this is. Raises Unauthorized."""
        if claim is not None:
            return read_identity(str(claim), identity_secrets(self._vault, number.key), time.time())
        _check_signed_in(number, former)
        return None

    async def post_upload(self, request: web.Request) -> web.Response:
        """Takes a file; the message that carries it comes after."""
        room, cors = await self._room(request)
        self._allowance.upload(room.session.visitor)
        answer = await take_upload(request, self._sessions, self._blobs, room.session.visitor)
        return web.json_response(answer, status=201, headers=cors)

    async def post_message(self, request: web.Request) -> web.Response:
        """The fallback's way to write."""
        room, cors = await self._room(request)
        body = await _json(request)
        self._allowance.write(room.session.visitor, address_of(request.remote))
        written = await room.write(body.get("client_id"), body.get("text"), body.get("uploads"))
        self._bus.publish(room.topic)
        answer = {
            "conversation_id": written.conversation_id,
            "message_id": written.message_id,
            "sequence_no": written.sequence_no,
            "duplicate": written.duplicate,
        }
        return web.json_response(answer, status=202, headers=cors)

    async def get_messages(self, request: web.Request) -> web.Response:
        """The fallback's way to read: at once when there is something, else when there is, within `wait` seconds."""
        room, cors = await self._room(request)
        wanted, after = request.query.get("conversation_id", ""), _count(request.query.get("after", "0"))
        patience = min(float(_count(request.query.get("wait", "0"))), LONGEST_POLL_SECONDS)
        woken = asyncio.Event()
        forget = [self._bus.listen(room.topic, lambda _key: woken.set())]
        try:
            place = await room.place()
            if place.conversation_id:
                forget.append(self._bus.listen(f"conversation:{place.conversation_id}", lambda _key: woken.set()))
            messages = await _behind(room, place, wanted, after)
            if not messages and patience:
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        await woken.wait()
                place = await room.place()
                messages = await _behind(room, place, wanted, after)
        finally:
            for one in forget:
                one()
        found = {"conversation_id": place.conversation_id, "last_sequence_no": place.last, "data": messages}
        return web.json_response(found, headers=cors)

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        """The socket. The token comes in the first frame, never in the URL, where logs would keep it."""
        address = address_of(request.remote)
        with self._allowance.socket(address, SOCKETS_OF_ADDRESS):
            return await self._served(request, address)

    async def _served(self, request: web.Request, address: str) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, compress=False, max_msg_size=FRAME_LIMIT)
        await ws.prepare(request)
        try:
            room = await self._greeted(request, ws)
            visitor = room.session.visitor
            with self._allowance.socket(visitor, SOCKETS_OF_VISITOR), suppress(ConnectionError):
                socket = Socket(ws, self._bus, room, partial(self._allowance.write, visitor, address))
                after = _count(request.query.get("after", "0"))
                await socket.serve(request.query.get("conversation_id", ""), after)
        except GatewayError as error:
            code, reason = CLOSINGS.get(type(error), SESSION_OVER)
            await ws.close(code=code, message=reason)
        return ws

    async def _greeted(self, request: web.Request, ws: web.WebSocketResponse) -> Room:
        try:
            frame = await ws.receive(timeout=HELLO_SECONDS)
            hello = from_json(frame.data) if frame.type is WSMsgType.TEXT else None
        except (ValueError, TimeoutError):
            hello = None
        if not isinstance(hello, dict) or hello.get("type") != "hello":
            raise Invalid("The first frame must be hello.")
        return await self._open(request, self._sessions.read(str(hello.get("token", ""))))

    async def _room(self, request: web.Request) -> tuple[Room, dict[str, str]]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthorized("This needs the token of a chat session.")
        room = await self._open(request, self._sessions.read(token.strip()))
        return room, self._check_origin(request, room.number)

    async def _open(self, request: web.Request, session: Session) -> Room:
        number = await self._number(session.number)
        self._check_origin(request, number)
        _check_signed_in(number, session)
        return self._room_of(number, session)

    def _room_of(self, number: Webchat, session: Session) -> Room:
        return Room(self._pool, self._intake, self._sessions, self._files, number, session)

    async def _number(self, key: str) -> Webchat:
        number = await self._numbers.webchat(key)
        if number is None:
            raise NotFound("There is no webchat with this key.")
        return number

    def _check_origin(self, request: web.Request, number: Webchat) -> dict[str, str]:
        """The CORS headers for an allowed origin. Programs that are no browser send none. Raises Forbidden."""
        origin = request.headers.get("Origin", "").rstrip("/")
        if not origin:
            return {}
        own = (self._settings.public_url, f"{request.scheme}://{request.host}")
        if origin not in number.allowed_origins and "*" not in number.allowed_origins and origin not in own:
            if self._health:
                self._health.page(number.user_id, number.phone_number_id, origin, allowed=False)
            raise Forbidden("This website may not use this chat. Add its origin to the number's allowed_origins.")
        if self._health:
            self._health.page(number.user_id, number.phone_number_id, origin, allowed=True)
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


async def _behind(room: Room, place: Place, wanted: str, after: int) -> list[dict[str, Any]]:
    """What is behind a number, or all of it when that counted another conversation."""
    if not place.conversation_id:
        return []
    return await room.messages(place.conversation_id, after if place.conversation_id == wanted else 0)


def _check_signed_in(number: Webchat, session: Session | None) -> None:
    if number.identity_required and not (session and session.user):
        raise Unauthorized("This chat is for visitors who are signed in at the website.")


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = from_json(await request.read())
    except ValueError as error:
        raise Invalid("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise Invalid("The body must be a JSON object.")
    return body


def _count(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 10 else 0
