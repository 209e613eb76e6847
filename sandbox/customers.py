"""A customer who writes: what a person or a script asked for, the same for every channel."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sandbox.media import MediaOrder


class Unwritable(Exception):
    """No such message can come from this channel; the text says why."""


class Customer(BaseModel):
    """One message to be sent. `raw` replaces or adds the provider's own fields of the message.

    `at` is the provider's clock in Unix seconds, or an ISO time.
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
