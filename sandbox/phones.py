"""What each customer sees on the phone: bubbles of both sides with their ticks, and who is typing."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sandbox.record import Feed

Side = Literal["customer", "business", "notice"]
KEPT_BUBBLES = 200
KEPT_PHONES = 20_000

_RANK = {"pending": 0, "accepted": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 5}


class Choice(NamedTuple):
    """Something to tap: the event that a tap is (button, list, postback), with its id and title."""

    kind: str
    id: str
    title: str


@dataclass(slots=True, kw_only=True)
class Bubble:
    """One message on a phone. `state` only moves forward: pending, accepted, sent, delivered, read; or failed."""

    id: str
    side: Side
    text: str
    state: str
    kind: str = "text"
    at: float = 0.0
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Phone:
    """One customer as one of our numbers sees them."""

    channel: str
    number: str
    customer: str

    def as_json(self) -> dict[str, Any]:
        return {"channel": self.channel, "number": self.number, "customer": self.customer}


class Phones:
    """The newest bubbles of every phone; the phones that were quiet longest fall out first."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._chats: OrderedDict[Phone, deque[Bubble]] = OrderedDict()
        self._wrote: OrderedDict[tuple[str, str], Phone] = OrderedDict()

    def add(self, phone: Phone, bubble: Bubble) -> Bubble:
        bubble.at = bubble.at or time.time()
        chat = self._chats.get(phone)
        if chat is None:
            chat = self._chats[phone] = deque(maxlen=KEPT_BUBBLES)
            if len(self._chats) > KEPT_PHONES:
                self._chats.popitem(last=False)
        self._chats.move_to_end(phone)
        chat.append(bubble)
        if bubble.side == "customer":
            self._wrote[phone.number, bubble.id] = phone
            if len(self._wrote) > KEPT_PHONES:
                self._wrote.popitem(last=False)
        if self._feed.watched:
            self._feed.publish("bubble", {**phone.as_json(), "bubble": shown(bubble)})
        return bubble

    def advance(self, phone: Phone, bubble: Bubble, state: str) -> None:
        if _RANK[state] <= _RANK[bubble.state]:
            return
        bubble.state = state
        if self._feed.watched:
            self._feed.publish("state", {**phone.as_json(), "id": bubble.id, "state": state})

    def mark_read(self, phone: Phone, message_id: str) -> bool:
        """Marks the customer's message, and all earlier ones, as read by the business; false when it is not known."""
        chat = self._chats.get(phone, deque())
        if all(bubble.id != message_id for bubble in chat):
            return False
        for bubble in chat:
            if bubble.side == "customer" and bubble.state != "failed":
                self.advance(phone, bubble, "read")
            if bubble.id == message_id:
                break
        return True

    def mark_all_read(self, phone: Phone) -> None:
        for bubble in self._chats.get(phone, ()):
            if bubble.side == "customer":
                self.advance(phone, bubble, "read")

    def find(self, number: str, message_id: str) -> Phone | None:
        """The phone from which the customer's message came, None when it is no longer kept."""
        phone = self._wrote.get((number, message_id))
        return phone if phone in self._chats else None

    def typing(self, phone: Phone, on: bool) -> None:
        if self._feed.watched:
            self._feed.publish("typing", {**phone.as_json(), "on": on})

    def bubbles(self, channel: str = "", number: str = "", customer: str = "") -> list[dict[str, Any]]:
        """Bubbles of the phones that fit, oldest first."""
        found = [
            (bubble.at, {**phone.as_json(), **shown(bubble)})
            for phone, chat in self._chats.items()
            if channel in ("", phone.channel) and number in ("", phone.number) and customer in ("", phone.customer)
            for bubble in chat
        ]
        return [bubble for _, bubble in sorted(found, key=lambda pair: pair[0])]


def shown(bubble: Bubble) -> dict[str, Any]:
    return {
        "id": bubble.id,
        "side": bubble.side,
        "text": bubble.text,
        "state": bubble.state,
        "kind": bubble.kind,
        "at": bubble.at,
        "choices": [choice._asdict() for choice in bubble.choices],
    }
