"""A business as tests need one: numbers, agents, credits, and what its customers write."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from channels.base import Alias, Inbound, Platform, Status
from gateway.db import Pool
from gateway.ids import new
from gateway.numbers import token_place
from gateway.vault import Vault

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
VAULT = Vault([KEY])


@dataclass(frozen=True)
class Number:
    """A number and the agent that answers it."""

    id: str
    platform: Platform
    address: str
    agent_id: str


@dataclass
class Business:
    """One tenant. `number` is its first number."""

    pool: Pool
    user_id: str
    prompt_id: str
    number: Number

    @classmethod
    async def create(cls, pool: Pool, *, credit: int = 1000, quiet_ms: int = 0, max_wait_ms: int = 8000) -> Business:
        """Stores a business with one WhatsApp number."""
        user_id, prompt_id = new("usr"), new("prm")
        await pool.execute(
            "insert into users (user_id, email, company_name) values ($1, $2, 'Bloom Dental')",
            user_id,
            f"{user_id}@example.com",
        )
        await pool.execute(
            "insert into prompts (user_id, prompt_id, name) values ($1, $2, 'Front desk')", user_id, prompt_id
        )
        await pool.execute("insert into prompt_versions values ($1, $2, 1, 'Be brief.')", user_id, prompt_id)
        if credit:
            await pool.execute("insert into credit_ledger values ($1, $2, $3, 'top-up')", user_id, new("ent"), credit)
        business = cls(pool, user_id, prompt_id, Number("", "whatsapp", "", ""))
        business.number = await business.add_number("whatsapp", quiet_ms=quiet_ms, max_wait_ms=max_wait_ms)
        return business

    async def add_number(
        self, platform: Platform, address: str = "", *, quiet_ms: int = 0, max_wait_ms: int = 8000, **settings: Any
    ) -> Number:
        """Stores a number with an agent on it."""
        number_id, address = new("num"), address or new("addr")
        token = VAULT.seal("token-" + number_id, token_place(self.user_id, number_id))
        await self.pool.execute(
            "insert into phone_numbers (user_id, id, platform, meta_phone_number_id, access_token, display_name, "
            "settings) values ($1, $2, $3, $4, $5, 'Bloom', $6::jsonb)",
            self.user_id,
            number_id,
            platform,
            address,
            token,
            json.dumps(settings),
        )
        agent_id = await self.add_agent(number_id, quiet_ms=quiet_ms, max_wait_ms=max_wait_ms)
        return Number(number_id, platform, address, agent_id)

    async def add_agent(self, number_id: str | None, *, quiet_ms: int = 0, max_wait_ms: int = 8000) -> str:
        """Stores an agent, linked or not."""
        agent_id = new("agt")
        await self.pool.execute(
            "insert into agents (user_id, agent_id, phone_number_id, prompt_id, name, quiet_ms, max_wait_ms, "
            "fallback_text) values ($1, $2, $3, $4, 'Ada', $5, $6, 'We will get back to you.')",
            self.user_id,
            agent_id,
            number_id,
            self.prompt_id,
            quiet_ms,
            max_wait_ms,
        )
        return agent_id

    async def add_file(self, sha256: str, mime_type: str = "image/png", filename: str = "a.png") -> str:
        """Stores the row of a file that the business uploaded; returns its id."""
        media_id = new("med")
        await self.pool.execute(
            "insert into media (user_id, media_id, kind, mime_type, filename, state, sha256, size_bytes) "
            "values ($1, $2, 'image', $3, $4, 'ready', $5, 1)",
            self.user_id, media_id, mime_type, filename, sha256,
        )  # fmt: skip
        return media_id

    async def add_knowledge(self, question: str, text: str) -> str:
        """Stores an English entry of what the business knows; returns its id."""
        entry_id = new("knw")
        await self.pool.execute(
            "insert into knowledge (user_id, entry_id, question, text, words) values ($1, $2, $3, $4, "
            "setweight(to_tsvector('english', $3), 'A') || setweight(to_tsvector('english', $4), 'B'))",
            self.user_id, entry_id, question, text,
        )  # fmt: skip
        return entry_id

    async def add_link(self, name: str, url: str, cta: str | None = None) -> str:
        """Stores a link; returns its id."""
        link_id = new("lnk")
        await self.pool.execute("insert into links values ($1, $2, $3, $4, $5)", self.user_id, link_id, name, url, cta)
        return link_id

    def says(
        self, text: str = "Hello", *, id: str = "", customer: str = "4670111", number: Number | None = None
    ) -> Inbound:
        """A message of a customer to a number of this business."""
        number = number or self.number
        return Inbound(
            platform=number.platform,
            number=number.address,
            customer=customer,
            id=id or new("wamid"),
            text=text,
            aliases=(Alias("wa_id", customer),),
        )

    def status(self, id: str, state: Any, *, part: str = "") -> Status:
        """A word of the provider on a message of this business."""
        return Status(platform=self.number.platform, number=self.number.address, id=id, state=state, part=part)

    async def conversation(self, customer: str = "4670111") -> Any:
        """The open conversation with a customer."""
        return await self.pool.fetchrow(
            "select * from conversations where user_id = $1 and customer_phone = $2 and is_active",
            self.user_id,
            customer,
        )

    async def transcript(self, customer: str = "4670111") -> list[tuple[int, str, str]]:
        """(sequence_no, author, text) of a customer's messages, in order, over all conversations."""
        rows = await self.pool.fetch(
            "select m.sequence_no, m.author, m.text "
            "from messages m join conversations c using (user_id, conversation_id) "
            "where user_id = $1 and customer_phone = $2 order by c.created_at, c.conversation_id, sequence_no",
            self.user_id,
            customer,
        )
        return [tuple(row) for row in rows]
