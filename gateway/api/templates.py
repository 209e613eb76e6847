"""The templates of a number: what may be sent on WhatsApp when the customer has been silent for a day."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from channels.errors import SendFailed
from gateway.api.operations import Call, Model, Operations, Record
from gateway.db import queries
from gateway.errors import NotFound
from gateway.guides import ProviderRefused, refusal_of
from gateway.numbers import sender_of

SQL = queries(__file__)
operations = Operations()
FRESH_SECONDS = 600.0


class MessageTemplate(Record):
    """A template as the provider described it last. Only one whose `status` is APPROVED may be sent. Its texts have
    places, {{1}} or {{name}}, in their order; `needs` says what cannot be filled in with words: file, button or
    cards."""

    name: str
    language: str
    status: str
    category: str
    header: str
    body: str
    footer: str
    needs: str


class MessageTemplates(Record):
    """The templates of a number, as the provider said them at `fetched_at`."""

    data: list[MessageTemplate]
    fetched_at: datetime
    next_cursor: str | None = None


class TemplateQuery(Model):
    """With `fresh` the provider is asked now; else what it said within ten minutes will do."""

    fresh: bool = False


@operations.on(
    "GET", "/v1/numbers/{id}/templates", scope="conversations:read", summary="The templates of a number",
    query=TemplateQuery, answer=MessageTemplates,
)  # fmt: skip
async def list_templates(call: Call[None, TemplateQuery]) -> MessageTemplates:
    number = await call.db.fetchrow(SQL["number"], call.user_id, call.path["id"])
    if number is None:
        raise NotFound("There is no such number.")
    kept, age = number["templates"], number["age_seconds"]
    if kept is None or call.query.fresh or age > FRESH_SECONDS:
        try:
            found = await call.api.channels[number["platform"]].templates(sender_of(call.api.vault, number))
        except SendFailed as error:
            if kept is None:
                raise ProviderRefused(refusal_of(error)) from error
        else:
            kept = json.dumps([asdict(one) for one in found], ensure_ascii=False)
            fetched_at = await call.db.fetchval(SQL["keep"], call.user_id, call.path["id"], kept)
            return _shown(kept, fetched_at)
    return _shown(kept, number["fetched_at"])


def _shown(kept: str, fetched_at: datetime) -> MessageTemplates:
    data = [MessageTemplate.model_validate(one) for one in json.loads(kept)]
    return MessageTemplates(data=data, fetched_at=fetched_at)
