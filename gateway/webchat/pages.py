"""What a website loads of the webchat: the widget, its form, its sentences; and a page that embeds it."""

from __future__ import annotations

import gzip
import hashlib
import html
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from gateway.errors import NotFound
from gateway.numbers import Webchat

DIST = Path(__file__).parent.parent.parent / "frontend" / "dist"
WORDS = Path(__file__).parent / "words"
LANGUAGES = frozenset(path.stem for path in WORDS.glob("*.json"))
SMALLEST_ZIPPED = 500  # bytes
FRESH = "public, max-age=300, stale-while-revalidate=86400"

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/webchat/page.css">
<script src="/webchat/widget.js" data-number="{key}" data-title="{title}"{open} async></script>
</head>
<body>
<main>
<h1>{title}</h1>
<p>This page embeds the chat the way any website does, with one line:</p>
<pre tabindex="0"><code>{line}</code></pre>
</main>
</body>
</html>
"""

LINE = '<script src="{url}/webchat/widget.js" data-number="{key}" async></script>'

PAGE_CSS = """:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 42rem; margin: 12vh auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; line-height: 1.2; }
pre { overflow-x: auto; padding: 1rem; border-radius: .6rem; }
pre { background: color-mix(in srgb, currentColor 8%, transparent); }
"""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served: whole and gzipped, with the name of this version."""

    body: bytes
    zipped: bytes
    version: str
    content_type: str


class Pages:
    """The handlers of what any website may load. Files are read again when they change, and zipped once."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url
        self._known: dict[Path, tuple[int, Asset]] = {}

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get("/webchat/widget.js", self.script),
            web.get("/webchat/form.js", self.script),
            web.get("/webchat/words/{language}.json", self.words),
            web.get("/webchat/page.css", self.page_css),
        ]

    async def script(self, request: web.Request) -> web.Response:
        """A built script. 404 with a sentence when the front end was not built."""
        path = DIST / request.path.rpartition("/")[2]
        if not path.exists():
            raise NotFound("The widget was not built: run ./frontdesk serve once where npm packages can be had.")
        return self._served(request, path, "text/javascript")

    async def words(self, request: web.Request) -> web.Response:
        """The widget's sentences in one language."""
        language = request.match_info["language"]
        if language not in LANGUAGES:
            raise NotFound("The widget does not speak this language.")
        return self._served(request, WORDS / f"{language}.json", "application/json")

    async def page_css(self, _request: web.Request) -> web.Response:
        """The page's style, in a file of its own because its policy allows no inline style."""
        return web.Response(text=PAGE_CSS, content_type="text/css")

    def page(self, number: Webchat, *, opened: bool) -> web.Response:
        """A plain page with the widget on it, under a strict policy."""
        text = PAGE.format(
            title=html.escape(number.display_name, quote=True),
            key=html.escape(number.key, quote=True),
            line=html.escape(LINE.format(url=self._public_url, key=number.key)),
            open=' data-open="true"' if opened else "",
        )
        ancestors = " ".join(["'self'", *(origin for origin in number.allowed_origins if _plain(origin))])
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; "
            f"img-src 'self' data: https: {self._public_url}; "
            f"connect-src 'self' {self._public_url.replace('http', 'ws', 1)}; "
            f"frame-ancestors {ancestors}; base-uri 'none'"
        )
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": policy})

    def _served(self, request: web.Request, path: Path, content_type: str) -> web.Response:
        asset = self._asset(path, content_type)
        headers = {
            "Cache-Control": FRESH,
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
            "ETag": f'"{asset.version}"',
            "Vary": "Accept-Encoding",
        }
        if asset.version in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        zipped = "gzip" in request.headers.get("Accept-Encoding", "") and len(asset.body) > SMALLEST_ZIPPED
        if zipped:
            headers["Content-Encoding"] = "gzip"
        body = asset.zipped if zipped else asset.body
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)

    def _asset(self, path: Path, content_type: str) -> Asset:
        changed = path.stat().st_mtime_ns
        known = self._known.get(path)
        if known and known[0] == changed:
            return known[1]
        body = path.read_bytes()
        version = hashlib.sha256(body).hexdigest()[:20]
        asset = Asset(body, gzip.compress(body, 9, mtime=0), version, content_type)
        self._known[path] = (changed, asset)
        return asset


def _plain(origin: str) -> bool:
    return origin == "*" or (origin.startswith(("http://", "https://")) and not set(origin) & set(" ;,'\""))
