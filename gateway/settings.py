"""The only reader of the environment. Every setting stands in the table of the README."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gateway.errors import Misset


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process, checked. Durations are in seconds, sizes in bytes."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://localhost:8080"
    state_dir: Path = Path("/var/lib/frontdesk")
    database_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    openai_api_key: str = field(default="", repr=False)
    openai_base_url: str = ""
    openai_model: str = "gpt-6-luna"
    openai_transcription_model: str = "gpt-transcribe"
    model_prices: str = ""
    otlp_endpoint: str = ""
    tool_origins: tuple[str, ...] = ()
    meta_app_secrets: tuple[str, ...] = field(default=(), repr=False)
    meta_verify_token: str = field(default="", repr=False)
    meta_graph_url: str = "https://graph.facebook.com"
    instagram_graph_url: str = "https://graph.instagram.com"
    twilio_api_url: str = "https://api.twilio.com"
    google_client_id: str = ""
    google_client_secret: str = field(default="", repr=False)
    google_auth_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    google_token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105
    google_revoke_url: str = "https://oauth2.googleapis.com/revoke"
    google_api_url: str = "https://www.googleapis.com"
    blob_url: str = field(default="", repr=False)
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    sign_up: str = "open"
    sign_up_credits: int = 50
    max_body: int = 16 * 1024 * 1024
    envelope_days: int = 30

    @classmethod
    def read(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Reads and checks the environment. Raises Misset with the setting, the reason and the remedy."""
        env = os.environ if env is None else env
        host = env.get("HOST", "") or cls.host
        port = _port(env.get("PORT", ""))
        return cls(
            host=host,
            port=port,
            public_url=_url(env, "PUBLIC_URL", f"http://localhost:{port}"),
            state_dir=_state_dir(env),
            database_url=_dsn(env, "DATABASE_URL", ("postgresql", "postgres")),
            redis_url=_dsn(env, "REDIS_URL", ("redis", "rediss", "unix")),
            secret_keys=_list(env, "SECRET_KEYS"),
            openai_api_key=env.get("OPENAI_API_KEY", "").strip(),
            openai_base_url=_url(env, "OPENAI_BASE_URL", ""),
            openai_model=env.get("OPENAI_MODEL", "").strip() or cls.openai_model,
            openai_transcription_model=env.get("OPENAI_TRANSCRIPTION_MODEL", cls.openai_transcription_model).strip(),
            tool_origins=tuple(_whole("TOOL_ORIGINS", one) for one in env.get("TOOL_ORIGINS", "").split()),
            otlp_endpoint=_url(env, "OTEL_EXPORTER_OTLP_ENDPOINT", ""),
            model_prices=env.get("MODEL_PRICES", "").strip(),
            meta_app_secrets=_list(env, "META_APP_SECRET"),
            meta_verify_token=env.get("META_VERIFY_TOKEN", "").strip(),
            meta_graph_url=_url(env, "META_GRAPH_URL", cls.meta_graph_url),
            instagram_graph_url=_url(env, "INSTAGRAM_GRAPH_URL", cls.instagram_graph_url),
            blob_url=_dsn(env, "BLOB_URL", ("s3",)),
            smtp_url=_dsn(env, "SMTP_URL", ("smtp", "smtps")),
            mail_from=env.get("MAIL_FROM", "").strip(),
            sign_up=_choice(env, "SIGN_UP", ("open", "closed")),
            sign_up_credits=_count(env, "SIGN_UP_CREDITS", cls.sign_up_credits),
            envelope_days=_envelope_days(env),
            twilio_api_url=_url(env, "TWILIO_API_URL", cls.twilio_api_url),
            google_client_id=env.get("GOOGLE_CLIENT_ID", "").strip(),
            google_client_secret=env.get("GOOGLE_CLIENT_SECRET", "").strip(),
            google_auth_url=_secure_url(env, "GOOGLE_AUTH_URL", cls.google_auth_url),
            google_token_url=_secure_url(env, "GOOGLE_TOKEN_URL", cls.google_token_url),
            google_revoke_url=_secure_url(env, "GOOGLE_REVOKE_URL", cls.google_revoke_url),
            google_api_url=_secure_url(env, "GOOGLE_API_URL", cls.google_api_url),
        )


def _list(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in env.get(name, "").split(",") if part.strip())


def _port(text: str) -> int:
    if not text:
        return Settings.port
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Misset(f"PORT is {text!r}: give a number from 1 to 65535.")
    return int(text)


def _choice(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    text = env.get(name, "").strip() or choices[0]
    if text not in choices:
        raise Misset(f"{name} is {text!r}: give {' or '.join(choices)}.")
    return text


def _count(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip() or str(default)
    if not text.isdigit() or int(text) > 1_000_000:
        raise Misset(f"{name} is {text!r}: give a number from 0 to 1000000.")
    return int(text)


def _envelope_days(env: Mapping[str, str]) -> int:
    days = _count(env, "ENVELOPE_DAYS", Settings.envelope_days)
    if days < 7:
        raise Misset(f"ENVELOPE_DAYS is {days}: give at least 7, for so long providers may deliver again.")
    return days


def _url(env: Mapping[str, str], name: str, default: str) -> str:
    text = env.get(name, "").strip().rstrip("/")
    return _whole(name, text) if text else default


def _secure_url(env: Mapping[str, str], name: str, default: str) -> str:
    """Where tokens go. Only a stand-in on this machine may do without TLS."""
    text = _url(env, name, default)
    parts = urlsplit(text)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise Misset(f"{name} is {text!r}: tokens go there, so it has to be https (http on this machine alone).")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _whole(name: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misset(f"{name} is {text!r}: give a whole URL such as https://desk.example.com.")
    if parts.query or parts.fragment:
        raise Misset(f"{name} is {text!r}: leave out what follows ? and #.")
    return text


def _dsn(env: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    text = env.get(name, "").strip()
    if text and text.split("://", 1)[0] not in schemes:
        raise Misset(f"{name} does not start with {schemes[0]}://. Check it, or leave it out.")
    return text


def _state_dir(env: Mapping[str, str]) -> Path:
    text = env.get("STATE_DIR", "").strip()
    if text:
        return Path(text).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/frontdesk")
    base = env.get("XDG_STATE_HOME", "").strip()
    return (Path(base) if base else Path.home() / ".local" / "state") / "frontdesk"
