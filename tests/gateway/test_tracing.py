"""Traces reach a collector over real HTTP, with the names of the conventions and without anybody's words."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from agents.types import Bubble, ModelCall, Reply, Turn, Usage
from gateway import tracing
from tests.actor import play, use
from tests.business import Business


async def test_a_turn_its_model_call_and_its_tool_are_traced(business: Business) -> None:
    bodies: list[bytes] = []

    async def collect(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", collect)

    async def note(turn: Turn) -> Reply:
        await use(turn, "set_customer_fact", name="allergy", value="SECRET NUTS")
        usage = Usage(calls=1, input_tokens=12, output_tokens=3, cached_tokens=2)
        call = ModelCall(model="gpt-6-luna", usage=usage, request_id="req_1", seconds=0.5, at=time.time())
        return Reply(messages=(Bubble(text="SECRET reply"),), calls=(call,))

    async with TestServer(app) as server:
        end = tracing.configure(str(server.make_url("")))
        await play(business, note, text="SECRET question")
        await asyncio.to_thread(end)
    spans = {}
    for body in bodies:
        assert b"SECRET" not in body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                for one in scope.spans:
                    spans[one.name.split()[0]] = one, {a.key: a.value for a in one.attributes}
    assert set(spans) == {"invoke_agent", "chat", "execute_tool"}
    agent, about = spans["invoke_agent"]
    assert about["frontdesk.action"].string_value == "none"
    for name in ("chat", "execute_tool"):
        assert spans[name][0].parent_span_id == agent.span_id
    chat, attributes = spans["chat"]
    assert attributes["gen_ai.usage.input_tokens"].int_value == 12
    assert attributes["gen_ai.usage.cache_read.input_tokens"].int_value == 2
    assert chat.end_time_unix_nano - chat.start_time_unix_nano == 500_000_000
    assert spans["execute_tool"][1]["gen_ai.tool.name"].string_value == "set_customer_fact"
