"""The addresses behind which providers keep the files that customers sent."""

from __future__ import annotations

from aiohttp import web

from sandbox.media import SHELF
from sandbox.meta import GraphRefusal, check_any_token, request_token
from sandbox.signatures import basic_credentials
from sandbox.state import SANDBOX


async def serve(request: web.Request) -> web.Response:
    """A file: WhatsApp wants the number's bearer token, Twilio the account's credentials, Instagram nothing."""
    sandbox, provider = request.app[SANDBOX], request.match_info["provider"]
    stored = request.app[SHELF].find(request.match_info["id"])
    # WhatsApp's handed-out address answers 404 once it is old, a CDN's 403, Twilio's 404.
    if stored is None or sandbox.faults.take(("expired_media",), provider):
        return web.Response(status=403 if provider == "instagram" else 404, text="URL signature expired")
    if provider == "whatsapp":
        try:
            check_any_token(sandbox, request_token(request))
        except GraphRefusal as refusal:
            return refusal.response(sandbox.ids.trace())
    keys = sandbox.config.twilio
    if provider == "twilio" and basic_credentials(request.headers) != (keys.account_sid, keys.auth_token):
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="Twilio API"'})
    return web.Response(body=stored.order.data, headers={"Content-Type": stored.order.mime_type})


def routes() -> list[web.RouteDef]:
    return [web.get(r"/_media/{provider:whatsapp|instagram|twilio}/{id:\d+}", serve, allow_head=False)]
