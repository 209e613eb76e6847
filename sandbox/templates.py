"""The message templates of a business account, as Graph lists them.

https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates/
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox import meta
from sandbox.meta import GraphRefusal
from sandbox.state import SANDBOX
from sandbox.template_texts import BODIES
from sandbox.whatsapp import business_account


def described(position: int, name: str, category: str, status: str, body: str) -> dict[str, Any]:
    """A template as Graph describes it."""
    components = [{"type": "BODY", "text": body}, {"type": "FOOTER", "text": "Bloom Dental"}]
    return {
        "name": name, "language": "en", "status": status, "category": category, "components": components,
        "id": str(594425479261590 + position),
    }  # fmt: skip


async def templates(request: web.Request) -> web.Response:
    """GET /{account}/message_templates."""
    sandbox, id_ = request.app[SANDBOX], request.match_info["id"]
    try:
        owner = next((n for n in sandbox.config.lines if business_account(n.meta_phone_number_id) == id_), None)
        meta.find_number(sandbox, owner.meta_phone_number_id if owner else id_, meta.request_token(request))
        if owner is None or owner.platform != "whatsapp":
            raise meta.no_such_object(id_, "get")
    except GraphRefusal as refusal:
        return refusal.response(sandbox.ids.trace())
    return web.json_response({
        "data": [described(position, *one) for position, one in enumerate(BODIES)],
        "paging": {"cursors": {"before": "MAZDZD", "after": "MjQZD"}},
    })  # fmt: skip


def routes() -> list[web.RouteDef]:
    return [
        web.get(prefix + r"/{id:\d{5,30}}/message_templates", templates, allow_head=False)
        for prefix in (r"/{version:v\d+\.\d+}", "")
    ]
