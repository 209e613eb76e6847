"""Our own echo that comes while its send is settled: nobody is taken for a person who answered elsewhere."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

from gateway.db import Pool
from gateway.ids import new
from tests.actor import say
from tests.business import Business

ROUNDS = 600
SETTLE = "update message_parts set state = 'sent', delivery = 'sent', platform_message_id = $2 where part_id = $1"


async def test_an_echo_that_crosses_its_settling_is_ours(pool: Pool, business: Business) -> None:
    await say(business, "hello")
    conversation = (await business.conversation())["conversation_id"]
    places: Counter[str] = Counter()
    async with pool.acquire() as one, pool.acquire() as other:
        for n in range(ROUNDS):
            part, echo = new("prt"), f"mid.{n}"
            message = {"message_id": new("msg"), "author": "human", "text": f"reply {n}"}
            message["parts"] = [{"part_id": part, "text": f"reply {n}"}]  # type: ignore[assignment]
            reply = "select human_reply($1, $2, 'instagram', $3::jsonb)"
            await pool.execute(reply, business.user_id, conversation, json.dumps(message))
            await pool.execute("update message_parts set state = 'sending' where part_id = $1", part)
            look = one.fetchval(
                "select place_echo($1, $2, $3, $4, 'text', $5)",
                business.user_id, conversation, business.number.id, echo, f"reply {n}",
            )  # fmt: skip
            place, _ = await asyncio.gather(look, other.execute(SETTLE, part, echo))
            places[place] += 1
    assert places["foreign"] == 0, places
