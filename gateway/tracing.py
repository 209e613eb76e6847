"""Traces for OpenTelemetry, when OTEL_EXPORTER_OTLP_ENDPOINT says where they go; else nothing is imported or done.

Names follow the GenAI conventions as of opentelemetry-semantic-conventions 0.66 (status: development):
https://opentelemetry.io/docs/specs/semconv/gen-ai/. Spans hold names, numbers and ids, never what anybody wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from agents.types import ModelCall
from gateway.errors import Misset

_tracers: list[Any] = []  # one, when spans are exported


def configure(endpoint: str) -> Callable[[], None]:
    """Begins to export to an OTLP endpoint over HTTP; the answer ends it, and sends what is left. Raises Misset."""
    if not endpoint:
        return lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise Misset("OTEL_EXPORTER_OTLP_ENDPOINT is set, and the OpenTelemetry packages are not installed.") from error
    provider = TracerProvider(resource=Resource.create({"service.name": "frontdesk"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracers.append(provider.get_tracer("frontdesk"))

    def end() -> None:
        _tracers.clear()
        provider.shutdown()

    return end


@contextmanager
def span(operation: str, subject: str, attributes: Mapping[str, Any]) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """A span `operation subject` around what is done inside; the answer adds attributes. Nothing without exporter."""
    if not _tracers:
        yield lambda _more: None
        return
    given = {"gen_ai.operation.name": operation, **attributes}
    # An exception's message may hold what a customer wrote: its class alone is kept.
    with _tracers[0].start_as_current_span(
        f"{operation} {subject}", attributes=given, record_exception=False, set_status_on_exception=False
    ) as one:
        try:
            yield one.set_attributes
        except BaseException as error:
            one.set_attribute("error.type", type(error).__qualname__)
            raise


def chats(calls: Sequence[ModelCall], conversation_id: str) -> None:
    """A span for each request to the model, as long as it took, inside the current one."""
    if not _tracers:
        return
    for call in calls:
        usage = call.usage
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.conversation.id": conversation_id,
            "gen_ai.response.model": call.model,
            "gen_ai.response.id": call.request_id,
            "gen_ai.usage.input_tokens": usage.input_tokens,
            "gen_ai.usage.output_tokens": usage.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
            "gen_ai.usage.cache_creation.input_tokens": usage.cache_write_tokens,
            "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
        }
        if call.outcome != "ok":
            attributes["error.type"] = call.outcome
        began = int(call.at * 1e9)
        one = _tracers[0].start_span(f"chat {call.model}", attributes=attributes, start_time=began)
        one.end(end_time=began + int(call.seconds * 1e9))
