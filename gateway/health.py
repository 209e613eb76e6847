"""Is it alive, is it ready, and what does it count: /healthz, /readyz, /metrics."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from gateway import observe
from gateway.bus import Bus
from gateway.db import AWAY, Pool, queries
from gateway.settings import Settings

SQL = queries(__file__)
EVENTS_LATE_SECONDS = 600.0  # what waits longer is not worked on


class Health:
    """What a load balancer, an operator and a metrics collector ask."""

    def __init__(self, settings: Settings, pool: Pool, bus: Bus, role: str) -> None:
        self._settings = settings
        self._pool = pool
        self._bus = bus
        self._role = role

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        return [
            web.get("/healthz", self.healthz),
            web.get("/readyz", self.readyz),
            web.get("/metrics", self.metrics),
        ]

    async def healthz(self, _request: web.Request) -> web.Response:
        """200 while the process answers."""
        return web.json_response({"status": "ok"})

    async def readyz(self, _request: web.Request) -> web.Response:
        """200 when messages can be taken, else 503; each dependency says what it does without."""
        checks = {
            "database": await self._database(),
            "wake_ups": self._wake_ups(),
            "meta": _set(
                self._settings.meta_app_secrets,
                "META_APP_SECRET is not set: WhatsApp and Instagram webhooks are refused",
            ),
            "openai": _set(
                self._settings.openai_api_key, "OPENAI_API_KEY is not set: agents do not answer, messages wait"
            ),
            "google": _set(
                self._settings.google_client_id and self._settings.google_client_secret,
                "GOOGLE_CLIENT_ID or GOOGLE_CLIENT_SECRET is not set: no calendar can be connected",
            ),
            "mail": _set(self._settings.smtp_url, "SMTP_URL is not set: no e-mail is sent"),
            "events": await self._events(),
        }
        ready = checks["database"]["status"] == "ok"
        answer = {"status": "ok" if ready else "unavailable", "role": self._role, "checks": checks}
        return web.json_response(answer, status=200 if ready else 503)

    async def metrics(self, _request: web.Request) -> web.Response:
        """OpenMetrics text."""
        try:
            for row in await self._pool.fetch(SQL["queues"], timeout=2):
                observe.QUEUE.labels(row["queue"]).set(row["length"])
                observe.QUEUE_AGE.labels(row["queue"]).set(max(0.0, row["age"]))
        except AWAY:
            observe.AWAY.inc()
        text: bytes = generate_latest(observe.REGISTRY)  # type: ignore[no-untyped-call]
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _database(self) -> dict[str, str]:
        try:
            await self._pool.fetchval("select 1", timeout=2)
        except AWAY as error:
            return {"status": "down", "detail": f"The database does not answer ({type(error).__name__})"}
        return {"status": "ok"}

    async def _events(self) -> dict[str, str]:
        try:
            row = await self._pool.fetchrow(SQL["events"], timeout=2)
        except AWAY as error:
            return {"status": "down", "detail": f"The queue can't be read ({type(error).__name__})"}
        if row is None or row["age"] <= EVENTS_LATE_SECONDS:
            return {"status": "ok"}
        return {"status": "degraded", "detail": f"{row['length']} events wait, the oldest for {row['age']:.0f} s"}

    def _wake_ups(self) -> dict[str, str]:
        way = "Redis" if self._settings.redis_url else "PostgreSQL NOTIFY"
        if self._bus.connected:
            return {"status": "ok", "detail": way}
        return {"status": "degraded", "detail": f"{way} is away: other processes hear by polling, once a second"}


def _set(value: Any, otherwise: str) -> dict[str, str]:
    return {"status": "ok"} if value else {"status": "off", "detail": otherwise}
