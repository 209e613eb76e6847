"""What a message may carry besides text: one model for each kind of content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from gateway.api.operations import Model
from gateway.errors import Invalid

Kind = Literal[
    "text", "image", "audio", "video", "document", "sticker", "choices", "link", "location", "location_request",
    "template", "reaction",
]  # fmt: skip
ADDRESS = r"^https?://[^\s]{1,1990}$"


class Nothing(Model):
    """text and location_request carry nothing else."""


class FileData(Model):
    """One of: `url`, a public address; `media_id`, a file uploaded to /v1/media; `id`, the provider's own."""

    url: str | None = Field(default=None, pattern=ADDRESS)
    media_id: str | None = Field(default=None, max_length=50)
    id: str | None = Field(default=None, max_length=255)
    mime_type: str | None = Field(default=None, max_length=255)
    filename: str | None = Field(default=None, max_length=240)

    @model_validator(mode="after")
    def _one(self) -> FileData:
        if sum(value is not None for value in (self.url, self.media_id, self.id)) != 1:
            raise ValueError("give exactly one of url, media_id and id")
        return self


class Option(Model):
    """Something to choose. `id` comes back with the customer's choice, where the channel can."""

    id: str = Field(min_length=1, max_length=200)
    title: str = Field(min_length=1, max_length=100)
    description: str | None = Field(default=None, max_length=200)


class ChoicesData(Model):
    """Shown as buttons, a list, quick replies or a numbered text, as the channel can."""

    options: list[Option] = Field(min_length=1, max_length=20)
    button: str | None = Field(default=None, min_length=1, max_length=20)

    @model_validator(mode="after")
    def _distinct(self) -> ChoicesData:
        for name in ("id", "title"):
            if len({getattr(option, name) for option in self.options}) < len(self.options):
                raise ValueError(f"two options have the same {name}")
        return self


class LinkData(Model):
    """A button that opens a page."""

    url: str = Field(pattern=ADDRESS)
    title: str = Field(min_length=1, max_length=100)


class LocationData(Model):
    """A place."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str | None = Field(default=None, max_length=200)
    address: str | None = Field(default=None, max_length=300)


class TemplateData(Model):
    """An approved template of the provider; `components` as the provider's API takes them."""

    name: str = Field(min_length=1, max_length=512)
    language: str = Field(min_length=2, max_length=20)
    components: list[dict[str, Any]] = Field(default_factory=list, max_length=20)


class ReactionData(Model):
    """A reaction to a message of the customer; an empty `emoji` takes it back."""

    message_id: str = Field(max_length=100)
    emoji: str = Field(max_length=20)


DATA: Mapping[str, type[Model]] = {
    "text": Nothing,
    **dict.fromkeys(("image", "audio", "video", "document", "sticker"), FileData),
    "choices": ChoicesData,
    "link": LinkData,
    "location": LocationData,
    "location_request": Nothing,
    "template": TemplateData,
    "reaction": ReactionData,
}
NEED_TEXT = frozenset({"text", "choices", "link", "location_request", "template"})


def checked(kind: str, text: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a content, checked for its kind. Raises Invalid with each wrong field."""
    try:
        found = DATA[kind].model_validate(data)
    except ValidationError as error:
        problems = [
            {"field": ".".join(["data", *map(str, one["loc"])]), "problem": one["msg"]}
            for one in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise Invalid(f"The data does not fit a {kind}: {problems[0]['field']}: {problems[0]['problem']}", problems) \
            from error  # fmt: skip
    if kind in NEED_TEXT and not text.strip():
        raise Invalid("text must not be empty.", [{"field": "text", "problem": f"a {kind} needs words"}])
    return found.model_dump(exclude_none=True)
