"""Links that are followed: an address of the business behind an address of ours, one for each conversation."""

from __future__ import annotations

import re
import secrets
import string
from urllib.parse import quote

from aiohttp import web

from gateway.bus import Bus
from gateway.db import Pool, Row, queries, retry_clash
from gateway.errors import NotFound

SQL = queries(__file__)
TOKEN_BYTES = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
# Programs that look at an address before a person does, to draw its preview or to index it. "Pinterest/0.2" is one of
# them, "[Pinterest/iOS]" a person; there is a phone called CUBOT.
_LOOKERS = re.compile(
    r"whatsapp|facebookexternalhit|facebot|meta-external|twitterbot|slackbot|slack-imgproxy|discordbot|telegrambot|"
    r"linkedinbot|skypeuripreview|googlebot|bingbot|applebot|yandexbot|baiduspider|duckduckbot|pinterestbot|"
    r"pinterest/\d|bot/\d|preview|crawler|spider|curl/|wget/|python-|python/|go-http-client",
    re.IGNORECASE,
)
# What a browser says when it fetches a page that nobody has opened yet.
_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Links:
    """Makes tracked addresses. `public_url` is where the gateway can be reached."""

    def __init__(self, pool: Pool, public_url: str) -> None:
        self._pool = pool
        self._public_url = public_url

    async def send(self, claim: Row, name: str) -> str:
        """The address of a link for the conversation of a claimed turn, the same each time until the link is changed.

        Raises NotFound, which names the links that there are, or StoreAway.
        """
        return await retry_clash(lambda: self._send(claim, name))

    async def _send(self, claim: Row, name: str) -> str:
        user_id, conversation_id = claim["user_id"], claim["conversation_id"]
        async with self._pool.acquire() as db, db.transaction():
            link = await db.fetchrow(SQL["link"], user_id, name)
            if link is None:
                names = ", ".join(row["name"] for row in await db.fetch(SQL["names"], user_id))
                raise NotFound(f"There is no link {name}. There are: {names or 'none'}.")
            token = await db.fetchval(SQL["sent"], user_id, conversation_id, *link)
            if token is None:
                token = secrets.token_urlsafe(TOKEN_BYTES)
                await db.execute(SQL["send"], user_id, token, conversation_id, *link, claim["turn_id"])
        return f"{self._public_url}/l/{token}"


def link_routes(pool: Pool, bus: Bus) -> list[web.RouteDef]:
    """GET and HEAD /l/{token}: leads on, and counts the click when a person made it."""

    async def follow(request: web.Request) -> web.Response:
        token = request.match_info["token"]
        # A text that can be no token may be one that the database can't take either.
        row = await retry_clash(lambda: pool.fetchrow(SQL["behind"], token)) if _TOKEN.fullmatch(token) else None
        if row is None:
            return web.Response(
                status=404, text="This link leads nowhere. Please ask for a new one.\n", headers=_HEADERS
            )
        if _by_a_person(request):
            first = await retry_clash(lambda: pool.fetchval(SQL["click"], row["user_id"], token))
            if first:
                bus.publish(f"conversation:{row['conversation_id']}")
                bus.publish("leads")
        # A header holds ASCII alone; what is escaped already stays as it is.
        return web.Response(status=302, headers={"Location": quote(row["url"], safe=string.punctuation), **_HEADERS})

    return [web.get("/l/{token:.*}", follow, allow_head=True)]


def _by_a_person(request: web.Request) -> bool:
    agent = request.headers.get("User-Agent", "")
    ahead = " ".join(request.headers.get(name, "") for name in _AHEAD).lower()
    return request.method == "GET" and bool(agent) and not _LOOKERS.search(agent) and "pre" not in ahead
