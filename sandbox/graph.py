"""Graph's routes: one address for WhatsApp and Instagram, told apart by the number."""

from __future__ import annotations

from aiohttp import web

from sandbox import instagram, meta, renewals, uploads, whatsapp
from sandbox.media import SHELF
from sandbox.meta import GraphRefusal
from sandbox.state import SANDBOX


async def messages(request: web.Request) -> web.Response:
    """POST /{number}/messages."""
    sandbox = request.app[SANDBOX]
    try:
        number = meta.find_number(sandbox, request.match_info["id"], meta.request_token(request))
        body = await meta.json_object(request)
    except GraphRefusal as refusal:
        return meta.refuse_unread(sandbox, request, refusal)
    if number.platform == "whatsapp":
        return await whatsapp.take(sandbox, request, number, body)
    return await instagram.take(sandbox, request, number, body)


async def describe(request: web.Request) -> web.Response:
    """GET of an object: a number, for a gateway that checks its credentials, or a file that was sent or uploaded."""
    sandbox = request.app[SANDBOX]
    id_ = request.match_info["id"]
    token = meta.request_token(request)
    stored = request.app[SHELF].find(id_)
    try:
        if stored is None:
            return web.json_response(meta.number_card(meta.find_number(sandbox, id_, token)))
        meta.check_any_token(sandbox, token)
        if sandbox.faults.take(("expired_media",), "whatsapp"):
            raise meta.no_such_object(id_, "get")
    except GraphRefusal as refusal:
        return refusal.response(sandbox.ids.trace())
    return web.json_response(
        {
            "messaging_product": "whatsapp",
            "url": request.app[SHELF].url(stored, "whatsapp"),
            "mime_type": stored.order.mime_type,
            "sha256": stored.sha256,
            "file_size": len(stored.order.data),
            "id": id_,
        }
    )


def routes() -> list[web.RouteDef]:
    version = r"/{version:v\d+\.\d+}"
    object_ = r"/{id:me|\d{5,30}}"
    found: list[web.RouteDef] = []
    for prefix in (version, ""):
        found += [
            web.post(f"{prefix}{object_}/messages", messages),
            web.post(f"{prefix}{object_}/media", uploads.upload),
            web.get(f"{prefix}{object_}", describe, allow_head=False),
        ]
    return [*found, web.get("/refresh_access_token", renewals.renew, allow_head=False)]
