"""The page of four phones, served as plain files under a strict policy."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.state import SANDBOX

FOLDER: Final = Path(__file__).parent / "page"
TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def _policy(gateway: str) -> str:
    split = urlsplit(gateway)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"frame-src {split.scheme}://{split.netloc}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _serve(request: web.Request, name: str) -> web.Response:
    path = FOLDER / name
    headers = {
        "Content-Security-Policy": _policy(request.app[SANDBOX].config.gateway),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    return web.Response(body=path.read_bytes(), content_type=TYPES[path.suffix], charset="utf-8", headers=headers)


async def index(request: web.Request) -> web.Response:
    return _serve(request, "index.html")


async def asset(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if not (FOLDER / name).is_file():
        raise web.HTTPNotFound
    return _serve(request, name)


def routes() -> list[web.RouteDef]:
    return [web.get("/", index), web.get(r"/page/{name:[a-z_]+\.(css|js|svg)}", asset)]
