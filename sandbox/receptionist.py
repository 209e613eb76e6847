"""The scripted receptionist behind the OpenAI stand-in: short, canned, and labelled as the sandbox's own.

Every `#token` of the messages that await an answer comes back in the reply, in order, so that a script can prove which
message was answered by which reply.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox import receptionist_booking
from sandbox.receptionist_booking import Talk
from sandbox.scripts import ENGLISH, SCRIPTS, Script

LABEL: Final = "[sandbox agent]"
TOKEN: Final = re.compile(r"#[A-Za-z0-9_-]+")
LONGEST_QUOTE: Final = 400
_LINK: Final = re.compile(r"\bdemo\b|\bweb ?s(?:i|ei)te\b|\bhomepage\b|página web|\bsite\b|\bhemsida|\bwebbplats")
_PASSAGE: Final = re.compile(r"\[(\d+)\]\s*(.*?)(?=\n?\[\d+\]|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Said:
    """A reply: its text, what it is about, its language, what may be tapped, the passages it rests on, what was done.

    `action` is handoff when a person is wanted and no tool has seen to it.
    """

    text: str
    topic: str
    language: str
    choices: tuple[str, ...] = ()
    cites: tuple[int, ...] = ()
    claims: tuple[str, ...] = ()
    action: str = "none"


@dataclass(frozen=True, slots=True)
class Wish:
    """A tool that the receptionist wants to use, and what it would like to say in its arguments."""

    tool: str
    arguments: Mapping[str, str]


@dataclass(slots=True)
class Asked:
    """What awaits an answer: the customer's texts, pictures and files, and what tools said since, by their names.

    `items` are the whole request, for what has to be known of before.
    """

    texts: list[str] = field(default_factory=list)
    pictures: int = 0
    files: int = 0
    outputs: dict[str, str] = field(default_factory=dict)
    items: Sequence[Mapping[str, Any]] = ()


def answer(waiting: Sequence[str]) -> str:
    """The reply to the customer's messages that await one, oldest first."""
    return respond(waiting).text


def respond(waiting: Sequence[str]) -> Said:
    """As `answer`, with all that belongs to the reply."""
    return say(Asked(list(waiting)))


def wish(asked: Asked, tools: Collection[str]) -> Wish | None:
    """The tool of those at hand that the receptionist uses next, each at most once; None when it would rather speak."""
    plain, script = _understood(asked)
    topic = _about(asked, script, plain)
    talk = _talk(asked, plain, script, topic)
    if talk is not None and (step := talk.step(asked.outputs)):
        wanted = Wish(*step)
    elif talk is not None and talk.line(asked.outputs):
        return None
    elif topic == "human":
        wanted = Wish("handoff", {"reason": "asked_for_a_person", "note": plain[:500]})
    elif topic == "price" or _LINK.search(plain.lower()):
        wanted = Wish("send_link", {"name": f"{plain} {topic}"})
    elif topic == "otherwise" and plain:
        wanted = Wish("search_knowledge", {"query": plain[:300]})
    else:
        return None
    return wanted if wanted.tool in tools and wanted.tool not in asked.outputs else None


def say(asked: Asked) -> Said:
    """What the receptionist says, by what it was asked and what its tools brought."""
    plain, script = _understood(asked)
    topic = _about(asked, script, plain)
    talk = _talk(asked, plain, script, topic)
    if talk is not None and (told := talk.line(asked.outputs)):
        passed = told.person and _passed(asked)
        return Said(
            _whole(asked, talk.script, told.text),
            "meeting",
            talk.script.code,
            choices=told.choices,
            claims=("transferred",) if passed else (),
            action="handoff" if told.person and not passed else "none",
        )
    line = script.lines[topic] if topic else ""
    cites: tuple[int, ...] = ()
    claims: tuple[str, ...] = ()
    if url := _url(asked.outputs.get("send_link", "")):
        line = " ".join(filter(None, (script.lines["link"], url, line if topic == "price" else "")))
        claims = ("sent",)
    elif found := _passage(asked.outputs.get("search_knowledge", "")):
        line, cites = f"{script.lines['found']} {found[1]}", found[0]
    passed = topic == "human" and _passed(asked)
    return Said(
        _whole(asked, script, line),
        topic,
        script.code,
        choices=script.choices if topic == "booking" else (),
        cites=cites,
        claims=("transferred",) if passed else claims,
        action="handoff" if topic == "human" and not passed else "none",
    )


