"""Google's part of the configuration: the app that is registered there, and who has an account."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sandbox.config import Config
from sandbox.google_times import read_zone

Role = Literal["owner", "writer", "reader", "freeBusyReader"]


class CalendarSeed(BaseModel):
    """A calendar of an account. The account owns it unless `owner` names another; `meet` allows Google Meet in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    summary: str = ""
    time_zone: str = "Europe/Madrid"
    owner: str = ""
    role: Role = "owner"
    meet: bool = True

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        if read_zone(name) is None:
            raise ValueError(f"there is no time zone {name!r}")
        return name


class AccountSeed(BaseModel):
    """Somebody at Google. The primary calendar has the address as its id, and is made when it is not listed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    name: str = ""
    time_zone: str = "Europe/Madrid"
    calendars: tuple[CalendarSeed, ...] = ()

    def all_calendars(self) -> tuple[CalendarSeed, ...]:
        if any(each.id == self.email for each in self.calendars):
            return self.calendars
        return (CalendarSeed(id=self.email, summary=self.email, time_zone=self.time_zone), *self.calendars)


def _default_accounts() -> tuple[AccountSeed, ...]:
    team = CalendarSeed(id="c_team@group.calendar.google.com", summary="Team")
    holidays = CalendarSeed(
        id="es.spain#holiday@group.v.calendar.google.com",
        summary="Holidays in Spain",
        owner="holidays@calendar.google.com",
        role="reader",
        meet=False,
    )
    owner = AccountSeed(email="owner@bloomdental.example", name="Olivia Owner", calendars=(team, holidays))
    return (owner, AccountSeed(email="second@bloomdental.example", name="Sam Second"))


class GoogleConfig(BaseModel):
    """The part `google` of the configuration. Without `redirect_uris` an app may send its users back to any address.

    `meet_ms` is how long a Meet link takes (0: it is in the first answer). `consent` auto asks nobody. Google allows an
    account 600 calls a minute; here `calls_per_minute` 0 is no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = "100000000000-sandbox.apps.googleusercontent.com"
    client_secret: str = "GOCSPX-sandbox-client-secret"  # noqa: S105
    redirect_uris: tuple[str, ...] = ()
    accounts: tuple[AccountSeed, ...] = Field(default_factory=_default_accounts)
    consent: Literal["page", "auto", "deny"] = "page"
    access_seconds: int = Field(default=3599, ge=1)
    meet_ms: int = Field(default=300, ge=0)
    freebusy_days: int = Field(default=62, ge=1)
    calls_per_minute: int = Field(default=0, ge=0)

    @classmethod
    def of(cls, config: Config) -> GoogleConfig:
        """What the configuration says of Google; the built-in values where it says nothing."""
        return cls.model_validate((config.model_extra or {}).get("google", {}))


IDENTITY: Final = ("openid", "email", "profile")
