"""The pages of a visit to Google's consent page: before it, and after. They hold no script and no secret of ours."""

from __future__ import annotations

import html
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from gateway.booking.consent import Consent, Outcome, Result, session_of
from gateway.settings import Settings

COOKIE_SECONDS = 1200

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""
BEFORE = """<p>This connects a Google calendar to <strong>{name}</strong>. Go on only if that is your business.</p>
<p>Frontdesk will see when the calendars of your account are taken, and write the meetings into one of them that your
customers book. On Google's page, leave every box ticked.</p>
<form method="post" action="/oauth/google/start">
<input type="hidden" name="ticket" value="{ticket}">
<input type="hidden" name="proof" value="{proof}">
<button type="submit">Continue to Google</button>
</form>
"""
ENDS: Mapping[Result, tuple[str, str]] = {
    "connected": ("The calendar is connected", "You can close this page."),
    "denied": ("Nothing was connected", "You did not allow it at Google. Ask for a new link if you want to."),
    "unknown": (
        "This link is not valid any more",
        "It was used, or is older than ten minutes, or was begun in another browser. Ask for a new one.",
    ),
    "expired": ("Nothing was connected", "Google does not take its own answer any more. Ask for a new link."),
    "incomplete": (
        "Nothing was connected",
        "A box was not ticked at Google. Ask for a new link, and leave all ticked.",
    ),
    "unfinished": (
        "Nothing was connected",
        "Google gave no lasting access. Remove Frontdesk at https://myaccount.google.com/connections, then ask for a "
        "new link.",
    ),
    "refused": (
        "Nothing was connected",
        "Google refuses the settings of this installation. Its operator finds the reason in the log.",
    ),
    "away": ("Nothing was connected", "Google did not answer. Ask for a new link in a minute."),
}


class Visits:
    """The handlers below /oauth/google/."""

    def __init__(self, consent: Consent, settings: Settings) -> None:
        self._consent = consent
        secure = settings.public_url.startswith("https:")
        # A browser takes the prefix only with Secure, and Secure only over TLS.
        self._cookie = "__Host-frontdesk_google" if secure else "frontdesk_google"
        self._secure = secure
        parts = urlsplit(settings.google_auth_url)
        self._google = f"{parts.scheme}://{parts.netloc}"

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get("/oauth/google/start", self.ask, allow_head=False),
            web.post("/oauth/google/start", self.start),
            web.get("/oauth/google/callback", self.finish, allow_head=False),
        ]

    async def ask(self, request: web.Request) -> web.Response:
        """Says which business it is for, and waits for a yes."""
        ticket = request.query.get("ticket", "")
        name = await self._consent.asked(ticket)
        if name is None:
            return self._ended(Outcome("unknown"))
        session = session_of(request.cookies.get(self._cookie, ""))
        shown = {"name": name, "ticket": ticket, "proof": self._consent.proof(ticket, session)}
        body = BEFORE.format(**{key: html.escape(value, quote=True) for key, value in shown.items()})
        answer = self._page(200, "Connect a Google calendar", body)
        # Lax: it comes along when Google sends the browser back, and with no form of another site.
        answer.set_cookie(
            self._cookie, session, max_age=COOKIE_SECONDS, path="/", secure=self._secure, httponly=True, samesite="Lax"
        )
        return answer

    async def start(self, request: web.Request) -> web.Response:
        """Leads on to Google."""
        form = await request.post()
        ticket, proof = str(form.get("ticket", "")), str(form.get("proof", ""))
        url = await self._consent.start(ticket, request.cookies.get(self._cookie, ""), proof)
        return self._ended(Outcome("unknown")) if url is None else self._onward(url)

    async def finish(self, request: web.Request) -> web.Response:
        """Where Google sends the browser back to."""
        outcome = await self._consent.finish(request.query, request.cookies.get(self._cookie, ""))
        return self._ended(outcome)

    def _ended(self, outcome: Outcome) -> web.Response:
        if outcome.back_to:
            joint = "&" if urlsplit(outcome.back_to).query else "?"
            return self._onward(f"{outcome.back_to}{joint}{urlencode({'google': outcome.result})}")
        title, sentence = ENDS[outcome.result]
        status = 200 if outcome.result in ("connected", "denied") else 400
        return self._page(status, title, f"<p>{html.escape(sentence)}</p>")

    def _onward(self, url: str) -> web.Response:
        return web.Response(status=303, headers={"Location": url, **self._headers()})

    def _page(self, status: int, title: str, body: str) -> web.Response:
        text = PAGE.format(title=html.escape(title), body=body)
        return web.Response(status=status, text=text, content_type="text/html", headers=self._headers())

    def _headers(self) -> dict[str, str]:
        # A browser asks form-action of the address that the form's answer leads to as well.
        policy = (
            f"default-src 'none'; img-src data:; form-action 'self' {self._google}; frame-ancestors 'none'; "
            "base-uri 'none'"
        )
        return {
            "Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }  # fmt: skip
