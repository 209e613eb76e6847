"""What is left of a webhook without one person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.rights.envelopes import without

ANN, BO = "46701234987", "46709999000"


def meta(*values: Any) -> bytes:
    return json.dumps(
        {"object": "x", "entry": [{"id": "1", "changes": [{"field": "messages", "value": v}]} for v in values]}
    ).encode()


def value(**lists: Any) -> dict[str, Any]:
    return {"metadata": {"phone_number_id": "9"}, **lists}


HIS = {"from": ANN, "text": {"body": "mine"}}
HERS = {"from": BO, "text": {"body": f"ask {ANN} about it"}}
CONTACT = {"wa_id": ANN, "profile": {"name": "Ann"}}
WHATSAPP, STATUS = meta(value(contacts=[CONTACT], messages=[HIS])), {"id": "w", "recipient_id": ANN}
DIRECT = {
    "object": "instagram",
    "entry": [{"id": "7", "messaging": [{"sender": {"id": ANN}, "message": {"text": "x"}}]}],
}


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (WHATSAPP, None),
        (meta(value(statuses=[STATUS])), None),
        (json.dumps(DIRECT).encode(), None),
        (f"From=%2B{ANN}&Body=x".encode(), None),
        (b'{"to": "whatsapp:+46701234987"}', None),
        (meta(value(messages=[HERS])), meta(value(messages=[HERS]))),
        (meta(value(contacts=[CONTACT], messages=[HIS, HERS])), meta(value(contacts=[], messages=[HERS]))),
        (meta(value(messages=[HIS]), value(messages=[HERS])), meta(value(messages=[HERS]))),
        (meta(value(statuses=[STATUS], messages=[HERS])), meta(value(statuses=[], messages=[HERS]))),
        (b'{"entry": []}', b'{"entry": []}'),
    ],
)  # fmt: skip
def test_what_is_left(body: bytes, left: bytes | None) -> None:
    found = without(body, [ANN])
    assert (found and json.loads(found)) == (left and json.loads(left))


def test_names_that_are_written_otherwise_are_found() -> None:
    assert without(json.dumps({"messages": [{"from": "+" + ANN}]}).encode(), [ANN]) is None
    assert without(json.dumps({"messages": [{"from": int(ANN)}]}).encode(), [ANN]) is None
