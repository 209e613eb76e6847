"""Files that customers send, as each provider hands them out: behind its own address, with its own credentials."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, field_validator

KEPT_FILES: Final = 500
LARGEST_BYTES: Final = 16 * 1024 * 1024

# A picture of one pixel, for those who only want "some picture".
PIXEL: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


class MediaOrder(BaseModel):
    """A file that a customer sends. Without `data` (base64) it is a picture of one pixel."""

    model_config = ConfigDict(extra="forbid")

    kind: str = "image"
    mime_type: str = "image/png"
    filename: str = ""
    data: bytes = PIXEL

    @field_validator("data", mode="before")
    @classmethod
    def _decode(cls, data: object) -> object:
        decoded = base64.b64decode(data, validate=True) if isinstance(data, str) else data
        if isinstance(decoded, bytes) and len(decoded) > LARGEST_BYTES:
            raise ValueError(f"at most {LARGEST_BYTES} bytes")
        return decoded

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in ("image", "audio", "video", "document", "sticker"):
            raise ValueError("one of image, audio, video, document, sticker")
        return kind


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A file on the shelf. `id` is a number as Meta's are."""

    id: str
    order: MediaOrder

    @property
    def kind(self) -> str:
        return self.order.kind

    @property
    def sha256(self) -> str:
        return base64.b64encode(hashlib.sha256(self.order.data).digest()).decode()

    def whatsapp(self, caption: str) -> dict[str, Any]:
        """The object of a WhatsApp webhook that names this file."""
        named: dict[str, Any] = {"mime_type": self.order.mime_type, "sha256": self.sha256, "id": self.id}
        if self.kind == "audio":
            named["voice"] = "ogg" in self.order.mime_type
        if self.kind == "document":
            named["filename"] = self.order.filename or "file"
        if caption and self.kind in ("image", "video", "document"):
            named["caption"] = caption
        return named


class MediaShelf:
    """The newest files; the oldest fall off. `base_url` is where the sandbox itself is reached."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._files: OrderedDict[str, StoredMedia] = OrderedDict()

    def put(self, order: MediaOrder) -> StoredMedia:
        stored = StoredMedia(str(10**15 + secrets.randbelow(9 * 10**15)), order)
        self._files[stored.id] = stored
        if len(self._files) > KEPT_FILES:
            self._files.popitem(last=False)
        return stored

    def url(self, stored: StoredMedia, provider: str) -> str:
        return f"{self.base_url}/_media/{provider}/{stored.id}"

    def find(self, id_: str) -> StoredMedia | None:
        return self._files.get(id_)


SHELF: web.AppKey[MediaShelf] = web.AppKey("shelf", MediaShelf)
