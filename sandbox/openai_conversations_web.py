"""The Conversations API, and the sandbox's own grip on its conversations.

https://platform.openai.com/docs/api-reference/conversations
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.control import Problem
from sandbox.openai_conversations import CONVERSATIONS, Conversation, Conversations, find_item
from sandbox.openai_course import Exchange
from sandbox.openai_errors import ApiRefusal, check_metadata, check_value, invalid_type, missing, unknown
from sandbox.openai_items import check_items

MOST_ITEMS: Final = 20
MOST_LISTED: Final = 100
LISTED: Final = 20

Handler = Callable[[web.Request], Any]
Work = Callable[[Conversations, web.Request, Mapping[str, Any]], tuple[str, dict[str, Any]]]


def _serve(work: Work) -> Handler:
    """A handler that reads the body, does the work, and answers what it says, under the id that it says."""

    async def handle(request: web.Request) -> web.StreamResponse:
        given = await _read(request)
        exchange = Exchange(request, given, event="action")

        async def run() -> web.StreamResponse:
            if not isinstance(given, dict):
                raise ApiRefusal("We could not parse the JSON body of your request.")
            return await exchange.store(*work(request.app[CONVERSATIONS], request, given))

        return await exchange.run(run)

    return handle


async def _read(request: web.Request) -> Any:
    raw = await request.read()
    try:
        return json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        return None


def _check_names(given: Mapping[str, Any], *names: str) -> None:
    for name in given.keys() - set(names):
        raise unknown(name)


def _items(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = given.get("items") or []
    if not isinstance(items, list):
        raise invalid_type("items", "an array", items)
    if len(items) > MOST_ITEMS:
        raise ApiRefusal(
            f"Invalid 'items': array too long. Expected an array with maximum length {MOST_ITEMS}, "
            f"but got an array with length {len(items)} instead.",
            code="array_above_max_length",
            param="items",
        )
    check_items("items", items)
    return items


def _named(kept: Conversations, request: web.Request) -> Conversation:
    return kept.find(request.match_info["conversation_id"])


def create(kept: Conversations, _: web.Request, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """POST /v1/conversations."""
    _check_names(given, "items", "metadata")
    check_metadata(given.get("metadata"))
    made = kept.make(given.get("metadata") or {}, _items(given))
    return made.id, made.as_json()


def get(kept: Conversations, request: web.Request, _: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """GET /v1/conversations/{id}."""
    found = _named(kept, request)
    return found.id, found.as_json()


def update(kept: Conversations, request: web.Request, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """POST /v1/conversations/{id}: its metadata, and nothing else."""
    found = _named(kept, request)
    _check_names(given, "metadata")
    if "metadata" not in given:
        raise missing("metadata")
    check_metadata(given["metadata"])
    found.metadata = dict(given["metadata"] or {})
    return found.id, found.as_json()


def delete(kept: Conversations, request: web.Request, _: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """DELETE /v1/conversations/{id}: the items in it are not deleted."""
    id_ = request.match_info["conversation_id"]
    kept.delete(id_)
    return id_, {"id": id_, "object": "conversation.deleted", "deleted": True}


def add_items(kept: Conversations, request: web.Request, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """POST /v1/conversations/{id}/items."""
    found = _named(kept, request)
    _check_names(given, "items")
    if given.get("items") is None:
        raise missing("items")
    return found.id, _listed(kept.add(found, _items(given)), more=False)


def list_items(kept: Conversations, request: web.Request, _: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """GET /v1/conversations/{id}/items: the newest first unless told."""
    found = _named(kept, request)
    query = request.query
    _check_names(query, "limit", "order", "after", "include", "include[]")
    limit = _limit(query.get("limit", str(LISTED)))
    order = query.get("order", "desc")
    check_value("order", order, ("asc", "desc"))
    items = found.all() if order == "asc" else found.all()[::-1]
    if after := query.get("after"):
        items = items[items.index(find_item(found, after)) + 1 :]
    return found.id, _listed(items[:limit], more=len(items) > limit)


def _limit(given: str) -> int:
    if not given.isdecimal():
        raise ApiRefusal(
            f"Invalid type for 'limit': expected an integer, but got '{given}'.", code="invalid_type", param="limit"
        )
    limit = int(given)
    if 1 <= limit <= MOST_LISTED:
        return limit
    low = limit < 1
    raise ApiRefusal(
        f"Invalid 'limit': integer {'below minimum' if low else 'above maximum'} value. "
        f"Expected a value {'>= 1' if low else f'<= {MOST_LISTED}'}, but got {limit} instead.",
        code=f"integer_{'below_min' if low else 'above_max'}_value",
        param="limit",
    )


def _listed(items: list[dict[str, Any]], *, more: bool) -> dict[str, Any]:
    first, last = (items[0]["id"], items[-1]["id"]) if items else (None, None)
    return {"object": "list", "data": items, "first_id": first, "last_id": last, "has_more": more}


def get_item(kept: Conversations, request: web.Request, _: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """GET /v1/conversations/{id}/items/{item_id}."""
    item = find_item(_named(kept, request), request.match_info["item_id"])
    return item["id"], item


def delete_item(kept: Conversations, request: web.Request, _: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """DELETE /v1/conversations/{id}/items/{item_id}: answers the conversation."""
    found = _named(kept, request)
    kept.drop(found, request.match_info["item_id"])
    return found.id, found.as_json()


class Grip(BaseModel):
    """What is done to a conversation behind the gateway's back. A lock lasts `seconds`, or until it is released."""

    model_config = ConfigDict(extra="forbid")

    conversation: str
    do: Literal["lock", "release", "poison", "delete"]
    seconds: float | None = Field(default=None, gt=0, le=3600)


async def show(request: web.Request) -> web.Response:
    """GET /_sandbox/openai/conversations: those that are kept, oldest first, deleted ones with what they left."""
    return web.json_response({"conversations": request.app[CONVERSATIONS].shown()})


async def grip(request: web.Request) -> web.Response:
    """POST /_sandbox/openai/conversations."""
    if request.content_type != "application/json":
        raise Problem(415, "Send JSON, with Content-Type: application/json.")
    kept = request.app[CONVERSATIONS]
    try:
        wish = Grip.model_validate_json(await request.read())
        found = kept.find(wish.conversation)
    except ValidationError as error:
        raise Problem(422, "; ".join(f"{each['loc']}: {each['msg']}" for each in error.errors())) from None
    except ApiRefusal as refusal:
        raise Problem(404, refusal.message) from None
    if wish.do == "lock":
        found.locked_until = time.monotonic() + wish.seconds if wish.seconds else float("inf")
    elif wish.do == "release":
        found.locked_until = 0.0
    elif wish.do == "poison":
        kept.poison(found)
    else:
        kept.delete(found.id)
    return web.json_response(found.shown())


def routes() -> list[web.RouteDef]:
    """Its own addresses and the sandbox's."""
    all_, one = "/v1/conversations", "/v1/conversations/{conversation_id}"
    return [
        web.post(all_, _serve(create)),
        web.get(one, _serve(get)),
        web.post(one, _serve(update)),
        web.delete(one, _serve(delete)),
        web.post(f"{one}/items", _serve(add_items)),
        web.get(f"{one}/items", _serve(list_items)),
        web.get(f"{one}/items/{{item_id}}", _serve(get_item)),
        web.delete(f"{one}/items/{{item_id}}", _serve(delete_item)),
        web.get("/_sandbox/openai/conversations", show),
        web.post("/_sandbox/openai/conversations", grip),
    ]
