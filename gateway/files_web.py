"""Files behind signed links: for providers that fetch what we send, and for browsers that have no key."""

from __future__ import annotations

from aiohttp import web

from gateway.api.operations import Bytes, file_response
from gateway.files import Files


def file_routes(files: Files) -> list[web.RouteDef]:
    """GET /files/{user}/{file}/{until}/{signature}: the bytes, or 404 for a link that is forged or over."""

    async def get(request: web.Request) -> web.Response:
        place = request.match_info
        file = await files.linked(place["user"], place["file"], place["until"], place["signature"])
        return file_response(Bytes(data=file.data, mime_type=file.mime_type, filename=file.filename))

    return [web.get("/files/{user}/{file}/{until}/{signature}", get, allow_head=True)]
