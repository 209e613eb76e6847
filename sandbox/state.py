"""The whole sandbox in memory: one of it runs in a process."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from aiohttp import ClientSession, TCPConnector, web

from sandbox.config import Behaviour, Config, Number
from sandbox.deliveries import Deliveries
from sandbox.faults import Faults
from sandbox.ids import Ids
from sandbox.people import People
from sandbox.phones import Phone, Phones
from sandbox.record import Record


@dataclass(slots=True)
class Sandbox:
    """What the stand-ins share. `config` is replaced whole; everything that is under way reads the newest."""

    config: Config
    http: ClientSession
    record: Record
    faults: Faults
    phones: Phones
    deliveries: Deliveries
    ids: Ids = field(default_factory=Ids)
    people: People = field(default_factory=People)
    renewed: dict[str, str] = field(default_factory=dict)
    subscribed: dict[str, list[str]] = field(default_factory=dict)  # by number: the fields that its webhooks carry
    sms_hooks: dict[str, tuple[str, str]] = field(default_factory=dict)  # by number: URL and method

    @classmethod
    def open(cls, config: Config) -> Sandbox:
        record = Record()
        faults = Faults(lambda: record.feed.publish("faults", {}))
        http = ClientSession(connector=TCPConnector(limit=256), headers={"User-Agent": "frontdesk-sandbox"})
        deliveries = Deliveries(http, record, faults, lambda: sandbox.config.behaviour)
        sandbox = cls(config, http, record, faults, Phones(record.feed), deliveries)
        sandbox.configure(config)
        return sandbox

    async def close(self) -> None:
        await self.deliveries.close()
        await self.http.close()

    def configure(self, config: Config) -> None:
        self.config = config
        self.faults.seed(config.behaviour.seed)
        self.record.feed.publish("config", {})

    @property
    def behaviour(self) -> Behaviour:
        return self.config.behaviour

    def status_delay(self) -> float:
        """Seconds until the next thing happens on a customer's phone."""
        low, high = self.behaviour.status_delay_ms
        return random.uniform(low, high) / 1000

    def first_token(self, token: str) -> str:
        """The configured token of which this one is a renewal, or itself."""
        return self.renewed.get(token, token)

    def hours_silent(self, number: Number, customer: str) -> float:
        """Hours since a customer last wrote; 0 unless windows are on, for all or for this customer."""
        return self.people.hours_silent(number, customer, counted=self.behaviour.window)

    def phone(self, number: Number, customer: str) -> Phone:
        return Phone(number.platform, number.id, customer)


SANDBOX: web.AppKey[Sandbox] = web.AppKey("sandbox", Sandbox)
