"""docs/channels.md says what the channels can, by asking the channels. UPDATE_SNAPSHOTS=1 writes it anew."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import cast

import pytest
from aiohttp import ClientSession

from channels import Urls, build_channels
from channels.base import Channel, Content
from channels.errors import Refused
from tests.channels.test_cases import FILES

PAGE = Path(__file__).parent.parent.parent / "docs" / "channels.md"
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"
CHANNELS = build_channels(cast("ClientSession", None), Urls(graph="", instagram="", twilio=""))
FILE_URL = {"url": "https://example.com/file"}
SAMPLES = {
    "text": Content(text="Hello"),
    "image": Content(kind="image", text="Look", data=FILE_URL),
    "audio": Content(kind="audio", data=FILE_URL),
    "video": Content(kind="video", text="Look", data=FILE_URL),
    "document": Content(kind="document", text="Our offer", data=FILE_URL),
    "sticker": Content(kind="sticker", data=FILE_URL),
    "choices": Content(kind="choices", text="When?", data={"options": [{"id": "a", "title": "Today"}]}),
    "link": Content(kind="link", text="Book", data={"url": "https://example.com", "title": "Book"}),
    "location": Content(kind="location", data={"latitude": 1, "longitude": 2, "name": "Bloom"}),
    "location_request": Content(kind="location_request", text="Where are you?"),
    "template": Content(kind="template", text="See you", data={"name": "visit", "language": "en"}),
    "reaction": Content(kind="reaction", data={"message_id": "m", "emoji": "👍"}),
}


def shown(channel: Channel, content: Content) -> str:
    try:
        kinds = [part.kind for part in channel.parts(content)]
    except Refused:
        return "no"
    if kinds == [content.kind]:
        return "yes"
    return "yes, its words apart" if content.kind in kinds else "in words"


def row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def table() -> str:
    names = sorted(CHANNELS)
    head = [row("", *names), row("---", *("---" for _ in names))]
    kinds = list(dict.fromkeys(kind for name in names for kind in CHANNELS[name].reads))
    reads = [row(kind, *("yes" if kind in CHANNELS[name].reads else "" for name in names)) for kind in sorted(kinds)]
    sends = [row(kind, *(shown(CHANNELS[name], content) for name in names)) for kind, content in SAMPLES.items()]
    windows = {name: CHANNELS[name].window for name in names}
    facts = [
        row("most choices", *(str(CHANNELS[name].most_options or "in words") for name in names)),
        row("hours to answer freely", *(_hours(windows[name].hours) or "no limit" for name in names)),
        row("hours for a human", *(_hours(windows[name].human_hours or windows[name].hours) for name in names)),
        row("template afterwards", *("yes" if windows[name].template else "" for name in names)),
        row("messages a second", *(_rate(CHANNELS[name]) for name in names)),
        row("files go", *("as bytes" if CHANNELS[name].uploads else "by address" for name in names)),
    ]
    tables = (("What comes in", reads), ("What goes out", sends), ("Limits", facts))
    return "\n\n".join("\n".join([f"### {title}", "", *head, *rows]) for title, rows in tables)


def _hours(hours: float) -> str:
    return f"{hours:g}" if hours else ""


def _rate(channel: Channel) -> str:
    if not channel.rate:
        return "the provider queues" if channel.platform == "sms" else "no limit"
    both = ", both ways" if channel.counts_inbound else ""
    pair = f"; one in {1 / channel.pair_rate:g} s to one customer" if channel.pair_rate else ""
    return f"{channel.rate:g}{both}{pair}"


@pytest.mark.parametrize("platform", sorted(FILES))
def test_each_kind_that_is_read_has_a_case_and_no_other_comes(platform: str) -> None:
    events = [event for case in FILES[platform]["receives"] if isinstance(case["then"], list) for event in case["then"]]
    kinds = {event.get("kind", "text") for event in events if event["event"] == "Inbound"}
    assert kinds == set(CHANNELS[FILES[platform]["platform"]].reads)


@pytest.mark.parametrize("platform", sorted(FILES))
def test_each_kind_that_is_sent_has_a_case(platform: str) -> None:
    kinds = {case.get("part", {}).get("kind", "text") for case in FILES[platform]["sends"]}
    assert set(CHANNELS[FILES[platform]["platform"]].sends) - kinds == set()


def test_the_page_says_what_the_channels_can() -> None:
    text = PAGE.read_text()
    made = f"{BEGIN}\n\n{table()}\n\n{END}"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        text = re.sub(f"{BEGIN}.*{END}", lambda _: made, text, flags=re.DOTALL)
        PAGE.write_text(text)
    assert made in text
