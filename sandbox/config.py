"""Who the stand-ins pretend to serve: the gateway, its secrets and its numbers."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Platform = Literal["whatsapp", "instagram", "webchat", "sms"]


class Number(BaseModel):
    """One of the business's numbers. `meta_phone_number_id` is the provider's id; an empty token takes any token."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str
    platform: Platform
    meta_phone_number_id: str
    address: str
    display_name: str = ""
    access_token: str = ""

    @property
    def names(self) -> tuple[str, str, str]:
        return self.id, self.meta_phone_number_id, self.address


class MetaKeys(BaseModel):
    model_config = ConfigDict(frozen=True)

    app_secret: str = "sandbox-app-secret"  # noqa: S105
    verify_token: str = "sandbox-verify-token"  # noqa: S105


class TwilioKeys(BaseModel):
    model_config = ConfigDict(frozen=True)

    account_sid: str = "AC" + "5a" * 16
    auth_token: str = "sandbox-auth-token"  # noqa: S105


class OpenAIKeys(BaseModel):
    """An empty key takes any bearer token."""

    model_config = ConfigDict(frozen=True)

    api_key: str = ""


class Behaviour(BaseModel):
    """How the stand-ins behave when no fault is set. Times are seconds unless the name says otherwise.

    `window` closes WhatsApp's and Instagram's windows for free answers; `advanced_opt_out` is Twilio's product.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    status_delay_ms: tuple[int, int] = (30, 300)
    answer_delay_ms: tuple[int, int] = (0, 0)
    redelivery_first: float = Field(default=0.2, gt=0)
    redelivery_cap: float = Field(default=5.0, gt=0)
    meta_timeout: float = Field(default=10.0, gt=0)
    twilio_timeout: float = Field(default=15.0, gt=0)
    twilio_patience: float = Field(default=60.0, ge=0)
    customers_read: bool = True
    window: bool = False
    advanced_opt_out: bool = False
    seed: int | None = None


def _default_numbers() -> tuple[Number, ...]:
    rows: tuple[tuple[str, Platform, str, str, str], ...] = (
        ("whatsapp-1", "whatsapp", "100000000000001", "+15550100001", "Front desk"),
        ("whatsapp-2", "whatsapp", "100000000000002", "+15550100002", "Second desk"),
        ("instagram-1", "instagram", "17840000000000001", "@frontdesk", "Front desk"),
        ("sms-1", "sms", "+15550100003", "+15550100003", "Front desk"),
        ("webchat-1", "webchat", "wc_sandbox", "wc_sandbox", "Front desk"),
    )
    return tuple(
        Number(id=id_, platform=platform, meta_phone_number_id=meta, address=address, display_name=name)
        for id_, platform, meta, address, name in rows
    )


class Config(BaseModel):
    """Everything that a script needs to drive the gateway. Unknown keys are kept and shown back.

    `spares` are numbers that the providers know and the gateway does not yet: somebody may link them.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    gateway: str = "http://127.0.0.1:8080"
    api_key: str = ""
    meta: MetaKeys = MetaKeys()
    twilio: TwilioKeys = TwilioKeys()
    openai: OpenAIKeys = OpenAIKeys()
    numbers: tuple[Number, ...] = Field(default_factory=_default_numbers)
    spares: tuple[Number, ...] = ()
    urls: dict[str, str] = Field(default_factory=dict)
    behaviour: Behaviour = Behaviour()

    @field_validator("gateway")
    @classmethod
    def _web_address(cls, gateway: str) -> str:
        if not gateway.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return gateway.rstrip("/")

    @property
    def lines(self) -> tuple[Number, ...]:
        """Every number that the providers know."""
        return *self.numbers, *self.spares

    @cached_property
    def _by_name(self) -> dict[str, dict[str, Number]]:
        found: dict[str, dict[str, Number]] = {}
        for number in reversed(self.lines):
            names = found.setdefault(number.platform, {})
            names.update((name, number) for name in number.names)
        return found

    def find_number(self, name: str, platform: str = "") -> Number | None:
        """The number whose id, address or provider id is `name`; any platform unless one is given."""
        for each in (platform,) if platform else ("whatsapp", "instagram", "sms", "webchat"):
            number = self._by_name.get(each, {}).get(name)
            if number is not None:
                return number
        return None

    def first_number(self, platform: str) -> Number | None:
        return next((number for number in self.numbers if number.platform == platform), None)
