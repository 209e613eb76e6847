"""A customer who writes: what a person or a script asked for, the same for every channel."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sandbox.events import Event
from sandbox.media import MediaOrder


class Customer(BaseModel):
    """One message to be sent. `raw` replaces or adds the provider's own fields of the message.

    `at` is the provider's clock in Unix seconds, or an ISO time. `event` does something else than writing. With `side`
    business it is the owner who writes, in the provider's own app.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    channel: str = ""
    number: str = ""
    sender: str = Field(alias="from", min_length=1, max_length=256)
    text: str = ""
    name: str = ""
    id: str = ""
    at: float = Field(default_factory=time.time)
    raw: dict[str, Any] = Field(default_factory=dict)
    media: MediaOrder | None = None
    event: Event | None = None
    side: Literal["customer", "business"] = "customer"
    wait: bool = False

    @field_validator("at", mode="before")
    @classmethod
    def _seconds(cls, at: object) -> object:
        if isinstance(at, str) and not at.replace(".", "", 1).isdigit():
            return datetime.fromisoformat(at).timestamp()
        return time.time() if at is None else at

    @field_validator("sender", mode="before")
    @classmethod
    def _name_of_sender(cls, sender: object) -> object:
        return str(sender) if isinstance(sender, int) else sender
