"""What chaos did to the customers: the sandbox's own record and the gateway's API, compared message by message.

Every message carries a token that no other has, and the sandbox's receptionist repeats the tokens of the messages that
it answers. So a token tells, on both sides, where a message went and which reply answers it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

TOKEN = re.compile(r"#[A-Za-z0-9_-]+")


@dataclass
class Verdict:
    """How often each promise was broken. `unknown_outcome` counts replies that were never sent again, as promised."""

    messages: int = 0
    faults: int = 0
    lost: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    answered_twice: int = 0
    sent_twice: int = 0
    seed: int = 0
    unknown_outcome: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """No promise was broken."""
        return not (self.lost or self.duplicated or self.out_of_order or self.answered_twice or self.sent_twice)

    def line(self) -> dict[str, int]:
        """The figures that programs read."""
        shown = asdict(self)
        return {name: value for name, value in shown.items() if name not in ("examples", "unknown_outcome")}

    def blame(self, kind: str, example: str) -> None:
        """Counts one violation and keeps the first few for a person to look at."""
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < 20:
            self.examples.append(f"{kind}: {example}")


Customer = tuple[str, str]  # number id, customer


def judge(
    verdict: Verdict,
    sent: Mapping[Customer, Sequence[str]],
    stored: Mapping[Customer, Sequence[Sequence[Mapping[str, Any]]]],
    calls: Sequence[Mapping[str, Any]],
) -> None:
    """Fills a verdict.

    `sent` holds tokens in the order written, `stored` each customer's conversations as the API shows them, `calls` what
    the providers accepted, in order.
    """
    received = _received(calls)
    for customer, tokens in sent.items():
        conversations = stored.get(customer, ())
        _judge_numbers(verdict, customer, conversations)
        messages = [message for conversation in conversations for message in conversation]
        inbound = [token for m in messages if m["sender"] == "user" for token in TOKEN.findall(m["text"])]
        answers = [token for m in messages if m["sender"] == "agent" for token in TOKEN.findall(m["text"])]
        for token, count in Counter(inbound).items():
            if count > 1:
                verdict.blame("duplicated", f"{customer} {token} stored {count} times")
        for token, count in Counter(answers).items():
            if count > 1:
                verdict.blame("answered_twice", f"{customer} {token} answered {count} times")
        for token in tokens:
            if token not in inbound:
                verdict.blame("lost", f"{customer} {token} is not stored")
            elif token not in answers and not _excused(messages, token):
                verdict.blame("lost", f"{customer} {token} was never answered")
        if [token for token in dict.fromkeys(inbound) if token in tokens] != [t for t in tokens if t in inbound]:
            verdict.blame("out_of_order", f"{customer} wrote {tokens[:8]}, stored {inbound[:8]}")
        _judge_sends(verdict, customer, answers, received.get(customer, []))


def _judge_numbers(verdict: Verdict, customer: Customer, conversations: Sequence[Sequence[Mapping[str, Any]]]) -> None:
    for conversation in conversations:
        numbers = [message["sequence_no"] for message in conversation]
        if numbers != list(range(1, len(numbers) + 1)):
            verdict.blame("out_of_order", f"{customer} is numbered {numbers}")


def _judge_sends(verdict: Verdict, customer: Customer, answers: Sequence[str], received: Sequence[str]) -> None:
    for token, count in Counter(received).items():
        if count > 1:
            verdict.blame("sent_twice", f"{customer} {token} sent {count} times")
    if [token for token in answers if token in received] != list(dict.fromkeys(received)):
        verdict.blame("out_of_order", f"{customer} was answered {answers[:8]}, received {list(received)[:8]}")
    missing = sorted(set(answers) - set(received))
    verdict.unknown_outcome += len(missing)
    if missing and len(verdict.examples) < 20:
        verdict.examples.append(f"outcome unknown: {customer} {missing}")


def _excused(messages: Sequence[Mapping[str, Any]], token: str) -> bool:
    """The fallback line answers without tokens: it covers what came before it and was not answered otherwise."""
    at = next(m["sequence_no"] for m in messages if m["sender"] == "user" and token in TOKEN.findall(m["text"]))
    return any(m["author"] in ("fallback", "human") and m["sequence_no"] > at for m in messages)


def _received(calls: Sequence[Mapping[str, Any]]) -> Mapping[Customer, list[str]]:
    received: dict[Customer, list[str]] = defaultdict(list)
    for call in calls:
        if call.get("id") and call.get("text"):
            received[str(call["from"]), str(call["to"])].extend(TOKEN.findall(str(call["text"])))
    return received