def _talk(asked: Asked, plain: str, script: Script, topic: str) -> Talk | None:
    """The talk about an appointment that this turn can go on with; None when it is about something else."""
    aside = topic in ("human", "price") or (topic == "hours" and not receptionist_booking.wants(plain))
    return None if aside or not plain else receptionist_booking.read(asked.items, plain, script)


def _whole(asked: Asked, script: Script, line: str) -> str:
    tokens = TOKEN.findall(" ".join(asked.texts))
    pieces = (
        LABEL,
        script.lines["picture"] if asked.pictures else "",
        script.lines["file"] if asked.files else "",
        line,
        f"{script.lines['noted']} {' '.join(tokens)}" if tokens else "",
    )
    return " ".join(filter(None, pieces))


def _understood(asked: Asked) -> tuple[str, Script]:
    """The words that await an answer, without their tokens, and their language."""
    plain = TOKEN.sub(" ", " ".join(asked.texts)).strip()
    return plain, _language(plain)


def _about(asked: Asked, script: Script, plain: str) -> str:
    """The topic; "" for nothing but tokens, pictures and files."""
    bare = not plain and (any(asked.texts) or asked.pictures or asked.files)
    return "" if bare else _topic(script, plain) or "otherwise"


def _language(text: str) -> Script:
    """The language with most of its signs in the text; without any, the first that knows what it is about."""
    said = set(re.findall(r"[\w'-]+", text.lower()))
    best = max(SCRIPTS, key=lambda script: len(script.signs & said))
    if best.signs & said:
        return best
    return next((script for script in SCRIPTS if _topic(script, text)), ENGLISH)


def _topic(script: Script, text: str) -> str:
    lowered = text.lower()
    return next((topic for topic, pattern in script.topics.items() if re.search(pattern, lowered)), "")


def _parsed(output: str) -> Mapping[str, Any]:
    try:
        parsed = json.loads(output)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _failed(output: str) -> bool:
    return "error" in _parsed(output)


def _passed(asked: Asked) -> bool:
    """Whether a tool has seen to it that a person goes on."""
    return "handoff" in asked.outputs and not _failed(asked.outputs["handoff"])


def _url(output: str) -> str:
    return str(_parsed(output).get("url") or "")


def _passage(output: str) -> tuple[tuple[int, ...], str] | None:
    """The number and the words of the first passage that a search brought; None when it brought nothing."""
    if not output.strip() or _failed(output) or output.startswith("Nothing was found"):
        return None
    numbered = _PASSAGE.search(output)
    text = numbered[2] if numbered else output
    # A passage is a question and its answer, or only a text: what was asked need not be told to who asked it.
    told = text.strip().partition("\n")[2] or text
    return ((int(numbered[1]),) if numbered else ()), " ".join(told.split())[:LONGEST_QUOTE]


def read(items: Iterable[Mapping[str, Any]]) -> Asked:
    """What awaits an answer in the items of a request, oldest first: all since the last final answer.

    A note that follows an answer, with no customer between them, asks to write that answer again.
    """
    items = list(items)
    before: list[Mapping[str, Any]] = []
    since: list[Mapping[str, Any]] = []
    for item in items:
        if item.get("role") == "assistant" and item.get("phase") != "commentary":
            if any(each.get("role") == "user" for each in since):
                before = since
            since = []
        else:
            since.append(item)
    roles = {item.get("role") for item in since}
    asked = _asked([*before, *since] if "developer" in roles and "user" not in roles else since)
    asked.items = items
    return asked


def _asked(items: Iterable[Mapping[str, Any]]) -> Asked:
    asked, names = Asked(), dict[str, str]()
    for item in items:
        kind = item.get("type", "message")
        if kind == "message" and item.get("role") == "user":
            content = item.get("content")
            parts = content if isinstance(content, list) else [{"type": "input_text", "text": content}]
            kinds = [part.get("type") for part in parts]
            asked.texts.append(" ".join(str(part["text"]) for part in parts if part.get("text")))
            asked.pictures += kinds.count("input_image")
            asked.files += kinds.count("input_file")
        elif kind == "function_call":
            names[item["call_id"]] = item["name"]
        elif kind == "function_call_output":
            asked.outputs[names.get(item["call_id"], "")] = _text(item["output"])
    return asked


def _text(output: object) -> str:
    if isinstance(output, str):
        return output
    parts = output if isinstance(output, list) else []
    return " ".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))
