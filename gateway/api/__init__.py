"""The HTTP API below /v1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from gateway.bus import Bus
from gateway.db import Pool
from gateway.settings import Settings
from gateway.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What the operations need."""

    pool: Pool
    vault: Vault
    bus: Bus
    splits: Mapping[str, Callable[[str], list[str]]]
    settings: Settings


def add_api(app: web.Application, api: Api) -> None:
    """Adds the routes."""
