"""Contacts: one person over channels and conversations, brought together by a proved address, and apart again.

Only what the customer himself wrote, or the channel knows, makes two contacts one. Nothing of a contact is shown to an
agent, so whoever claims somebody else's address learns nothing by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agents.extraction import CONTACT
from gateway.db import Connection, Row, queries
from gateway.errors import Conflict, NotFound
from gateway.ids import new
from gateway.leads.proof import phone_of

if TYPE_CHECKING:
    from gateway.leads.store import Held

SQL = queries(__file__)
VALUES = (*CONTACT, "evidence", "locked", "stage", "owner", "tags", "next_step")
_BY_PHONE = ("whatsapp", "sms")  # channels whose address is the customer's phone number
_PHONE_LENGTH = 20


async def learn(db: Connection, held: Held, lead: Mapping[str, Any], extraction_id: str) -> str:
    """Writes what a lead newly knows into the contact of its customer, and merges contacts that prove to be one.

    Runs in the transaction that stores the lead. Returns the contact.
    """
    user_id = held.user_id
    customer = await db.fetchrow(SQL["customer"], user_id, held.conversation_id)
    if customer is None:
        raise NotFound("There is no such conversation.")
    fresh = _fresh(held, lead)
    for name in ("email", "phone"):
        if name in fresh:
            await db.execute(SQL["alone"], user_id, f"{name}/{fresh[name].lower()}")
    contact_id = await contact_of(db, user_id, customer)
    contact = (await locked(db, user_id, [contact_id]))[0]
    evidence, changes = contact["evidence"], {}
    for name, value in fresh.items():
        by_person = name in lead["locked"]
        if contact[name] == value or (name in contact["locked"] and not by_person):
            continue
        changes[name] = value
        if by_person:
            contact["locked"][name] = lead["locked"][name]
        source = {"conversation_id": held.conversation_id, "extraction_id": extraction_id}
        evidence[name] = [source | one for one in lead["evidence"].get(name, ())]
    if changes:
        await write(db, user_id, contact | changes)
    keys = {name: changes.get(name) for name in ("email", "phone")}
    if not customer["contact_id"]:
        keys["phone"] = keys["phone"] or contact["phone"]
    for other in await db.fetch(SQL["same"], user_id, contact_id, keys["email"], keys["phone"]):
        contact_id = await merge(db, user_id, [contact_id, other["contact_id"]], other["why"], keys[other["why"]] or "")
    return contact_id


def _fresh(held: Held, lead: Mapping[str, Any]) -> dict[str, str]:
    """What this reading brought: a conversation that is read again does not undo what came later elsewhere."""
    before = held.latest or {}
    return {name: lead[name] for name in CONTACT if lead[name] and before.get(name) != lead[name]}


async def contact_of(db: Connection, user_id: str, customer: Row) -> str:
    """The contact of a customer who is held, made when he has none yet."""
    if customer["contact_id"]:
        return str(customer["contact_id"])
    contact_id = new("cnt")
    phone = phone_of("+" + customer["customer_phone"].lstrip("+"), "") if customer["platform"] in _BY_PHONE else ""
    if phone:
        await db.execute(SQL["alone"], user_id, f"phone/{phone}")
    proof = {"phone": [{"source": "channel", "platform": customer["platform"]}]} if phone else {}
    await db.execute(SQL["add"], user_id, contact_id, phone[:_PHONE_LENGTH] or None, json.dumps(proof))
    await db.execute(SQL["belongs"], user_id, [customer["customer_id"]], contact_id)
    return contact_id


async def locked(db: Connection, user_id: str, contact_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Holds contacts in one order, and reads them, the oldest first."""
    return [_opened(row) for row in await db.fetch(SQL["lock"], user_id, list(contact_ids))]


