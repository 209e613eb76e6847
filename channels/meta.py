"""Meta's webhook, WhatsApp and Instagram behind one URL.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from channels import instagram, whatsapp
from channels.base import Endpoint, Event, Hook, Unreadable
from channels.errors import HookRejected
from channels.reading import json_of, object_of, objects_of, strays_in, text_of

READERS = {"whatsapp_business_account": whatsapp.read_entry, "instagram": instagram.read_entry}


class Meta(Endpoint):
    """Every number of every app arrives here; each change names the number that it is for."""

    path = "meta"

    def handshake(self, hook: Hook, verify_token: str) -> str:
        given = hook.query.get("hub.verify_token", "")
        same = hmac.compare_digest(given.encode("utf-8", "surrogatepass"), verify_token.encode())
        if not verify_token or not same or hook.query.get("hub.mode") != "subscribe":
            raise HookRejected("the verify token does not match")
        return hook.query.get("hub.challenge", "")

    def authenticate(self, hook: Hook, secrets: Sequence[str]) -> None:
        scheme, _, signature = hook.headers.get("x-hub-signature-256", "").partition("=")
        if not secrets:
            raise HookRejected("no app secret is set")
        given = signature.lower().encode("utf-8", "surrogatepass")
        good = [
            hmac.compare_digest(hmac.new(s.encode(), hook.body, "sha256").hexdigest().encode(), given) for s in secrets
        ]
        if scheme != "sha256" or not any(good):
            raise HookRejected("the signature does not match" if signature else "there is no signature")

    def translate(self, hook: Hook) -> Sequence[Event]:
        try:
            body = object_of(json_of(hook.body))
        except ValueError:
            return [Unreadable(reason="the body is not JSON")]
        kind = text_of(body.get("object"))
        if kind not in READERS:
            return [Unreadable(reason=f"unknown object {kind[:40]!r}")]
        entries = list(objects_of(body.get("entry")))
        if not entries:
            return [Unreadable(reason="there is no entry")]
        events = [event for entry in entries for event in READERS[kind](entry)]
        return [*events, Unreadable(reason="an entry that is no object")] if strays_in(body.get("entry")) else events
