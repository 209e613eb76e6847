"""A person of whom a business holds something of everything, and what finds him again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from channels.base import Alias, Consent, Inbound, Media
from gateway.blobs import Folder
from gateway.bus import Bus
from gateway.db import Pool
from gateway.ids import new
from gateway.intake import Envelope, Intake
from tests.business import Business

PHONE = "46701234987"
NAME = "Annika Zetterqvist"
EMAIL = "annika.zetterqvist@mail.example"
SECRET = "my left molar aches at night"
PICTURE = b"\x89PNG the tooth of a customer"
TRACES = (PHONE, NAME, EMAIL, SECRET, "Zetterqvist")


def webhook(address: str, *said: tuple[str, str, str, str]) -> bytes:
    """A webhook of WhatsApp with messages of (customer, name, id, text)."""
    value = {
        "messaging_product": "whatsapp", "metadata": {"phone_number_id": address},
        "contacts": [{"profile": {"name": name}, "wa_id": who} for who, name, _, _ in said],
        "messages": [
            {"from": who, "id": wamid, "timestamp": "1", "type": "text", "text": {"body": text}}
            for who, _, wamid, text in said
        ],
    }  # fmt: skip
    change = {"field": "messages", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()


def says(business: Business, text: str, *, id: str = "", customer: str = PHONE, name: str = NAME) -> Inbound:
    """A message on the business's first number."""
    return Inbound(
        platform="whatsapp", number=business.number.address, customer=customer, id=id or new("wamid"), text=text,
        customer_name=name, aliases=(Alias("wa_id", customer), Alias("username", name.rsplit(maxsplit=1)[-1])),
    )  # fmt: skip


@dataclass
class Person:
    """The person, his contact, and the conversation on each of two channels."""

    business: Business
    contact_id: str
    conversations: list[str]
    sha256: str


async def arrive(business: Business, blobs: Folder, *, bus: Bus | None = None) -> Person:
    """Lets the person write on WhatsApp and by SMS, and gives every table something of him."""
    pool, user_id = business.pool, business.user_id
    intake = Intake(pool, bus or Bus())
    said = says(business, f"{SECRET}, write to {EMAIL}", id="wamid.first")
    other = says(business, "What do you charge?", id="wamid.other", customer="46709999000", name="Bo Ek")
    number = business.number.address
    both = webhook(number, (PHONE, NAME, said.id, said.text), ("46709999000", "Bo Ek", other.id, other.text))
    await intake.store(Envelope(endpoint="meta", url="https://desk/webhooks/meta", body=both, events=(said, other)))
    alone = says(business, f"It is {NAME} again", id="wamid.second")
    body = webhook(number, (PHONE, NAME, alone.id, alone.text))
    picture = Media(kind="image", id="provider-file", mime_type="image/png", filename=f"{NAME}.png")
    alone = Inbound(**{**_fields(alone), "media": (picture,)})
    await intake.store(Envelope(endpoint="meta", url="https://desk/webhooks/meta", body=body, events=(alone,)))
    sms = await business.add_number("sms", "+46700000001")
    texted = Inbound(
        platform="sms", number=sms.address, customer=f"+{PHONE}", id="SM1", text=SECRET, customer_name="",
        aliases=(Alias("phone", f"+{PHONE}"),),
    )  # fmt: skip
    form = f"From=%2B{PHONE}&To=%2B46700000001&Body=molar".encode()
    await intake.store(Envelope(endpoint="twilio/messages", url="https://desk/x", body=form, events=(texted,)))
    forbids = Consent(platform="sms", number=sms.address, customer=f"+{PHONE}", granted=False, aliases=texted.aliases)
    await intake.store(Envelope(endpoint="twilio/messages", url="https://desk/x", body=form, events=(forbids,)))
    sha256 = await blobs.put(PICTURE)
    contact_id = await _filled(pool, user_id, sha256)
    rows = await pool.fetch("select conversations_of($1, $2) as id", user_id, contact_id)
    return Person(business, contact_id, [row["id"] for row in rows], sha256)


def _fields(event: Inbound) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__dataclass_fields__}


async def _filled(pool: Pool, user_id: str, sha256: str) -> str:
    contact_id, gone = new("cnt"), new("cnt")
    await pool.execute(
        "insert into contacts (user_id, contact_id, name, email, phone, next_step, evidence) "
        "values ($1, $2, $4, $5, $6, 'call Zetterqvist', '{}'), ($1, $3, $4, null, null, null, '{}')",
        user_id, contact_id, gone, NAME, EMAIL, f"+{PHONE}",
    )  # fmt: skip
    await pool.execute(
        "update contacts set merged_into = $2 where user_id = $1 and contact_id = $3", user_id, contact_id, gone
    )
    await pool.execute(
        "insert into contact_merges (user_id, merge_id, kept, gone, why, value, customers, before) "
        "values ($1, 'mrg_1', $2, $3, 'email', $4::text, '{}', jsonb_build_object('kept', $4::text))",
        user_id, contact_id, gone, EMAIL,
    )  # fmt: skip
    await pool.execute(
        "update customers set contact_id = $2, "
        "facts = jsonb_build_object('tooth', jsonb_build_object('value', $4::text)) "
        "where user_id = $1 and customer_id in (select customer_id from customer_aliases where value like '%' || $3)",
        user_id, contact_id, PHONE, SECRET,
    )  # fmt: skip
    first = await pool.fetchval(
        "select conversation_id from messages where user_id = $1 and platform_message_id = 'wamid.first'", user_id
    )
    await pool.execute(
        "update media set state = 'ready', sha256 = $2, size_bytes = 10, transcript = $3 where user_id = $1 "
        "and provider_id = 'provider-file'", user_id, sha256, NAME,
    )  # fmt: skip
    # In one transaction that holds the conversation: a gateway may be running.
    async with pool.acquire() as db, db.transaction():
        await db.execute(
            "select from conversations where user_id = $1 and conversation_id = $2 for update", user_id, first
        )
        for statement in FILL.split(";"):
            keys = (user_id, first) if "$2" in statement else (user_id,)
            await db.execute(_with(statement), *keys)
    return contact_id