def _opened(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = dict(row)  # type: ignore[call-overload]
    return found | {"evidence": json.loads(found["evidence"]), "locked": json.loads(found["locked"])}


async def write(db: Connection, user_id: str, contact: Mapping[str, Any]) -> None:
    """Stores the values of a contact that is held."""
    values = [json.dumps(contact[name]) if name in ("evidence", "locked") else contact[name] for name in VALUES]
    await db.execute(SQL["write"], user_id, contact["contact_id"], *values)


async def merge(db: Connection, user_id: str, pair: Sequence[str], why: str, value: str) -> str:
    """Makes two contacts one: the older is kept, and gets what it lacks. Returns the one that is kept.

    Raises NotFound or Conflict.
    """
    found = await locked(db, user_id, pair)
    if len(found) != 2:
        raise NotFound("There is no such contact.")
    kept, gone = found
    if kept["merged_into"] or gone["merged_into"]:
        raise Conflict("One of these contacts is part of another already.")
    customers = [row[0] for row in await db.fetch(SQL["customers"], user_id, gone["contact_id"])]
    both = json.dumps({"kept": _shown(kept), "gone": _shown(gone)}, default=str)
    await write(db, user_id, together(kept, gone))
    await db.execute(SQL["gone"], user_id, gone["contact_id"], kept["contact_id"])
    await db.execute(SQL["belongs"], user_id, customers, kept["contact_id"])
    names = (new("mrg"), kept["contact_id"], gone["contact_id"])
    await db.execute(SQL["merged"], user_id, *names, why, value, customers, both)
    return str(kept["contact_id"])


def _shown(contact: Mapping[str, Any]) -> dict[str, Any]:
    return {name: contact[name] for name in ("contact_id", *VALUES)}


def together(kept: Mapping[str, Any], gone: Mapping[str, Any]) -> dict[str, Any]:
    """The contact that two become: the kept one's values, the other's where it has none or a person set them."""
    whole = dict(kept)
    whole["evidence"], whole["locked"] = dict(kept["evidence"]), dict(kept["locked"])
    for name in CONTACT:
        if gone[name] and (not kept[name] or (name in gone["locked"] and name not in kept["locked"])):
            whole[name] = gone[name]
            for about in ("evidence", "locked"):
                if name in gone[about]:
                    whole[about][name] = gone[about][name]
    for name in ("owner", "next_step"):
        whole[name] = kept[name] or gone[name]
    whole["stage"] = gone["stage"] if kept["stage"] == "new" else kept["stage"]
    whole["tags"] = list(dict.fromkeys([*kept["tags"], *gone["tags"]]))
    return whole


async def unmerge(db: Connection, user_id: str, merge_id: str) -> tuple[str, str]:
    """Takes a merge back: what came from the other goes back to it, what was changed since then stays. They are not
    merged by themselves again. Returns both contacts. Raises NotFound or Conflict."""
    row = await db.fetchrow(SQL["merge"], user_id, merge_id)
    if row is None:
        raise NotFound("There is no such merge.")
    if row["undone_at"] is not None:
        raise Conflict("This merge was undone already.")
    found = {one["contact_id"]: one for one in await locked(db, user_id, [row["kept"], row["gone"]])}
    kept, gone = found[row["kept"]], found[row["gone"]]
    if kept["merged_into"] or gone["merged_into"] != kept["contact_id"]:
        raise Conflict("One of these contacts was merged again since then. Undo that first.")
    before = json.loads(row["before"])
    merged = together(before["kept"], before["gone"])
    for name in (*CONTACT, "stage", "owner", "tags", "next_step"):
        if kept[name] == merged[name] and kept[name] != before["kept"][name]:
            kept[name] = before["kept"][name]
            for about in ("evidence", "locked"):
                kept[about].pop(name, None)
                if name in before["kept"][about]:
                    kept[about][name] = before["kept"][about][name]
    await write(db, user_id, kept)
    await db.execute(SQL["gone"], user_id, gone["contact_id"], None)
    await db.execute(SQL["belongs"], user_id, row["customers"], gone["contact_id"])
    await db.execute(SQL["undone"], user_id, merge_id)
    return kept["contact_id"], gone["contact_id"]
