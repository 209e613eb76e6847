"""Generated webhooks: real shapes, composed, shuffled, repeated, damaged and cut off, with what has to come of them."""

from __future__ import annotations

import copy
import hmac
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from channels.twilio import signature

CASES = Path(__file__).parent / "channels" / "cases"
TEXTS = ("hi", "مرحبا", "สวัสดี", "👩‍👩‍👧🇸🇪", "नमस्ते", "a" * 5000, "e\u0301", "\u202eabc", "\x00nul\x00", "'; drop --", "")
ODD: tuple[Any, ...] = (None, "", 0, -1, [], {}, "x", True, 1e300, "\ud83d", [None], {"a": {"b": []}}, "9" * 400)


@dataclass(frozen=True, slots=True)
class Request:
    """One webhook as it arrives: path, headers and bytes."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Generator:
    """Makes requests for numbers of each platform; `expected` holds what of them was whole.

    Messages are (number, provider id); statuses (provider id, state).
    """

    seed: int
    whatsapp: list[str]
    instagram: list[str]
    sms: str
    secret: str
    token: str
    public_url: str
    messages: set[tuple[str, str]] = field(default_factory=set)
    statuses: set[tuple[str, str]] = field(default_factory=set)
    count: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.shapes = {name: _shapes(name) for name in ("whatsapp", "instagram")}

    def requests(self, count: int) -> Iterator[Request]:
        """So many requests; about one in ten comes twice, at once or later."""
        again: list[Request] = []
        for _ in range(count):
            if again and self.random.random() < 0.1:
                yield self.random.choice(again)
                continue
            request = self.random.choices((self._whatsapp, self._instagram, self._sms), (6, 3, 1))[0]()
            again.append(request)
            if len(again) > 50:
                again.pop(0)
            yield request

    def _id(self) -> str:
        self.count += 1
        return f"id.{self.seed}.{self.count}"

    def _how_many(self) -> int:
        return self.random.choices((1, 2, 3, self.random.randint(4, 20)), (5, 2, 2, 1))[0]

    def _whatsapp(self) -> Request:
        entries = []
        wanted: list[tuple[str, str]] = []
        told: list[tuple[str, str]] = []
        for _ in range(self._how_many()):
            number = self.random.choice(self.whatsapp)
            value: dict[str, Any] = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number}}
            if self.random.random() < 0.3:
                id_, state = self._id(), self.random.choice(("sent", "delivered", "read", "failed"))
                value["statuses"] = [{"id": id_, "status": state, "timestamp": self._time()}]
                told.append((id_, state))
            else:
                id_, customer = self._id(), f"4670{self.random.randrange(300):03}"
                value["contacts"] = [{"wa_id": customer, "profile": {"name": self.random.choice(TEXTS)}}]
                value["messages"] = [self._message("whatsapp", id_, customer)]
                wanted.append((number, id_))
            if self.random.random() < 0.15:
                value.setdefault("messages", []).append(self.random.choice(ODD))
            entries.append({"id": "W", "changes": [{"field": "messages", "value": value}]})
        self.random.shuffle(entries)
        return self._meta({"object": "whatsapp_business_account", "entry": entries}, wanted, told)

    def _instagram(self) -> Request:
        items: list[Any] = []
        wanted: list[tuple[str, str]] = []
        number = self.random.choice(self.instagram)
        for _ in range(self._how_many()):
            id_ = self._id()
            item = self._message("instagram", id_, str(9000 + self.random.randrange(300)))
            items.append({**item, "recipient": {"id": number}})
            wanted.append((number, id_))
            if self.random.random() < 0.15:
                items.append(self.random.choice(ODD))
        self.random.shuffle(items)
        shape = self.random.choice(("messaging", "messaging", "messaging", "changes"))
        shown = [{"field": "messages", "value": item} for item in items] if shape == "changes" else items
        return self._meta({"object": "instagram", "entry": [{"id": number, shape: shown}]}, wanted, [])

    def _message(self, platform: str, id_: str, customer: str) -> dict[str, Any]:
        """A message of some kind under an id of its own, damaged in places that do not name it."""
        shape = copy.deepcopy(self.random.choice(self.shapes[platform]))
        if platform == "whatsapp":
            shape |= {"id": id_, "from": customer, "timestamp": self._time()}
            shape.pop("from_user_id", None)
            inner, named = shape, {"id", "from", "from_user_id"}
        else:
            shape |= {"sender": {"id": customer}, "timestamp": self._time()}
            shape["message"]["mid"] = id_
            inner, named = shape["message"], {"mid", "is_echo", "is_deleted"}
        if self.random.random() < 0.2 and (names := sorted(set(inner) - named)):
            inner[self.random.choice(names)] = copy.deepcopy(self.random.choice(ODD))
        return shape

    def _time(self) -> Any:
        now = int(time.time())
        return self.random.choice((now, str(now), now * 1000, str(now * 1000), None, "soon"))

    def _meta(self, body: Any, messages: list[tuple[str, str]], statuses: list[tuple[str, str]]) -> Request:
        raw = json.dumps(body).encode()
        if self.random.random() < 0.05:
            raw = raw[: self.random.randrange(len(raw))]
        else:
            self.messages.update(messages)
            self.statuses.update(statuses)
        sign = hmac.new(self.secret.encode(), raw, "sha256").hexdigest()
        return Request("/webhooks/meta", {"X-Hub-Signature-256": f"sha256={sign}"}, raw)

    def _sms(self) -> Request:
        id_, path = self._id(), "/webhooks/twilio/messages"
        form = {
            "AccountSid": "AC1", "MessageSid": id_, "From": f"+4670{self.random.randrange(300):03}", "To": self.sms,
            "Body": self.random.choice((*TEXTS, "STOP", "start", "HELP")).replace("\ud83d", ""),
            "NumMedia": self.random.choice(("0", "1", "2", "many")), "MediaUrl0": "https://api.twilio.com/m/1",
            "MediaContentType0": "image/png",
        }  # fmt: skip
        sign = signature(self.public_url + path, {name: [value] for name, value in form.items()}, self.token)
        self.messages.add((self.sms, id_))
        headers = {"X-Twilio-Signature": sign, "Content-Type": "application/x-www-form-urlencoded"}
        return Request(path, headers, urlencode(form).encode())


def _shapes(platform: str) -> list[dict[str, Any]]:
    """Every message of the case files that is one, without its name."""
    found: list[dict[str, Any]] = []
    for case in json.loads((CASES / f"{platform}.json").read_text())["receives"]:
        body = case.get("body")
        for entry in body.get("entry", []) if isinstance(body, dict) else []:
            if not isinstance(entry, dict):
                continue
            if platform == "instagram":
                items = entry.get("messaging") or []
                found += [i for i in items if isinstance(i, dict) and isinstance(i.get("message"), dict)]
                continue
            for change in entry.get("changes") or []:
                value = change.get("value") if isinstance(change, dict) and change.get("field") == "messages" else None
                messages = value.get("messages") if isinstance(value, dict) else None
                found += [m for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []
    if platform == "instagram":
        found = [one for one in found if not {"is_echo", "is_deleted"} & set(one["message"])]
    return found
