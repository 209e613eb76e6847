"""Lists by cursor: stable while rows come and go, opaque to the client."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import Field
from pydantic_core import from_json, to_json

from gateway.api.operations import Model, Record
from gateway.errors import Invalid

Item = TypeVar("Item", bound=Record)


class PageQuery(Model):
    """Which page of a list."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=300)

    def position(self) -> tuple[datetime | None, str | None]:
        """The row behind which the page begins. Raises Invalid."""
        if not self.cursor:
            return None, None
        try:
            at, key = from_json(base64.urlsafe_b64decode(self.cursor + "=" * (-len(self.cursor) % 4)))
            return datetime.fromisoformat(at).astimezone(UTC), str(key)
        except (ValueError, OverflowError, TypeError, binascii.Error) as error:
            problem = {"field": "cursor", "problem": "is not one that a list answered"}
            raise Invalid("The cursor is not valid. Begin again without one.", [problem]) from error


class Page(Record, Generic[Item]):
    """One page; `next_cursor` asks for the next one, null says that there is none."""

    data: list[Item]
    next_cursor: str | None = None


def cursor(at: datetime, key: str) -> str:
    """The position behind a row."""
    return base64.urlsafe_b64encode(to_json([at.isoformat(), key])).rstrip(b"=").decode()


def page_of(rows: Sequence[Any], limit: int, key: str) -> tuple[Sequence[Any], str | None]:
    """Rows of a query that asked for one more than `limit`, and the cursor behind the last one shown."""
    shown = rows[:limit]
    return shown, cursor(shown[-1]["created_at"], shown[-1][key]) if len(rows) > limit else None
