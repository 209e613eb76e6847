"""Templates of agents, filled in with what is known of the business."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.api.business import business_of
from gateway.api.operations import Call, Model, Operations, Record
from gateway.errors import NotFound
from gateway.onboarding.templates import Trade, drafts

operations = Operations()


class TemplateQuery(Model):
    """In which language; without one, that of the business."""

    language: Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] | None = None


class AgentTemplate(Record):
    """What an agent of a trade is told. `instructions` name one variable, {{greeting}}: declare it in the prompt, and
    give the agent its value, for which `greeting` is a proposal."""

    trade: Trade
    instructions: str
    greeting: str


class AgentTemplates(Record):
    """A template for each trade."""

    data: list[AgentTemplate]
    next_cursor: str | None = None


@operations.on(
    "GET", "/v1/agent-templates", scope="agents:read", summary="Templates of agents, one for each trade",
    query=TemplateQuery, answer=AgentTemplates,
)  # fmt: skip
async def list_agent_templates(call: Call[None, TemplateQuery]) -> AgentTemplates:
    business = await business_of(call.db, call.user_id)
    if business is None:
        raise NotFound("There is no such business.")
    language = call.query.language or business.language
    made = drafts(language, business.company_name or business.email, business.website or "")
    return AgentTemplates(
        data=[AgentTemplate(trade=one.trade, instructions=one.instructions, greeting=one.greeting) for one in made]
    )
