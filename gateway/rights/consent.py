"""What a customer is told about his data before he is answered: the text of a number, said once for each wording.

Visitors of a webchat see the same text before they write (gateway/webchat/prechat.py); both are recorded alike."""

from __future__ import annotations

from gateway.db import Pool, Row, queries, retry_clash
from gateway.webchat.prechat import Consent

SQL = queries(__file__)


def line_of(text: Consent) -> str:
    """As it is said where nothing can be clicked but a link in a text."""
    return f"{text.text} {text.url}".strip()


async def was_told(pool: Pool, claim: Row, text: Consent) -> bool:
    """Whether the customer of a turn was shown this wording on this platform. Raises StoreAway."""
    key = (claim["user_id"], claim["customer_id"], claim["platform"], text.version)
    told: bool = await retry_clash(lambda: pool.fetchval(SQL["told"], *key))
    return told
