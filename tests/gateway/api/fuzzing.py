"""A business with something of everything, and the settings by which schemathesis finds it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from gateway.api import OPERATIONS
from gateway.api.keys import create_key
from gateway.api.paging import cursor
from gateway.app import running
from gateway.blobs import Folder
from gateway.db import Pool
from gateway.settings import Settings
from tests.business import KEY, Business
from tests.desk import Desk, desk, served
from tests.gateway.api.test_api import Client
from tests.gateway.rights.person import Person, arrive
from tests.people import COOKIE, ORIGIN, add_member, session_of
from tests.providers import change, providers, whatsapp

FIXED = Path(__file__).with_name("schemathesis.toml")
FOUND = {
    "media": "select media_id from media where user_id = $1 and state = 'ready'",
    "messages": "select message_id from messages where user_id = $1 and sender = 'agent'",
    "leads": "select extraction_id from extractions where user_id = $1",
    "alerts": "select id from system_alerts where user_id = $1",
    "archives": "select archive_id from conversation_archives where user_id = $1",
}
Ids = Mapping[str, list[str]]
MADE: Mapping[str, dict[str, Any]] = {
    "prompts": {"name": "Desk", "instructions": "Be kind."},
    "knowledge": {"question": "Parking", "text": "Behind the house."},
    "links": {"name": "menu", "url": "https://example.com/menu"},
    "tools": {"name": "stock", "description": "What is there", "method": "GET", "url": "https://example.com/stock"},
    "webhooks": {"url": "https://example.com/hooks"},
    "numbers": {"platform": "webchat"},
    "agents": {"name": "Bo"},
    "keys": {"name": "spare", "scopes": ["agents:read"]},
    "invitations": {"email": "new@example.com", "role": "viewer"},
}


@asynccontextmanager
async def web_only(dsn: str, pool: Pool, folder: Path) -> AsyncIterator[Desk]:
    """A gateway without its workers, who alone call what a customer or a business names: no address that is made up
    here is ever looked up. What the API itself calls are scripted providers."""
    async with providers() as scripted:
        settings = Settings(
            database_url=dsn, state_dir=folder, secret_keys=(KEY,), public_url=ORIGIN,
            openai_api_key="sk-test", openai_base_url=f"{scripted.url}/v1",
            meta_app_secrets=("app-secret",), meta_verify_token="verify-me", meta_graph_url=scripted.url,
            instagram_graph_url=scripted.url, twilio_api_url=scripted.url,
            google_client_id="client", google_client_secret="secret", google_auth_url=f"{scripted.url}/auth",
            google_token_url=f"{scripted.url}/token", google_revoke_url=f"{scripted.url}/revoke",
            google_api_url=scripted.url,
        )  # fmt: skip
        async with running(settings, "web") as app, served(app, None) as server, ClientSession() as http:
            yield Desk(str(server.make_url("")).rstrip("/"), http, scripted, pool, None, {})  # type: ignore[arg-type]


async def talk(dsn: str, business: Business, folder: Path) -> None:
    """A customer writes, and the agent answers."""
    async with desk(dsn, business.pool, folder) as whole:
        await whole.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", "hi")])))
        await whole.sent(1)


async def stock(desk: Desk, business: Business, folder: Path) -> Ids:
    """Gives a business something of everything; answers ids by the word before them in a path. What is there twice has
    one at the end that may go."""
    pool, user_id = business.pool, business.user_id
    turn = await pool.fetchval("select turn_id from turns where user_id = $1", user_id)
    person = await arrive(business, Folder(folder / "blobs"))
    api = Client(desk, await create_key(pool, user_id, "stock", ["*"]))
    ids: dict[str, list[str]] = {
        "conversations": person.conversations, "inbox": person.conversations, "turns": [turn], "meetings": ["mtg_1"],
        "numbers": [business.number.id], "agents": [business.number.agent_id], "prompts": [business.prompt_id],
        "members": [(await add_member(pool, user_id, role))[1] for role in ("manager", "viewer")],
    }  # fmt: skip
    for kind, body in MADE.items():
        for n in range(2):
            told = {name: f"{value}{n}" if name == "name" else value for name, value in body.items()}
            told |= {"prompt_id": business.prompt_id} if kind == "agents" else {}
            made = await _made(api, "POST", f"/v1/{kind}", told)
            ids.setdefault(kind, []).append(made[next(name for name in made if name == "id" or name.endswith("_id"))])
    await _known_people(api, person, ids)
    for kind, query in FOUND.items():
        ids[kind] = [str(row[0]) for row in await pool.fetch(query, user_id)]
        assert ids[kind], kind
    return ids


async def _known_people(api: Client, person: Person, ids: dict[str, list[str]]) -> None:
    """Contacts, two of them merged; leads that a person corrected; a conversation that was archived; a file."""
    everyone = [one["conversation_id"] for one in (await _made(api, "GET", "/v1/conversations"))["data"]]
    others = [one for one in everyone if one not in person.conversations]
    made = [await _made(api, "POST", f"/v1/conversations/{one}/contact") for one in others]
    ids["contacts"] = [person.contact_id, *(one["contact_id"] for one in made)]
    merge = await _made(api, "POST", f"/v1/contacts/{person.contact_id}/merge", {"contact_id": ids["contacts"][-1]})
    ids["contact-merges"] = [merge["merge_id"]]
    # The row that `arrive` wrote has levels that no reading and nobody's correction would leave.
    await person.business.pool.execute("delete from extractions")
    for one in person.conversations:
        await _made(api, "PATCH", f"/v1/conversations/{one}/lead", {"intent_level": "High", "by": "Pat"})
    texted = await person.business.pool.fetchval("select id from phone_numbers where platform = 'sms'")
    await _made(api, "POST", f"/v1/agents/{ids['agents'][1]}/link", {"phone_number_id": texted})
    status, file = await api("POST", "/v1/media", raw=b"menu", Content_Type="text/plain", X_Filename="menu.txt")
    assert status == 201, file


async def _made(api: Client, method: str, path: str, body: Any = None) -> Any:
    status, answer = await api(method, path, body)
    assert status in (200, 201), (path, answer)
    return answer


async def callers(business: Business) -> Mapping[str, dict[str, str]]:
    """The headers with which each operation is called: a key or a session of its own, so that no limit is reached and
    none ends another's."""
    found: dict[str, dict[str, str]] = {}
    for operation in OPERATIONS:
        if operation.scope:
            key = await create_key(business.pool, business.user_id, operation.id, ["*"])
            found[operation.id] = {"Authorization": f"Bearer {key}"}
        elif not operation.open:
            person, _ = await add_member(business.pool, business.user_id, "admin")
            found[operation.id] = {"Cookie": f"{COOKIE}={await session_of(business.pool, person, business.user_id)}"}
    return found


