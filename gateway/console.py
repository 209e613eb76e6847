"""Serves the console as it was built: its page for every path below /console, its hashed parts for ever."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from gateway.errors import NotFound

FOLDER = Path(__file__).resolve().parent.parent / "frontend" / "dist" / "console"
PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.(?:js|css|svg|woff2|png)")
# Styles and scripts come from files of ours alone; a picture may be one that the page made itself.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOT_BUILT = "The console was not built: run python frontend/build.py, or ./frontdesk serve, which does it.\n"


def console_routes(folder: Path = FOLDER) -> list[web.RouteDef]:
    """The route table of the console, built in `folder`."""

    async def page(_request: web.Request) -> web.StreamResponse:
        index = folder / "index.html"
        if not index.exists():
            return web.Response(text=NOT_BUILT, status=503, headers=HEADERS)
        return web.FileResponse(index, headers={**HEADERS, "Cache-Control": "no-cache"})

    async def part(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        path = folder / "assets" / name
        if not PART.fullmatch(name) or not path.is_file():
            raise NotFound("The console has no such part. Load the page again.")
        # A compressed part lies beside each one, and is served to whoever takes it.
        return web.FileResponse(path, headers={**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"})

    async def start(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/console")

    return [
        web.get("/", start),
        web.get("/console/assets/{name}", part),
        web.get("/console", page),
        web.get("/console/{path:.*}", page),
    ]