def _with(statement: str) -> str:
    typed = statement.replace("$1", "$1::varchar").replace("$2", "$2::varchar")
    return typed.replace("{secret}", SECRET).replace("{name}", NAME).replace("{email}", EMAIL).replace("{phone}", PHONE)


FILL = """
insert into turns (user_id, turn_id, conversation_id, agent_id, after_no, to_no, fence, state, ended_at, trace)
select user_id, 'trn_1', conversation_id, agent_id, 0, 1, 1, 'committed', now(), '{"saw": "{secret}"}'
from conversations where user_id = $1 and conversation_id = $2;
insert into tool_calls (user_id, turn_id, call_no, conversation_id, after_no, tool, effect, arguments, fingerprint,
    result)
values ($1, 'trn_1', 1, $2, 0, 'note', 'write', '{"q": "{secret}"}', 'f', '{secret}');
select say(c, 'whatsapp', '{"message_id": "msg_said", "author": "ai", "text": "Dear {name}",
    "parts": [{"part_id": "prt_said", "text": "Dear {name}"}]}', 'trn_1', c.last_sequence_no + 1)
from conversations c where user_id = $1 and conversation_id = $2;
update conversations set last_sequence_no = last_sequence_no + 1, openai_conversation_id = 'conv_annika', due_at = null
where user_id = $1 and conversation_id = $2;
update message_parts set state = 'sent', delivery = 'sent', platform_message_id = 'wamid.{phone}' where user_id = $1
    and part_id = 'prt_said';
insert into model_calls (user_id, subject_id, call_no, kind, conversation_id) values ($1, 'trn_1', 1, 'reply', $2);
insert into handovers (user_id, handover_id, conversation_id, from_no, by, reason, note, ended_at)
values ($1, 'hnd_1', $2, 1, 'agent', 'asked', '{secret}', now());
insert into extractions (user_id, conversation_id, customer_phone, name, email, evidence)
values ($1, $2, '{phone}', '{name}', '{email}', '{"name": [{"quote": "{secret}"}]}');
insert into links values ($1, 'lnk_1', 'prices', 'https://example.com/prices');
insert into link_sends (user_id, token, link_id, conversation_id, url)
values ($1, 'tok_1', 'lnk_1', $2, 'https://example.com/prices?for={phone}');
insert into offers (user_id, token, conversation_id, agent_id, starts_at, minutes, zone, label, expires_at)
select $1, 'off_1', $2, agent_id, now(), 30, 'UTC', 'for {name}', now() from conversations
where user_id = $1 and conversation_id = $2;
insert into meetings (user_id, meeting_id, conversation_id, google_event_id, title, customer_name, customer_email,
    meeting_time, status, customer_id)
select $1, 'mtg_1', $2, 'eventannika', 'Bloom: {name}', '{name}', '{email}', now() + interval '1 day', 'scheduled',
    customer_id
from conversations where user_id = $1 and conversation_id = $2;
select notify_business($1, 'booking_unknown', 'mtg_1', '{"title": "Bloom: {name}", "starts": "soon"}');
insert into held_echoes (user_id, conversation_id, phone_number_id, platform_message_id, message_id, kind, text)
select $1, $2, phone_number_id, 'wamid.echo', 'msg_echo', 'text', '{secret}' from conversations
where user_id = $1 and conversation_id = $2;
insert into asides (user_id, phone_number_id, platform, what, problem)
select $1, phone_number_id, 'whatsapp', '{"is": "moved", "before": [["wa_id", "{phone}"]]}', 'no' from conversations
where user_id = $1 and conversation_id = $2;
insert into parked_statuses (platform, address, platform_message_id, state)
select 'whatsapp', n.meta_phone_number_id, 'wamid.{phone}', 'read' from phone_numbers n
where n.user_id = $1 and n.platform = 'whatsapp';
select emit($1, 'lead.hot', $2, '{"name": "{name}", "customer_phone": "{phone}"}')
"""


async def found(pool: Pool, blobs: Path, traces: Iterable[str | bytes] = (*TRACES, PICTURE)) -> list[str]:
    """Where anything of the person is found: every row of every table, written out, and every file."""
    wanted = [one if isinstance(one, bytes) else one.encode() for one in traces]
    places = []
    tables = await pool.fetch(
        "select table_name as name from information_schema.tables "
        "where table_schema = 'public' and table_type = 'BASE TABLE'"
    )
    for table in tables:
        for row in await pool.fetch(f'select t.*, to_jsonb(t)::text as whole from "{table["name"]}" t'):  # noqa: S608
            whole = row["whole"].encode() + b"".join(bytes(v) for v in row.values() if isinstance(v, bytes))
            places += [f"{table['name']}: {one!r}" for one in wanted if one in whole]
    for path in list(blobs.rglob("*")):  # noqa: ASYNC240  (a test has the loop to itself)
        if path.is_file():
            places += [f"{path.name}: {one!r}" for one in wanted if one in path.read_bytes()]
    return sorted(set(places))
