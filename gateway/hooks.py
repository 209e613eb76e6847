"""The webhooks: raw bytes in, proved, translated, committed, and only then 200."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from channels.base import Endpoint, Event, Hook, Inbound, Unreadable
from channels.errors import HookRejected
from gateway import observe
from gateway.channel_health import ChannelHealth
from gateway.errors import StoreAway
from gateway.intake import Envelope, Intake
from gateway.numbers import Numbers
from gateway.pace import Pace
from gateway.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Hooks:
    """One handler for every endpoint of every provider."""

    def __init__(
        self,
        settings: Settings,
        numbers: Numbers,
        intake: Intake,
        health: ChannelHealth | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._settings = settings
        self._numbers = numbers
        self._intake = intake
        self._health = health
        self._pace = pace

    def routes(self, endpoints: Sequence[Endpoint]) -> list[web.RouteDef]:
        """The routes below /webhooks/, two for each endpoint."""
        return [
            route
            for endpoint in endpoints
            for route in (
                web.post(f"/webhooks/{endpoint.path}", self._receive(endpoint)),
                web.get(f"/webhooks/{endpoint.path}", self._handshake(endpoint), allow_head=False),
            )
        ]

    def _receive(self, endpoint: Endpoint) -> Handler:
        text, content_type = endpoint.reply[0].encode(), endpoint.reply[1]

        async def receive(request: web.Request) -> web.Response:
            hook = self._hook(request, await request.read())
            try:
                await self._authenticate(endpoint, hook)
                events = endpoint.translate(hook)
                await self._accept(endpoint, hook, events)
            except HookRejected as error:
                observe.REJECTED.labels(endpoint.path).inc()
                observe.log.warning(
                    "hook_rejected", endpoint=endpoint.path, reason=str(error), url=hook.url.partition("?")[0]
                )
                return web.Response(status=error.status, text="rejected")
            except StoreAway:
                observe.AWAY.inc()
                return web.Response(status=503, text="try again", headers={"Retry-After": "5"})
            return web.Response(body=text, content_type=content_type)

        return receive

    def _handshake(self, endpoint: Endpoint) -> Handler:
        async def handshake(request: web.Request) -> web.Response:
            try:
                answer = endpoint.handshake(self._hook(request, b""), self._settings.meta_verify_token)
            except (HookRejected, NotImplementedError) as error:
                if self._health and "hub.challenge" in request.query:
                    self._health.challenged(endpoint.path, str(error))
                observe.log.warning("handshake_rejected", endpoint=endpoint.path, reason=str(error))
                return web.Response(status=403, text="rejected")
            if self._health:
                self._health.challenged(endpoint.path)
            return web.Response(text=answer, content_type="text/plain", headers={"X-Content-Type-Options": "nosniff"})

        return handshake

    async def _accept(self, endpoint: Endpoint, hook: Hook, events: Sequence[Event]) -> None:
        await self._intake.store(Envelope(endpoint=endpoint.path, url=hook.url, body=hook.body, events=events))
        if self._health and self._pace:
            for event in events:
                if not isinstance(event, Unreadable):
                    inbound = isinstance(event, Inbound) and not event.echo
                    for address in filter(None, (event.number, getattr(event, "fallback", ""))):
                        self._health.heard(event.platform, address, inbound=inbound)
                if isinstance(event, Inbound):
                    self._pace.heard(event.platform, event.number)

    async def _authenticate(self, endpoint: Endpoint, hook: Hook) -> None:
        account = endpoint.signer(hook)
        secrets: Sequence[str] = self._settings.meta_app_secrets
        if account:
            secrets = await self._numbers.secrets(account)
        try:
            try:
                endpoint.authenticate(hook, secrets)
            except HookRejected:
                if not account:
                    raise
                # The token may have been changed a moment ago.
                secrets = await self._numbers.secrets(account, fresh=True)
                endpoint.authenticate(hook, secrets)
        except HookRejected as error:
            if self._health:
                self._health.rejected(endpoint.path, hook.url.partition("?")[0], secrets, str(error), hook.body)
            raise

    def _hook(self, request: web.Request, body: bytes) -> Hook:
        return Hook(
            method=request.method,
            url=self._settings.public_url + request.raw_path,
            headers=request.headers,
            query=request.query,
            body=body,
        )
