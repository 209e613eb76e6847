"""Writes one message to every number of a running demo, and waits until each customer has been answered.

python3 one_message_each.py SANDBOX_URL [SECONDS]: needs nothing but Python, like the machine that it runs on.
"""

import json
import sys
import time
import urllib.error
import urllib.request
from typing import Any

SENDERS = {"whatsapp": "15550109001", "instagram": "900100200300", "webchat": "visitor", "sms": "+15550109002"}


def ask(url: str, body: dict[str, Any] | None = None, key: str = "") -> Any:
    """The JSON that is answered, to a POST when there is a body."""
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        return json.load(response)


def open_demo(sandbox: str, deadline: float) -> dict[str, Any]:
    """The configuration of the demo, as soon as it has one and its gateway is ready."""
    while True:
        try:
            config: dict[str, Any] = ask(f"{sandbox}/_sandbox/config")
            if config.get("api_key"):
                ask(f"{config['gateway']}/readyz")
                return config
        except (OSError, ValueError):
            pass
        if time.monotonic() > deadline:
            raise SystemExit(f"no demo at {sandbox}")
        time.sleep(0.2)


def reply(config: dict[str, Any], number: dict[str, Any], deadline: float) -> str:
    """The text of the agent's first reply on a number, once it has left."""
    gateway, key = config["gateway"], config["api_key"]
    while time.monotonic() < deadline:
        for conversation in ask(f"{gateway}/v1/conversations?phone_number_id={number['id']}", key=key)["data"]:
            messages = ask(f"{gateway}/v1/conversations/{conversation['conversation_id']}/messages?after=0", key=key)[
                "data"
            ]
            for message in messages:
                if message["author"] == "ai" and message["status"] in ("sent", "delivered", "read"):
                    return str(message["text"])
        time.sleep(0.2)
    raise SystemExit(f"{number['platform']}: the customer on {number['id']} was not answered")


def main(sandbox: str, seconds: float = 120.0) -> None:
    """One message to each number, one line for each answer; exits 1 when one is missing."""
    deadline = time.monotonic() + seconds
    config = open_demo(sandbox, deadline)
    for number in config["numbers"]:
        order = {"channel": number["platform"], "number": number["id"], "from": SENDERS[number["platform"]]}
        ask(f"{sandbox}/_sandbox/messages", order | {"text": "Hello, are you open on Saturday?"})
    for number in config["numbers"]:
        print(f"{number['platform']} {number['id']}: {reply(config, number, deadline)[:80]!r}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], *map(float, sys.argv[2:]))