def config(headers: Mapping[str, dict[str, str]]) -> str:
    """The settings of schemathesis: those that are fixed, and who calls each operation."""
    fixed = FIXED.read_text()
    lines = [fixed]
    for operation, sent in headers.items():
        if f'"{operation}"' in fixed:  # it is left out, which is said there with the reason
            continue
        lines += ["[[operations]]", f'include-operation-id = "{operation}"']
        lines += [f"headers.{name} = {json.dumps(value)}" for name, value in sent.items()]
    return "\n".join(lines)


def known(ids: Ids) -> str:
    """What fuzz_hooks.py tells schemathesis: which ids stand in each path, and what is a good value of a name."""
    places: dict[str, dict[str, list[str]]] = {}
    for operation in OPERATIONS:
        for kind, word in pairwise(operation.path.split("/")[2:]):
            if word.startswith("{") and kind in ids:
                # What a DELETE takes away, the others don't need.
                here = ids[kind][-1:] if operation.method == "DELETE" else ids[kind][:-1] or ids[kind]
                places.setdefault(operation.id, {})[word[1:-1]] = here
    values = {
        "cursor": [cursor(datetime(2100, 1, 1, tzinfo=UTC), "x")], "zone": ["Europe/Madrid"],
        "scopes": [["agents:read"]], "url": ["https://example.com/there"], "prompt_id": ids["prompts"],
        "phone_number_id": ids["numbers"], "contact_id": ids["contacts"], "agent_id": ids["agents"],
        "number": ids["numbers"], "agent": ids["agents"],
    }  # fmt: skip
    return json.dumps({"places": places, "values": values})
